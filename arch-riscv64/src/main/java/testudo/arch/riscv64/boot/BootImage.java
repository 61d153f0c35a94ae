package testudo.arch.riscv64.boot;

import java.util.List;

/// A kernel file that has been understood.
/// @param description what it is: `Linux Image, gzip-compressed`
/// @param entry guest physical address of its first instruction
/// @param segments what goes where, by address
/// @param end the first address that the kernel does not use before it knows the memory map
public record BootImage(String description, long entry, List<Segment> segments, long end) {
    /// Copies the list.
    public BootImage {
        segments = List.copyOf(segments);
    }

    /// A piece of the kernel.
    /// @param source where its bytes come from
    /// @param gpa where it goes
    /// @param fileBytes how much is copied
    /// @param memoryBytes how much memory it takes; what is not copied is zero
    public record Segment(Source source, long gpa, long fileBytes, long memoryBytes) {
        /// The first address behind it.
        /// @return an address
        public long end() {
            return gpa + memoryBytes;
        }
    }
}
