package testudo.plugin.disk.raw;

import java.lang.foreign.MemorySegment;
import testudo.spi.disk.DiskFormatProvider;
import testudo.spi.disk.DiskImage;
import testudo.spi.disk.DiskRequest;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostPlatform;

/// Opens raw images. Any file is one, so it answers for what no other format knows.
public final class RawFormat implements DiskFormatProvider {
    /// For [java.util.ServiceLoader].
    public RawFormat() {}

    @Override
    public String id() {
        return "raw";
    }

    @Override
    public int recognises(MemorySegment header) {
        return 1;
    }

    @Override
    public DiskImage open(DiskRequest request, HostFile file, HostPlatform host) {
        return new RawImage(request, file, host);
    }
}
