/// The memory balloon.
///
/// Life: made without resources but a timer; serves its queues from activation to quiescence; keeps its target over a reset.
/// Thread: its event loop's, for requests and commands. Limits: 16384 page numbers a request, more are ignored (those pages are not
/// given back to the host, which is all that happens); 64 statistics a report; 16 commands wait for the guest; one call of a handler
/// serves at most a queue full of requests.
package testudo.plugin.virtio.balloon;
