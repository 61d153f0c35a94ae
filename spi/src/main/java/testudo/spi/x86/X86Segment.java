package testudo.spi.x86;

/// A segment register with its hidden part.
/// @param selector 16 bits
/// @param base linear base address
/// @param limit in bytes - 1, as the hidden part holds it (granularity applied)
/// @param attributes bits 0-3 type, 4 S, 5-6 DPL, 7 P, 12 AVL, 13 L, 14 D/B, 15 G; bit 16 set: unusable
public record X86Segment(int selector, long base, int limit, int attributes) {}
