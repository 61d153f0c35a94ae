package testudo.plugin.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// What the user asked for.
/// @param cpus number of virtual CPUs
/// @param memoryMib guest memory
/// @param hypervisor value of `--hypervisor`, if given
/// @param command what to run in the guest, in place of a shell
/// @param kernel a kernel in place of the distribution's
/// @param initramfs an initramfs in place of the one made of packages
/// @param refresh whether to fetch the newest packages
/// @param verbose whether the kernel's messages are shown
record DemoOptions(long cpus, long memoryMib, Optional<String> hypervisor, Optional<String> command, Optional<Path> kernel,
        Optional<Path> initramfs, boolean refresh, boolean verbose) {
    private static final String GROUP = "Demo";
    private static final long DEFAULT_MEMORY_MIB = 512;
    private static final int MOST_COMMAND_CHARACTERS = 1 << 20;

    static final OptionDeclaration<Long> CPUS = OptionDeclaration.value("cpus", Long.class, "COUNT", GROUP, "virtual CPUs, default 1")
            .withShortName('c');
    static final OptionDeclaration<Long> MEMORY = OptionDeclaration.value("mem", Long.class, "MIB", GROUP, "guest memory, default 512")
            .withShortName('m');
    static final OptionDeclaration<String> HYPERVISOR = OptionDeclaration.value("hypervisor", String.class, "ID", GROUP,
            "soft, the default: a riscv64 guest anywhere; kvm or another: a guest of the host's architecture");
    static final OptionDeclaration<String> COMMAND = OptionDeclaration.value("exec", String.class, "CMD", GROUP,
            "run a shell command in the guest and end with its exit status");
    static final OptionDeclaration<Path> KERNEL = OptionDeclaration.value("kernel", Path.class, "FILE", GROUP,
            "kernel image to boot in place of the distribution's");
    static final OptionDeclaration<Path> INITRAMFS = OptionDeclaration.value("initrd", Path.class, "FILE", GROUP,
            "initramfs with /bin/busybox, in place of the one made of packages; with --kernel no network is needed");
    static final OptionDeclaration<Boolean> REFRESH = OptionDeclaration.flag("refresh", GROUP, "fetch the newest packages first");
    static final OptionDeclaration<Boolean> VERBOSE = OptionDeclaration.flag("verbose", GROUP, "show the guest kernel's messages");

    static final List<OptionDeclaration<?>> ALL = List.of(CPUS, MEMORY, HYPERVISOR, COMMAND, KERNEL, INITRAMFS, REFRESH, VERBOSE);

    /// Reads and checks them.
    /// @throws VmmException.Config with all that is wrong
    static DemoOptions of(Configuration given) {
        List<String> problems = new ArrayList<>();
        DemoOptions options = new DemoOptions(given.value(CPUS).orElse(1L), given.value(MEMORY).orElse(DEFAULT_MEMORY_MIB),
                given.value(HYPERVISOR), given.value(COMMAND), given.value(KERNEL), given.value(INITRAMFS), given.isSet(REFRESH),
                given.isSet(VERBOSE));
        if (options.command.filter(text -> text.isBlank() || text.length() > MOST_COMMAND_CHARACTERS || text.indexOf('\0') >= 0)
                .isPresent()) {
            problems.add("--exec: a command of 1 to %d characters is needed".formatted(MOST_COMMAND_CHARACTERS));
        }
        options.kernel.filter(file -> !Files.isReadable(file)).ifPresent(file -> problems.add("--kernel %s: no such readable file"
                .formatted(file)));
        options.initramfs.filter(file -> !Files.isReadable(file)).ifPresent(file -> problems.add("--initrd %s: no such readable file"
                .formatted(file)));
        if (options.initramfs.isPresent() && options.kernel.isEmpty()) {
            problems.add("--initrd: an initramfs has modules for its own kernel; name that with --kernel");
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return options;
    }
}
