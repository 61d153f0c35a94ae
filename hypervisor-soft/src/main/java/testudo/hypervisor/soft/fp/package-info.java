/// Floating point as RISC-V's F and D extensions define it: pure functions on raw register bits.
///
/// Every function takes the bits of its operands, the rounding mode where the result may need rounding, and the [FloatFlags] that it
/// adds exceptions to. Nothing here allocates, throws or keeps state. What is common (rounding to nearest, normal numbers) is computed
/// with the host's own arithmetic where it is provably the same; the rest is integer arithmetic in [ExactArithmetic].
package testudo.hypervisor.soft.fp;
