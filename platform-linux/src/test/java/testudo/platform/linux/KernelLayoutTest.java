package testudo.platform.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.platform.linux.call.SystemCall;
import testudo.platform.linux.call.Timespec;

/// Compares every structure and system call number with what the C compiler makes of the kernel's headers.
class KernelLayoutTest {
    private static final List<String> HEADERS = List.of(
            "stddef.h", "stdio.h", "linux/types.h", "linux/time_types.h", "linux/eventpoll.h", "linux/stat.h",
            "sys/socket.h", "sys/uio.h", "linux/un.h", "asm/termbits.h", "linux/io_uring.h", "asm/poll.h", "linux/vhost.h", "asm/unistd.h");
    private static final Map<String, StructLayout> STRUCTS = Map.ofEntries(
            Map.entry("struct __kernel_timespec", Timespec.LAYOUT),
            Map.entry("struct __kernel_itimerspec", Itimerspec.LAYOUT),
            Map.entry("struct epoll_event", EpollEvent.LAYOUT),
            Map.entry("struct iovec", Iovec.LAYOUT),
            Map.entry("struct statx", Statx.LAYOUT),
            Map.entry("struct sockaddr_un", SockaddrUn.LAYOUT),
            Map.entry("struct termios", Termios.LAYOUT),
            Map.entry("struct io_uring_params", IoUringParams.LAYOUT),
            Map.entry("struct io_uring_sqe", IoUringParams.SQE),
            Map.entry("struct pollfd", BorrowedStream.POLLFD),
            Map.entry("struct msghdr", Msghdr.LAYOUT),
            Map.entry("struct cmsghdr", Msghdr.CONTROL),
            Map.entry("struct vhost_memory", VhostRequest.MEMORY),
            Map.entry("struct vhost_memory_region", VhostRequest.REGION),
            Map.entry("struct vhost_vring_state", VhostRequest.STATE),
            Map.entry("struct vhost_vring_addr", VhostRequest.ADDRESSES),
            Map.entry("struct vhost_vring_file", VhostRequest.FILE));
    private static final Map<String, Long> REQUESTS = Map.ofEntries(
            Map.entry("VHOST_GET_FEATURES", VhostRequest.GET_FEATURES),
            Map.entry("VHOST_SET_FEATURES", VhostRequest.SET_FEATURES),
            Map.entry("VHOST_SET_OWNER", VhostRequest.SET_OWNER),
            Map.entry("VHOST_SET_MEM_TABLE", VhostRequest.SET_MEM_TABLE),
            Map.entry("VHOST_SET_VRING_NUM", VhostRequest.SET_VRING_NUM),
            Map.entry("VHOST_SET_VRING_ADDR", VhostRequest.SET_VRING_ADDR),
            Map.entry("VHOST_SET_VRING_BASE", VhostRequest.SET_VRING_BASE),
            Map.entry("VHOST_GET_VRING_BASE", VhostRequest.GET_VRING_BASE),
            Map.entry("VHOST_SET_VRING_KICK", VhostRequest.SET_VRING_KICK),
            Map.entry("VHOST_SET_VRING_CALL", VhostRequest.SET_VRING_CALL),
            Map.entry("VHOST_SET_VRING_ERR", VhostRequest.SET_VRING_ERR),
            Map.entry("VHOST_VSOCK_SET_GUEST_CID", VhostRequest.number(0x60, Long.BYTES)),
            Map.entry("VHOST_VSOCK_SET_RUNNING", VhostRequest.number(0x61, Integer.BYTES)));

    @TempDir Path folder;

    @Test
    void layoutsAndNumbersAreTheKernels() throws IOException, InterruptedException {
        Map<String, Long> ours = new TreeMap<>();
        StringBuilder program = new StringBuilder();
        HEADERS.forEach(header -> program.append("#include <").append(header).append(">\n"));
        program.append("int main(void) {\n");
        STRUCTS.forEach((name, layout) -> {
            ask(program, ours, "sizeof(" + name + ")", layout.byteSize());
            for (MemoryLayout member : layout.memberLayouts()) {
                member.name().ifPresent(field -> ask(
                        program,
                        ours,
                        "offsetof(" + name + ", " + field + ")",
                        layout.byteOffset(PathElement.groupElement(field))));
            }
        });
        for (SystemCall call : SystemCall.values()) {
            ask(program, ours, "__NR_" + call.name().toLowerCase(java.util.Locale.ROOT), number(call));
        }
        REQUESTS.forEach((name, request) -> ask(program, ours, name, request));
        program.append("return 0; }\n");

        assertEquals(ours, compileAndRun(program.toString()));
    }

    private static long number(SystemCall call) {
        return System.getProperty("os.arch").equals("amd64") ? call.x86Number() : call.genericNumber();
    }

    private static void ask(StringBuilder program, Map<String, Long> ours, String expression, long value) {
        program.append("printf(\"%s=%ld\\n\", \"").append(expression).append("\", (long) ").append(expression).append(");\n");
        ours.put(expression, value);
    }

    private Map<String, Long> compileAndRun(String program) throws IOException, InterruptedException {
        Path source = Files.writeString(folder.resolve("layout.c"), program);
        Path binary = folder.resolve("layout");
        List<String> compile = List.of("gcc", "-o", binary.toString(), source.toString());
        try {
            Assumptions.assumeTrue(run(compile) != null, "needs gcc with the kernel's headers");
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
        process.waitFor(60, TimeUnit.SECONDS);
        List<String> lines = new ArrayList<>(Files.readAllLines(output));
        if (process.exitValue() != 0) {
            throw new AssertionError(String.join("\n", lines));
        }
        return lines;
    }
}
