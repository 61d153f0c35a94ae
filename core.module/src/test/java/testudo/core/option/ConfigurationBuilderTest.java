package testudo.core.option;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testudo.core.option.SampleOptions.Disk;
import testudo.core.option.SampleOptions.Windowed;
import testudo.spi.VmmException;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;

/// Options from text, JSON and API calls, together.
class ConfigurationBuilderTest {
    private static Configuration json(String text) {
        return new ConfigurationBuilder(SampleOptions.ALL).json("m.json", JsonText.read(text)).build();
    }

    @Test
    void textAndJsonGiveTheSame() {
        String text = "/a,ro,queues=[1,2],range=[1,size=2],mode=windowed[7,height=8],labels=[x=1],offset=-4";
        Configuration fromText = new ConfigurationBuilder(SampleOptions.ALL).text(SampleOptions.DISK, text).build();
        Configuration fromJson = json("""
                {"disk": {"path": "/a", "ro": true, "queues": [1, 2], "range": {"start": 1, "size": 2},
                          "mode": {"windowed": {"width": 7, "height": 8}}, "labels": ["x=1"], "offset": -4}}""");
        assertEquals(fromText.value(SampleOptions.DISK), fromJson.value(SampleOptions.DISK));
    }

    @Test
    void jsonArraysAreOccurrencesInOrder() {
        Configuration configuration = json("""
                {"kernel": "/boot/vmlinuz", "quiet": true, "count": 3, "params": ["a", "b"],
                 "disk": ["/a,ro", {"path": "/b", "mode": "windowed"}]}""");
        List<Occurrence<Disk>> disks = configuration.all(SampleOptions.DISK);
        assertEquals(List.of("m.json: disk[0]", "m.json: disk[1]"), disks.stream().map(Occurrence::where).toList());
        assertEquals(Optional.of(new Windowed(1280, 1024)), disks.getLast().value().mode());
        assertEquals(Optional.of(Path.of("/boot/vmlinuz")), configuration.value(SampleOptions.KERNEL));
        assertTrue(configuration.isSet(SampleOptions.QUIET));
        assertEquals(Optional.of(3L), configuration.value(SampleOptions.COUNT));
        assertEquals(List.of("a", "b"), configuration.all(SampleOptions.PARAMS).stream().map(Occurrence::value).toList());
    }

    @Test
    void switchThatIsFalseIsNotGiven() {
        assertEquals(false, json("{\"quiet\": false}").isSet(SampleOptions.QUIET));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "{'disc': '/a'} | m.json: unknown option \"disc\"; did you mean \"disk\"?",
            "{'disk': {'path': '/a', 'r0': true}} | m.json: disk: unknown key \"r0\" at disk.r0; did you mean \"ro\"?",
            "{'disk': [{'path': 7}]} | m.json: disk[0]: path: 7 at disk[0].path is not a string",
            "{'disk': {'path': '/a', 'ro': 'true'}} | m.json: disk: ro: \"true\" at disk.ro is not true or false",
            "{'disk': {'path': '/a', 'queues': [1.5]}} | m.json: disk: queues: \"1.5\" at disk.queues[0] is not a number",
            "{'disk': {'path': '/a', 'queues': 1}} | m.json: disk: queues: the list at disk.queues must be in brackets: queues=[…]",
            "{'disk': null} | m.json: disk: an object or a string is needed, not null",
            "{'disk': {'path': '/a', 'id': null}} | m.json: disk: id: null at disk.id is not a string",
            "{'count': '3'} | m.json: count: \"3\" at count is not a number",
            "{'count': [3]} | m.json: count: a single value is needed, not an array or object",
            "{'quiet': 1} | m.json: quiet: \"1\" at quiet is not true or false",
            "[] | m.json: the configuration is not a JSON object"
    })
    void wrongJsonIsRefusedWithItsPath(String text, String expected) {
        var thrown = assertThrows(VmmException.Config.class, () -> json(text.replace('\'', '"')));
        assertEquals(List.of(expected), thrown.problems());
    }

    @Test
    void valuesFromTheApi() {
        Disk disk = json("{\"disk\": \"/a\"}").value(SampleOptions.DISK).orElseThrow();
        Configuration configuration = new ConfigurationBuilder(SampleOptions.ALL)
                .value(SampleOptions.QUIET, true).value(SampleOptions.DISK, disk).build();
        assertEquals(List.of(new Occurrence<>(SampleOptions.DISK, disk, 1, "--disk #1")),
                configuration.all(SampleOptions.DISK));
    }

    @Test
    void singleOptionTwiceIsRefused() {
        ConfigurationBuilder builder = new ConfigurationBuilder(SampleOptions.ALL)
                .text(SampleOptions.COUNT, "1").text(SampleOptions.COUNT, "2").text(SampleOptions.QUIET, "true")
                .text(SampleOptions.QUIET, "true").text(SampleOptions.DISK, "ro");
        assertEquals(List.of("--count: may be given only once", "--disk #1: path: is required; write path=…"),
                assertThrows(VmmException.Config.class, builder::build).problems());
    }

    @Test
    void plainValuesAreTakenAsTheyAre() {
        Configuration configuration = new ConfigurationBuilder(SampleOptions.ALL)
                .text(SampleOptions.PARAMS, "console=ttyS0,\"x\" [y]").build();
        assertEquals(Optional.of("console=ttyS0,\"x\" [y]"), configuration.value(SampleOptions.PARAMS));
    }

    @Test
    void deprecatedOptionsWarnOnce() {
        ConfigurationBuilder builder = new ConfigurationBuilder(SampleOptions.ALL).text(SampleOptions.OLD, "/a");
        assertEquals(List.of("--old is deprecated; use --disk"), builder.warnings());
    }

    @Test
    void helpDescribesTheKeys() {
        List<KeyHelp> keys = KeyHelp.of(SampleOptions.DISK);
        assertEquals(new KeyHelp("path", List.of(), "PATH", "image", "", true), keys.getFirst());
        assertEquals(new KeyHelp("block-size", List.of("block_size"), "N", "", "512", false), keys.get(2));
        assertEquals("windowed|full-screen", keys.get(10).value());
    }
}
