package testudo.spi.option;

/// An option as the user gave it, bound.
/// @param option its declaration
/// @param value the bound value
/// @param position its place among all options given, from 0; keeps the order across different options
/// @param where for error messages: `--block #2`, `machine.json: block[1]`
/// @param <T> the bound type
public record Occurrence<T>(OptionDeclaration<T> option, T value, int position, String where) {}
