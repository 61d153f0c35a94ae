package testudo.plugin.loader;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.pci.PciAddress;
import testudo.spi.plugin.PluginSource.Loaded;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.Virtqueue;

/// The plugin of the author's guide (`docs/examples/virtio-pattern`): compiled, signed, loaded, and asked for bytes.
class ExamplePluginTest {
    @TempDir Path temporary;

    @Test
    void theExampleOfTheGuideWorks() throws Exception {
        Path example = repository().resolve("docs/examples/virtio-pattern");
        Vendor acme = new Vendor(temporary.resolve("acme"));
        Path directory = temporary.resolve("plugins");
        acme.publishKey(directory.resolve(TrustedKeys.FOLDER));
        acme.publish(directory.resolve("pattern.zip"), Files.readString(example.resolve("plugin.properties")),
                acme.module("com.example.acme.pattern", sources(example.resolve("src")), List.of(), "1.0.0"));
        Path none = temporary.resolve("none");

        Loaded loaded = new ArchivePluginSource(new Locations(none, none, none, List.of()), ModuleLayer.boot()).load(List.of(directory));

        assertEquals(List.of(), loaded.problems());
        ExamplePluginTest.class.getModule().addUses(DeviceProvider.class);
        DeviceProvider provider = ServiceLoader.load(loaded.layers().getFirst(), DeviceProvider.class).stream()
                .filter(found -> found.type().getModule().getLayer() == loaded.layers().getFirst()).findFirst().orElseThrow().get();
        DeviceSpec.Virtio spec = (DeviceSpec.Virtio) provider
                .devices(new OneValue(254), new MachineFacts("x86_64", 1, 1 << 20, 1 << 20, 0)).getFirst();
        VirtioDevice device = spec.factory().create((DeviceContext) Proxy.newProxyInstance(
                DeviceContext.class.getClassLoader(), new Class<?>[]{DeviceContext.class}, (proxy, method, arguments) -> {
                    throw new AssertionError("the example needs nothing of its context, but asked for " + method.getName());
                }));
        try (Arena arena = Arena.ofConfined()) {
            OneQueue queue = new OneQueue(arena);
            device.activate(queue);
            device.onKick(0);
            assertEquals(4, device.traits().typeId());
            assertArrayEquals(new byte[]{(byte) 254, (byte) 255, 0, 1, 2}, queue.completed.getFirst());
            assertArrayEquals(new byte[]{3}, queue.completed.getLast());
        }
        device.close();
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

    private static Path repository() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve(".mvn"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    /// One occurrence of the provider's option: a record of a seed, made as the binder would, through the declaration's look-up.
    private record OneValue(int seed) implements Configuration {
        @Override
        public <T> List<Occurrence<T>> all(OptionDeclaration<T> option) {
            try {
                Object value = option.lookup()
                        .findConstructor(option.type(), java.lang.invoke.MethodType.methodType(void.class, int.class, Optional.class))
                        .invoke(seed, Optional.<PciAddress>empty());
                return List.of(new Occurrence<>(option, option.type().cast(value), 0, "test"));
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }
    }

    /// A queue that holds two requests, of five bytes in two pieces and of one byte.
    private static final class OneQueue implements VirtioActivation, Virtqueue {
        final List<byte[]> completed = new ArrayList<>();
        private final ArrayDeque<int[]> requests = new ArrayDeque<>(List.of(new int[]{2, 3}, new int[]{1}));
        private final MemorySegment memory;

        OneQueue(Arena arena) {
            memory = arena.allocate(64);
        }

        @Override
        public long features() {
            return 0;
        }

        @Override
        public Virtqueue queue(int index) {
            return this;
        }

        @Override
        public DeviceMemory memory() {
            throw new AssertionError("the example takes its buffers from its queue");
        }

        @Override
        public void raiseConfig() {
            throw new AssertionError("the example has no configuration space");
        }

        @Override
        public int index() {
            return 0;
        }

        @Override
        public int size() {
            return 64;
        }

        @Override
        public boolean enabled() {
            return true;
        }

        @Override
        public boolean next(DescriptorChain chain) {
            int[] pieces = requests.poll();
            if (pieces == null) {
                return false;
            }
            chain.clear();
            chain.fill(0, pieces.length);
            int offset = 0;
            for (int length : pieces) {
                chain.writable().add(memory, offset, length, 0);
                offset += length;
            }
            return true;
        }

        @Override
        public void complete(DescriptorChain chain, long writtenBytes) {
            completed.add(memory.asSlice(0, writtenBytes).toArray(ValueLayout.JAVA_BYTE));
            chain.clear();
        }
    }
}
