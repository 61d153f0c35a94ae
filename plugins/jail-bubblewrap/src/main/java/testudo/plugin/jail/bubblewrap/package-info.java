/// Jails made by bubblewrap, `bwrap(1)`: the same walls as the kind unshare but for Landlock, which bubblewrap does not know.
package testudo.plugin.jail.bubblewrap;
