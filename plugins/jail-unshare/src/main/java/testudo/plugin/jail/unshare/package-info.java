/// Jails made with `unshare(2)` and what goes with it.
///
/// Two processes: a supervisor in the new namespaces but outside of the new root, which holds nothing and waits, and process 1 of the jail,
/// which builds the root, gives everything up and becomes the program. Whichever of main, supervisor and process 1 dies takes the later ones along.
package testudo.plugin.jail.unshare;
