package testudo.plugin.pflash;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import testudo.spi.VmmException;
import testudo.spi.host.HostFile;
import testudo.spi.platform.PlatformDevice;

/// The chip. Closes its file.
final class Pflash implements PlatformDevice {
    private static final int PROGRAM = 0x10;
    private static final int PROGRAM_TOO = 0x40;
    private static final int ERASE = 0x20;
    private static final int ERASE_CONFIRM = 0xD0;
    private static final int CLEAR_STATUS = 0x50;
    private static final int READ_STATUS = 0x70;

    private static final int READY = 0x80;
    private static final int ERASE_FAILED = 0x20;
    private static final int PROGRAM_FAILED = 0x10;
    private static final byte ERASED = (byte) 0xFF;

    private final HostFile file;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment array;
    private final int blockBytes;
    private Mode mode = Mode.ARRAY;
    private int status = READY;
    private boolean closed;

    private enum Mode {
        ARRAY, STATUS, PROGRAM_DATA, ERASE_DATA
    }

    /// Makes the chip and reads its contents.
    /// @param file the image; closed by [#close()], not when this fails
    /// @param path for messages
    /// @param sizeBytes size of the image
    /// @param blockBytes what is erased at once; divides the size
    /// @throws VmmException.Host when the image can't be read or is in use
    Pflash(HostFile file, String path, long sizeBytes, int blockBytes) {
        this.file = file;
        this.blockBytes = blockBytes;
        this.array = arena.allocate(sizeBytes);
        try {
            if (!file.lock(true)) {
                throw new VmmException.Host(VmmException.Kind.DENIED, "flash image %s is in use by another process".formatted(path));
            }
            fill(path);
        } catch (VmmException failure) {
            arena.close();
            throw failure;
        }
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        long value = 0;
        for (int i = 0; i < sizeBytes; i++) {
            value |= (long) readByte(offset + i) << (8 * i);
        }
        return value;
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {
        int data = (int) value & 0xFF;
        switch (mode) {
            case PROGRAM_DATA -> {
                program(offset, (byte) data);
                mode = Mode.STATUS;
            }
            case ERASE_DATA -> {
                // Anything but the confirmation cancels, and is an error.
                if (data == ERASE_CONFIRM) {
                    erase(offset - offset % blockBytes);
                } else {
                    status |= READY | ERASE_FAILED | PROGRAM_FAILED;
                }
                mode = Mode.STATUS;
            }
            default -> command(data);
        }
    }

    @Override
    public void reset() {
        mode = Mode.ARRAY;
        status = READY;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        int result = file.flush();
        file.close();
        arena.close();
        if (result < 0) {
            throw new VmmException.Host(VmmException.Kind.IO, "cannot make the flash image durable: errno %d".formatted(-result));
        }
    }

    private void fill(String path) {
        for (long done = 0; done < array.byteSize();) {
            long got = file.read(done, array, done, array.byteSize() - done);
            if (got <= 0) {
                throw new VmmException.Host(
                        VmmException.Kind.IO,
                        "cannot read flash image %s: %s at byte %d".formatted(path, got == 0 ? "it ended" : "errno " + -got, done));
            }
            done += got;
        }
    }

    private int readByte(long offset) {
        if (offset >= array.byteSize()) {
            return 0xFF;
        }
        return mode == Mode.ARRAY ? array.get(ValueLayout.JAVA_BYTE, offset) & 0xFF : status;
    }

    private void command(int command) {
        switch (command) {
            case PROGRAM, PROGRAM_TOO -> mode = Mode.PROGRAM_DATA;
            case ERASE -> mode = Mode.ERASE_DATA;
            case CLEAR_STATUS -> {
                status = 0;
                mode = Mode.ARRAY;
            }
            case READ_STATUS -> mode = Mode.STATUS;
            // 0xFF, "read array", and what the chip does not know.
            default -> mode = Mode.ARRAY;
        }
    }

    private void program(long offset, byte data) {
        byte before = array.get(ValueLayout.JAVA_BYTE, offset);
        // Programming clears bits; only erasing sets them.
        array.set(ValueLayout.JAVA_BYTE, offset, (byte) (before & data));
        status |= READY | (store(offset, 1) ? 0 : PROGRAM_FAILED);
    }

    private void erase(long block) {
        array.asSlice(block, blockBytes).fill(ERASED);
        status |= READY | (store(block, blockBytes) ? 0 : ERASE_FAILED);
    }

    private boolean store(long offset, int lengthBytes) {
        for (long done = 0; done < lengthBytes;) {
            long written = file.write(offset + done, array, offset + done, lengthBytes - done);
            if (written <= 0) {
                return false;
            }
            done += written;
        }
        return true;
    }
}
