/// The command line: finds what is installed, makes a parser and help of what providers declare, and runs one command.
///
/// Knows no device, hypervisor or architecture by name. Exit status: 0 success, 1 failure, 35 wrong arguments, and with
/// `--extended-status` how the machine ended.
package testudo.cli;
