package testudo.core.vhost;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
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
    private final HandlePassing passing;
    private final PeerMemory memory;
    private final BackendRings rings;
    /// On the first loop.
    private @Nullable BackendSession session;
    private final CompletableFuture<Void> failure = new CompletableFuture<>();

    /// Makes the device and starts its loops.
    /// @param id its name, for logs
    /// @param host the platform
    /// @param factory makes the device on loops that do not run yet; it is closed with this
    /// @throws VmmException.Host when the platform can't pass handles
    /// @throws VmmException as the factory
    public VhostUserBackend(String id, HostPlatform host, Function<DeviceThreads, VirtioDevice> factory) {
        this.id = id;
        passing = host.handlePassing().orElseThrow(() -> new VmmException.Host(
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
        failure.completeExceptionally(problem);
        LOG.error("{}: stopped by an internal error", id, problem);
    }

    private void configChanged() {
        BackendSession current = session;
        if (current != null) {
            current.configChanged();
        }
    }

    /// Serves one front-end until it has gone. Any thread but the device's.
    /// @param connection a connected stream socket; closed by this
    /// @throws IllegalStateException when the device itself has failed
    public void serve(LocalSocket connection) {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        threads.loop(0).execute(() -> {
            BackendSession mine = new BackendSession(
                    id, device, rings, memory, passing, connection, () -> ended.complete(null));
            session = mine;
            mine.begin(threads.loop(0));
        });
        try {
            CompletableFuture.anyOf(ended, failure).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException("%s: the device has failed".formatted(id), e.getCause());
        }
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
