package testudo.core.machine;

import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.loop.LoopThread;
import testudo.core.option.JsonText;
import testudo.core.vhost.VhostUserBackend;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;
import testudo.spi.virtio.VirtioTraits;

/// A device process, from the inside: one device of a machine that is another process, over the connections it was started with.
///
/// It ends when either connection does, so that it never outlives its machine.
public final class HostedDevice {
    /// Where the vhost-user connection is.
    static final int DATA = 3;
    /// Where the control channel is.
    static final int CONTROL = 4;
    /// Where its files are, from here on.
    static final int FIRST_FILE = 5;
    private static final Logger LOG = LoggerFactory.getLogger(HostedDevice.class);
    private static final long ASSIGNMENT_NANOS = 60_000_000_000L;

    private HostedDevice() {}

    /// Runs until the machine has gone.
    /// @param providers what is installed
    /// @return the exit status
    public static int run(Providers providers) {
        HostPlatform host = providers.host();
        MachineEvents events = new MachineEvents();
        try (ControlChannel control = new ControlChannel(host, host.sockets().connect(inherited(CONTROL), Kind.SEQPACKET));
                LoopThread loop = new LoopThread("main", host, failure -> events.event("main", MachineEvent.CRASH, 0))) {
            loop.start();
            String told = control.receive(ASSIGNMENT_NANOS).orElseThrow(
                    () -> new VmmException.Host(VmmException.Kind.IO, "the machine has gone"));
            Assignment assignment = Assignment.fromJson(told);
            Thread.currentThread().setName(assignment.device());
            try {
                HostPlatform granted = new GrantedHost(host, files(Assignment.files(told)));
                return serve(assignment, providers, granted, control, loop, events) == RunResult.EXIT ? 0 : 1;
            } catch (VmmException refused) {
                control.send(JsonText.write(Map.of("error", String.valueOf(refused.getMessage()))));
                return 1;
            }
        }
    }

    private static Map<Path, Path> files(List<String> paths) {
        Map<Path, Path> files = new HashMap<>();
        for (int i = 0; i < paths.size(); i++) {
            files.put(Path.of(paths.get(i)), inherited(FIRST_FILE + i));
        }
        return files;
    }

    private static RunResult serve(
            Assignment assignment, Providers providers, HostPlatform host, ControlChannel control, LoopThread loop,
            MachineEvents events) {
        DeviceSpec.Virtio spec = assignment.spec(providers);
        Contexts contexts = new Contexts(host, assignment.facts(), events, List.of(), providers);
        VirtioTraits[] traits = new VirtioTraits[1];
        try (VhostUserBackend backend = new VhostUserBackend(spec.id(), host, threads -> {
            var device = spec.factory().create(contexts.virtio(spec.id(), threads));
            traits[0] = device.traits();
            return device;
        })) {
            backend.whenOver(failed -> events.event(spec.id(), failed ? MachineEvent.CRASH : MachineEvent.EXIT, 0));
            LocalSocket machine = host.sockets().connect(inherited(DATA), Kind.STREAM);
            confine(assignment, providers);
            control.send(describe(traits[0]));
            backend.begin(machine);
            loop.watch(control.socket(), Poller.READABLE, ready -> events.event("machine", MachineEvent.EXIT, 0));
            return events.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return RunResult.EXIT;
        } finally {
            loop.close();
        }
    }

    /// The last wall, on every thread: from here on the device may serve a guest.
    private static void confine(Assignment assignment, Providers providers) {
        assignment.confinement().ifPresent(jail -> {
            LOG.debug("{}: ready, {} from now on", assignment.device(), OffsetDateTime.now()); // log lines have the time: its zones are in a file
            DeviceProcesses.filter().apply(DeviceProcesses.policy(assignment.provider(providers), jail), jail);
        });
    }

    private static String describe(VirtioTraits traits) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", traits.name());
        json.put("numbers", List.of(
                (long) traits.typeId(), traits.features(), (long) traits.configSizeBytes(), (long) traits.pciClass()));
        json.put("queues", traits.queueSizes().stream().map(Integer::longValue).toList());
        return JsonText.write(json);
    }

    private static Path inherited(int number) {
        return Path.of("/proc/self/fd/" + number);
    }
}
