package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/// Running a machine takes no root, only the right to open `/dev/kvm` and the files that the command line names.
class OrdinaryUserTest extends OnProduct {
    private static final String AS_USER = "/usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups ";

    @Test
    void userWithAccessToKvmBootsAGuest() throws Exception {
        String data = disk("data.img", 16);
        host.exec("chmod 666 /dev/kvm; chown 1000:1000 " + data).orFail("giving the user what it needs");
        RunOptions options = machine().withRootDisk().with("--block path=" + data);

        Guest guest = boot(start(1, AS_USER + options.commandLine(host, backend)));

        assertEquals("1000", host.exec("stat -c %u /proc/" + guest.monitor().pid()).stdout().strip());
        guest.run("echo kept > /dev/vdb");
        assertEquals("32", guest.run("head -c 32 /dev/hwrng | wc -c"));
        assertEquals(0, client("stop").exitCode());
        assertEquals(0, guest.monitor().awaitExit(CLIENT_LIMIT));
        assertEquals("kept", host.exec("head -n 1 " + data).stdout().strip());
    }

    /// Shows that the test above runs as somebody who needs that right.
    @Test
    void userWithoutAccessToKvmIsToldWhatToDo() throws Exception {
        host.exec("chmod 600 /dev/kvm").orFail("taking the right away");

        Host.Result result = host.exec(AS_USER + machine().commandLine(host, backend));

        assertEquals(1, result.exitCode());
        assertTrue(result.stderr().contains("/dev/kvm: EACCES; add the user to group kvm"), result.stderr());
    }
}
