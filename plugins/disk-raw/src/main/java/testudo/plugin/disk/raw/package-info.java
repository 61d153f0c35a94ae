/// Raw disk images: files and block devices.
///
/// Life: an image owns its file and outlives its queues; each queue owns a ring for asynchronous operations, and is watched by the
/// loop that it was made for. Threads: an image's facts may be read on any thread; a queue belongs to its loop's thread.
/// Limits: a queue has room for a fixed number of operations and 4 bounce buffers of 256 KiB, all made with it; an operation that
/// finds no room waits in a queue of the same fixed length.
package testudo.plugin.disk.raw;
