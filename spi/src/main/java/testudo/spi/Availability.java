package testudo.spi;

/// Whether a provider can be used on this host, right now.
public sealed interface Availability {
    /// It can be used.
    /// @param detail one line for `testudo devices`, for example a version; may be empty
    record Ready(String detail) implements Availability {}

    /// It can't be used.
    /// @param what what is missing, with values: `/dev/kvm: EACCES`
    /// @param fix what the user can do about it: `add the user to group kvm`
    record Missing(String what, String fix) implements Availability {}
}
