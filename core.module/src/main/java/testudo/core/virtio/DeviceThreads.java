package testudo.core.virtio;

import java.util.ArrayList;
import java.util.List;
import testudo.core.loop.GuardedLoop;
import testudo.core.loop.LoopThread;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostPlatform;

/// The event loops of one virtio device. After each handler the hook runs, which publishes completions.
///
/// The first loop exists from the start, so that the device can be made with it; the others are added when the device has said how
/// many it wants. None runs before that: a handler must not meet a device that is still being made.
public final class DeviceThreads implements AutoCloseable {
    private final String id;
    private final HostPlatform host;
    private final List<LoopThread> threads = new ArrayList<>();
    private final List<EventLoop> loops = new ArrayList<>();
    private volatile Hook hook = new Hook() {};
    private volatile boolean ended;

    /// Makes the first loop.
    /// @param id the device's name
    /// @param host makes pollers
    public DeviceThreads(String id, HostPlatform host) {
        this.id = id;
        this.host = host;
        add();
    }

    private void add() {
        int index = threads.size();
        String name = index == 0 ? id : id + "." + index;
        LoopThread thread = new LoopThread(name, host, failure -> hook.failed(index, failure));
        threads.add(thread);
        loops.add(new GuardedLoop(thread, (handler, ready) -> {
            handler.ready(ready);
            hook.after(index);
        }));
    }

    /// Sets what runs after each handler and when one throws, and starts all loops. Once.
    /// @param hook told from now on
    /// @param count how many loops there should be, 1 or more
    public void attach(Hook hook, int count) {
        this.hook = hook;
        while (threads.size() < count) {
            add();
        }
        threads.forEach(LoopThread::start);
    }

    /// A loop.
    /// @param index 0 to the number of loops - 1
    /// @return the loop
    public EventLoop loop(int index) {
        return loops.get(index);
    }

    /// How many loops there are.
    /// @return 1 or more
    public int count() {
        return loops.size();
    }

    /// Waits until all loops have done what there is to do ([LoopThread#settle]). Not on one of them.
    /// @return whether there was anything
    public boolean settle() {
        boolean worked = false;
        for (LoopThread thread : threads) {
            worked |= thread.settle();
        }
        return worked;
    }

    /// Whether the loops were closed.
    /// @return true from then on
    public boolean ended() {
        return ended;
    }

    /// Ends all loops, also when they were never started. Not on one of them.
    @Override
    public void close() {
        ended = true;
        threads.forEach(LoopThread::close);
    }

    /// What runs around a device's handlers, on the loop's thread.
    public interface Hook {
        /// A handler has returned.
        /// @param loop the loop's index
        default void after(int loop) {}

        /// A handler has thrown.
        /// @param loop the loop's index
        /// @param failure what
        default void failed(int loop, Throwable failure) {
            throw new IllegalStateException("a device failed before it was attached", failure);
        }
    }
}
