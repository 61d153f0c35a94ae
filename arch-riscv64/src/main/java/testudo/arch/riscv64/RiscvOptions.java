package testudo.arch.riscv64;

import java.nio.file.Path;
import java.util.List;
import testudo.spi.option.OptionDeclaration;

/// The options of this architecture.
final class RiscvOptions {
    static final OptionDeclaration<Path> DUMP_DEVICE_TREE = OptionDeclaration.value(
            "dump-device-tree-blob", Path.class, "PATH", "Firmware", "write the device tree that the guest gets to a file");

    private RiscvOptions() {}

    static List<OptionDeclaration<?>> all() {
        return List.of(DUMP_DEVICE_TREE);
    }
}
