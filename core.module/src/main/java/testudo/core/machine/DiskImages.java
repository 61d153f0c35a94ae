package testudo.core.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import testudo.spi.VmmException;
import testudo.spi.disk.DiskFormatProvider;
import testudo.spi.disk.DiskImage;
import testudo.spi.disk.DiskOpener;
import testudo.spi.disk.DiskRequest;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostPlatform;

/// Opens disk images with the installed format that recognises them best.
final class DiskImages implements DiskOpener {
    /// Length and alignment that direct I/O is content with: a file that was passed on is read as it was opened.
    private static final int HEADER_BYTES = 4096;

    private final HostPlatform host;
    private final List<DiskFormatProvider> formats;

    DiskImages(HostPlatform host, List<DiskFormatProvider> formats) {
        this.host = host;
        this.formats = formats;
    }

    @Override
    public DiskImage open(DiskRequest request) {
        DiskFormatProvider format = recognise(request);
        HostFile file = host.files().open(request.path(), request.modes());
        boolean handedOver = false;
        try {
            if (request.lock() && !file.lock(!request.readOnly())) {
                throw new VmmException.Config(
                        "cannot lock disk %s: another process uses it; stop that one, or add lock=false if sharing is safe"
                                .formatted(request.path()));
            }
            DiskImage image = format.open(request, file, host);
            handedOver = true;
            return image;
        } finally {
            if (!handedOver) {
                file.close();
            }
        }
    }

    private DiskFormatProvider recognise(DiskRequest request) {
        HostFile file = host.files().open(request.path(), Set.of(Mode.READ));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment header = arena.allocate(HEADER_BYTES, HEADER_BYTES);
            long read = file.read(0, header, 0, HEADER_BYTES);
            if (read < 0) {
                throw new VmmException.Host(
                        VmmException.Kind.IO, "cannot read disk %s: errno %d".formatted(request.path(), -read));
            }
            MemorySegment known = header.asSlice(0, read);
            DiskFormatProvider best = null;
            int sureness = 0;
            for (DiskFormatProvider format : formats) {
                int answer = format.recognises(known);
                if (answer > sureness) {
                    sureness = answer;
                    best = format;
                }
            }
            if (best == null) {
                throw new VmmException.Config("cannot use disk %s: no installed disk format recognises it (installed: %s)"
                        .formatted(request.path(), formats.stream().map(DiskFormatProvider::id).toList()));
            }
            return best;
        } finally {
            file.close();
        }
    }
}
