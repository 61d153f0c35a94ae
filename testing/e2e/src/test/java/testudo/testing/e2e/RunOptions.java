package testudo.testing.e2e;

import java.util.ArrayList;
import java.util.List;

/// A `testudo run` command line. Immutable; each method answers a changed copy.
///
/// @param kernel what boots
/// @param elf whether the kernel is given as the ELF file from inside the compressed one
/// @param vcpus number of virtual CPUs
/// @param memoryMib guest memory in MiB
/// @param extendedStatus whether the exit code tells how the guest ended
/// @param rootDisk whether there is a disk with test programs
/// @param sandbox the option that says where devices live
/// @param parameters words for the kernel command line
/// @param options further options of `run`
record RunOptions(Kernel kernel, boolean elf, int vcpus, int memoryMib, boolean extendedStatus, boolean rootDisk,
        String sandbox, List<String> parameters, List<String> options) {
    private static final String NO_SANDBOX = "--disable-sandbox";

    /// One vCPU, 512 MiB, the kernel as Debian ships it, the shell of its initramfs on the first serial port, few messages.
    static RunOptions of(Kernel kernel) {
        return new RunOptions(kernel, false, 1, 512, false, false, NO_SANDBOX, List.of("quiet"), List.of());
    }

    RunOptions elf(boolean file) {
        return new RunOptions(kernel, file, vcpus, memoryMib, extendedStatus, rootDisk, sandbox, parameters, options);
    }

    RunOptions vcpus(int count) {
        return new RunOptions(kernel, elf, count, memoryMib, extendedStatus, rootDisk, sandbox, parameters, options);
    }

    RunOptions memoryMib(int size) {
        return new RunOptions(kernel, elf, vcpus, size, extendedStatus, rootDisk, sandbox, parameters, options);
    }

    RunOptions withExtendedStatus() {
        return new RunOptions(kernel, elf, vcpus, memoryMib, true, rootDisk, sandbox, parameters, options);
    }

    /// Each virtio device in a process of its own, in a jail: what a user gets who says nothing about it.
    RunOptions jailed() {
        return new RunOptions(kernel, elf, vcpus, memoryMib, extendedStatus, rootDisk, "", parameters, options);
    }

    /// Each virtio device in a process of its own, without a jail: for showing that a check can fail.
    RunOptions apart() {
        return new RunOptions(
                kernel, elf, vcpus, memoryMib, extendedStatus, rootDisk, "--device-processes " + NO_SANDBOX, parameters, options);
    }

    RunOptions parameter(String word) {
        return new RunOptions(kernel, elf, vcpus, memoryMib, extendedStatus, rootDisk, sandbox, plus(parameters, word), options);
    }

    /// Adds options as they are written in a shell.
    RunOptions with(String... more) {
        return new RunOptions(kernel, elf, vcpus, memoryMib, extendedStatus, rootDisk, sandbox, parameters, plus(options, more));
    }

    /// Boots from the read-only root file system with the test programs (`lspci`, `fio`, `iasl`), as `/dev/vda`.
    RunOptions withRootDisk() {
        return new RunOptions(kernel, elf, vcpus, memoryMib, extendedStatus, true, sandbox, parameters, options);
    }

    /// The control socket of the machine that a test runs.
    static String socket(Host host) {
        return host.folder() + "/testudo.sock";
    }

    /// The command line for a host's shell.
    String commandLine(Host host, Backend backend) {
        return host.image() + "/bin/testudo " + (extendedStatus ? "--extended-status " : "")
                + "run " + sandbox + " " + backend.option() + " --cpus " + vcpus + " --mem " + memoryMib
                + " --serial type=stdout,hardware=serial,console,stdin --socket " + socket(host)
                + (rootDisk ? " --block path=" + host.material() + "/root.ext4,ro,root" : "")
                + " " + String.join(" ", options)
                + " --params '" + String.join(" ", parameters) + "'"
                + " --initrd " + kernel.initramfs(host) + " " + (elf ? kernel.vmlinux(host) : kernel.image(host));
    }

    private static List<String> plus(List<String> list, String... more) {
        List<String> longer = new ArrayList<>(list);
        longer.addAll(List.of(more));
        return List.copyOf(longer);
    }
}
