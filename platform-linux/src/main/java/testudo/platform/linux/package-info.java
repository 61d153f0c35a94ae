/// The host contracts on Linux.
///
/// Objects own their descriptors and the small buffers the kernel reads or writes; both go with `close()`. Results that callers
/// branch on are returned as negative errnos; what can't go on is a [testudo.spi.VmmException.Host].
package testudo.platform.linux;
