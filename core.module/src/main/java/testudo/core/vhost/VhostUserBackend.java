package testudo.core.vhost;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.virtio.DeviceThreads;
import testudo.spi.VmmException;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.LocalSocket;
import testudo.spi.virtio.VirtioDevice;

/// A virtio device of this process, served to the front-ends of other monitors, one after the other.
///
/// The device lives on the loops that were made for it; messages are handled on the first of them.
public final class VhostUserBackend implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VhostUserBackend.class);

    private final String id;
    private final DeviceThreads threads;
    private final VirtioDevice device;
    private final HostPlatform host;
    private final PeerMemory memory;
    private final BackendRings rings;
    /// On the first loop.
    private @Nullable BackendSession session;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile Consumer<Boolean> whenOver = failed -> {};

    /// Makes the device and starts its loops.
    /// @param id its name, for logs
    /// @param host the platform
    /// @param factory makes the device on loops that do not run yet; it is closed with this
    /// @throws VmmException.Host when the platform can't pass handles
    /// @throws VmmException as the factory
    public VhostUserBackend(String id, HostPlatform host, Function<DeviceThreads, VirtioDevice> factory) {
        this.id = id;
        this.host = host;
        HandlePassing passing = host.handlePassing().orElseThrow(() -> new VmmException.Host(
                VmmException.Kind.UNSUPPORTED, "platform %s can't pass handles over local sockets: no vhost-user".formatted(host.id())));
        threads = new DeviceThreads(id, host);
        memory = new PeerMemory(passing);
        VirtioDevice made = null;
        try {
            made = factory.apply(threads);
            device = made;
            rings = new BackendRings(id, made, threads, memory, this::failed, this::configChanged);
        } catch (RuntimeException | Error e) {
            threads.close();
            if (made != null) {
                made.close();
            }
            throw e;
        }
    }

    private void failed(Throwable problem) {
        if (over.compareAndSet(false, true)) { // a level-triggered source may fail again and again
            LOG.error("{}: stopped by an internal error", id, problem);
            whenOver.accept(true);
        }
    }

    private void configChanged() {
        BackendSession current = session;
        if (current != null) {
            current.configChanged();
        }
    }

    /// Sets who is told when a front-end has gone (false) or the device itself has failed (true). Before [#begin].
    /// @param listener called on the device's loops
    public void whenOver(Consumer<Boolean> listener) {
        whenOver = listener;
    }

    /// Serves a front-end from now on; one at a time. Any thread.
    /// @param connection a connected stream socket; closed by this, at once when another front-end is being served
    public void begin(LocalSocket connection) {
        threads.loop(0).execute(() -> {
            if (session != null) {
                LOG.warn("{}: a second front-end is sent away", id);
                connection.close();
                return;
            }
            BackendSession mine = new BackendSession(id, rings, memory, host, connection, this::ended);
            session = mine;
            mine.begin(threads.loop(0));
        });
    }

    private void ended() {
        session = null;
        whenOver.accept(false);
    }

    /// Ends what is being served, and the device.
    @Override
    public void close() {
        threads.loop(0).execute(() -> {
            BackendSession current = session;
            if (current != null) {
                current.end();
            }
            device.close();
        });
        threads.close();
    }
}
