/// What builds a jail on Linux: policies of system calls and their compiler, Landlock, the program that starts a jailed process, and what
/// of the host's files a Java runtime needs. For the jail plugins; nothing here decides what a device may do.
package testudo.platform.linux.confine;
