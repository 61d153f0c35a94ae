/// The firmware configuration device (QEMU, "QEMU Firmware Configuration (fw_cfg) Device"), without DMA.
///
/// Ports 0x510 (selector, 16 bits) and 0x511 (data, a byte at a time). Items: 0x0000 signature, 0x0001 features, 0x0019 directory, from
/// 0x0020 the files. The file `bootorder` is made from the devices' boot indexes when the guest first selects an item.
///
/// Contents are read when the machine is made, at most 16 MiB each, 1024 files. Everything runs under the core's lock for the device.
package testudo.plugin.fwcfg;
