/// What is below S-mode: the supervisor binary interface, and how harts start, stop, wait and interrupt each other.
package testudo.hypervisor.soft.sbi;
