package testudo.core.machine;

import java.time.OffsetDateTime;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.loop.LoopThread;
import testudo.core.option.JsonText;
import testudo.core.vhost.VhostUserBackend;
import testudo.spi.VmmException;
import testudo.spi.command.CommandTarget;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;
import testudo.spi.jail.JailNeeds;
import testudo.spi.jail.JailNeeds.Prepared;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioTraits;

/// A device process, from the inside: one device of a machine that is another process, over the connections it was started with.
///
/// It ends when either connection does, so that it never outlives its machine.
public final class HostedDevice {
    /// Where the vhost-user connection is.
    static final int DATA = 3;
    /// Where the control channel is.
    static final int CONTROL = 4;
    private static final Logger LOG = LoggerFactory.getLogger(HostedDevice.class);
    private static final long ASSIGNMENT_NANOS = 60_000_000_000L;

    private HostedDevice() {}

    /// Runs until the machine has gone.
    /// @param providers what is installed
    /// @return the exit status
    public static int run(Providers providers) {
        HostPlatform host = providers.host();
        MachineEvents events = new MachineEvents();
        try (ControlChannel control = new ControlChannel(host, host.sockets().connect(Passed.inherited(CONTROL), Kind.SEQPACKET));
                LoopThread loop = new LoopThread("main", host, failure -> events.event("main", MachineEvent.CRASH, 0))) {
            loop.start();
            String told = control.receive(ASSIGNMENT_NANOS).orElseThrow(
                    () -> new VmmException.Host(VmmException.Kind.IO, "the machine has gone"));
            Assignment assignment = Assignment.fromJson(told);
            Thread.currentThread().setName(assignment.device());
            try {
                Passed passed = Passed.fromJson(told);
                Providers all = passed.pluginBytes() == 0
                        ? providers
                        : Providers.find(List.of(PluginModules.layer(passed, host)));
                Hosted hosted = new Hosted(assignment, all, passed, host, events);
                return serve(hosted, control, loop) == RunResult.EXIT ? 0 : 1;
            } catch (VmmException refused) {
                control.send(JsonText.write(Map.of("error", String.valueOf(refused.getMessage()))));
                return 1;
            }
        }
    }

    /// What there is to serve.
    private record Hosted(Assignment assignment, Providers providers, Passed passed, HostPlatform host, MachineEvents events) {
        Contexts contexts(HostPlatform granted) {
            Optional<Prepared> prepared = passed.prepared().map(count -> new Prepared(
                    passed.preparedHandles().stream()
                            .map(handle -> host.files().open(handle, EnumSet.of(Mode.READ, Mode.WRITE, Mode.NONBLOCK)))
                            .toList(),
                    passed.facts()));
            return new Contexts(granted, assignment.facts(), events, List.of(), providers, prepared);
        }
    }

    private static RunResult serve(Hosted hosted, ControlChannel control, LoopThread loop) {
        MachineEvents events = hosted.events();
        HostPlatform host = new GrantedHost(hosted.host(), hosted.passed().granted(), hosted.passed().pseudoTerminal());
        DeviceSpec.Virtio spec = hosted.assignment().spec(hosted.providers());
        Contexts contexts = hosted.contexts(host);
        if (hosted.assignment().confinement().isPresent()
                && spec.factory().needs(Networks.needs(hosted.providers().networks())) instanceof JailNeeds.Grants grants) {
            host.files().reserveRings(grants.rings().count(), grants.rings().depth());
        }
        CountDownLatch gone = new CountDownLatch(1);
        VirtioDevice[] device = new VirtioDevice[1];
        EventLoop[] owner = new EventLoop[1];
        try (VhostUserBackend backend = new VhostUserBackend(spec.id(), host, threads -> {
            owner[0] = threads.loop(0);
            device[0] = spec.factory().create(contexts.virtio(spec.id(), threads));
            return device[0];
        })) {
            backend.whenOver(failed -> {
                gone.countDown();
                events.event(spec.id(), failed ? MachineEvent.CRASH : MachineEvent.EXIT, 0);
            });
            LocalSocket machine = hosted.host().sockets().connect(Passed.inherited(DATA), Kind.STREAM);
            Optional<ControlRequests.Answering> answering = device[0] instanceof CommandTarget target
                    ? Optional.of(ControlRequests.local(target))
                    : Optional.empty();
            HostedCommands commands = new HostedCommands(control, loop, answering, owner[0]);
            confine(hosted.assignment(), hosted.providers());
            control.send(describe(device[0].traits(), answering.isPresent()));
            backend.begin(machine);
            loop.watch(control.socket(), Poller.READABLE, ready -> {
                if (!commands.serve()) {
                    gone.countDown();
                    events.event("machine", MachineEvent.EXIT, 0);
                }
            });
            RunResult result = events.await();
            if (result == RunResult.EXIT && gone.getCount() != 0) { // the device's user wants the machine to end
                commands.report(MachineEvent.EXIT);
                gone.await();
            }
            return result;
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
            LooseModules.load();
            LOG.debug("{}: ready, {} from now on", assignment.device(), OffsetDateTime.now()); // log lines have the time: its zones are in a file
            DeviceProcesses.filter().apply(DeviceProcesses.policy(assignment.provider(providers), jail), jail);
        });
    }

    private static String describe(VirtioTraits traits, boolean commands) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", traits.name());
        json.put("commands", commands);
        json.put("numbers", List.of(
                (long) traits.typeId(), traits.features(), (long) traits.configSizeBytes(), (long) traits.pciClass()));
        json.put("queues", traits.queueSizes().stream().map(Integer::longValue).toList());
        return JsonText.write(json);
    }
}
