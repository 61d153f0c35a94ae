/// Checks of what the compiler can't check: which module may use what, names, sizes, and that module descriptors change on purpose.
///
/// They look at the compiled classes and the sources of every module of the reactor, so a new module is checked without being named here.
package testudo.testing.architecture;
