package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// Consoles and named ports of the virtio console device, as a stock kernel uses them.
@ParameterizedClass
@MethodSource("testudo.testing.e2e.Backend#selected")
@Tag("soft")
class ConsoleTest extends OnProduct {
    /// The device file of the port with a name, which the driver learns a moment after it was loaded.
    private static final String FIND = "port=; find() { for p in /sys/class/virtio-ports/*; do"
            + " [ \"$(cat $p/name 2> /dev/null)\" != data ] || port=/dev/${p##*/}; done; [ -n \"$port\" ]; }; find";

    private String namedPort() {
        return "--serial type=file,path=" + host.folder() + "/port.bin,hardware=virtio-console,num=1,name=data";
    }

    @Test
    void consoleTakesWhatTheGuestWrites() throws Exception {
        String file = host.folder() + "/console.txt";
        host.exec("rm -f " + file);
        Guest guest = boot(machine().with("--serial type=file,path=" + file + ",hardware=virtio-console,num=1"));
        // In one piece: a terminal that is closed forgets its mode.
        guest.run("( stty raw; seq 1 2000 ) <> /dev/hvc0 >&0");
        assertEquals(0, guest.end("poweroff -f"));
        assertEquals(host.exec("seq 1 2000 | md5sum").stdout(), host.exec("md5sum < " + file).stdout());
    }

    @Test
    void guestReadsWhatTheHostSends() throws Exception {
        host.upload("typed here\n".getBytes(StandardCharsets.UTF_8), host.folder() + "/input.txt");
        Guest guest = boot(machine().with("--serial type=sink,hardware=virtio-console,num=1,input=" + host.folder() + "/input.txt"));
        assertEquals("typed here", guest.run("head -n 1 < /dev/hvc0"));
    }

    @Test
    void namedPortCarriesEveryByte() throws Exception {
        host.exec("rm -f " + host.folder() + "/port.bin");
        Guest guest = boot(machine().vcpus(2).with(namedPort()));
        guest.await(FIND);
        String sum = guest.run("head -c 1000000 /dev/urandom > /tmp/content; cat /tmp/content > $port; md5sum < /tmp/content");
        assertEquals(0, guest.end("poweroff -f"));
        assertEquals(sum, host.exec("md5sum < " + host.folder() + "/port.bin").stdout().strip());
    }

    @Test
    void withoutTheDeviceThereIsNoPort() throws Exception {
        assertEquals("0", boot(machine()).run("ls /sys/class/virtio-ports 2> /dev/null | wc -l"));
    }
}
