/// System calls, their numbers, structures and errors: what the native modules build on.
///
/// Structures are one final class each, named after the kernel's, with the layout and the offsets that follow from it. Fields are
/// read and written with the plain segment accessors at those constant offsets: a `VarHandle` for each field would be as fast once
/// compiled, but costs start-up time for every field.
package testudo.platform.linux.call;
