/// What tests drive devices with: real off-heap guest RAM, both virtqueue formats from the driver's side (also broken ones), events,
/// timers and pollers in memory with a clock that only tests move, and an event loop that runs in the calling thread.
package testudo.testing.driver;
