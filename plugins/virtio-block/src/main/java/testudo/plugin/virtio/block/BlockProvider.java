package testudo.plugin.virtio.block;

import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import testudo.spi.VmmException;
import testudo.spi.command.CommandDeclaration;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EnumerationRank;
import testudo.spi.device.KernelParameter;
import testudo.spi.device.MachineFacts;
import testudo.spi.device.StandaloneDevice;
import testudo.spi.disk.DiskImage;
import testudo.spi.host.HostFiles.RingKind;
import testudo.spi.jail.JailNeeds;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioType;

/// Makes disks from `--block` and the older `--disk`, `--rwdisk`, `--root` and `--rwroot`.
///
/// The order over all of these options gives `vda`, `vdb` and so on.
public final class BlockProvider implements DeviceProvider {
    static final OptionDeclaration<BlockOptions> BLOCK = disk("block", "add a disk").withShortName('b');
    static final OptionDeclaration<BlockOptions> DISK = disk("disk", "add a read-only disk").withShortName('d').deprecatedFor(
            "--block PATH,ro");
    static final OptionDeclaration<BlockOptions> RWDISK = disk("rwdisk", "add a disk").deprecatedFor("--block PATH");
    static final OptionDeclaration<BlockOptions> ROOT = disk("root", "add a read-only root disk").withShortName('r').deprecatedFor(
            "--block PATH,root,ro");
    static final OptionDeclaration<BlockOptions> RWROOT = disk("rwroot", "add a root disk").deprecatedFor("--block PATH,root");

    private static final List<OptionDeclaration<BlockOptions>> DISKS = List.of(BLOCK, DISK, RWDISK, ROOT, RWROOT);
    private static final OptionDeclaration<String> FILE = OptionDeclaration.value("file", String.class, "PATH[[:read-only]]", "Disks",
            "disk image; discard is not offered, use --block for that");
    private static final OptionDeclaration<Long> INDEX = OptionDeclaration.argument("DISK_INDEX", Long.class,
            "which disk, from 0 in the order of the command line");
    private static final OptionDeclaration<Long> SIZE = OptionDeclaration.argument("NEW_SIZE", Long.class, "its new size in bytes");

    /// For [java.util.ServiceLoader].
    public BlockProvider() {}

    private static OptionDeclaration<BlockOptions> disk(String name, String help) {
        return OptionDeclaration.keyValues(name, BlockOptions.class, MethodHandles.lookup(), "Disks", help)
                .withSyntax("PATH[,key=value…]");
    }

    @Override
    public String id() {
        return "virtio-block";
    }

    @Override
    public String summary() {
        return "disks (virtio-blk)";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.copyOf(DISKS);
    }

    @Override
    public List<CommandDeclaration> commands() {
        return List.of(new CommandDeclaration(
                List.of("disk", "resize"),
                List.of(INDEX, SIZE),
                "change the size of a disk",
                BlockProvider::resizeRequest,
                response -> ""));
    }

    @Override
    public List<VirtioType> virtioTypes() {
        return List.of(BlockDevice.TYPE);
    }

    @Override
    public List<StandaloneDevice> standalone() {
        return List.of(new StandaloneDevice("block", List.of(FILE, BLOCK), "serve a disk to another monitor", BlockProvider::alone));
    }

    private static DeviceSpec.Virtio alone(Configuration configuration) {
        List<BlockOptions> disks = new ArrayList<>(configuration.all(BLOCK).stream().map(Occurrence::value).toList());
        configuration.value(FILE).ifPresent(file -> disks.add(BlockOptions.file(file)));
        if (disks.size() != 1) {
            throw new VmmException.Config("device block: name one disk, with --file or --block");
        }
        List<String> problems = new ArrayList<>();
        disks.getFirst().check("device block", problems);
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return spec(disks.getFirst(), 0, 0, BlockDevice.QUEUES);
    }

    private static Object resizeRequest(Configuration arguments) {
        long index = arguments.value(INDEX).orElseThrow(() -> new VmmException.Config("DISK_INDEX is missing"));
        long size = arguments.value(SIZE).orElseThrow(() -> new VmmException.Config("NEW_SIZE is missing"));
        return ResizeCommand.request(index, size);
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        List<String> problems = new ArrayList<>();
        List<DeviceSpec> specs = new ArrayList<>();
        String root = "";
        for (Occurrence<BlockOptions> occurrence : configuration.all(DISKS)) {
            BlockOptions options = forced(occurrence);
            options.check(occurrence.where(), problems);
            if (options.root() && !root.isEmpty()) {
                problems.add("%s: %s is the root disk already; only one can be".formatted(occurrence.where(), root));
            }
            root = options.root() ? occurrence.where() : root;
            specs.add(spec(options, specs.size(), occurrence.position(), facts.vcpus()));
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return specs;
    }

    /// What an old option's name says about the disk.
    private static BlockOptions forced(Occurrence<BlockOptions> occurrence) {
        BlockOptions options = occurrence.value();
        return switch (occurrence.option().name()) {
            case "disk" -> options.as(true, options.root());
            case "rwdisk" -> options.as(false, options.root());
            case "root" -> options.as(true, true);
            case "rwroot" -> options.as(false, true);
            default -> options;
        };
    }

    private static DeviceSpec.Virtio spec(BlockOptions options, int index, int position, int vcpus) {
        List<KernelParameter> parameters = options.root()
                ? List.of(new KernelParameter(
                        position, "root=/dev/vd%s %s".formatted(diskLetters(index), options.ro() ? "ro" : "rw")))
                : List.of();
        return new DeviceSpec.Virtio(
                "block" + index,
                EnumerationRank.BLOCK,
                options.pciAddress(),
                options.bootOrder(),
                parameters,
                DeviceSpec.Factory.jailable(
                        needs(options, vcpus),
                        context -> open(options, index, context)));
    }

    /// The letters by which Linux names disks: a to z, aa, ab and so on.
    static String diskLetters(int index) {
        StringBuilder letters = new StringBuilder();
        for (int rest = index; rest >= 0; rest = rest / 26 - 1) {
            letters.insert(0, (char) ('a' + rest % 26));
        }
        return letters.toString();
    }

    /// Drivers use as many queues as there are vCPUs, at most.
    private static JailNeeds needs(BlockOptions options, int vcpus) {
        JailNeeds.Grants grants = JailNeeds.file(options.path(), options.request().modes());
        return options.request().ring() == RingKind.THREAD
                ? grants
                : grants.withRings(new JailNeeds.Rings(Math.min(vcpus, BlockDevice.QUEUES), BlockDevice.QUEUE_SIZE));
    }

    private static VirtioDevice open(BlockOptions options, int index, DeviceContext context) {
        DiskImage image = context.disks().open(options.request());
        try {
            return new BlockDevice(options, index, image, context);
        } catch (RuntimeException failure) {
            image.close();
            throw failure;
        }
    }
}
