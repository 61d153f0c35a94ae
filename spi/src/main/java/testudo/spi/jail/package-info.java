/// Jails: how a device process is shut away from the host, and from the machine it serves.
///
/// The layers, and when each takes effect:
///
/// | when | what | who |
/// |---|---|---|
/// | before the process's first instruction | namespaces, empty read-only root, no capabilities, `no_new_privs`, resource limits, Landlock, start-up filter | [JailProvider] |
/// | when the device is ready, before the guest can reach it | the strict filter of system calls, on every thread | [SystemCallFilter], called by the process itself |
///
/// A jail is complete or it is refused: a provider that cannot build one layer says which and does not start the process.
package testudo.spi.jail;
