package testudo.spi.net;

import java.util.HexFormat;
import java.util.Locale;
import testudo.spi.VmmException;

/// An Ethernet address.
/// @param bits the six bytes as a number, first byte highest
public record MacAddress(long bits) {
    private static final int BYTES = 6;
    private static final int TEXT_LENGTH = 17;
    private static final long GROUP_BIT = 1L << 40;

    /// Reads `aa:bb:cc:dd:ee:ff`.
    /// @param text six bytes in hexadecimal with colons between them
    /// @return the address
    /// @throws VmmException.Config when it is not one, or is a group address, which no interface can have
    public static MacAddress parse(String text) {
        try {
            if (text.length() == TEXT_LENGTH) {
                byte[] bytes = HexFormat.ofDelimiter(":").parseHex(text.toLowerCase(Locale.ROOT));
                long bits = 0;
                for (byte b : bytes) {
                    bits = bits << 8 | (b & 0xFF);
                }
                if ((bits & GROUP_BIT) == 0 && bits != 0) {
                    return new MacAddress(bits);
                }
                throw new VmmException.Config("mac %s is not the address of one interface; the lowest bit of its first byte must be 0"
                        .formatted(text));
            }
        } catch (IllegalArgumentException e) {
            throw wrong(text);
        }
        throw wrong(text);
    }

    private static VmmException wrong(String text) {
        return new VmmException.Config("mac '%s' is not an Ethernet address; write it as 52:54:00:12:34:56".formatted(text));
    }

    /// One of its bytes.
    /// @param index 0 to 5, in the order in which they are sent
    /// @return 0 to 255
    public int octet(int index) {
        return (int) (bits >>> (8 * (BYTES - 1 - index))) & 0xFF;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(TEXT_LENGTH);
        for (int i = 0; i < BYTES; i++) {
            text.append(i == 0 ? "" : ":").append(HexFormat.of().toHexDigits((byte) octet(i)));
        }
        return text.toString();
    }
}
