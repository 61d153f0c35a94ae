package testudo.plugin.jail.unshare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import testudo.platform.linux.confine.HostProgram;
import testudo.spi.Availability;
import testudo.spi.VmmException;
import testudo.spi.host.ProcessRequest;
import testudo.spi.jail.FileGrant;
import testudo.spi.jail.FileGrant.Access;
import testudo.spi.jail.JailOptions;
import testudo.spi.jail.JailProvider;
import testudo.spi.jail.JailRequest;
import testudo.spi.jail.UserMapping;

/// What the process sees is tested in testing/jail; here is what is refused, and how.
class UnshareJailsTest {
    private static final String JAVA = System.getProperty("java.home") + "/bin/java";
    private final UnshareJails jails = new UnshareJails();

    private HostProgram.Outcome run(JailRequest request, String... command) {
        return HostProgram.run(report -> jails.start(request, new ProcessRequest(List.of(command), Map.of(), List.of(report))));
    }

    @Test
    void startsARuntime() {
        HostProgram.Outcome outcome = run(JailRequest.of("test"), JAVA, "-version");
        assertEquals(0, outcome.code(), outcome.report());
        assertTrue(outcome.report().contains(System.getProperty("java.version")), outcome.report());
    }

    @Test
    void isReadyWhereItWorks() {
        assertInstanceOf(Availability.Ready.class, jails.probe());
    }

    @Test
    void hasNoOtherProgram() {
        HostProgram.Outcome outcome = run(JailRequest.of("test"), "/bin/sh", "-c", "true");
        assertEquals(JailProvider.REFUSED, outcome.code());
        assertEquals("cannot run /bin/sh: ENOENT", outcome.report());
    }

    @Test
    void anIncompleteJailStartsNothing() {
        JailOptions options = new JailOptions(Optional.of(Path.of("/nonexistent")), Optional.empty(), JailOptions.FailureAction.KILL);

        HostProgram.Outcome outcome = run(JailRequest.of("disk0").withOptions(options), JAVA, "-version");

        assertEquals(JailProvider.REFUSED, outcome.code());
        assertEquals("jail disk0: cannot mount an empty root: ENOENT", outcome.report());
    }

    @Test
    void whatDoesNotExistIsNamed() {
        JailRequest request = JailRequest.of("test").withFiles(List.of(new FileGrant(Path.of("/no/such/file"), Access.READ)));
        VmmException.Config failure = assertThrows(VmmException.Config.class, () -> run(request, JAVA));
        assertTrue(failure.getMessage().contains("/no/such/file"), failure::getMessage);
    }

    @Test
    void mapsOfSeveralUsersAreRefused() {
        UserMapping.Range range = new UserMapping.Range(0, 100000, 65536);
        JailRequest request = JailRequest.of("test").withUser(new UserMapping(List.of(range), List.of(range), 0, 0));
        assertThrows(VmmException.Config.class, () -> run(request, JAVA));
    }
}
