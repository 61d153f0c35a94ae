/// Jails made by `minijail0(1)`: for hosts whose policy names it, and for maps of several users.
package testudo.plugin.jail.minijail;
