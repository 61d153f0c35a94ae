package testudo.spi.command;

/// JSON's `null` where a Java `null` is not welcome.
public enum Json {
    /// The value `null`.
    NULL
}
