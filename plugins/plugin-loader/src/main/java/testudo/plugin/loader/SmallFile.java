package testudo.plugin.loader;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import testudo.spi.VmmException;

/// Reads files that have a largest size.
final class SmallFile {
    private SmallFile() {}

    /// Reads a file once, and no more of it than is allowed.
    /// @param file a regular file: a pipe could keep us waiting
    /// @param maxBytes its largest size
    /// @param what for error messages: `archive`
    /// @return its bytes
    /// @throws VmmException.Config when there is no such file or it is too large
    /// @throws VmmException.Host when it can't be read
    static byte[] read(Path file, int maxBytes, String what) {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new VmmException.Config("cannot read %s %s: it is not a regular file".formatted(what, file));
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(maxBytes);
            if (bytes.length == maxBytes && in.read() >= 0) {
                throw new VmmException.Config("%s %s is refused: it has more than %d bytes".formatted(what, file, maxBytes));
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw new VmmException.Config("cannot read %s %s: no such file".formatted(what, file));
        } catch (AccessDeniedException e) {
            throw new VmmException.Host(VmmException.Kind.DENIED, "cannot read %s %s: permission denied".formatted(what, file), e);
        } catch (IOException e) {
            throw new VmmException.Host(VmmException.Kind.IO, "cannot read %s %s: %s".formatted(what, file, e.getMessage()), e);
        }
    }
}
