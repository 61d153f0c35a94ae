package testudo.plugin.virtio.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testudo.core.option.ConfigurationBuilder;
import testudo.spi.VmmException;
import testudo.spi.command.CommandDeclaration;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.KernelParameter;
import testudo.spi.disk.DiskRequest;
import testudo.spi.host.HostFiles.RingKind;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.pci.PciAddress;
import testudo.spi.virtio.VirtioDevice;
import testudo.testing.tck.TestContext;

/// `--block` and its older spellings.
class BlockProviderTest {
    private static final int BLK_SIZE = 20;

    private final BlockProvider provider = new BlockProvider();
    private final List<DiskRequest> opened = new ArrayList<>();
    private final TestContext context = new TestContext().withDisks(request -> {
        opened.add(request);
        return new RamImage(1 << 20);
    });

    private OptionDeclaration<?> option(String name) {
        return provider.options().stream().filter(option -> option.name().equals(name)).findFirst().orElseThrow();
    }

    /// @param given such as `disk a.img`
    private List<DeviceSpec> devices(String... given) {
        ConfigurationBuilder configuration = new ConfigurationBuilder(provider.options());
        for (String one : given) {
            int space = one.indexOf(' ');
            configuration.text(option(one.substring(0, space)), one.substring(space + 1));
        }
        return provider.devices(configuration.build(), context.facts());
    }

    private DeviceSpec.Virtio device(String given) {
        return (DeviceSpec.Virtio) devices(given).getFirst();
    }

    private VirtioDevice make(String given) {
        return device(given).factory().create(context);
    }

    private DiskRequest request(String given) {
        make(given).close();
        return opened.removeLast();
    }

    private List<String> problems(String... given) {
        return assertThrows(VmmException.Config.class, () -> devices(given)).problems();
    }

    private static List<String> parameters(List<DeviceSpec> specs) {
        return specs.stream().flatMap(spec -> spec.kernelParameters().stream()).map(KernelParameter::text).toList();
    }

    @Test
    void shortNames() {
        assertEquals(Optional.of('b'), option("block").shortName());
        assertEquals(Optional.of('d'), option("disk").shortName());
        assertEquals(Optional.of('r'), option("root").shortName());
    }

    @Test
    void lettersFollowTheOrderOverAllOptions() {
        List<DeviceSpec> specs = devices("rwdisk a", "block b", "root c", "disk d");
        assertEquals(List.of("block0", "block1", "block2", "block3"), specs.stream().map(DeviceSpec::id).toList());
        assertEquals(List.of("root=/dev/vdc ro"), parameters(specs));
        assertEquals(List.of("root=/dev/vdb rw"), parameters(devices("block a", "rwroot b")));
        assertEquals(List.of("root=/dev/vda ro"), parameters(devices("block a,root,ro")));
        assertEquals("z", BlockProvider.diskLetters(25));
        assertEquals("aa", BlockProvider.diskLetters(26));
        assertEquals("zz", BlockProvider.diskLetters(26 * 27 - 1));
        assertEquals("aaa", BlockProvider.diskLetters(26 * 27));
    }

    @Test
    void oneRootAtMost() {
        assertEquals(
                List.of(
                        "--root #1: --block #1 is the root disk already; only one can be",
                        "--block #3: --root #1 is the root disk already; only one can be"),
                problems("block a,root", "block b", "root c", "block d,root=true"));
    }

    /// The old names decide, whatever their keys say.
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "block a            | false", "block a,ro         | true", "disk a             | true", "disk a,ro=false    | true",
            "rwdisk a           | false", "rwdisk a,ro        | false", "root a             | true", "rwroot a,ro=true   | false"})
    void readOnlyIsAskedOfTheImage(String given, boolean readOnly) {
        assertEquals(readOnly, request(given).readOnly());
        try (VirtioDevice device = make(given)) {
            assertEquals(readOnly, (device.traits().features() & BlockDevice.RO) != 0);
            assertEquals(readOnly, (device.traits().features() & BlockDevice.DISCARD) == 0);
        }
    }

    @Test
    void imageIsOpenedAsAsked() {
        assertEquals(new DiskRequest(Path.of("a"), false, false, true, RingKind.AUTO), request("block a"));
        assertEquals(
                new DiskRequest(Path.of("a"), true, true, false, RingKind.URING),
                request("block path=a,ro,direct,lock=false,async-executor=uring"));
        assertTrue(request("block a,o_direct=true").direct());
        assertEquals(RingKind.THREAD, request("block a,async_executor=epoll").ring());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "a                  | 512", "a,block-size=4096  | 4096", "a,block_size=1024  | 1024"})
    void blockSizeIsInTheConfiguration(String given, int size) {
        try (VirtioDevice device = make("block " + given)) {
            assertEquals(size, device.readConfig(BLK_SIZE, 4));
        }
    }

    @ParameterizedTest
    @CsvSource({"0", "100", "513", "-512", "1073742336"})
    void blockSizesThatAreNoMultipleOfASectorAreRefused(String size) {
        List<String> problems = problems("block a,block-size=" + size);
        assertEquals(1, problems.size());
        assertTrue(problems.getFirst().startsWith("--block #1"), problems.getFirst());
        assertTrue(problems.getFirst().contains("block-size"), problems.getFirst());
    }

    @Test
    void everyProblemIsReported() {
        assertEquals(
                List.of(
                        "--block #1: block-size 513 is not a positive multiple of 512",
                        "--block #1: id '123456789012345678901' is not at most 20 ASCII characters",
                        "--disk #1: id 'é' is not at most 20 ASCII characters"),
                problems("block a,block-size=513,id=123456789012345678901", "disk b,id=é", "block c"));
        assertEquals(1, devices("block a,id=12345678901234567890").size());
    }

    @Test
    void queuesAndThreadsAreTraits() {
        try (VirtioDevice plain = make("block a"); VirtioDevice workers = make("block a,multiple-workers,packed-queue")) {
            assertEquals(1, plain.traits().loops());
            assertEquals(false, plain.traits().packedRing());
            assertEquals(BlockDevice.QUEUES, workers.traits().loops());
            assertEquals(true, workers.traits().packedRing());
        }
    }

    @Test
    void placeAndBootOrderArePassedOn() {
        DeviceSpec.Virtio spec = device("block a,bootindex=3,pci-address=00:1f.2");
        assertEquals(OptionalInt.of(3), spec.bootIndex());
        assertEquals(Optional.of(new PciAddress(0, 0x1F, 2)), spec.address());
        assertEquals(OptionalInt.empty(), device("block a").bootIndex());
        assertEquals(Optional.empty(), device("block a").address());
    }

    @Test
    void cacheHintIsAcceptedWithoutEffect() {
        assertEquals(request("block a"), request("block a,dontcache"));
    }

    @Test
    void directDisksNeedTheHostsBlockSize() {
        TestContext direct = new TestContext().withDisks(request -> new RamImage(1 << 20) {
            @Override
            public int alignmentBytes() {
                return 4096;
            }
        });
        assertThrows(VmmException.Config.class, () -> device("block a,direct").factory().create(direct));
        device("block a,direct,block-size=4096").factory().create(direct).close();
    }

    @Test
    void sparseIsOffered() {
        try (VirtioDevice sparse = make("block a"); VirtioDevice dense = make("block a,sparse=false")) {
            assertTrue((sparse.traits().features() & BlockDevice.DISCARD) != 0);
            assertEquals(0, dense.traits().features() & BlockDevice.DISCARD);
        }
    }

    @Test
    void resizeNamesADiskByItsIndex() {
        CommandDeclaration resize = provider.commands().getFirst();
        Object request = resize.request().apply(new ConfigurationBuilder(resize.arguments())
                .text(resize.arguments().get(0), "1").text(resize.arguments().get(1), "8192").build());
        Object body = ((Map<?, ?>) request).get("DiskCommand");
        List<DeviceSpec> specs = devices("block a", "disk b", "block c");
        List<RamImage> images = new ArrayList<>();
        TestContext disks = new TestContext().withDisks(wanted -> {
            images.add(new RamImage(4096));
            return images.getLast();
        });
        for (DeviceSpec spec : List.of(specs.get(0), specs.get(2))) {
            try (BlockDevice device = (BlockDevice) ((DeviceSpec.Virtio) spec).factory().create(disks)) {
                assertEquals(false, device.accepts("DiskCommand", body));
            }
        }
        try (BlockDevice readOnly = (BlockDevice) ((DeviceSpec.Virtio) specs.get(1)).factory().create(disks)) {
            assertTrue(readOnly.accepts("DiskCommand", body));
            assertEquals(Map.of("Err", 30L), readOnly.execute("DiskCommand", body).toCompletableFuture().join());
        }
        try (BlockDevice second = (BlockDevice) ((DeviceSpec.Virtio) devices("block a", "block b").get(1)).factory().create(disks)) {
            assertEquals("Ok", second.execute("DiskCommand", body).toCompletableFuture().join());
            assertEquals(8192, images.getLast().sizeBytes());
            assertEquals(16, second.readConfig(0, 8));
        }
    }
}
