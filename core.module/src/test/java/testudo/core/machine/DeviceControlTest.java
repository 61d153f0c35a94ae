package testudo.core.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import testudo.core.loop.LoopThread;
import testudo.spi.command.CommandTarget;
import testudo.spi.device.MachineServices;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;

/// A machine and a device process, both ends of the control channel; and a device process that has been taken over.
class DeviceControlTest {
    private static final long LIMIT_SECONDS = 30;

    private final HostPlatform host = ServiceLoader.load(HostPlatform.class).findFirst().orElseThrow();
    private final LinkedBlockingQueue<MachineServices.MachineEvent> events = new LinkedBlockingQueue<>();
    private final List<Throwable> failures = new ArrayList<>();
    private final LoopThread machineLoop = new LoopThread("machine", host, failures::add);
    private final LoopThread deviceLoop = new LoopThread("device", host, failures::add);
    private ControlChannel machine;
    private ControlChannel device;

    @BeforeEach
    void connect() {
        List<LocalSocket> pair = host.handlePassing().orElseThrow().pair(Kind.SEQPACKET);
        machine = new ControlChannel(host, pair.getFirst());
        device = new ControlChannel(host, pair.getLast());
        machineLoop.start();
        deviceLoop.start();
    }

    @AfterEach
    void close() {
        machineLoop.close();
        deviceLoop.close();
        machine.close();
        device.close();
        assertEquals(List.of(), failures);
    }

    private DeviceControl control(boolean mayEnd) {
        return new DeviceControl("block0", machine, machineLoop, new MachineServices() {
            @Override
            public void event(MachineEvent event, int detail) {
                events.add(event);
            }

            @Override
            public List<String> bootOrder() {
                return List.of();
            }
        }, mayEnd);
    }

    private CompletableFuture<Optional<Object>> ask(DeviceControl control, String tag, Object body) {
        CompletableFuture<Optional<Object>> answer = new CompletableFuture<>();
        machineLoop.execute(() -> control.ask(tag, body).thenAccept(answer::complete));
        return answer;
    }

    private static <T> T get(CompletableFuture<T> future) throws InterruptedException, ExecutionException, TimeoutException {
        return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    private void serve(CommandTarget target) {
        HostedCommands commands = new HostedCommands(device, deviceLoop, Optional.of(ControlRequests.local(target)), deviceLoop);
        deviceLoop.watch(device.socket(), Poller.READABLE, ready -> commands.serve());
    }

    /// Takes `DiskCommand` number 1, and answers later what it was told.
    private static final class Disk implements CommandTarget {
        @Override
        public boolean accepts(String tag, Object body) {
            return tag.equals("DiskCommand") && body.equals(1L);
        }

        @Override
        public CompletionStage<Object> execute(String tag, Object body) {
            return CompletableFuture.supplyAsync(() -> Map.of(tag, body));
        }
    }

    @Test
    void aCommandIsAnsweredByTheDevice() throws Exception {
        DeviceControl control = control(false);
        serve(new Disk());

        assertEquals(Optional.of(Map.of("DiskCommand", 1L)), get(ask(control, "DiskCommand", 1L)));
    }

    @Test
    void aCommandForAnotherDeviceIsPassedOn() throws Exception {
        DeviceControl control = control(false);
        serve(new Disk());

        assertEquals(Optional.empty(), get(ask(control, "DiskCommand", 2L)));
    }

    @Test
    void aCommandThatBreaksTheDevicesCodeIsAnError() throws Exception {
        DeviceControl control = control(false);
        serve(new CommandTarget() {
            @Override
            public boolean accepts(String tag, Object body) {
                throw new IllegalStateException("no such body");
            }

            @Override
            public CompletionStage<Object> execute(String tag, Object body) {
                throw new AssertionError("not accepted");
            }
        });

        assertEquals(Optional.of(Map.of("ErrString", "no such body")), get(ask(control, "DiskCommand", 1L)));
    }

    @Test
    void whoWaitsIsToldWhenTheProcessGoes() throws Exception {
        DeviceControl control = control(false);
        CompletableFuture<Optional<Object>> waiting = ask(control, "DiskCommand", 1L);
        device.receive(TimeUnit.SECONDS.toNanos(LIMIT_SECONDS));

        device.close();

        assertTrue(get(waiting).toString().contains("does not answer"), waiting::toString);
        assertTrue(get(ask(control, "DiskCommand", 1L)).toString().contains("does not answer"));
    }

    @Test
    void aDeviceWithoutAnswersHoldsSoManyCommandsAndNoMore() throws Exception {
        DeviceControl control = control(false);
        for (int i = 0; i < 64; i++) {
            ask(control, "DiskCommand", 1L);
        }

        assertTrue(get(ask(control, "DiskCommand", 1L)).toString().contains("64 commands"));
    }

    @Test
    void aUserEndsTheMachineByAKeyAtHisConsole() throws Exception {
        control(true);

        new HostedCommands(device, deviceLoop, Optional.empty(), deviceLoop).report(MachineServices.MachineEvent.EXIT);

        assertEquals(MachineServices.MachineEvent.EXIT, events.poll(LIMIT_SECONDS, TimeUnit.SECONDS));
    }

    @Test
    void nobodyElseMayEndTheMachine() throws Exception {
        hostile(control(false), "{\"event\":\"EXIT\"}");
    }

    @Test
    void aConsoleMayNotCrashTheMachine() throws Exception {
        hostile(control(true), "{\"event\":\"CRASH\"}");
    }

    @Test
    void answersThatNobodyWaitsForAreNotTaken() throws Exception {
        hostile(control(true), "{\"command\":77,\"answer\":\"Ok\"}");
    }

    @Test
    void noiseIsNotTaken() throws Exception {
        hostile(control(true), "[[[[[[[{");
    }

    /// What a taken-over process says ends the talk, and nothing else.
    private void hostile(DeviceControl control, String message) throws Exception {
        CompletableFuture<Optional<Object>> waiting = ask(control, "DiskCommand", 1L);
        device.receive(TimeUnit.SECONDS.toNanos(LIMIT_SECONDS));

        device.send(message);

        assertTrue(get(waiting).toString().contains("does not answer"), waiting::toString);
        assertTrue(events.isEmpty(), events::toString);
    }
}
