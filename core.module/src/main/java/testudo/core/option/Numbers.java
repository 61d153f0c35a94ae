package testudo.core.option;

import java.math.BigInteger;

/// Numbers as the `key=value` grammar writes them: `[-][0x|0o|0b]digits`, lower-case prefixes, no size suffixes.
final class Numbers {
    private Numbers() {}

    /// Reads a number.
    /// @throws BindingFailure when it is not one, or not in the range
    static long parse(String text, String place, long min, long max) {
        boolean negative = text.startsWith("-");
        String digits = negative ? text.substring(1) : text;
        int radix = 10;
        if (digits.length() > 1 && digits.charAt(0) == '0') {
            radix = switch (digits.charAt(1)) {
                case 'x' -> 16;
                case 'o' -> 8;
                case 'b' -> 2;
                default -> 10;
            };
            digits = radix == 10 ? digits : digits.substring(2);
        }
        if (!areDigits(digits, radix)) {
            throw new BindingFailure("\"%s\" %s is not a number; write digits, 0x…, 0o… or 0b…, without a unit"
                    .formatted(text, place));
        }
        // 80 digits are more than any radix needs for 64 bits; longer ones are out of range and not converted.
        if (digits.length() <= 80) {
            BigInteger value = new BigInteger(negative ? "-" + digits : digits, radix);
            if (value.bitLength() < Long.SIZE && value.longValue() >= min && value.longValue() <= max) {
                return value.longValue();
            }
        }
        throw new BindingFailure("%s %s is not in the range %d to %d".formatted(text, place, min, max));
    }

    private static boolean areDigits(String digits, int radix) {
        for (int i = 0; i < digits.length(); i++) {
            if (digits.charAt(i) > 'f' || Character.digit(digits.charAt(i), radix) < 0) {
                return false;
            }
        }
        return !digits.isEmpty();
    }
}
