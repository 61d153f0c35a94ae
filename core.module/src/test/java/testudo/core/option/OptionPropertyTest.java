package testudo.core.option;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import testudo.core.option.SampleOptions.Cache;
import testudo.core.option.SampleOptions.Disk;
import testudo.core.option.SampleOptions.FullScreen;
import testudo.core.option.SampleOptions.Mode;
import testudo.core.option.SampleOptions.Range;
import testudo.core.option.SampleOptions.Vhost;
import testudo.core.option.SampleOptions.Windowed;
import testudo.spi.VmmException;
import testudo.spi.command.Json;
import testudo.spi.pci.PciAddress;

/// Printing and reading are inverse, and no text can do more than be refused.
class OptionPropertyTest {
    @Property(tries = 500)
    void printedDisksBindToTheSame(@ForAll("disks") Disk disk) {
        String text = OptionPrinter.print(SampleOptions.DISK, disk);
        assertEquals(Optional.of(disk), new ConfigurationBuilder(SampleOptions.ALL).text(SampleOptions.DISK, text).build()
                .value(SampleOptions.DISK));
    }

    @Property(tries = 1000)
    void randomTextIsBoundOrRefused(@ForAll("texts") String text) {
        try {
            new ConfigurationBuilder(SampleOptions.ALL).text(SampleOptions.DISK, text).build();
        } catch (VmmException.Config refused) {
            assertFalse(refused.problems().isEmpty());
        }
    }

    @Property(tries = 1000)
    void randomJsonIsReadOrRefused(@ForAll("jsonTexts") String text) {
        try {
            Object value = JsonText.read(text);
            assertEquals(value, JsonText.read(JsonText.write(value)));
            new ConfigurationBuilder(SampleOptions.ALL).json("x", value).build();
        } catch (VmmException.Config refused) {
            assertFalse(refused.problems().isEmpty());
        }
    }

    @Property(tries = 500)
    void jsonValuesSurviveWritingAndReading(@ForAll("jsonValues") Object value) {
        assertEquals(value, JsonText.read(JsonText.write(value)));
        assertEquals(value, JsonText.read(JsonText.writePretty(value)));
    }

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> parts = Arbitraries.of("path", "ro", "=", ",", "[", "]", "\"", "'", "\\", "0x", "7", "queues", "mode",
                "windowed", "range", "vhost", "id", "/a", "true", "-", " ", "\0", "\uD800", "windows", "labels", "pci-address");
        return Arbitraries.oneOf(parts.list().ofMaxSize(20).map(list -> String.join("", list)), Arbitraries.strings().ofMaxLength(40));
    }

    @Provide
    Arbitrary<String> jsonTexts() {
        return Arbitraries.of("{", "}", "[", "]", ":", ",", "\"disk\"", "\"path\"", "\"/a\"", "1", "-", ".5", "1e999", "true", "null",
                "\"\\u0", "99999999999999999999", "\"", " ", "\"quiet\"", "\"mode\"").list().ofMaxSize(16)
                .map(list -> String.join("", list));
    }

    @Provide
    Arbitrary<Object> jsonValues() {
        Arbitrary<Object> leaf = Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(8).map(Object.class::cast), Arbitraries.longs().map(Object.class::cast),
                Arbitraries.of(true, false).map(Object.class::cast), Arbitraries.just((Object) Json.NULL),
                Arbitraries.of(0.5, -1e300, 3.0).map(Object.class::cast));
        Arbitrary<Object> lists = leaf.list().ofMaxSize(3).map(Object.class::cast);
        return Arbitraries.oneOf(leaf, lists,
                Arbitraries.maps(Arbitraries.strings().ofMaxLength(5), Arbitraries.oneOf(leaf, lists)).ofMaxSize(3)
                        .map(map -> (Object) Map.copyOf(map)));
    }

    private static Arbitrary<Path> paths() {
        return Arbitraries.strings().withChars("ab/,[]=\"'\\ é.").ofMinLength(1).ofMaxLength(10).map(Path::of)
                .filter(path -> !path.toString().isEmpty());
    }

    private static Arbitrary<Range> ranges() {
        return Combinators.combine(Arbitraries.longs().between(0, 1_000_000), Arbitraries.longs().between(0, Long.MAX_VALUE))
                .as(Range::new);
    }

    @Provide
    Arbitrary<Disk> disks() {
        Arbitrary<Mode> modes = Arbitraries.oneOf(
                Arbitraries.just(new FullScreen()),
                Combinators.combine(Arbitraries.integers().between(1, 4096), Arbitraries.integers().between(1, 4096))
                        .as(Windowed::new));
        Arbitrary<PciAddress> addresses = Arbitraries.integers().between(0, 255).map(bus -> new PciAddress(bus, bus & 31, bus & 7));
        Arbitrary<Disk> plain = Combinators.combine(
                paths(), Arbitraries.of(true, false), Arbitraries.integers().between(512, 65536),
                Arbitraries.longs().optional(), Arbitraries.of(Cache.values()), addresses.optional())
                .as((path, ro, size, offset, cache, address) -> new Disk(path, ro, size, offset, cache, address,
                        List.of(), List.of(), Optional.empty(), Optional.empty(), Optional.empty(), List.of(), Optional.empty()));
        return Combinators.combine(
                plain, Arbitraries.integers().between(0, Integer.MAX_VALUE).list().ofMaxSize(3),
                Arbitraries.strings().ofMaxLength(6).list().ofMaxSize(3), ranges().optional(), paths().map(Vhost::new).optional(),
                modes.optional(), ranges().list().ofMaxSize(2), Arbitraries.strings().ofMaxLength(12).optional())
                .as((disk, queues, labels, range, vhost, mode, windows, id) -> new Disk(disk.path(), disk.ro(),
                        disk.blockSize(), disk.offset(), disk.cache(), disk.pciAddress(), queues, labels, range, vhost,
                        mode, windows, id));
    }
}
