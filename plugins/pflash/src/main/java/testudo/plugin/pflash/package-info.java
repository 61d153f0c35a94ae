/// A flash chip directly below the firmware image of an x86 machine, for its variables.
///
/// Commands, each a byte written anywhere: 0x10 or 0x40 program the byte that is written next, 0x20 then 0xD0 erase the
/// block, 0x50 clear status, 0x70 read status, 0xFF read the array. Status: 0x80 ready (after an operation; 0 once cleared, by which
/// firmware tells flash from memory), 0x20 erase failed, 0x10 program failed.
///
/// Life: the factory opens the image read-write, locked; `close()` makes it durable. The image is held in memory and each
/// change is written to the file before the guest sees the status. Everything runs under the core's lock for the device.
package testudo.plugin.pflash;
