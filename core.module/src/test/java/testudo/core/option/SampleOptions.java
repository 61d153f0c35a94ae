package testudo.core.option;

import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import testudo.spi.option.Key;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.pci.PciAddress;

/// Options of every type that the binder knows.
final class SampleOptions {
    private SampleOptions() {}

    enum Cache {
        WRITE_BACK, @Key(value = "2d", aliases = "2D") TWO_D
    }

    sealed interface Mode {}

    record Windowed(
            @Key(fallback = "1280", min = 1, max = 4096) int width,
            @Key(fallback = "1024", min = 1, max = 4096) int height) implements Mode {}

    record FullScreen() implements Mode {}

    record Range(@Key long start, @Key(fallback = "0x1000") long size) {
        Range {
            if (start > 1_000_000) {
                throw new IllegalArgumentException("start %d is beyond the end".formatted(start));
            }
        }
    }

    record Vhost(@Key(fallback = "/dev/vhost-net") Path device) {}

    record Disk(
            @Key(help = "image") Path path,
            @Key(fallback = "false", help = "read-only") boolean ro,
            @Key(fallback = "512", aliases = "block_size", min = 512, max = 65536) int blockSize,
            @Key(min = Long.MIN_VALUE) Optional<Long> offset,
            @Key(fallback = "write-back") Cache cache,
            @Key Optional<PciAddress> pciAddress,
            @Key List<Integer> queues,
            @Key List<String> labels,
            @Key Optional<Range> range,
            @Key Optional<Vhost> vhost,
            @Key Optional<Mode> mode,
            @Key List<Range> windows,
            @Key Optional<String> id) {}

    static final OptionDeclaration<Disk> DISK = OptionDeclaration.keyValues("disk", Disk.class, MethodHandles.lookup(), "Disks",
            "add a disk");
    static final OptionDeclaration<Boolean> QUIET = OptionDeclaration.flag("quiet", "Other", "say less");
    static final OptionDeclaration<Long> COUNT = OptionDeclaration.value("count", Long.class, "N", "Other", "how many");
    static final OptionDeclaration<String> PARAMS = OptionDeclaration.value("params", String.class, "TEXT", "Other", "text").repeated(true);
    static final OptionDeclaration<Path> KERNEL = OptionDeclaration.argument("KERNEL", Path.class, "kernel");
    static final OptionDeclaration<Path> OLD = OptionDeclaration.value("old", Path.class, "PATH", "Other", "old")
            .deprecatedFor("--disk");

    static final List<OptionDeclaration<?>> ALL = List.of(DISK, QUIET, COUNT, PARAMS, KERNEL, OLD);
}
