package testudo.plugin.jail.minijail;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.platform.linux.confine.HostProgram;
import testudo.platform.linux.confine.JailTree;
import testudo.spi.Availability;
import testudo.spi.jail.FileGrant;
import testudo.spi.jail.FileGrant.Access;
import testudo.spi.jail.JailRequest;
import testudo.spi.jail.UserMapping;

class MinijailArgumentsTest {
    private static List<String> arguments(JailRequest request) {
        return MinijailArguments.of(request, Path.of("/var/empty"), JailTree.of(request), 256);
    }

    @Test
    void everyLayerIsAskedFor() {
        List<String> all = arguments(JailRequest.of("test"));
        // user, pid (the program is process 1), mount, ipc, cgroup and network namespaces; no_new_privs.
        assertTrue(all.containsAll(List.of("-U", "-p", "-I", "-v", "-l", "-N", "-e", "-n", "--uts=test")), all::toString);
        assertEquals("0", all.get(all.indexOf("-c") + 1));
        assertEquals("/var/empty", all.get(all.indexOf("-P") + 1));
        assertTrue(all.contains("--seccomp-bpf-binary=/proc/self/fd/256"), all::toString);
        assertTrue(all.contains("%1$s,%1$s,0".formatted(System.getProperty("java.home"))), all::toString);
        assertFalse(all.stream().anyMatch(argument -> argument.endsWith(",1")), all::toString);
    }

    @Test
    void aFileIsShownUnderEachOfItsNames(@TempDir Path folder) throws IOException {
        Path disk = Files.createFile(folder.resolve("disk"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), disk);

        List<String> all = arguments(JailRequest.of("test").withFiles(List.of(new FileGrant(link, Access.WRITE))));

        assertTrue(all.contains(disk + "," + disk + ",1"), all::toString);
        assertTrue(all.contains(disk + "," + link + ",1"), all::toString);
    }

    @Test
    void mapsOfSeveralUsers() {
        UserMapping.Range range = new UserMapping.Range(0, 100000, 65536);
        List<String> all = arguments(JailRequest.of("test").withUser(new UserMapping(List.of(range), List.of(range), 7, 8)));

        assertTrue(all.containsAll(List.of("-m0 100000 65536", "-M0 100000 65536")), all::toString);
        assertEquals("7", all.get(all.indexOf("-u") + 1));
        assertEquals("8", all.get(all.indexOf("-g") + 1));
    }

    @Test
    void whereItIsMissingItSaysSo() {
        assumeTrue(HostProgram.find("minijail0").isEmpty(), "minijail0 is installed");
        Availability.Missing missing = assertInstanceOf(Availability.Missing.class, new MinijailJails().probe());
        assertTrue(missing.what().contains("minijail0 is not installed"), missing::what);
    }
}
