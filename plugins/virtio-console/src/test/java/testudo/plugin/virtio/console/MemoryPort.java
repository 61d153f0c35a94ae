package testudo.plugin.virtio.console;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;
import testudo.spi.serial.SerialPort;
import testudo.testing.driver.MemorySource;

/// A host side in memory. Does not allocate for output; keeps the first 2 MiB of it.
final class MemoryPort extends MemorySource implements SerialPort {
    private static final int KEPT_BYTES = 2 << 20;

    private final MemorySegment kept = MemorySegment.ofArray(new byte[KEPT_BYTES]);
    private byte[] typed = {};
    private int taken;
    private boolean ended;
    long writtenBytes;
    int reads;
    int closes;

    void type(String text) {
        byte[] more = text.getBytes(StandardCharsets.ISO_8859_1);
        int left = typed.length - taken;
        byte[] all = new byte[left + more.length];
        System.arraycopy(typed, taken, all, 0, left);
        System.arraycopy(more, 0, all, left, more.length);
        typed = all;
        taken = 0;
    }

    void end() {
        ended = true;
    }

    int untaken() {
        return typed.length - taken;
    }

    String output() {
        byte[] bytes = new byte[(int) Math.min(writtenBytes, KEPT_BYTES)];
        MemorySegment.copy(kept, 0, MemorySegment.ofArray(bytes), 0, bytes.length);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void write(MemorySegment from, long offset, long lengthBytes) {
        long room = Math.min(lengthBytes, Math.max(0, KEPT_BYTES - writtenBytes));
        MemorySegment.copy(from, offset, kept, Math.min(writtenBytes, KEPT_BYTES), room);
        writtenBytes += lengthBytes;
    }

    @Override
    public Optional<Pollable> input() {
        return Optional.of(this);
    }

    @Override
    public int read(MemorySegment to, long offset, int lengthBytes) {
        reads++;
        if (taken == typed.length) {
            return ended ? -1 : 0;
        }
        int got = Math.min(lengthBytes, typed.length - taken);
        MemorySegment.copy(MemorySegment.ofArray(Arrays.copyOfRange(typed, taken, taken + got)), 0, to, offset, got);
        taken += got;
        return got;
    }

    @Override
    public int ready() {
        return (taken < typed.length || ended ? Poller.READABLE : 0) | (ended ? Poller.HANG_UP : 0);
    }

    @Override
    public void close() {
        closes++;
    }
}
