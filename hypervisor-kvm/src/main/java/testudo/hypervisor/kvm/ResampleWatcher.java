package testudo.hypervisor.kvm;

import java.util.ArrayList;
import java.util.List;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostEvents;
import testudo.spi.host.Poller;

/// A thread that hears when the guest acknowledges level-triggered pins.
///
/// Each pin has an irqfd in resample mode whose own event is never signalled: it is there for the notification only.
final class ResampleWatcher implements AutoCloseable {
    private final Descriptor vm;
    private final HostEvents events;
    private final Poller poller;
    private final HostEvent stop;
    private final List<HostEvent> owned = new ArrayList<>();
    private final List<Pin> pins = new ArrayList<>();
    private final Thread thread = new Thread(this::watch, "kvm-resample");

    private record Pin(HostEvent resample, Runnable acknowledged) {}

    ResampleWatcher(Descriptor vm, HostEvents events) {
        this.vm = vm;
        this.events = events;
        poller = events.newPoller();
        stop = events.newEvent();
        owned.add(stop);
        poller.add(stop, -1, Poller.READABLE);
        thread.setDaemon(true);
        thread.start();
    }

    synchronized void watch(int gsi, Runnable acknowledged) {
        HostEvent trigger = events.newEvent();
        owned.add(trigger);
        HostEvent resample = events.newEvent();
        owned.add(resample);
        Errno.check(
                MsiMessages.irqfd(
                        vm, OpenDescriptor.of(trigger), gsi, KvmIrqfd.RESAMPLE, OpenDescriptor.of(resample)),
                "cannot watch interrupt pin %d [hypervisor kvm]".formatted(gsi));
        pins.add(new Pin(resample, acknowledged));
        poller.add(resample, pins.size() - 1, Poller.READABLE);
    }

    private synchronized Pin pin(int token) {
        return pins.get(token);
    }

    private void watch() {
        while (true) {
            int ready = poller.await(-1);
            for (int i = 0; i < ready; i++) {
                int token = poller.token(i);
                if (token < 0) {
                    return;
                }
                Pin pin = pin(token);
                pin.resample().consume();
                pin.acknowledged().run();
            }
        }
    }

    @Override
    public void close() {
        stop.signal();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException interruption) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        poller.close();
        synchronized (this) {
            owned.forEach(HostEvent::close);
        }
    }
}
