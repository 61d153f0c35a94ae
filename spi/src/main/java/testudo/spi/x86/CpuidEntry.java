package testudo.spi.x86;

/// One CPUID leaf.
/// @param function EAX on entry
/// @param index ECX on entry, where it matters
/// @param indexMatters whether the leaf has sub-leaves
/// @param eax result
/// @param ebx result
/// @param ecx result
/// @param edx result
public record CpuidEntry(int function, int index, boolean indexMatters, int eax, int ebx, int ecx, int edx) {}
