package testudo.core.machine;

import java.io.File;
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
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostProcess;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;
import testudo.spi.host.ProcessRequest;
import testudo.spi.host.ProcessRequest.PassedHandle;
import testudo.spi.jail.FileGrant;
import testudo.spi.jail.JailNeeds;
import testudo.spi.jail.JailNeeds.Grants;
import testudo.spi.jail.JailProvider;
import testudo.spi.jail.JailRequest;
import testudo.spi.jail.ResourceLimits;
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
    private static final String JVM_OPTIONS = "JAVA_TOOL_OPTIONS";
    /// Killed by SIGSYS, 31.
    private static final int FILTERED = 128 + 31;

    private final Assignment assignment;
    private final Grants needs;
    private final Optional<byte[]> plugin;
    private final DeviceProcesses starter;
    private @Nullable HostProcess process;
    private @Nullable ControlChannel control;
    private @Nullable LocalSocket data;
    private @Nullable HostPlatform host;
    private @Nullable DeviceControl commands;
    private final Granting granting = new Granting();
    private boolean answersCommands;

    /// @param plugin the plugin from outside that it needs, packed
    DeviceProcess(Assignment assignment, Grants needs, Optional<byte[]> plugin, DeviceProcesses starter) {
        this.assignment = assignment;
        this.needs = needs;
        this.plugin = plugin;
        this.starter = starter;
    }

    /// Starts the process; it makes its device while the machine goes on.
    /// @throws VmmException when one of its files can't be opened, or the process not be started
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
            List<PassedHandle> handles = new ArrayList<>(List.of(
                    new PassedHandle(HostedDevice.DATA, theirData), new PassedHandle(HostedDevice.CONTROL, theirControl)));
            granting.open(needs, plugin, platform);
            handles.addAll(granting.handles());
            process = starter.start(jail(), new ProcessRequest(command(starter.jailed()), environment(), handles));
        } finally {
            granting.closePassed();
        }
        channel.send(assignment.toJson(granting.told()));
    }

    /// The runtime image comes with every jail; outside of an image, so must the modules.
    private JailRequest jail() {
        List<FileGrant> shown = new ArrayList<>(needs.shown());
        starter.options().policyDirectory().ifPresent(
                folder -> shown.add(new FileGrant(folder.toAbsolutePath(), FileGrant.Access.READ)));
        modulePath().ifPresent(path -> {
            for (String entry : path.split(File.pathSeparator, -1)) {
                shown.add(new FileGrant(Path.of(entry).toAbsolutePath(), FileGrant.Access.READ));
            }
        });
        return JailRequest.of(assignment.device())
                .withFiles(shown)
                .withNetwork(needs.network())
                .withLimits(needs.rings().count() > 0 ? ResourceLimits.withRings() : ResourceLimits.standard())
                .withOptions(starter.options());
    }

    private static Optional<String> modulePath() {
        return Optional.ofNullable(System.getProperty("jdk.module.path"));
    }

    /// Nothing but what is meant for every Java runtime of the product.
    private static Map<String, String> environment() {
        String options = System.getenv(JVM_OPTIONS);
        return options == null ? Map.of() : Map.of(JVM_OPTIONS, options);
    }

    /// The same runtime as this process's: inside of an image its modules are found without a path, and there is a class archive for this
    /// program. The image's default one is for the command line alone: its linked classes go with that one's main module.
    private static List<String> command(boolean jailed) {
        Path runtime = Path.of(System.getProperty("java.home"));
        List<String> command = new ArrayList<>(List.of(runtime.resolve("bin").resolve("java").toString()));
        command.addAll(jailed
                ? DeviceProcesses.filter().jvmFlags()
                : List.of("-XX:+UseSerialGC", "-XX:ReservedCodeCacheSize=16m", "-XX:-UsePerfData"));
        command.addAll(List.of("-Xmx64m", "-Xss512k", "--enable-native-access=testudo.platform.linux"));
        command.add("-Duser.dir=" + Path.of("").toAbsolutePath()); // where the relative paths of its options begin
        modulePath().ifPresent(path -> command.addAll(List.of("--module-path", path)));
        Path archive = runtime.resolve("lib").resolve("server").resolve("devicehost.jsa");
        if (Files.exists(archive)) {
            // Where it was made to lie, so that all device processes share its pages (ADR 013).
            command.addAll(List.of(
                    "-XX:SharedArchiveFile=" + archive, "-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0"));
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
                VmmException.Kind.IO,
                "%s: the device's process has ended before it was ready%s".formatted(assignment.device(), ending())));
        VirtioTraits traits = traits(JsonText.read(answer));
        data = null; // the device's from here on
        answersCommands = JsonText.read(answer) instanceof Map<?, ?> said && Boolean.TRUE.equals(said.get("commands"));
        return VhostUserProvider.attach(context, connection, traits, this);
    }

    /// Listens to the process from now on: its device runs.
    /// @param loop the device's
    /// @param machine told what the process may say of it
    /// @return who is asked to do commands; nothing for a device that has none
    Optional<ControlRequests.Answering> listen(EventLoop loop, MachineServices machine) {
        ControlChannel channel = control;
        if (channel == null) {
            return Optional.empty();
        }
        DeviceControl made = new DeviceControl(
                assignment.device(), channel, loop, machine, needs.streams().contains(JailNeeds.Stream.INPUT));
        commands = made;
        return answersCommands ? Optional.of(made) : Optional.empty();
    }

    /// How the process ended, for a message; empty when it has not.
    private String ending() {
        HostProcess ended = process;
        HostPlatform platform = host;
        if (ended == null || platform == null) {
            return "";
        }
        awaitEnd(ended, platform);
        int code = ended.exitCode().orElse(0);
        return switch (code) {
            case 0 -> "";
            case JailProvider.REFUSED -> ": its jail can't be completed, a line above says why [exit code %d]".formatted(code);
            case FILTERED -> ": it made a system call that its policy does not name; --seccomp-log-failures finds out which one";
            default -> ": exit code %d".formatted(code);
        };
    }

    /// Waits for the end of a process, not for long.
    private static boolean awaitEnd(HostProcess process, HostPlatform platform) {
        try (Poller poller = platform.events().newPoller()) {
            poller.add(process, 0, Poller.READABLE);
            boolean ended = process.exitCode().isPresent() || poller.await(END_NANOS) > 0;
            poller.remove(process);
            return ended;
        }
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
        DeviceControl listening = commands;
        commands = null;
        if (listening != null) {
            listening.close();
        }
        ControlChannel channel = control;
        control = null;
        if (channel != null) {
            channel.close();
        }
        end();
        granting.close();
    }

    private void end() {
        HostProcess ending = process;
        HostPlatform platform = host;
        if (ending == null || platform == null) {
            return;
        }
        try (ending) {
            if (!awaitEnd(ending, platform)) {
                LOG.warn("{}: its process does not end and is killed", assignment.device());
            } else if (ending.exitCode().orElse(0) != 0) {
                LOG.warn("{}: its process has ended{}", assignment.device(), ending());
            }
        }
        process = null;
    }
}
