/// Options: each provider declares records, one binder makes them from command-line text, a JSON file or an API call,
/// and makes help, man page and completion from the same declarations.
package testudo.spi.option;
