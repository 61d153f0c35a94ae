/// What all kinds of device share: providers, specifications, the context a device lives in, its event loop.
///
/// Life of a device: its provider turns options into [DeviceSpec]s before anything is opened; the core places them, then makes each
/// device with its factory, on the thread that starts the machine; from then on only its event loop calls it (platform devices and
/// BAR accesses: one thread at a time), until `close()` on that loop. No device needs a lock.
package testudo.spi.device;
