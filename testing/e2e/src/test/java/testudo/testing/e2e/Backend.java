package testudo.testing.e2e;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// What runs the guests of a test: a hypervisor and the host it needs.
enum Backend {
    /// A RISC-V machine in software, on this machine. First, because its tests are the quick ones.
    SOFT("soft", List.of(Kernel.RISCV64_6_12), "--hypervisor soft") {
        @Override
        Host open(Path image) throws IOException {
            return new ThisMachine(image, TestBed.softMaterial());
        }
    },
    /// Real KVM, inside the outer Linux.
    KVM("kvm", List.of(Kernel.CLOUD_6_12, Kernel.GENERIC_6_12, Kernel.CLOUD_6_1, Kernel.GENERIC_6_1), "") {
        @Override
        Host open(Path image) throws IOException, InterruptedException {
            return OuterLinux.restore(TestBed.get(), image);
        }
    };

    private final String id;
    private final List<Kernel> kernels;
    private final String option;

    Backend(String id, List<Kernel> kernels, String option) {
        this.id = id;
        this.kernels = kernels;
        this.option = option;
    }

    /// Starts the host.
    /// @param image the folder of the image under test
    abstract Host open(Path image) throws IOException, InterruptedException;

    /// The stock kernels that it boots; the first is the one for tests that need only one.
    List<Kernel> kernels() {
        return kernels;
    }

    /// The options of `run` that choose it, possibly none.
    String option() {
        return option;
    }

    /// Those that this run of the tests is for: all, or the ones named by the system property `testudo.e2e.backends`, separated by commas.
    static Stream<Backend> selected() {
        String names = System.getProperty("testudo.e2e.backends", "");
        List<String> wanted = Arrays.asList(names.split(",", -1));
        return Arrays.stream(values()).filter(backend -> names.isEmpty() || wanted.contains(backend.id));
    }
}
