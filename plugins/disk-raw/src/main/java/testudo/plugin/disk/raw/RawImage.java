package testudo.plugin.disk.raw;

import testudo.spi.device.EventLoop;
import testudo.spi.disk.DiskImage;
import testudo.spi.disk.DiskQueue;
import testudo.spi.disk.DiskRequest;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostPlatform;

/// A file or block device whose byte N is byte N of the disk.
final class RawImage implements DiskImage {
    private static final long SECTOR_BYTES = 512;

    private final DiskRequest request;
    private final HostFile file;
    private final HostPlatform host;
    private volatile long fileBytes;

    RawImage(DiskRequest request, HostFile file, HostPlatform host) {
        this.request = request;
        this.file = file;
        this.host = host;
        fileBytes = file.sizeBytes();
    }

    /// The file's size, rounded up to whole sectors: the guest can reach the last bytes of an odd file; behind them it reads zeros.
    @Override
    public long sizeBytes() {
        long bytes = fileBytes;
        return bytes > Long.MAX_VALUE - SECTOR_BYTES ? bytes & -SECTOR_BYTES : (bytes + SECTOR_BYTES - 1) & -SECTOR_BYTES;
    }

    @Override
    public boolean sparse() {
        return file.sparse();
    }

    @Override
    public int alignmentBytes() {
        return request.direct() ? file.alignmentBytes() : 1;
    }

    @Override
    public DiskQueue newQueue(EventLoop loop, int depth, DiskQueue.Completion completion) {
        return new RawQueue(this, loop, depth, completion);
    }

    @Override
    public int resize(long sizeBytes) {
        int result = file.resize(sizeBytes);
        if (result == 0) {
            fileBytes = sizeBytes;
        }
        return result;
    }

    @Override
    public void close() {
        file.close();
    }

    /// How long the file was when it was opened or last resized: behind that, nothing to read is no fault.
    long fileBytes() {
        return fileBytes;
    }

    HostFile file() {
        return file;
    }

    HostPlatform host() {
        return host;
    }

    DiskRequest request() {
        return request;
    }
}
