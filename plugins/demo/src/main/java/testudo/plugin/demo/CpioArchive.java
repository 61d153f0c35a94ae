package testudo.plugin.demo;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/// Writes an initramfs in the "newc" form of cpio (Linux, `Documentation/driver-api/early-userspace/buffer-format.rst`). All entries belong to
/// root and have no time, so that equal content gives equal bytes. Folders above an entry are made when they are missing.
final class CpioArchive implements AutoCloseable {
    private static final String MAGIC = "070701";
    private static final String TRAILER = "TRAILER!!!";
    private static final int ALIGNMENT = 4;
    private static final int FOLDER = 0040755;
    private static final int LINK = 0120777;
    private static final int FILE = 0100000;
    private static final int CHARACTER_DEVICE = 0020600;
    private static final long MOST_BYTES = 0xFFFF_FFFFL;

    private final OutputStream out;
    private final Set<String> folders = new HashSet<>();
    private long written;
    private int inode;

    /// Starts an archive.
    /// @param out where to; closed with the archive
    CpioArchive(OutputStream out) {
        this.out = out;
    }

    /// Adds a folder, unless it is there.
    /// @param path such as `usr/bin`, without a slash in front
    void folder(String path) throws IOException {
        int slash = path.lastIndexOf('/');
        if (slash > 0) {
            folder(path.substring(0, slash));
        }
        if (folders.add(path)) {
            header(path, FOLDER, 0, 0, 0);
        }
    }

    /// Adds a file.
    /// @param path its name in the guest, without a slash in front
    /// @param permissions such as 0755
    /// @param content all of it
    void file(String path, int permissions, byte[] content) throws IOException {
        above(path);
        header(path, FILE | permissions, content.length, 0, 0);
        write(content);
        align();
    }

    /// Adds a file of the host.
    /// @param path its name in the guest
    /// @param permissions such as 0755
    /// @param from the file, below 4 GiB
    void file(String path, int permissions, Path from) throws IOException {
        above(path);
        long sizeBytes = Files.size(from);
        if (sizeBytes > MOST_BYTES) {
            throw new IOException("%s: %d bytes do not fit into a cpio archive".formatted(from, sizeBytes));
        }
        header(path, FILE | permissions, sizeBytes, 0, 0);
        long copied = Files.copy(from, out);
        if (copied != sizeBytes) {
            throw new IOException("%s changed while it was read".formatted(from));
        }
        written += copied;
        align();
    }

    /// Adds a symbolic link.
    /// @param path its name
    /// @param target what it says
    void link(String path, String target) throws IOException {
        above(path);
        byte[] text = target.getBytes(StandardCharsets.UTF_8);
        header(path, LINK, text.length, 0, 0);
        write(text);
        align();
    }

    /// Adds a character device.
    /// @param path its name
    /// @param major device number
    /// @param minor device number
    void characterDevice(String path, int major, int minor) throws IOException {
        above(path);
        header(path, CHARACTER_DEVICE, 0, major, minor);
    }

    private void above(String path) throws IOException {
        int slash = path.lastIndexOf('/');
        if (slash > 0) {
            folder(path.substring(0, slash));
        }
    }

    private void header(String path, int mode, long sizeBytes, int major, int minor) throws IOException {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        StringBuilder header = new StringBuilder(MAGIC);
        // inode, mode, owner, group, links, time, size, device (2), device of a device file (2), length of the name, no checksum
        long[] fields = {path.equals(TRAILER) ? 0 : ++inode, mode, 0, 0, 1, 0, sizeBytes, 0, 0, major, minor, name.length + 1, 0};
        for (long field : fields) {
            header.append("%08X".formatted(field));
        }
        write(header.toString().getBytes(StandardCharsets.US_ASCII));
        write(name);
        write(new byte[1]);
        align();
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes);
        written += bytes.length;
    }

    private void align() throws IOException {
        write(new byte[(int) (-written & (ALIGNMENT - 1))]);
    }

    /// Writes the end and closes the stream. The length is then a multiple of four, so that another archive may follow.
    @Override
    public void close() throws IOException {
        try (out) {
            header(TRAILER, 0, 0, 0, 0);
        }
    }
}
