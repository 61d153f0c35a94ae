package testudo.core.machine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import testudo.core.loop.LoopThread;
import testudo.core.vhost.VhostUserBackend;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.device.StandaloneDevice;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalListener;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// Devices that run by themselves, as vhost-user back-ends of other monitors.
public final class StandaloneDevices {
    private static final String GROUP = "Connection";
    private static final OptionDeclaration<Path> SOCKET_PATH = OptionDeclaration.value(
            "socket-path", Path.class, "PATH", GROUP, "make this socket and wait there for a front-end; this or --fd is required");
    private static final OptionDeclaration<Path> SOCKET = OptionDeclaration.value(
            "socket", Path.class, "PATH", GROUP, "the same as --socket-path").deprecatedFor("--socket-path PATH");
    private static final OptionDeclaration<Long> DESCRIPTOR = OptionDeclaration.value(
            "fd", Long.class, "FD", GROUP, "descriptor of a socket that is connected to a front-end");
    /// A device without a machine knows nothing of it; sizes are as large as any.
    private static final MachineFacts FACTS = new MachineFacts("", 1, 1L << 46, 0, 0);

    private StandaloneDevices() {}

    /// Everything that can run by itself.
    /// @param providers what is installed
    /// @return devices, each word once
    /// @throws VmmException.Config when two providers use one word
    public static List<StandaloneDevice> all(Providers providers) {
        List<StandaloneDevice> all = new ArrayList<>();
        providers.devices().forEach(provider -> all.addAll(provider.standalone()));
        List<String> words = all.stream().map(StandaloneDevice::word).toList();
        for (String word : words) {
            if (words.indexOf(word) != words.lastIndexOf(word)) {
                throw new VmmException.Config("two devices are called '%s'; remove one of the modules".formatted(word));
            }
        }
        return all;
    }

    /// The options of one: its own, and where its front-end is.
    /// @param device the device
    /// @return declarations
    public static List<OptionDeclaration<?>> options(StandaloneDevice device) {
        List<OptionDeclaration<?>> options = new ArrayList<>(device.options());
        options.addAll(List.of(SOCKET_PATH, SOCKET, DESCRIPTOR));
        return options;
    }

    /// Runs one until its front-end has gone or somebody ends the process.
    /// @param device what to run
    /// @param configuration its options
    /// @param providers what is installed
    /// @return how it ended
    /// @throws VmmException when it can't be made
    public static RunResult serve(StandaloneDevice device, Configuration configuration, Providers providers) {
        Optional<Path> path = configuration.value(SOCKET_PATH).or(() -> configuration.value(SOCKET));
        Optional<Long> descriptor = configuration.value(DESCRIPTOR);
        if (path.isPresent() == descriptor.isPresent()) {
            throw new VmmException.Config("device %s: give either --socket-path or --fd".formatted(device.word()));
        }
        HostPlatform host = providers.host();
        DeviceSpec.Virtio spec = device.device().apply(configuration);
        MachineEvents events = new MachineEvents();
        Contexts contexts = new Contexts(host, FACTS, events, List.of(), providers);
        LoopThread loop = new LoopThread("main", host, failure -> events.event(spec.id(), MachineEvent.CRASH, 0));
        HostEvent termination = host.events().newEvent();
        loop.watch(termination, Poller.READABLE, ready -> {
            termination.consume();
            events.event("signal", MachineEvent.EXIT, 0);
        });
        loop.start();
        try (VhostUserBackend backend = new VhostUserBackend(
                spec.id(), host, threads -> spec.factory().create(contexts.virtio(spec.id(), threads)))) {
            backend.whenOver(failed -> events.event(spec.id(), failed ? MachineEvent.CRASH : MachineEvent.EXIT, 0));
            Optional<LocalListener> listener = path.map(where -> host.sockets().listen(where, Kind.STREAM));
            try {
                host.terminals().signalOnTermination(termination);
                listener.ifPresentOrElse(
                        open -> loop.watch(open, Poller.READABLE, ready -> open.accept().ifPresent(backend::begin)),
                        () -> backend.begin(connected(host, descriptor)));
                return events.await();
            } finally {
                loop.close();
                listener.ifPresent(LocalListener::close);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return RunResult.EXIT;
        } finally {
            loop.close();
            termination.close();
        }
    }

    private static LocalSocket connected(HostPlatform host, Optional<Long> descriptor) {
        return host.sockets().connect(Path.of("/proc/self/fd/" + descriptor.orElseThrow()), Kind.STREAM);
    }
}
