package testudo.arch.riscv64.fdt;

import java.util.List;
import java.util.Optional;
import testudo.spi.arch.MachineLayout.PciFunction;
import testudo.spi.arch.MachineLayout.PlatformNode;
import testudo.spi.arch.MachinePlan.PciHost;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.irq.Trigger;
import testudo.spi.platform.FirmwareNode;
import testudo.spi.platform.Resource;

/// A machine's device tree, as Linux's bindings describe its parts.
public final class DeviceTree {
    private static final int APLIC = 1;
    private static final int IMSICS = 2;
    private static final int FIRST_CPU = 16; // two a hart: the hart, its interrupt controller

    private static final int IRQ_RISING_EDGE = 1;
    private static final int IRQ_LEVEL_HIGH = 4;
    private static final int SUPERVISOR_EXTERNAL = 9;
    private static final String SERIAL = "serial";
    private static final int UART_HZ = 1_843_200;
    private static final int KASLR_SEED_BYTES = 8;

    private static final int PCI_MEMORY_32 = 0x0200_0000;
    /// 64-bit and prefetchable: Linux warns about any other window of 4 GiB and more.
    private static final int PCI_MEMORY_64 = 0x4300_0000;
    private static final int PCI_FUNCTION_MASK = 0xFF00;
    private static final int PCI_PIN_MASK = 7;

    private final GuestView view;
    private final FdtWriter tree = new FdtWriter();

    private DeviceTree(GuestView view) {
        this.view = view;
    }

    /// Describes a machine.
    /// @param view the machine
    /// @param seed random bytes: eight for the place of the kernel, the rest for its random number generator
    /// @return the blob
    public static byte[] of(GuestView view, byte[] seed) {
        return new DeviceTree(view).write(seed);
    }

    private byte[] write(byte[] seed) {
        tree.begin("");
        tree.text("compatible", "linux,dummy-virt");
        tree.text("model", "testudo");
        tree.cells("#address-cells", 2);
        tree.cells("#size-cells", 2);
        List<PlatformNode> serials = devices(FirmwareNode.UART_16550);
        chosen(seed, serials);
        aliases(serials);
        memory();
        cpus();
        tree.begin("soc");
        tree.text("compatible", "simple-bus");
        tree.cells("#address-cells", 2);
        tree.cells("#size-cells", 2);
        tree.flag("ranges");
        imsics();
        aplic();
        serials.forEach(node -> device(node, SERIAL, "ns16550a"));
        devices(FirmwareNode.RTC_GOLDFISH).forEach(node -> device(node, "rtc", "google,goldfish-rtc"));
        devices(FirmwareNode.VIRTIO_MMIO).forEach(node -> device(node, "virtio_mmio", "virtio,mmio"));
        pci();
        tree.end();
        tree.end();
        return tree.finish();
    }

    private void chosen(byte[] seed, List<PlatformNode> serials) {
        tree.begin("chosen");
        tree.text("bootargs", view.layout().commandLine());
        tree.cells("linux,pci-probe-only", 1); // registers of virtio-mmio devices are in the window too
        view.initrd().ifPresent(initrd -> {
            tree.longs("linux,initrd-start", initrd.start());
            tree.longs("linux,initrd-end", initrd.end());
        });
        tree.bytes("kaslr-seed", java.util.Arrays.copyOf(seed, KASLR_SEED_BYTES));
        tree.bytes("rng-seed", java.util.Arrays.copyOfRange(seed, KASLR_SEED_BYTES, seed.length));
        serials.stream().findFirst().ifPresent(first -> tree.text("stdout-path", path(first)));
        tree.end();
    }

    /// Names the ports in their order, so that the first is `ttyS0` whichever the kernel finds first.
    private void aliases(List<PlatformNode> serials) {
        tree.begin("aliases");
        for (int i = 0; i < serials.size(); i++) {
            tree.text("serial" + i, path(serials.get(i)));
        }
        tree.end();
    }

    private void memory() {
        tree.begin(unit("memory", view.memory()));
        tree.text("device_type", "memory");
        reg(view.memory());
        tree.end();
    }

    private void cpus() {
        tree.begin("cpus");
        tree.cells("#address-cells", 1);
        tree.cells("#size-cells", 0);
        tree.cells("timebase-frequency", (int) view.harts().timebaseHz());
        for (int hart = 0; hart < view.vcpus(); hart++) {
            cpu(hart);
        }
        tree.begin("cpu-map");
        tree.begin("cluster0");
        for (int hart = 0; hart < view.vcpus(); hart++) {
            tree.begin("core" + hart);
            tree.cells("cpu", cpuHandle(hart));
            tree.end();
        }
        tree.end();
        tree.end();
        tree.end();
    }

    private void cpu(int hart) {
        tree.begin("cpu@%x".formatted(hart));
        tree.text("device_type", "cpu");
        tree.text("compatible", "riscv");
        tree.text("status", "okay");
        tree.cells("reg", hart);
        tree.cells("phandle", cpuHandle(hart));
        tree.text("riscv,isa-base", "rv64i");
        tree.text("riscv,isa-extensions", view.harts().extensions());
        tree.text("riscv,isa", isa(view.harts().extensions()));
        tree.text("mmu-type", "riscv,sv" + view.harts().virtualAddressBits());
        for (String operation : List.of("cbom", "cbop", "cboz")) {
            if (view.harts().extensions().contains("zi" + operation)) {
                tree.cells("riscv,%s-block-size".formatted(operation), view.harts().cacheBlockBytes());
            }
        }
        tree.begin("interrupt-controller");
        tree.text("compatible", "riscv,cpu-intc");
        tree.cells("#interrupt-cells", 1);
        tree.cells("#address-cells", 0);
        tree.flag("interrupt-controller");
        tree.cells("phandle", cpuHandle(hart) + 1);
        tree.end();
        tree.end();
    }

    /// The older spelling: single letters together, the rest behind them.
    private static String isa(List<String> extensions) {
        StringBuilder isa = new StringBuilder("rv64");
        extensions.stream().filter(name -> name.length() == 1).forEach(isa::append);
        extensions.stream().filter(name -> name.length() > 1).forEach(name -> isa.append('_').append(name));
        return isa.toString();
    }

    private static int cpuHandle(int hart) {
        return FIRST_CPU + 2 * hart;
    }

    private Window controller(String name) {
        return Optional.ofNullable(view.plan().interrupts().registers().get(name)).orElseThrow();
    }

    private void imsics() {
        Window window = controller("imsic");
        tree.begin(unit("interrupt-controller", window));
        tree.text("compatible", "riscv,imsics");
        reg(window);
        tree.flag("interrupt-controller");
        tree.cells("#interrupt-cells", 0);
        tree.cells("#address-cells", 0);
        tree.flag("msi-controller");
        tree.cells("#msi-cells", 0);
        tree.cells("riscv,num-ids", view.harts().interruptIdentities());
        int[] files = new int[2 * view.vcpus()];
        for (int hart = 0; hart < view.vcpus(); hart++) {
            files[2 * hart] = cpuHandle(hart) + 1;
            files[2 * hart + 1] = SUPERVISOR_EXTERNAL;
        }
        tree.cells("interrupts-extended", files);
        tree.cells("phandle", IMSICS);
        tree.end();
    }

    private void aplic() {
        Window window = controller("aplic");
        tree.begin(unit("interrupt-controller", window));
        tree.text("compatible", "riscv,aplic");
        reg(window);
        tree.flag("interrupt-controller");
        tree.cells("#interrupt-cells", 2);
        tree.cells("#address-cells", 0);
        tree.cells("riscv,num-sources", view.plan().interrupts().pins() - 1); // there is no source 0
        tree.cells("msi-parent", IMSICS);
        tree.cells("phandle", APLIC);
        tree.end();
    }

    /// A device that is nothing but registers and interrupts.
    private void device(PlatformNode node, String name, String compatible) {
        Window registers = registers(node).orElseThrow();
        tree.begin(unit(name, registers));
        tree.text("compatible", compatible);
        reg(registers);
        if (name.equals(SERIAL)) {
            tree.cells("clock-frequency", UART_HZ);
        }
        for (Resource resource : node.resources()) {
            if (resource instanceof Resource.Irq(int gsi, Trigger trigger)) {
                tree.cells("interrupts-extended", APLIC, gsi, trigger == Trigger.EDGE ? IRQ_RISING_EDGE : IRQ_LEVEL_HIGH);
            }
        }
        tree.end();
    }

    /// The devices of a kind that have registers in memory.
    private List<PlatformNode> devices(FirmwareNode kind) {
        return view.layout().platform().stream()
                .filter(node -> node.node().equals(Optional.of(kind)) && registers(node).isPresent())
                .toList();
    }

    private static Optional<Window> registers(PlatformNode node) {
        return node.resources().stream()
                .flatMap(resource -> resource instanceof Resource.Mmio(long gpa, long sizeBytes)
                        ? java.util.stream.Stream.of(new Window(gpa, sizeBytes))
                        : java.util.stream.Stream.empty())
                .findFirst();
    }

    private static String path(PlatformNode serial) {
        return "/soc/" + unit(SERIAL, registers(serial).orElseThrow());
    }

    private void pci() {
        PciHost host = view.plan().pci();
        tree.begin(unit("pci", host.configWindow()));
        tree.text("compatible", "pci-host-ecam-generic");
        tree.text("device_type", "pci");
        reg(host.configWindow());
        tree.cells("#address-cells", 3);
        tree.cells("#size-cells", 2);
        tree.cells("#interrupt-cells", 1);
        tree.cells("linux,pci-domain", 0);
        int buses = (int) (host.configWindow().sizeBytes() >> (8 + host.configShift()));
        tree.cells("bus-range", 0, buses - 1);
        int[] low = range(PCI_MEMORY_32, host.lowWindow());
        int[] high = range(PCI_MEMORY_64, host.highWindow());
        int[] ranges = java.util.Arrays.copyOf(low, low.length + high.length);
        System.arraycopy(high, 0, ranges, low.length, high.length);
        tree.cells("ranges", ranges);
        tree.flag("dma-coherent");
        tree.cells("msi-parent", IMSICS);
        interruptMap();
        tree.end();
    }

    private static int[] range(int space, Window window) {
        int high = (int) (window.start() >>> 32);
        int low = (int) window.start();
        return new int[]{space, high, low, high, low, (int) (window.sizeBytes() >>> 32), (int) window.sizeBytes()};
    }

    private void interruptMap() {
        List<PciFunction> wired = view.layout().pci().stream()
                .filter(function -> function.gsi() >= 0 && function.address().bus() == 0)
                .toList();
        if (wired.isEmpty()) {
            return;
        }
        int[] map = new int[7 * wired.size()];
        int at = 0;
        for (PciFunction function : wired) {
            map[at] = function.address().device() << 11 | function.address().function() << 8;
            map[at + 3] = function.pin();
            map[at + 4] = APLIC;
            map[at + 5] = function.gsi();
            map[at + 6] = IRQ_LEVEL_HIGH;
            at += 7;
        }
        tree.cells("interrupt-map-mask", PCI_FUNCTION_MASK, 0, 0, PCI_PIN_MASK);
        tree.cells("interrupt-map", map);
    }

    private void reg(Window window) {
        tree.longs("reg", window.start(), window.sizeBytes());
    }

    private static String unit(String name, Window window) {
        return "%s@%x".formatted(name, window.start());
    }
}
