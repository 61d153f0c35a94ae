package testudo.spi.x86;

/// A model-specific register and its value.
/// @param index the register
/// @param value its value
public record MsrValue(int index, long value) {}
