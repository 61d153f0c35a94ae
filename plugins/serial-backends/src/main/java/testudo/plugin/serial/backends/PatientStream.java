package testudo.plugin.serial.backends;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;

/// Standard output, which others share and may have left blocking: it is asked first whether it would block.
final class PatientStream implements ByteStream {
    private final HostFile file;
    private final Poller poller;

    PatientStream(HostFile file, HostPlatform host) {
        this.file = file;
        poller = host.events().newPoller();
        poller.add(file, 0, Poller.WRITABLE);
    }

    @Override
    public long write(MemorySegment from, long offset, long lengthBytes) {
        return poller.await(0) == 0 ? AGAIN : file.write(-1, from, offset, Math.min(lengthBytes, BufferedOutput.STEP_BYTES));
    }

    @Override
    public long read(MemorySegment to, long offset, long lengthBytes) {
        return 0;
    }

    @Override
    public Optional<Pollable> pollable() {
        return Optional.of(file);
    }

    @Override
    public void close() {
        poller.remove(file);
        poller.close();
        file.close();
    }
}
