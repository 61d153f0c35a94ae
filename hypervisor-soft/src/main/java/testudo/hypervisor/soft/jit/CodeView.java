package testudo.hypervisor.soft.jit;

/// What a hart sees as code: its address translation for fetches, and guest memory.
interface CodeView {
    /// Translates an address for a fetch, without a fault.
    ///
    /// @return the physical address, or -1 when a fetch would fault or does not reach guest RAM
    long physical(long virtualAddress);

    /// Reads 16 bits of code.
    ///
    /// @param physical an even address that {@link #physical} returned
    int parcel(long physical);
}
