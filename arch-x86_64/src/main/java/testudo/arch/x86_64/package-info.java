/// The provider of x86-64 machines: options, plan, loading.
///
/// A plan is made of values and needs no hypervisor. Kernel, initial ramdisk, firmware and the user's tables are checked while
/// it is made; loading then only copies. All calls come from the thread that makes the machine, or that resets it.
package testudo.arch.x86_64;
