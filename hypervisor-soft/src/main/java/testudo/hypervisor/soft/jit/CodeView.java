package testudo.hypervisor.soft.jit;

/// What a hart sees as code: its address translation for fetches, and guest memory.
interface CodeView {
    /// Translates an address for a fetch, without a fault.
    ///
    /// @return the physical address, or -1 when a fetch would fault or does not reach guest RAM
    long physical(long virtualAddress);

    /// Says whether a translation can be entered there: a region does not go on into what another one has.
    ///
    /// @param physical an even address that {@link #physical} returned
    boolean isTranslated(long physical);

    /// Reads 16 bits of code.
    ///
    /// @param physical an even address that {@link #physical} returned
    int parcel(long physical);
}
