package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// The entropy device, as the guest's kernel uses it.
@ParameterizedClass
@MethodSource("testudo.testing.e2e.Backend#selected")
@Tag("soft")
class RngTest extends OnProduct {
    private static final String CURRENT = "cat /sys/class/misc/hw_random/rng_current";
    private static final String READ = "dd if=/dev/hwrng bs=64 count=64 iflag=fullblock 2> /dev/null | sha256sum";

    @Test
    void guestReadsFromTheDevice() throws Exception {
        Guest guest = boot(machine());
        assertEquals("virtio_rng.0", guest.run(CURRENT));
        String first = guest.run(READ);
        assertNotEquals(first, guest.run(READ));
        assertEquals("4096", guest.run("dd if=/dev/hwrng bs=64 count=64 iflag=fullblock 2> /dev/null | wc -c"));
    }

    @Test
    void withoutTheDeviceThereIsNoSource() throws Exception {
        Guest guest = boot(machine().with("--no-rng"));
        assertEquals("none", guest.run(CURRENT + " 2> /dev/null || echo none"));
    }
}
