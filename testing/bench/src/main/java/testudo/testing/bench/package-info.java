/// Measures Testudo beside its peers, in turns and in one run.
///
/// [Bench] is the program: each `…Rows` class measures some rows of the table and adds every single figure to [Measurements], which keeps
/// them in a file; [Report] makes the table from them. Nothing here judges a figure: a shared machine has no absolute times.
@org.jspecify.annotations.NullMarked
package testudo.testing.bench;
