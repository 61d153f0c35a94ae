package testudo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class ArgvTest {
    private static List<String> pass(String... raw) {
        return Argv.of(List.of(raw)).arguments();
    }

    @Test
    void longOptionsAreSplitAtTheFirstEqualsSign() {
        assertEquals(List.of("--something", "options=with,commas"), pass("--something=options=with,commas"));
        assertEquals(List.of("--mem", ""), pass("--mem="));
    }

    @Test
    void shortOptionsAreSplitToo() {
        assertEquals(List.of("-p", "root=/dev/vda"), pass("-p=root=/dev/vda"));
    }

    @Test
    void otherArgumentsAreLeftAlone() {
        assertEquals(List.of("-", "a=b", "--", "--x", "/dev/x=y"), pass("-", "a=b", "--", "--x", "/dev/x=y"));
    }

    @Test
    void oldSpellings() {
        assertEquals(List.of("--help", "--host-ip", "1.2.3.4"), pass("-h", "--host_ip=1.2.3.4"));
        assertEquals(List.of("--host_ip is deprecated; use --host-ip"), Argv.of(List.of("--host_ip", "x")).warnings());
    }
}
