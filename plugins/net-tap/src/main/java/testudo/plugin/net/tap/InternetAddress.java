package testudo.plugin.net.tap;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// IPv4 addresses as users write them: four decimal numbers, nothing shorter.
final class InternetAddress {
    private static final Pattern DOTTED = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");
    private static final int MAX = 255;

    private InternetAddress() {}

    /// @return the address as a number, first byte highest; -1 when the text is none
    static long parse(String text) {
        Matcher matcher = DOTTED.matcher(text);
        if (!matcher.matches()) {
            return -1;
        }
        long address = 0;
        for (int i = 1; i <= matcher.groupCount(); i++) {
            int octet = Integer.parseInt(matcher.group(i));
            if (octet > MAX) {
                return -1;
            }
            address = address << 8 | octet;
        }
        return address;
    }

    /// Whether a number is ones, then zeroes, with at least one of each.
    static boolean isNetmask(long address) {
        int inverted = ~(int) address;
        return address > 0 && (inverted & (inverted + 1)) == 0 && inverted != 0;
    }
}
