package testudo.testing.e2e;

import java.util.ArrayList;
import java.util.List;

/// A `testudo run` command line. Immutable; each method answers a changed copy.
///
/// @param kernel path of the kernel in the outer Linux
/// @param initramfs path of its initramfs
/// @param vcpus number of virtual CPUs
/// @param memoryMib guest memory in MiB
/// @param extendedStatus whether the exit code tells how the guest ended
/// @param parameters words for the kernel command line
/// @param options further options of `run`
record RunOptions(String kernel, String initramfs, int vcpus, int memoryMib, boolean extendedStatus, List<String> parameters,
        List<String> options) {
    /// The control socket of every machine the tests run.
    static final String SOCKET = "/tmp/testudo.sock";

    /// One vCPU, 512 MiB, the kernel as Debian ships it, the shell of its initramfs on the first serial port, few messages.
    static RunOptions of(Kernel kernel) {
        return new RunOptions(kernel.bzImage(), kernel.initramfs(), 1, 512, false, List.of("quiet"), List.of());
    }

    RunOptions kernel(String path) {
        return new RunOptions(path, initramfs, vcpus, memoryMib, extendedStatus, parameters, options);
    }

    RunOptions vcpus(int count) {
        return new RunOptions(kernel, initramfs, count, memoryMib, extendedStatus, parameters, options);
    }

    RunOptions memoryMib(int size) {
        return new RunOptions(kernel, initramfs, vcpus, size, extendedStatus, parameters, options);
    }

    RunOptions withExtendedStatus() {
        return new RunOptions(kernel, initramfs, vcpus, memoryMib, true, parameters, options);
    }

    RunOptions parameter(String word) {
        return new RunOptions(kernel, initramfs, vcpus, memoryMib, extendedStatus, plus(parameters, word), options);
    }

    /// Adds options as they are written in a shell.
    RunOptions with(String... more) {
        return new RunOptions(kernel, initramfs, vcpus, memoryMib, extendedStatus, parameters, plus(options, more));
    }

    /// Boots from the read-only root file system with the test programs (`lspci`, `fio`, `iasl`), as `/dev/vda`.
    RunOptions withRootDisk() {
        return with("--block path=/material/root.ext4,ro,root");
    }

    /// The command line for the outer Linux' shell.
    String commandLine() {
        return "/image/bin/testudo " + (extendedStatus ? "--extended-status " : "")
                + "run --disable-sandbox --cpus " + vcpus + " --mem " + memoryMib
                + " --serial type=stdout,hardware=serial,console,stdin --socket " + SOCKET
                + " " + String.join(" ", options)
                + " --params '" + String.join(" ", parameters) + "'"
                + " --initrd " + initramfs + " " + kernel;
    }

    private static List<String> plus(List<String> list, String... more) {
        List<String> longer = new ArrayList<>(list);
        longer.addAll(List.of(more));
        return List.copyOf(longer);
    }
}
