/// The entropy device.
///
/// Life: made with scratch memory of its own; serves its one queue from activation to quiescence; holds nothing between requests.
/// Thread: its event loop's, for everything. Limits: a request gets at most 64 KiB, one call of the handler serves at most one queue
/// full of requests; both keep a guest that asks for gigabytes from holding the loop.
package testudo.plugin.virtio.rng;
