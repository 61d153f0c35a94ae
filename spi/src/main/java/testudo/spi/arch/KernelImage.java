package testudo.spi.arch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import testudo.spi.VmmException;

/// A file that is loaded into the guest: kernel, initial ramdisk, firmware. Untrusted; read piecewise, never mapped.
public final class KernelImage implements AutoCloseable {
    private static final int PIECE_BYTES = 1 << 30;
    private final Path path;
    private final FileChannel channel;
    private final long sizeBytes;

    private KernelImage(Path path, FileChannel channel, long sizeBytes) {
        this.path = path;
        this.channel = channel;
        this.sizeBytes = sizeBytes;
    }

    /// Opens a file.
    /// @param path where; `/proc/self/fd/N` works where the host has it
    /// @param what for error messages: `kernel`, `initrd`
    /// @return the image; the caller closes it
    /// @throws VmmException.Config when it can't be opened, is a directory or is empty
    @SuppressWarnings("resource") // the image owns the channel
    public static KernelImage open(Path path, String what) {
        try {
            if (java.nio.file.Files.isDirectory(path)) {
                throw new VmmException.Config("cannot open %s %s: it is a directory".formatted(what, path));
            }
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            long size = channel.size();
            if (size == 0) {
                channel.close();
                throw new VmmException.Config("cannot use %s %s: the file is empty".formatted(what, path));
            }
            return new KernelImage(path, channel, size);
        } catch (java.nio.file.NoSuchFileException e) {
            throw new VmmException.Config("cannot open %s %s: no such file".formatted(what, path));
        } catch (java.nio.file.AccessDeniedException e) {
            throw new VmmException.Config("cannot open %s %s: permission denied".formatted(what, path));
        } catch (IOException e) {
            throw new VmmException.Config("cannot open %s %s: %s".formatted(what, path, e.getMessage()));
        }
    }

    /// Where it is.
    /// @return the path
    public Path path() {
        return path;
    }

    /// How long it was when it was opened.
    /// @return bytes, positive
    public long sizeBytes() {
        return sizeBytes;
    }

    /// Reads a small piece. What lies behind the end of the file reads as zero.
    /// @param offset byte offset, 0 or more
    /// @param lengthBytes how much
    /// @return a new array of exactly that length
    public byte[] bytes(long offset, int lengthBytes) {
        byte[] bytes = new byte[lengthBytes];
        if (offset >= 0 && offset < sizeBytes) {
            readFully(offset, MemorySegment.ofArray(bytes).asSlice(0, Math.min(lengthBytes, sizeBytes - offset)));
        }
        return bytes;
    }

    /// Reads straight into guest memory.
    /// @param offset byte offset in the file
    /// @param to filled completely
    /// @throws VmmException.Host when the file has become shorter
    public void readFully(long offset, MemorySegment to) {
        try {
            for (long done = 0; done < to.byteSize();) {
                long want = Math.min(PIECE_BYTES, to.byteSize() - done);
                ByteBuffer piece = to.asSlice(done, want).asByteBuffer();
                int read = channel.read(piece, offset + done);
                if (read <= 0) {
                    throw new VmmException.Host(
                            VmmException.Kind.IO, "%s became shorter while it was read".formatted(path));
                }
                done += read;
            }
        } catch (IOException e) {
            throw new VmmException.Host(VmmException.Kind.IO, "cannot read %s: %s".formatted(path, e.getMessage()), e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
