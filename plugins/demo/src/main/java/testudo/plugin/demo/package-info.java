/// The demo: a guest made of the distribution's own packages, and a machine for it.
///
/// The kernel and busybox come through a private apt root, checked against the keys of this system's keyrings, and are kept as two files in the
/// user's cache: the kernel and an initramfs of busybox and kernel modules. What is ours (`/init`, the command to run) is appended for
/// each run as a second archive, so a new version of this plugin needs no new download. The machine itself is an ordinary `run`.
///
/// Everything runs on the thread of the command, but for the lines that show progress.
package testudo.plugin.demo;
