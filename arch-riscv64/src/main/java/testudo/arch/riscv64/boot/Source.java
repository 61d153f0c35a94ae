package testudo.arch.riscv64.boot;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.zip.GZIPInputStream;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;

/// Where the bytes of a segment come from.
public sealed interface Source {
    /// Copies them.
    /// @param to filled completely
    /// @throws VmmException.Host when the file became shorter or can't be read
    /// @throws VmmException.Config when the file is damaged
    void copyTo(MemorySegment to);

    /// Bytes of the file as they are.
    /// @param file the file
    /// @param offset the first byte
    record Plain(KernelImage file, long offset) implements Source {
        @Override
        public void copyTo(MemorySegment to) {
            file.readFully(offset, to);
        }
    }

    /// A gzip stream inside the file (RFC 1952).
    /// @param file the file
    /// @param offset the first byte of the stream
    /// @param lengthBytes its length
    record Gzip(KernelImage file, long offset, long lengthBytes) implements Source {
        private static final int BUFFER_BYTES = 1 << 16;
        private static final int TRAILER_BYTES = 18; // header and trailer of a stream

        /// Whether a gzip stream starts at an offset.
        /// @param file the file
        /// @param offset the place
        /// @return true when its magic number is there
        static boolean isAt(KernelImage file, long offset) {
            byte[] head = file.bytes(offset, 3);
            return head[0] == 0x1F && head[1] == (byte) 0x8B && head[2] == 8;
        }

        /// How many bytes come out, as the stream's trailer says: modulo 4 GiB and not to be trusted.
        /// @return 0 to 2^32 - 1
        long unpackedBytes() {
            if (lengthBytes < TRAILER_BYTES) {
                return 0;
            }
            byte[] size = file.bytes(offset + lengthBytes - 4, 4);
            return (size[0] & 0xFFL) | (size[1] & 0xFFL) << 8 | (size[2] & 0xFFL) << 16 | (size[3] & 0xFFL) << 24;
        }

        /// Unpacks the first bytes.
        /// @param bytes how many
        /// @return an array of that length; what the stream lacks is zero
        /// @throws VmmException.Config when the stream is damaged
        byte[] head(int bytes) {
            byte[] head = new byte[bytes];
            try (GZIPInputStream in = open()) {
                in.readNBytes(head, 0, bytes);
                return head;
            } catch (IOException e) {
                throw damaged(String.valueOf(e.getMessage()));
            }
        }

        @Override
        public void copyTo(MemorySegment to) {
            byte[] buffer = new byte[BUFFER_BYTES];
            try (GZIPInputStream in = open()) {
                for (long done = 0; done < to.byteSize();) {
                    int got = in.read(buffer, 0, (int) Math.min(buffer.length, to.byteSize() - done));
                    if (got < 0) {
                        throw damaged("it ends after %d of %d bytes".formatted(done, to.byteSize()));
                    }
                    MemorySegment.copy(buffer, 0, to, java.lang.foreign.ValueLayout.JAVA_BYTE, done, got);
                    done += got;
                }
                if (in.read() >= 0) { // also makes the stream check its checksum
                    throw damaged("it has more than the %d bytes that it states".formatted(to.byteSize()));
                }
            } catch (IOException e) {
                throw damaged(String.valueOf(e.getMessage()));
            }
        }

        private GZIPInputStream open() throws IOException {
            return new GZIPInputStream(new Piece(file, offset, lengthBytes), BUFFER_BYTES);
        }

        private VmmException.Config damaged(String how) {
            return new VmmException.Config("kernel %s: its gzip data is damaged: %s".formatted(file.path(), how));
        }
    }

    /// A piece of a file as a stream.
    final class Piece extends InputStream {
        private final KernelImage file;
        private final long end;
        private long position;

        Piece(KernelImage file, long offset, long lengthBytes) {
            this.file = file;
            this.position = offset;
            this.end = Math.min(file.sizeBytes(), offset + lengthBytes);
        }

        @Override
        public int read() {
            return position < end ? file.bytes(position++, 1)[0] & 0xFF : -1;
        }

        @Override
        public int read(byte[] to, int at, int lengthBytes) {
            if (position >= end) {
                return lengthBytes == 0 ? 0 : -1;
            }
            int bytes = (int) Math.min(lengthBytes, end - position);
            file.readFully(position, MemorySegment.ofArray(to).asSlice(at, bytes));
            position += bytes;
            return bytes;
        }

        @Override
        public int available() {
            return (int) Math.min(Integer.MAX_VALUE, end - position);
        }
    }
}
