/// What a guest sees of its processors: CPUID and model-specific registers.
package testudo.arch.x86_64.cpu;
