package testudo.plugin.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.plugin.demo.GuestCache.Guest;
import testudo.plugin.demo.PackageSource.Origin;
import testudo.spi.VmmException;

/// The cache on a system without apt.
class GuestCacheTest {
    @TempDir private Path folder;

    private GuestCache cache() {
        return new GuestCache(folder.resolve("demo"), new HostPrograms(folder.toString()),
                new Progress(new PrintStream(OutputStream.nullOutputStream()), false, Progress.PATIENCE));
    }

    private Path kept() throws IOException {
        Path kept = Files.createDirectories(folder.resolve("demo/riscv64-2"));
        Files.writeString(kept.resolve("kernel"), "old");
        Files.writeString(kept.resolve("initramfs"), "old");
        return kept;
    }

    @Test
    void guestThatIsThereNeedsNothing() throws IOException {
        Path kept = kept();
        assertEquals(new Guest(kept.resolve("kernel"), kept.resolve("initramfs")), cache().guest(GuestArchitecture.RISCV64, false));
    }

    @Test
    void withoutAptTheUserLearnsWhatToPass() {
        VmmException.Host failure = assertThrows(VmmException.Host.class, () -> cache().guest(GuestArchitecture.RISCV64, false));
        assertEquals(VmmException.Kind.MISSING, failure.kind());
        assertTrue(String.valueOf(failure.getMessage()).contains(
                "no apt-get, apt-cache, dpkg-deb, tar\npass --kernel FILE and --initrd FILE"));
    }

    @Test
    void failedRefreshKeepsTheOldGuestAndLeavesNothing() throws IOException {
        Path kept = kept();
        Files.createDirectories(folder.resolve("demo/work123/left"));
        assertThrows(VmmException.Host.class, () -> cache().guest(GuestArchitecture.RISCV64, true));
        assertEquals("old", Files.readString(kept.resolve("kernel")));
        try (Stream<Path> entries = Files.list(folder.resolve("demo"))) {
            assertEquals(List.of("lock", "riscv64-2"), entries.map(each -> each.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void halfAGuestIsMadeAgain() throws IOException {
        Files.delete(kept().resolve("initramfs"));
        assertThrows(VmmException.Host.class, () -> cache().guest(GuestArchitecture.RISCV64, false));
    }

    @Test
    void cacheIsWhereTheUserWantsIt() {
        assertEquals(Path.of("/c/testudo/demo"), GuestCache.standard(Map.of("XDG_CACHE_HOME", "/c", "HOME", "/h"), "/u"));
        assertEquals(Path.of("/h/.cache/testudo/demo"), GuestCache.standard(Map.of("XDG_CACHE_HOME", "relative", "HOME", "/h"), "/u"));
        assertEquals(Path.of("/u/.cache/testudo/demo"), GuestCache.standard(Map.of(), "/u"));
        assertEquals(Path.of("/t/demo"), GuestCache.standard(Map.of("TESTUDO_CACHE", "/t", "XDG_CACHE_HOME", "/c"), "/u"));
    }

    @Test
    void packagesComeFromTheSystemsMirrorsOfReleases() {
        assertEquals(List.of(new Origin("http://m/debian/", "trixie"), new Origin("http://m/debian/", "bookworm"),
                new Origin("http://m/debian/", "stable")),
                PackageSource.origins(List.of("http://m/debian/|main|bookworm", "http://m/debian/|contrib|bookworm",
                        "http://m/debian/|main|bookworm-updates", "http://m/security/|main|bookworm-security",
                        "cdrom:[x]/|main|bookworm")));
        assertEquals(List.of(), PackageSource.origins(List.of("", "nonsense")));
    }
}
