package testudo.hypervisor.soft.fp;

/// The accrued exceptions of one hart: the `fflags` field of `fcsr`.
///
/// One thread owns it. Functions of this package only ever set bits.
///
/// Source: RISC-V Unprivileged ISA, "Floating-Point Control and Status Register".
public final class FloatFlags {
    /// Inexact: the result is not what infinite precision would have given.
    public static final int NX = 1;
    /// Underflow: inexact, and tiny after rounding.
    public static final int UF = 2;
    /// Overflow: the rounded result is beyond the largest finite number.
    public static final int OF = 4;
    /// A finite number was divided by zero.
    public static final int DZ = 8;
    /// Invalid operation: no number would be a usable result.
    public static final int NV = 16;

    /// The exceptions that were raised since the guest last cleared them, 0 to 31.
    public int flags;

    /// No exception raised.
    public FloatFlags() {}

    /// Adds exceptions.
    ///
    /// @param exceptions a union of the constants of this class
    public void raise(int exceptions) {
        flags |= exceptions;
    }
}
