package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// The kernel's `struct termios`, 36 bytes, all architectures here. Source: `include/uapi/asm-generic/termbits.h`.
final class Termios {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("c_iflag"),
            JAVA_INT.withName("c_oflag"),
            JAVA_INT.withName("c_cflag"),
            JAVA_INT.withName("c_lflag"),
            JAVA_BYTE.withName("c_line"),
            MemoryLayout.sequenceLayout(19, JAVA_BYTE).withName("c_cc"));

    private static final long TCGETS = Ioctl.io('T', 0x01);
    private static final long TCSETS = Ioctl.io('T', 0x02);
    private static final long TIOCGPTN = Ioctl.ior('T', 0x30, JAVA_INT);
    private static final long TIOCSPTLCK = Ioctl.iow('T', 0x31, JAVA_INT);

    private static final int INPUT_PROCESSING = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400;
    private static final int LINE_PROCESSING = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;
    private static final int OUTPUT_PROCESSING = 0x1;
    private static final int CHARACTER_SIZE_AND_PARITY = 0x30 | 0x100;
    private static final int EIGHT_BITS = 0x30;
    private static final int VTIME = 5;
    private static final int VMIN = 6;

    private Termios() {}

    /// Reads a terminal's mode.
    /// @return 0, or a negative errno: `-ENOTTY` when it is no terminal
    static int read(int descriptor, MemorySegment mode) {
        return (int) Ioctl.call(descriptor, TCGETS, mode.address());
    }

    static int write(int descriptor, MemorySegment mode) {
        return (int) Ioctl.call(descriptor, TCSETS, mode.address());
    }

    /// Turns a mode into the raw one: no echo, no line editing, no signals, 8 bits.
    /// @param mode changed
    /// @param keepOutput whether newline translation of output stays
    static void makeRaw(MemorySegment mode, boolean keepOutput) {
        clear(mode, "c_iflag", INPUT_PROCESSING);
        clear(mode, "c_lflag", LINE_PROCESSING);
        clear(mode, "c_cflag", CHARACTER_SIZE_AND_PARITY);
        long control = KernelStruct.offset(LAYOUT, "c_cflag");
        mode.set(JAVA_INT, control, mode.get(JAVA_INT, control) | EIGHT_BITS);
        if (!keepOutput) {
            clear(mode, "c_oflag", OUTPUT_PROCESSING);
        }
        long characters = KernelStruct.offset(LAYOUT, "c_cc");
        mode.set(JAVA_BYTE, characters + VTIME, (byte) 0);
        mode.set(JAVA_BYTE, characters + VMIN, (byte) 1);
    }

    /// Unlocks the user's side of a pseudo terminal and asks for its number.
    /// @return the N of `/dev/pts/N`, or a negative errno
    static int unlockPseudoTerminal(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(JAVA_INT);
            long result = Ioctl.call(descriptor, TIOCSPTLCK, number.address());
            if (result == 0) {
                result = Ioctl.call(descriptor, TIOCGPTN, number.address());
            }
            return result < 0 ? (int) result : number.get(JAVA_INT, 0);
        }
    }

    private static void clear(MemorySegment mode, String field, int bits) {
        long offset = KernelStruct.offset(LAYOUT, field);
        mode.set(JAVA_INT, offset, mode.get(JAVA_INT, offset) & ~bits);
    }
}
