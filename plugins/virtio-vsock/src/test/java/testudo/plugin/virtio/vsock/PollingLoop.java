package testudo.plugin.virtio.vsock;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvents;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;

/// A loop over the sources of a real host that runs in the thread of the test.
final class PollingLoop implements EventLoop, AutoCloseable {
    private final Poller poller;
    private final List<Entry> entries = new ArrayList<>();
    private final Queue<Runnable> tasks = new ArrayDeque<>();

    PollingLoop(HostEvents events) {
        poller = events.newPoller();
    }

    @Override
    public Watch watch(Pollable source, int interest, ReadyHandler handler) {
        Entry entry = new Entry(source, entries.size(), handler);
        entries.add(entry);
        poller.add(source, entry.token, interest);
        return entry;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public boolean isCurrent() {
        return true;
    }

    /// Runs what waits and what is ready.
    /// @return whether that was anything
    boolean turn() {
        int ready = poller.await(0);
        for (int i = 0; i < ready; i++) {
            Entry entry = entries.get(poller.token(i));
            if (!entry.cancelled) {
                entry.handler.ready(poller.ready(i));
            }
        }
        int waiting = tasks.size();
        for (int i = 0; i < waiting; i++) {
            tasks.remove().run();
        }
        return ready + waiting > 0;
    }

    @Override
    public void close() {
        poller.close();
    }

    private final class Entry implements Watch {
        private final Pollable source;
        private final int token;
        private final ReadyHandler handler;
        private boolean cancelled;

        Entry(Pollable source, int token, ReadyHandler handler) {
            this.source = source;
            this.token = token;
            this.handler = handler;
        }

        @Override
        public void interest(int interest) {
            poller.change(source, token, interest);
        }

        @Override
        public void cancel() {
            if (!cancelled) {
                cancelled = true;
                poller.remove(source);
            }
        }
    }
}
