package testudo.hypervisor.soft.bits;

/// Integer operations of M and Zbb for which Java has no method. Pure functions on whole x registers.
///
/// Source: RISC-V Unprivileged ISA, "M" Extension; "B" Extension for Bit Manipulation.
public final class Bits {
    private static final long LOW_BITS = 0x0101_0101_0101_0101L;
    private static final long ALL_BUT_HIGH_BITS = 0x7F7F_7F7F_7F7F_7F7FL;

    private Bits() {
    }

    /// `orc.b`: every byte becomes all ones if any of its bits is set.
    public static long orCombineBytes(long a) {
        // The addition carries into a byte's high bit when one of the other seven is set, never into the next byte.
        long any = ((a & ALL_BUT_HIGH_BITS) + ALL_BUT_HIGH_BITS | a) >>> 7 & LOW_BITS;
        return any * 0xFF;
    }

    /// `mulhsu`: the high half of a signed times an unsigned number.
    public static long multiplyHighSignedUnsigned(long a, long b) {
        return Math.multiplyHigh(a, b) + (b >> 63 & a);
    }

    /// `div`: towards zero; by zero gives -1, and the one overflow the dividend.
    public static long divide(long a, long b) {
        return b == 0 ? -1 : a / b;
    }

    /// `rem`: with the dividend's sign; by zero gives the dividend.
    public static long remainder(long a, long b) {
        return b == 0 ? a : a % b;
    }

    /// `divu`: by zero gives all ones.
    public static long divideUnsigned(long a, long b) {
        return b == 0 ? -1 : Long.divideUnsigned(a, b);
    }

    /// `remu`: by zero gives the dividend.
    public static long remainderUnsigned(long a, long b) {
        return b == 0 ? a : Long.remainderUnsigned(a, b);
    }

    /// `divw`: [#divide] of the low halves, sign-extended.
    public static long divideWord(long a, long b) {
        return (int) b == 0 ? -1 : (int) a / (int) b;
    }

    /// `remw`: [#remainder] of the low halves, sign-extended.
    public static long remainderWord(long a, long b) {
        return (int) b == 0 ? (int) a : (int) a % (int) b;
    }

    /// `divuw`: [#divideUnsigned] of the low halves, sign-extended.
    public static long divideUnsignedWord(long a, long b) {
        return (int) b == 0 ? -1 : Integer.divideUnsigned((int) a, (int) b);
    }

    /// `remuw`: [#remainderUnsigned] of the low halves, sign-extended.
    public static long remainderUnsignedWord(long a, long b) {
        return (int) b == 0 ? (int) a : Integer.remainderUnsigned((int) a, (int) b);
    }
}
