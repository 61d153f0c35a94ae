/// Binds options: command-line text, JSON files and API calls become the records that providers declare.
///
/// All text formats become one tree ([testudo.core.option.Syntax]), and one binder makes records of it. Nothing here keeps state
/// between calls, except caches of what a record declares; the builders are for one thread.
package testudo.core.option;
