package testudo.plugin.pflash;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import testudo.spi.host.HostFile;

/// An image in memory that can refuse to be written or locked.
final class FakeImage implements HostFile {
    final byte[] bytes;
    boolean broken;
    boolean inUse;
    int flushes;
    int closes;

    FakeImage(int size) {
        bytes = new byte[size];
        Arrays.fill(bytes, (byte) 0xA5);
    }

    @Override
    public long read(long position, MemorySegment to, long offset, long lengthBytes) {
        // In pieces, as a file system may.
        int length = (int) Math.min(Math.min(lengthBytes, 1000), bytes.length - position);
        MemorySegment.copy(MemorySegment.ofArray(bytes), position, to, offset, length);
        return length;
    }

    @Override
    public long write(long position, MemorySegment from, long offset, long lengthBytes) {
        if (broken) {
            return -28;
        }
        int length = (int) Math.min(lengthBytes, 1000);
        MemorySegment.copy(from, offset, MemorySegment.ofArray(bytes), position, length);
        return length;
    }

    @Override
    public boolean lock(boolean exclusive) {
        return !inUse && exclusive;
    }

    @Override
    public int flush() {
        flushes++;
        return 0;
    }

    @Override
    public void close() {
        closes++;
    }

    @Override
    public long sizeBytes() {
        return bytes.length;
    }

    @Override
    public int alignmentBytes() {
        return 1;
    }

    @Override
    public boolean sparse() {
        return false;
    }

    @Override
    public int punchHole(long position, long lengthBytes) {
        return -95;
    }

    @Override
    public int writeZeroes(long position, long lengthBytes) {
        return -95;
    }

    @Override
    public int resize(long sizeBytes) {
        return -95;
    }
}
