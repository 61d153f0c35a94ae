package testudo.spi.device;

/// What is known about a machine before its devices are made.
/// @param architecture such as `x86_64`
/// @param vcpus number of vCPUs
/// @param memoryBytes size of RAM
/// @param ramBelow4GiB the first address behind the RAM that starts below 4 GiB (on x86 the RAM split point)
/// @param ramAbove4GiB bytes of RAM above 4 GiB
public record MachineFacts(String architecture, int vcpus, long memoryBytes, long ramBelow4GiB, long ramAbove4GiB) {}
