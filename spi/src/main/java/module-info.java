/// The contracts of Testudo: everything a hypervisor, architecture, device, disk format or host platform plugin
/// compiles against, and nothing else.
///
/// A provider is found by [java.util.ServiceLoader]; the types it hands out are used by the core through this module only.
@org.jspecify.annotations.NullMarked
module testudo.spi {
    requires static transitive org.jspecify;

    exports testudo.spi;
    exports testudo.spi.arch;
    exports testudo.spi.command;
    exports testudo.spi.device;
    exports testudo.spi.disk;
    exports testudo.spi.host;
    exports testudo.spi.hypervisor;
    exports testudo.spi.irq;
    exports testudo.spi.jail;
    exports testudo.spi.memory;
    exports testudo.spi.net;
    exports testudo.spi.option;
    exports testudo.spi.pci;
    exports testudo.spi.platform;
    exports testudo.spi.plugin;
    exports testudo.spi.riscv;
    exports testudo.spi.serial;
    exports testudo.spi.virtio;
    exports testudo.spi.x86;
}
