package testudo.arch.x86_64.boot;

import java.util.List;
import java.util.Optional;

/// A kernel file that has been understood.
/// @param description what it is: `Linux bzImage 6.12.0, 64-bit entry`
/// @param protocol how it is started
/// @param entry guest physical address of its first instruction
/// @param segments what is copied where, by address
/// @param limits what it allows
/// @param setup the setup header of a bzImage
public record BootImage(
        String description,
        Protocol protocol,
        long entry,
        List<Segment> segments,
        Limits limits,
        Optional<SetupHeader> setup) {
    /// The longest command line, without NUL, of kernels that state no limit.
    public static final int COMMAND_LINE_BYTES = 0x7FF;
    /// The last byte of an initial ramdisk for kernels that state no limit.
    public static final long INITRD_MAX = 0x37FF_FFFFL;

    /// Copies the list.
    public BootImage {
        segments = List.copyOf(segments);
    }

    /// How a kernel is started.
    public enum Protocol {
        /// Linux zero page in RSI, long mode.
        LINUX_64,
        /// Linux zero page in ESI, flat 32-bit mode.
        LINUX_32,
        /// `hvm_start_info` in EBX, flat 32-bit mode.
        PVH,
        /// Multiboot 1 information in EBX, flat 32-bit mode.
        MULTIBOOT
    }

    /// A piece of the file.
    /// @param fileOffset where it starts in the file
    /// @param gpa where it goes
    /// @param fileBytes how much is copied
    /// @param memoryBytes how much memory it takes; what is not copied is zero
    public record Segment(long fileOffset, long gpa, long fileBytes, long memoryBytes) {
        /// The first address behind it.
        /// @return an address
        public long end() {
            return gpa + memoryBytes;
        }
    }

    /// What a kernel allows.
    /// @param kernelEnd the first address that it does not use before it knows the memory map
    /// @param initrdMax the highest address of the last byte of an initial ramdisk
    /// @param commandLineBytes the longest command line without NUL
    public record Limits(long kernelEnd, long initrdMax, int commandLineBytes) {}

    /// The setup header of a bzImage, as it is copied into the zero page from 0x1F1 on.
    public static final class SetupHeader {
        private final byte[] bytes;

        /// Keeps a copy.
        /// @param bytes the header
        public SetupHeader(byte[] bytes) {
            this.bytes = bytes.clone();
        }

        /// The header.
        /// @return a copy
        public byte[] bytes() {
            return bytes.clone();
        }
    }
}
