/// Translates hot guest code to hidden classes.
package testudo.hypervisor.soft.jit;
