package testudo.platform.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import testudo.spi.VmmException;

/// What the kernel told this process at its start: pairs of 64-bit numbers (`getauxval(3)`).
final class AuxiliaryVector {
    private static final int AT_PAGESZ = 6;

    private AuxiliaryVector() {}

    static int pageSizeBytes() {
        if (System.getProperty("os.arch").equals("amd64")) {
            return 4096;
        }
        Path path = Path.of("/proc/self/auxv");
        try {
            ByteBuffer vector = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.nativeOrder());
            while (vector.remaining() >= 2 * Long.BYTES) {
                long key = vector.getLong();
                long value = vector.getLong();
                if (key == AT_PAGESZ) {
                    return Math.toIntExact(value);
                }
            }
        } catch (IOException failure) {
            throw new VmmException.Host(VmmException.Kind.IO, "cannot read " + path, failure);
        }
        throw new VmmException.Host(VmmException.Kind.UNSUPPORTED, path + " has no page size");
    }
}
