package testudo.core.machine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.option.JsonText;
import testudo.core.vhost.VhostUserProvider;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.DeviceSpec;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostProcess;
import testudo.spi.host.HostProcesses;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;
import testudo.spi.host.ProcessRequest;
import testudo.spi.host.ProcessRequest.PassedHandle;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioTraits;

/// A device of the machine that runs in a process of its own. Started early; made into a device when its answer is needed.
///
/// The process ends with the machine, however that ends: by the end of its connections, and by the kernel.
final class DeviceProcess implements DeviceSpec.Factory<DeviceContext, VirtioDevice>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceProcess.class);
    private static final long START_NANOS = 60_000_000_000L;
    private static final long END_NANOS = 5_000_000_000L;
    private static final int MAX_QUEUES = 1024;

    private final Assignment assignment;
    private final HostProcesses starter;
    private @Nullable HostProcess process;
    private @Nullable ControlChannel control;
    private @Nullable LocalSocket data;
    private @Nullable HostPlatform host;

    DeviceProcess(Assignment assignment, HostProcesses starter) {
        this.assignment = assignment;
        this.starter = starter;
    }

    /// Starts the process; it makes its device while the machine goes on.
    void start(HostPlatform platform) {
        host = platform;
        HandlePassing passing = platform.handlePassing().orElseThrow(() -> new VmmException.Host(
                VmmException.Kind.UNSUPPORTED, "platform %s can't have device processes".formatted(platform.id())));
        List<LocalSocket> datas = passing.pair(Kind.STREAM);
        List<LocalSocket> controls = passing.pair(Kind.SEQPACKET);
        data = datas.getFirst();
        ControlChannel channel = new ControlChannel(platform, controls.getFirst());
        control = channel;
        try (LocalSocket theirData = datas.getLast(); LocalSocket theirControl = controls.getLast()) {
            process = starter.start(new ProcessRequest(
                    command(),
                    Map.of(),
                    List.of(new PassedHandle(HostedDevice.DATA, theirData), new PassedHandle(HostedDevice.CONTROL, theirControl))));
        }
        channel.send(assignment.toJson());
    }

    /// The same runtime as this process's: inside of an image its modules are found without a path, and there is a class archive for this
    /// program. The image's default one is for the command line alone: its linked classes go with that one's main module.
    private static List<String> command() {
        Path runtime = Path.of(System.getProperty("java.home"));
        List<String> command = new ArrayList<>(List.of(
                runtime.resolve("bin").resolve("java").toString(),
                "-XX:+UseSerialGC", "-Xmx64m", "-Xss512k", "-XX:ReservedCodeCacheSize=16m", "-XX:-UsePerfData",
                "--enable-native-access=testudo.platform.linux"));
        String path = System.getProperty("jdk.module.path");
        if (path != null) {
            command.addAll(List.of("--module-path", path));
        }
        Path archive = runtime.resolve("lib").resolve("server").resolve("devicehost.jsa");
        if (Files.exists(archive)) {
            command.add("-XX:SharedArchiveFile=" + archive);
        }
        command.addAll(List.of("--module", "testudo.devicehost/testudo.devicehost.Main"));
        return command;
    }

    @Override
    public VirtioDevice create(DeviceContext context) {
        ControlChannel channel = control;
        LocalSocket connection = data;
        if (channel == null || connection == null) {
            throw new IllegalStateException("%s: its process was not started".formatted(assignment.device()));
        }
        String answer = channel.receive(START_NANOS).orElseThrow(() -> new VmmException.Host(
                VmmException.Kind.IO, "%s: the device's process has ended before it was ready".formatted(assignment.device())));
        VirtioTraits traits = traits(JsonText.read(answer));
        data = null; // the device's from here on
        return VhostUserProvider.attach(context, connection, traits, this);
    }

    /// Checks what the process says it is: it may have been taken over by then.
    private VirtioTraits traits(Object json) {
        if (!(json instanceof Map<?, ?> said)) {
            throw new VmmException.Host(VmmException.Kind.IO, "%s: its process says nothing of use".formatted(assignment.device()));
        }
        if (said.get("error") instanceof String error) {
            throw new VmmException.Config(error);
        }
        List<Long> numbers = ControlChannel.numbers(Optional.<Object>ofNullable(said.get("numbers")).orElse(List.of()));
        List<Long> queues = ControlChannel.numbers(Optional.<Object>ofNullable(said.get("queues")).orElse(List.of()));
        boolean fits = numbers.size() == 4 && !queues.isEmpty() && queues.size() <= MAX_QUEUES
                && queues.stream().allMatch(size -> size >= 1 && size <= 32_768 && Long.bitCount(size) == 1)
                && numbers.get(0) >= 1 && numbers.get(0) <= 0xBF && numbers.get(2) >= 0 && numbers.get(2) <= 256
                && numbers.get(3) >= 0 && numbers.get(3) <= 0xFFFF;
        if (!fits) {
            throw new VmmException.Host(VmmException.Kind.IO, "%s: its process says what can't be".formatted(assignment.device()));
        }
        return new VirtioTraits(
                numbers.get(0).intValue(),
                String.valueOf(said.get("name")),
                numbers.get(1),
                queues.stream().map(Long::intValue).toList(),
                numbers.get(2).intValue(),
                numbers.get(3).intValue(),
                1,
                false);
    }

    /// Ends the process: it has time to put its files in order, then it is killed. Idempotent.
    @Override
    public void close() {
        LocalSocket connection = data;
        data = null;
        if (connection != null) {
            connection.close();
        }
        ControlChannel channel = control;
        control = null;
        if (channel != null) {
            channel.close();
        }
        HostProcess ending = process;
        HostPlatform platform = host;
        process = null;
        if (ending == null || platform == null) {
            return;
        }
        try (ending; Poller poller = platform.events().newPoller()) {
            poller.add(ending, 0, Poller.READABLE);
            if (ending.exitCode().isEmpty() && poller.await(END_NANOS) == 0) {
                LOG.warn("{}: its process does not end and is killed", assignment.device());
            }
            poller.remove(ending);
        }
    }
}
