package testudo.testing.e2e;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The outer Linux: a machine in QEMU's software emulation, restored from the bed's state file, with a real `/dev/kvm`.
///
/// It has `/image` (read-only: the folder under test), `/material` (read-only: kernels, initramfs files, root file systems),
/// `/tmp` (in memory, 2.5 GB) and, on request, `/scratch` (a disk of its own). Closing it kills its QEMU; nothing survives.
/// One thread uses it at a time.
final class OuterLinux implements Host {
    private static final Duration START_LIMIT = Duration.ofSeconds(120);
    private static final Pattern DONE = Pattern.compile("done (\\d+) (\\d+) (\\d+) (\\d+)\n");
    private static final int CONSOLES = 3;
    private static final long SCRATCH_BYTES = 4L << 30;

    private final Path run;
    private final Process qemu;
    private final Qmp qmp;
    private final Port agent;
    private final List<Port> consoles;
    private final Thread atExit;
    private int request;

    private OuterLinux(Path run, Process qemu, Qmp qmp, List<Port> ports) {
        this.run = run;
        this.qemu = qemu;
        this.qmp = qmp;
        this.agent = ports.getFirst();
        this.consoles = ports.subList(1, ports.size());
        this.atExit = new Thread(qemu::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /// Restores the outer Linux with `image` (a folder) mounted at `/image`.
    static OuterLinux restore(TestBed bed, Path image) throws IOException, InterruptedException {
        Path disk = bed.imageDisk(image);
        Path run = Files.createTempDirectory("testudo-e2e");
        try (RandomAccessFile scratch = new RandomAccessFile(run.resolve("scratch.raw").toFile(), "rw")) {
            scratch.setLength(SCRATCH_BYTES);
        }
        List<String> command = new ArrayList<>(bed.outerCommand(run, disk));
        Path monitor = run.resolve("qmp.sock");
        command.addAll(List.of("-qmp", "unix:" + monitor, "-incoming", "defer"));

        Process qemu = null;
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(monitor));
            qemu = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(run.resolve("qemu.txt").toFile()).start();
            Qmp qmp = new Qmp(accept(server, qemu));
            List<Port> ports = new ArrayList<>();
            ports.add(Port.connect("agent", run.resolve("agent.sock")));
            for (int number = 1; number <= CONSOLES; number++) {
                ports.add(Port.connect("console-" + number, run.resolve("console-" + number + ".sock")));
            }
            qmp.restore(bed.folder().resolve("outer.state").toString());
            OuterLinux outer = new OuterLinux(run, qemu, qmp, ports);
            outer.exec("mount -t ext4 -o ro,noload /dev/vdc /image").orFail("mounting the image disk");
            return outer;
        } catch (IOException | InterruptedException | AssertionError e) {
            String messages = Files.exists(run.resolve("qemu.txt")) ? Files.readString(run.resolve("qemu.txt")) : "";
            kill(qemu);
            delete(run);
            throw new AssertionError("the outer Linux does not start. " + messages, e);
        }
    }

    private static Port accept(ServerSocketChannel server, Process qemu) throws IOException {
        // A QEMU that ends at once must not leave this thread waiting for it to connect.
        qemu.onExit().thenRun(() -> {
            try {
                server.close();
            } catch (IOException e) {
                throw new AssertionError("closing a socket", e);
            }
        });
        return new Port("qmp", server.accept());
    }

    @Override
    public Result exec(String command, Duration limit) throws IOException, InterruptedException {
        int id = ++request;
        String encoded = Base64.getEncoder().encodeToString((command + "\n").getBytes(StandardCharsets.UTF_8));
        agent.send("run " + id + " " + limit.toSeconds() + " " + encoded + "\n");
        return answer(id, limit.plus(START_LIMIT));
    }

    @Override
    public void upload(byte[] content, String path) throws IOException, InterruptedException {
        int id = ++request;
        agent.send("put " + id + " " + content.length + " " + path + "\n");
        agent.expect(Pattern.compile("go " + id + "\n"), COMMAND_LIMIT);
        agent.send(content);
        answer(id, COMMAND_LIMIT).orFail("writing " + path);
    }

    /// Reads a small file.
    byte[] download(String path) throws IOException, InterruptedException {
        return exec("cat '" + path + "'").orFail("reading " + path).stdout().getBytes(StandardCharsets.ISO_8859_1);
    }

    private Result answer(int id, Duration limit) throws InterruptedException {
        MatchResult done = agent.expect(DONE, limit);
        if (Integer.parseInt(done.group(1)) != id) {
            throw new AssertionError("the agent answered request " + done.group(1) + " instead of " + id);
        }
        byte[] stdout = agent.take(Integer.parseInt(done.group(3)), COMMAND_LIMIT);
        byte[] stderr = agent.take(Integer.parseInt(done.group(4)), COMMAND_LIMIT);
        return new Result(Integer.parseInt(done.group(2)),
                new String(stdout, StandardCharsets.ISO_8859_1), new String(stderr, StandardCharsets.ISO_8859_1));
    }

    /// Makes an empty file system on the scratch disk and mounts it at `/scratch`.
    void mountScratch() throws IOException, InterruptedException {
        exec("mke2fs -q -t ext4 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard -O ^resize_inode /dev/vdd"
                + " && mount -t ext4 /dev/vdd /scratch").orFail("the scratch disk");
    }

    @Override
    public String image() {
        return "/image";
    }

    @Override
    public String material() {
        return "/material";
    }

    @Override
    public String folder() {
        return "/tmp";
    }

    @Override
    public BackgroundProgram start(int console, String command) throws IOException, InterruptedException {
        return OuterProgram.start(this, console, consoles.get(console - 1), command);
    }

    /// The last kernel messages of the outer Linux; all of its console when it answers no more.
    @Override
    public String report() throws IOException {
        try {
            return "-- outer Linux, kernel messages:\n" + exec("dmesg | tail -n 30", Duration.ofSeconds(20)).stdout();
        } catch (IOException | AssertionError e) {
            return "-- THE OUTER LINUX DOES NOT ANSWER (" + e.getMessage() + "): the bed failed, perhaps not the product."
                    + " QEMU " + (qemu.isAlive() ? "runs" : "ended with " + qemu.exitValue())
                    + "\n-- QEMU's messages:\n" + Files.readString(run.resolve("qemu.txt"))
                    + "\n-- console of the outer Linux:\n"
                    + Files.readString(run.resolve("outer-console.txt"), StandardCharsets.ISO_8859_1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "-- interrupted";
        }
    }

    @Override
    public void close() throws IOException {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
            kill(qemu);
            qmp.close();
            agent.close();
            for (Port console : consoles) {
                console.close();
            }
        } finally {
            delete(run);
        }
    }

    private static void kill(Process qemu) {
        if (qemu == null) {
            return;
        }
        qemu.destroyForcibly();
        try {
            if (!qemu.waitFor(30, TimeUnit.SECONDS)) {
                throw new AssertionError("QEMU, process " + qemu.pid() + ", survives being killed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.toList()) {
                Files.delete(entry);
            }
        }
        Files.delete(folder);
    }
}
