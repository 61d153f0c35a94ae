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
import org.junit.jupiter.params.provider.ValueSource;
import testudo.core.option.SampleOptions.Cache;
import testudo.core.option.SampleOptions.Disk;
import testudo.core.option.SampleOptions.FullScreen;
import testudo.core.option.SampleOptions.Range;
import testudo.core.option.SampleOptions.Windowed;
import testudo.spi.VmmException;
import testudo.spi.pci.PciAddress;

/// The `key=value` grammar, each rule with what it must refuse.
class GrammarTest {
    private static Disk disk(String text) {
        return new ConfigurationBuilder(SampleOptions.ALL).text(SampleOptions.DISK, text).build()
                .value(SampleOptions.DISK).orElseThrow();
    }

    private static List<String> problems(String text) {
        return assertThrows(VmmException.Config.class, () -> disk(text)).problems();
    }

    private static void assertProblem(String text, String expected) {
        assertEquals(List.of("--disk #1: " + expected), problems(text));
    }

    @Test
    void firstKeyMayBeLeftOut() {
        assertEquals(Path.of("/a"), disk("/a").path());
        assertEquals(Path.of("/a"), disk("path=/a").path());
        assertEquals(Path.of("/a"), disk("ro,path=/a").path());
        assertEquals(Path.of("a.b=c"), disk("a.b=c").path());
    }

    @Test
    void firstWordThatIsAKeyIsASwitch() {
        assertTrue(problems("ro").contains("--disk #1: path: is required; write path=…"));
        assertProblem("path", "path: needs a value at character 1; write path=…");
    }

    @Test
    void valuesMayContainEqualsSigns() {
        assertEquals(Path.of("a=b=c"), disk("path=a=b=c").path());
        assertEquals(List.of("x=1", "y"), disk("/a,labels=[x=1,y]").labels());
    }

    @Test
    void booleans() {
        assertTrue(disk("/a,ro").ro());
        assertTrue(disk("/a,ro=true").ro());
        assertEquals(false, disk("/a,ro=false").ro());
        assertProblem("/a,ro=yes", "ro: \"yes\" at character 7 is not true or false");
        assertProblem("/a,ro=\"true\"", "ro: \"true\" at character 7 is not true or false");
    }

    @ParameterizedTest
    @CsvSource({"0x10,16", "0o17,15", "0b101,5", "-3,-3", "-0x10,-16", "007,7", "9223372036854775807,9223372036854775807"})
    void numbers(String text, long expected) {
        assertEquals(Optional.of(expected), disk("/a,offset=" + text).offset());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0X10", "12K", "1.5", "0x", "-", "+1", "1 ", "\u0661", "--1", ""})
    void notNumbers(String text) {
        assertEquals(1, problems("/a,offset=" + (text.isEmpty() ? "\"\"" : text)).size());
    }

    @Test
    void numbersAreCheckedAgainstTheirRange() {
        assertProblem("/a,block-size=511", "block-size: 511 at character 15 is not in the range 512 to 65536");
        assertProblem("/a,block-size=-1", "block-size: -1 at character 15 is not in the range 512 to 65536");
        assertProblem("/a,queues=[4294967296]", "queues: 4294967296 at character 12 is not in the range 0 to 2147483647");
        assertEquals(1, problems("/a,offset=9223372036854775808").size());
        assertEquals(1, problems("/a,offset=" + "9".repeat(100_000)).size());
    }

    @Test
    void quotes() {
        assertEquals(Optional.of("a,\"b\\[']"), disk("/a,id=\"a,\\\"b\\\\[']\"").id());
        assertEquals(Optional.of("a\\,\""), disk("/a,id='a\\,\"'").id());
        assertEquals(Optional.of(""), disk("/a,id=\"\"").id());
        assertProblem("/a,id=\"x", "the quote at character 7 is not closed");
        assertProblem("/a,id='x", "the quote at character 7 is not closed");
        assertProblem("/a,id=\"\\n\"", "a backslash at character 9 may only be followed by \" or \\");
        assertProblem("/a,id=a\"b", "a quote at character 8 inside of a value; put the whole value in quotes");
    }

    @Test
    void listsAndNestedRecords() {
        assertEquals(List.of(1, 16), disk("/a,queues=[1,0x10]").queues());
        assertEquals(List.of(), disk("/a,queues=[]").queues());
        assertEquals(Optional.of(new Range(1, 2)), disk("/a,range=[1,size=2]").range());
        assertEquals(Optional.of(new Range(1, 0x1000)), disk("/a,range=[start=1]").range());
        assertEquals(List.of(new Range(1, 0x1000), new Range(2, 3)), disk("/a,windows=[[1],[2,size=3]]").windows());
        assertProblem("/a,queues=[1", "the '[' at character 11 has no matching ']'");
        assertProblem("/a,queues=1", "queues: the list at character 11 must be in brackets: queues=[…]");
        assertProblem("/a,range=1", "range: the keys at character 10 must be in brackets: range=[key=value,…]");
        assertProblem("/a,queues=[x=1]", "queues: unexpected key \"x\" at character 12 in a list");
        assertProblem("/a,range=[2000000]", "range: start 2000000 is beyond the end at character 10");
        assertProblem("/a]", "unexpected ']' at character 3");
    }

    @Test
    void bareKeyOfARecordTakesItsDefaults() {
        assertEquals(Path.of("/dev/vhost-net"), disk("/a,vhost").vhost().orElseThrow().device());
        assertEquals(Path.of("/x"), disk("/a,vhost=[device=/x]").vhost().orElseThrow().device());
    }

    @Test
    void enums() {
        assertEquals(Cache.WRITE_BACK, disk("/a,cache=write-back").cache());
        assertEquals(Cache.TWO_D, disk("/a,cache=2d").cache());
        assertEquals(Cache.TWO_D, disk("/a,cache=2D").cache());
        assertProblem("/a,cache=writeback",
                "cache: \"writeback\" at character 10 is not one of write-back, 2d; did you mean \"write-back\"?");
    }

    @Test
    void enumsWithFields() {
        assertEquals(Optional.of(new Windowed(1280, 1024)), disk("/a,mode=windowed").mode());
        assertEquals(Optional.of(new Windowed(7, 8)), disk("/a,mode=windowed[7,height=8]").mode());
        assertEquals(Optional.of(new FullScreen()), disk("/a,mode=full-screen[]").mode());
        assertProblem("/a,mode=window[7]",
                "mode: \"window\" at character 9 is not one of windowed, full-screen; did you mean \"windowed\"?");
        assertProblem("/a,mode=full-screen[1]", "mode: unknown key \"1\" at character 21; no keys are known here");
    }

    @Test
    void pciAddresses() {
        assertEquals(Optional.of(new PciAddress(0, 5, 1)), disk("/a,pci-address=0000:00:05.1").pciAddress());
        assertProblem("/a,pci-address=00:20.0", "pci-address: PCI address 0:20.0 at character 16");
        assertEquals(1, problems("/a,pci-address=1:00:05.1").size());
    }

    @Test
    void unknownKeysAreRefusedWithASuggestion() {
        assertProblem("/a,lables=[x]", "unknown key \"lables\" at character 4; did you mean \"labels\"?");
        assertTrue(problems("/a,zzz=1").getFirst().startsWith("--disk #1: unknown key \"zzz\" at character 4; known keys: path, ro,"));
        assertTrue(problems("/a,/b").getFirst().startsWith("--disk #1: unknown key \"/b\" at character 4"));
    }

    @Test
    void duplicateKeysAreRefused() {
        assertProblem("/a,ro,ro=false", "key \"ro\" is given twice, again at character 7");
        assertProblem("/a,block_size=512,block-size=512", "key \"block-size\" is given twice, again at character 19");
        assertProblem("/a,path=/b", "key \"path\" is given twice, again at character 4");
    }

    @Test
    void emptyPartsAreRefused() {
        assertProblem("/a,", "a value is missing at character 4; an empty one is written \"\"");
        assertProblem("/a,,ro", "a value is missing at character 4; an empty one is written \"\"");
        assertProblem("/a,id=", "a value is missing at character 7; an empty one is written \"\"");
        assertProblem("", "path: is required; write path=…");
        assertProblem("path=\"\"", "path: the path at character 6 is empty");
        assertProblem("a\0b", "path: the path at character 1 is not valid: Nul character not allowed");
    }

    @Test
    void allProblemsAreReported() {
        assertEquals(3, problems("ro=1,lables=[x]").size());
    }

    @Test
    void depthAndLengthAreBounded() {
        assertEquals(1, problems("/a,windows=" + "[".repeat(100_000)).size());
        assertEquals(1, problems("x".repeat(OptionReader.MAX_CHARACTERS + 1)).size());
    }
}
