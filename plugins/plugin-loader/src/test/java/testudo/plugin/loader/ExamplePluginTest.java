package testudo.plugin.loader;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.pci.PciAddress;
import testudo.spi.plugin.PluginSource.Loaded;
import testudo.spi.virtio.VirtioDevice;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.TestContext;
import testudo.testing.tck.VirtioDeviceContract;

/// The plugin of the author's guide (`docs/examples/virtio-pattern`): compiled, signed, loaded, and held to the contract of every device.
class ExamplePluginTest extends VirtioDeviceContract {
    private static final int SEED = 254;

    @TempDir static Path temporary;

    private static Loaded loaded = new Loaded(List.of(), List.of());

    @BeforeAll
    static void loadTheExample() throws IOException {
        Path example = Vendor.repository().resolve("docs/examples/virtio-pattern");
        Vendor acme = new Vendor(temporary.resolve("acme"));
        Path directory = temporary.resolve("plugins");
        acme.publishKey(directory.resolve(TrustedKeys.FOLDER));
        acme.publish(directory.resolve("pattern.zip"), Files.readString(example.resolve("plugin.properties")),
                acme.module("com.example.acme.pattern", sources(example.resolve("src")), List.of(), "1.0.0"));
        Path none = temporary.resolve("none");
        loaded = new ArchivePluginSource(new Locations(none, none, none, List.of()), ModuleLayer.boot()).load(List.of(directory));
    }

    @Override
    protected VirtioDevice create(DeviceContext context) {
        assertEquals(List.of(), loaded.problems());
        ModuleLayer layer = loaded.layers().getFirst();
        ExamplePluginTest.class.getModule().addUses(DeviceProvider.class);
        DeviceProvider provider = ServiceLoader.load(layer, DeviceProvider.class).stream()
                .filter(found -> found.type().getModule().getLayer() == layer).findFirst().orElseThrow().get();
        MachineFacts facts = new MachineFacts("x86_64", 1, 1 << 20, 1 << 20, 0);
        return ((DeviceSpec.Virtio) provider.devices(new OneValue(SEED), facts).getFirst()).factory().create(context);
    }

    @Test
    void itsBytesFollowThePatternAcrossPiecesAndRequests() {
        try (DeviceBench bench = new DeviceBench(new TestContext(), this::create).start()) {
            assertEquals(4, bench.device().traits().typeId());
            assertArrayEquals(new byte[]{(byte) 254, (byte) 255, 0, 1, 2}, request(bench, 2, 3));
            assertArrayEquals(new byte[]{3}, request(bench, 1));
        }
    }

    private static byte[] request(DeviceBench bench, int... pieces) {
        FakeDriver driver = bench.driver(0);
        long room = bench.ram().allocate(64, 16);
        driver.begin();
        long at = room;
        for (int piece : pieces) {
            driver.writable(at, piece);
            at += piece;
        }
        int id = driver.offer();
        bench.kick(0);
        bench.run();
        assertEquals(id, driver.poll());
        MemorySegment bytes = bench.ram().bytes();
        return bytes.asSlice(room - bench.ram().gpa(), driver.usedBytes()).toArray(ValueLayout.JAVA_BYTE);
    }

    private static Map<String, String> sources(Path folder) throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (var files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sources.put(folder.relativize(file).toString(), Files.readString(file));
            }
        }
        return sources;
    }

    /// One occurrence of the provider's option: a record of a seed, made as the binder would, through the declaration's look-up.
    private record OneValue(int seed) implements Configuration {
        @Override
        public <T> List<Occurrence<T>> all(OptionDeclaration<T> option) {
            try {
                Object value = option.lookup().findConstructor(option.type(), MethodType.methodType(void.class, int.class, Optional.class))
                        .invoke(seed, Optional.<PciAddress>empty());
                return List.of(new Occurrence<>(option, option.type().cast(value), 0, "test"));
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }
    }
}
