package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `testudo demo`, on this machine, with a cache of its own: it fetches its guest from the distribution.
@Tag("soft")
class DemoTest extends OnHost {
    private static final Duration LIMIT = Duration.ofMinutes(8);
    /// The shell may ask the terminal behind it where its cursor is, and does not wait for the answer.
    private static final Pattern PROMPT = Pattern.compile("# (\\e\\[6n)?$");
    private static final int ORDINARY_USER = 1000;
    private static final List<Pattern> OF_OURS = List.of(Pattern.compile("(?i)warning|BUG:|Oops|stall|Call Trace"));

    DemoTest() {
        backend = Backend.SOFT;
    }

    @Override
    @BeforeEach
    void open() throws IOException, InterruptedException {
        assumeTrue(Backend.selected().anyMatch(selected -> selected == Backend.SOFT), "this run is for another hypervisor");
        super.open();
        makeRoomForEveryUser();
    }

    private void makeRoomForEveryUser() throws IOException, InterruptedException {
        host.exec("chmod 755 . && mkdir -p cache && chmod 1777 cache").orFail("making the cache");
    }

    private Host.Result demo(String before, String arguments) throws IOException, InterruptedException {
        return host.exec(before + " env -u TESTUDO_CACHE XDG_CACHE_HOME=" + host.folder() + "/cache/own " + host.image()
                + "/bin/testudo demo " + arguments, LIMIT);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void guestIsARiscVMachineWithTheDemosDevices(int harts) throws Exception {
        Host.Result result = demo("", "--cpus " + harts + " --exec 'uname -m; cat /proc/cpuinfo; lspci; dmesg | tail'")
                .orFail("the demo");
        List<String> lines = result.stdout().lines().toList();
        assertEquals("riscv64", lines.getFirst());
        assertEquals(harts, lines.stream().filter(line -> line.startsWith("processor")).count(), result.stdout());
        for (String device : List.of("1af4:1042", "1af4:1043", "1af4:1044", "1af4:1045")) {
            assertTrue(lines.stream().anyMatch(line -> line.contains(device)), device + " is missing:\n" + result.stdout());
        }
        assertTrue(lines.stream().anyMatch(line -> line.contains("[vda]")), result.stdout());
    }

    @Test
    void ordinaryUserRunsItToo() throws Exception {
        assumeTrue(host.exec("[ $(id -u) = 0 ]").exitCode() == 0, "needs root to become another user; others run all tests as one");
        String user = "setpriv --reuid " + ORDINARY_USER + " --regid " + ORDINARY_USER + " --clear-groups";
        assumeTrue(host.exec(user + " test -x " + host.image() + "/bin/testudo").exitCode() == 0, "needs an image that all users may run");
        host.exec("mkdir -m 700 cache/theirs && chown " + ORDINARY_USER + " cache/theirs").orFail("making the user's cache");
        Host.Result result = host.exec(user + " env -u TESTUDO_CACHE XDG_CACHE_HOME=" + host.folder() + "/cache/theirs " + host.image()
                + "/bin/testudo demo --exec 'uname -m; exit 3'", LIMIT);
        assertEquals("riscv64\n", result.stdout(), result.stderr());
        assertEquals(3, result.exitCode());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 255})
    void statusOfTheCommandIsTheStatusOfTheDemo(int status) throws Exception {
        assertEquals(status, demo("", "--exec 'exit " + status + "'").exitCode());
    }

    @Test
    void outputArrivesAsItWasWritten() throws Exception {
        assertEquals(host.exec("printf 'a\\r\\nb\\tc\\001\\n'; seq 1 5000").stdout(),
                demo("", "--exec 'printf \"a\\r\\nb\\tc\\001\\n\"; seq 1 5000'").orFail("the demo").stdout());
    }

    @Test
    void secondRunNeedsNoNetwork() throws Exception {
        demo("", "--exec true").orFail("the first run");
        Host.Result result = demo("unshare -rn", "--exec 'echo here'");
        assertEquals("here\n", result.stdout(), result.stderr());
    }

    /// Shows that the check above can fail, and that the message then helps.
    @Test
    void firstRunWithoutANetworkSaysWhatToPass() throws Exception {
        Host.Result result = host.exec("unshare -rn env -u TESTUDO_CACHE XDG_CACHE_HOME=" + host.folder() + "/cache/none " + host.image()
                + "/bin/testudo demo --exec true", LIMIT);
        assertEquals(1, result.exitCode());
        assertTrue(result.stderr().contains("pass --kernel FILE and --initrd FILE"), result.stderr());
    }

    @Test
    void guestThatDiesIsNoSuccess() throws Exception {
        assertEquals(1, demo("", "--exec 'poweroff -f'").exitCode());
    }

    @Test
    void shellReadsCommandsFromItsInput() throws Exception {
        Host.Result result = demo("echo 'echo $((6 * 7)); exit 3' |", "");
        assertEquals(3, result.exitCode(), result.stderr());
        assertTrue(result.stdout().lines().anyMatch(line -> line.strip().equals("42")), result.stdout());
    }

    /// On a terminal of its own (script, of bsdutils): raw as long as the guest has it, and as it was when its user has left.
    @Test
    void terminalIsItselfAgainAfterTheEscape() throws Exception {
        assumeTrue(host.exec("command -v script stty").exitCode() == 0, "needs script and stty");
        demo("", "--exec true").orFail("fetching the guest");
        host.upload(("tty > terminal; stty -g > before\n"
                + "env -u TESTUDO_CACHE XDG_CACHE_HOME=" + host.folder() + "/cache/own " + host.image() + "/bin/testudo demo\n"
                + "echo status $? > left; stty -g > after\n").getBytes(StandardCharsets.UTF_8), host.folder() + "/session");
        BackgroundProgram session = start(1, "script -qec 'sh session' /dev/null");
        session.console().expect(Pattern.compile("Ctrl-A x"), LIMIT);
        session.console().expect(PROMPT, LIMIT);
        // A key reaches the guest as it is: the interrupt character ends the guest's command, not the machine.
        session.console().send("echo $((6 * 7)); cat\r");
        session.console().expect(Pattern.compile("\n42\r+\n"), LIMIT); // both terminals, the guest's and the host's, add a return
        String raw = host.exec("stty -a -F $(cat terminal)").orFail("stty").stdout();
        assertTrue(raw.contains("-icanon") && raw.contains("-echo ") && raw.contains("-isig"), raw);
        session.console().send("\003");
        session.console().expect(PROMPT, LIMIT);
        session.console().send("\001x");
        session.awaitExit(LIMIT);
        assertEquals("status 0\n", host.exec("cat left").stdout(), session.report());
        assertEquals(host.exec("cat before").stdout(), host.exec("cat after").stdout());
        assertEquals(List.of("before", "after"), host.exec("wc -c before after | awk '$1 > 10 && $2 != \"total\" { print $2 }'").stdout()
                .lines().toList());
    }

    @Test
    void kernelHasNoComplaint() throws Exception {
        List<Pattern> allowed = AllowedWarnings.read();
        Host.Result result = demo("", "--cpus 2 --exec \"dmesg -r | grep '^<[0-4]>' | sed 's/^<[0-9]*>\\[[ 0-9.]*\\] *//'; true\"").orFail(
                "the demo");
        assertEquals(List.of(), result.stdout().lines().filter(line -> allowed.stream().noneMatch(pattern -> pattern.matcher(line).find()))
                .toList());
        assertFalse(OF_OURS.stream().anyMatch(pattern -> pattern.matcher(result.stderr()).find()), result.stderr());
    }
}
