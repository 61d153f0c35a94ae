package testudo.plugin.net.tap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Compares structures and request numbers with what the C compiler makes of the kernel's headers.
class TapLayoutTest {
    private static final List<String> HEADERS = List.of(
            "stddef.h", "stdio.h", "sys/ioctl.h", "sys/socket.h", "netinet/in.h", "linux/if.h", "linux/if_tun.h", "linux/sockios.h",
            "linux/vhost.h");
    private static final Map<String, Long> OURS = new TreeMap<>(Map.ofEntries(
            Map.entry("sizeof(struct ifreq)", Ifreq.LAYOUT.byteSize()),
            Map.entry("offsetof(struct ifreq, ifr_ifru)", (long) Ifreq.NAME_BYTES),
            Map.entry("offsetof(struct sockaddr_in, sin_addr)", 4L),
            Map.entry("offsetof(struct sockaddr, sa_data)", 2L),
            Map.entry("sizeof(struct vhost_vring_file)", TunRequest.VRING_FILE.byteSize()),
            Map.entry("offsetof(struct vhost_vring_file, fd)", 4L),
            Map.entry("TUNSETIFF", TunRequest.TUNSETIFF),
            Map.entry("TUNGETIFF", TunRequest.TUNGETIFF),
            Map.entry("TUNSETOFFLOAD", TunRequest.TUNSETOFFLOAD),
            Map.entry("TUNSETVNETHDRSZ", TunRequest.TUNSETVNETHDRSZ),
            Map.entry("TUNSETQUEUE", TunRequest.TUNSETQUEUE),
            Map.entry("IFF_TAP", (long) TunRequest.IFF_TAP),
            Map.entry("IFF_MULTI_QUEUE", (long) TunRequest.IFF_MULTI_QUEUE),
            Map.entry("IFF_ATTACH_QUEUE", (long) TunRequest.IFF_ATTACH_QUEUE),
            Map.entry("IFF_DETACH_QUEUE", (long) TunRequest.IFF_DETACH_QUEUE),
            Map.entry("IFF_NO_PI", (long) TunRequest.IFF_NO_PI),
            Map.entry("IFF_VNET_HDR", (long) TunRequest.IFF_VNET_HDR),
            Map.entry("TUN_F_CSUM", (long) TunRequest.TUN_F_CSUM),
            Map.entry("TUN_F_TSO4", (long) TunRequest.TUN_F_TSO4),
            Map.entry("TUN_F_TSO6", (long) TunRequest.TUN_F_TSO6),
            Map.entry("TUN_F_TSO_ECN", (long) TunRequest.TUN_F_TSO_ECN),
            Map.entry("TUN_F_UFO", (long) TunRequest.TUN_F_UFO),
            Map.entry("SIOCGIFFLAGS", TunRequest.SIOCGIFFLAGS),
            Map.entry("SIOCSIFFLAGS", TunRequest.SIOCSIFFLAGS),
            Map.entry("SIOCSIFADDR", TunRequest.SIOCSIFADDR),
            Map.entry("SIOCSIFNETMASK", TunRequest.SIOCSIFNETMASK),
            Map.entry("SIOCGIFMTU", TunRequest.SIOCGIFMTU),
            Map.entry("SIOCSIFMTU", TunRequest.SIOCSIFMTU),
            Map.entry("SIOCSIFHWADDR", TunRequest.SIOCSIFHWADDR),
            Map.entry("SIOCGIFHWADDR", TunRequest.SIOCGIFHWADDR),
            Map.entry("SIOCGIFINDEX", TunRequest.SIOCGIFINDEX),
            Map.entry("VHOST_NET_SET_BACKEND", TunRequest.VHOST_NET_SET_BACKEND)));

    @TempDir Path folder;

    @Test
    void layoutsAndNumbersAreTheKernels() throws IOException, InterruptedException {
        StringBuilder program = new StringBuilder();
        HEADERS.forEach(header -> program.append("#include <").append(header).append(">\n"));
        program.append("int main(void) {\n");
        for (String expression : OURS.keySet()) {
            program.append("printf(\"").append(expression).append("=%ld\\n\", (long) (").append(expression).append("));\n");
        }
        program.append("return 0; }\n");

        assertEquals(OURS, compileAndRun(program.toString()));
    }

    private Map<String, Long> compileAndRun(String program) throws IOException, InterruptedException {
        Path source = Files.writeString(folder.resolve("layout.c"), program);
        Path binary = folder.resolve("layout");
        try {
            run(List.of("gcc", "-o", binary.toString(), source.toString()));
        } catch (IOException missing) {
            Assumptions.abort("needs gcc");
        }
        Map<String, Long> theirs = new TreeMap<>();
        for (String line : run(List.of(binary.toString()))) {
            int equals = line.lastIndexOf('=');
            theirs.put(line.substring(0, equals), Long.valueOf(line.substring(equals + 1)));
        }
        return theirs;
    }

    private List<String> run(List<String> command) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertEquals(0, process.waitFor(), () -> String.join(" ", command));
        return new ArrayList<>(Files.readAllLines(output));
    }
}
