package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// What a guest finds on its PCI bus.
class PciTest extends OnProduct {
    /// The order is crosvm's, so that a guest finds its devices where it found them there.
    @Test
    void devicesComeInCrosvmsOrder() throws Exception {
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12).withRootDisk()
                .with("--serial type=file,path=/tmp/hvc.txt,hardware=virtio-console,num=1"));
        assertEquals("""
                00:00.0 0600: 8086:1237
                00:01.0 0780: 1af4:1043 (rev 01)
                00:02.0 0180: 1af4:1042 (rev 01)
                00:03.0 0880: 1af4:1044 (rev 01)
                00:04.0 0880: 1af4:1045 (rev 01)
                00:05.0 ffff: 1b36:0011 (rev 01)
                00:06.0 0604: 8086:3420""", guest.run("lspci -n"));
    }

    @Test
    void deviceThatWasLeftOutIsNotThere() throws Exception {
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12).withRootDisk().with("--no-rng", "--no-balloon"));
        List<String> ids = guest.run("lspci -n | awk '{ print $3 }'").lines().toList();
        assertTrue(ids.contains("1af4:1042"), ids.toString());
        assertTrue(!ids.contains("1af4:1044") && !ids.contains("1af4:1045"), ids.toString());
    }

    @Test
    void everyVirtioDeviceInterruptsByMsiX() throws Exception {
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12).withRootDisk());
        List<String> devices = guest.run("ls -1 /sys/bus/virtio/devices").lines().toList();
        assertEquals(3, devices.size(), "block, rng, balloon: " + devices);
        String interrupts = guest.run("grep virtio /proc/interrupts");
        for (String device : devices) {
            assertTrue(interrupts.lines().anyMatch(line -> line.matches(".*PCI-MSIX?\\b.*\\b" + device + "-.*")),
                    device + " has no MSI-X vector:\n" + interrupts);
        }
        assertEquals(0, guest.exitCodeOf("! grep virtio /proc/interrupts | grep -v PCI-MSI"));
    }

    /// What `lspci -vv` says of every function, without interrupt numbers and messages: they are the guest's choice.
    @Test
    void functionsLookAsTheyDid() throws Exception {
        Guest guest = boot(RunOptions.of(Kernel.CLOUD_6_12).withRootDisk()
                .with("--serial type=file,path=/tmp/hvc.txt,hardware=virtio-console,num=1"));
        String functions = guest.run("lspci -vv -n 2> /dev/null | sed -E "
                + "'s/IRQ [0-9]+/IRQ N/; s/Address: [0-9a-f]+  Data: [0-9a-f]+/Address: A  Data: D/; s/[[:space:]]+$//'")
                .replace("\r", "");
        try (InputStream golden = PciTest.class.getResourceAsStream("lspci-vv.txt")) {
            String expected = new String(Objects.requireNonNull(golden).readAllBytes(), StandardCharsets.UTF_8).strip();
            assertEquals(expected, functions);
        }
    }
}
