package testudo.plugin.jail.bubblewrap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.platform.linux.confine.JailTree;
import testudo.spi.jail.FileGrant;
import testudo.spi.jail.FileGrant.Access;
import testudo.spi.jail.JailRequest;
import testudo.spi.jail.JailRequest.Network;

class BubblewrapArgumentsTest {
    private static List<String> arguments(JailRequest request) {
        return BubblewrapArguments.of(request, JailTree.of(request), 256);
    }

    private static void contains(List<String> all, String... part) {
        boolean found = IntStream.rangeClosed(0, all.size() - part.length)
                .anyMatch(at -> all.subList(at, at + part.length).equals(List.of(part)));
        assertTrue(found, () -> String.join(" ", part) + " in " + all);
    }

    @Test
    void everyLayerIsAskedFor() {
        List<String> all = arguments(JailRequest.of("test"));
        for (String namespace : List.of("user", "pid", "net", "ipc", "uts", "cgroup")) {
            contains(all, "--unshare-" + namespace);
        }
        contains(all, "--cap-drop", "ALL");
        contains(all, "--die-with-parent");
        contains(all, "--seccomp", "256");
        contains(all, "--remount-ro", "/");
        contains(all, "--ro-bind", System.getProperty("java.home"), System.getProperty("java.home"));
    }

    @Test
    void grantsAreWhatTheySay(@TempDir Path folder) throws IOException {
        Path disk = Files.createFile(folder.resolve("disk"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), disk);
        JailRequest request = JailRequest.of("test")
                .withFiles(List.of(new FileGrant(link, Access.WRITE)))
                .withNetwork(Network.HOST);

        List<String> all = arguments(request);

        contains(all, "--symlink", disk.toString(), link.toString());
        contains(all, "--bind", disk.toString(), disk.toString());
        assertFalse(all.contains("--unshare-net"));
        assertEquals(1, all.stream().filter("--bind"::equals).count());
    }
}
