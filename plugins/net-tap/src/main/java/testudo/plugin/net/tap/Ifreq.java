package testudo.plugin.net.tap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.nio.charset.StandardCharsets;
import testudo.platform.linux.call.KernelStruct;
import testudo.spi.net.MacAddress;

/// `struct ifreq`, 40 bytes, all 64-bit architectures: a name, and one of several values at the same place.
/// Source: `include/uapi/linux/if.h`; use: `netdevice(7)`.
final class Ifreq {
    /// Length of a name with its NUL.
    static final int NAME_BYTES = 16;
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            MemoryLayout.sequenceLayout(NAME_BYTES, JAVA_BYTE).withName("ifr_name"),
            MemoryLayout.sequenceLayout(6, JAVA_INT).withName("ifr_ifru"));
    private static final long VALUE = KernelStruct.offset(LAYOUT, "ifr_ifru");
    private static final int ADDRESS_IN_SOCKADDR_IN = 4;
    private static final int ADDRESS_IN_SOCKADDR = 2;
    private static final short AF_INET = 2;
    private static final short ARPHRD_ETHER = 1;
    private static final int MAC_BYTES = 6;

    private final MemorySegment bytes;

    Ifreq(Arena arena, String name) {
        bytes = arena.allocate(LAYOUT);
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(text, 0, bytes, JAVA_BYTE, 0, Math.min(text.length, NAME_BYTES - 1));
    }

    long address() {
        return bytes.address();
    }

    String name() {
        return bytes.getString(0);
    }

    /// `ifr_flags`.
    int flags() {
        return bytes.get(JAVA_SHORT, VALUE) & 0xFFFF;
    }

    void flags(int flags) {
        bytes.set(JAVA_SHORT, VALUE, (short) flags);
    }

    /// `ifr_mtu` and `ifr_ifindex`.
    int number() {
        return bytes.get(JAVA_INT, VALUE);
    }

    void number(int value) {
        bytes.set(JAVA_INT, VALUE, value);
    }

    /// `ifr_addr` and `ifr_netmask` as a `struct sockaddr_in`.
    void internetAddress(int address) {
        bytes.set(JAVA_SHORT, VALUE, AF_INET);
        for (int i = 0; i < Integer.BYTES; i++) {
            bytes.set(JAVA_BYTE, VALUE + ADDRESS_IN_SOCKADDR_IN + i, (byte) (address >>> (24 - 8 * i)));
        }
    }

    /// `ifr_hwaddr`.
    void hardwareAddress(MacAddress mac) {
        bytes.set(JAVA_SHORT, VALUE, ARPHRD_ETHER);
        for (int i = 0; i < MAC_BYTES; i++) {
            bytes.set(JAVA_BYTE, VALUE + ADDRESS_IN_SOCKADDR + i, (byte) mac.octet(i));
        }
    }

    MacAddress hardwareAddress() {
        long address = 0;
        for (int i = 0; i < MAC_BYTES; i++) {
            address = address << 8 | (bytes.get(JAVA_BYTE, VALUE + ADDRESS_IN_SOCKADDR + i) & 0xFF);
        }
        return new MacAddress(address);
    }
}
