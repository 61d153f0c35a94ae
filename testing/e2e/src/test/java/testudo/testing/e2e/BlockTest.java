package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// Disks, as a stock kernel uses them: the bytes, the order, the attributes.
@ParameterizedClass
@MethodSource("testudo.testing.e2e.Backend#selected")
@Tag("soft")
class BlockTest extends OnProduct {
    @Test
    void guestReadsWhatTheFileHolds() throws Exception {
        String disk = disk("data.img", 8);
        String sum = host.exec("head -c 8388608 /dev/urandom > " + disk + "; md5sum < " + disk).stdout().strip();
        Guest guest = boot(machine().with("--block path=" + disk));
        assertEquals(sum, guest.run("md5sum < /dev/vda"));
    }

    @Test
    void flushedWritesAreInTheFile() throws Exception {
        String disk = disk("data.img", 8);
        Guest guest = boot(machine().with("--block path=" + disk));
        guest.run("head -c 4194304 /dev/urandom > /tmp/content");
        guest.run("dd if=/tmp/content of=/dev/vda bs=64k seek=16 conv=fsync 2> /dev/null");
        String sum = guest.run("md5sum < /tmp/content");
        assertEquals(sum, host.exec("dd if=" + disk + " bs=64k skip=16 count=64 2> /dev/null | md5sum").stdout().strip());
        assertEquals("1048576", host.exec("head -c 1048576 " + disk + " | tr -dc '\\000' | wc -c").stdout().strip(),
                "bytes before the written ones stay zero");
    }

    @Test
    void readOnlyDiskTakesNoWrite() throws Exception {
        String disk = disk("data.img", 8);
        host.exec("mke2fs -q -t ext4 " + disk).orFail("mke2fs");
        String sum = host.exec("md5sum < " + disk).stdout();
        Guest guest = boot(machine().with("--block path=" + disk + ",ro"));
        assertEquals("1", guest.run("cat /sys/block/vda/ro"));
        assertNotEquals(0, guest.exitCodeOf("dd if=/dev/zero of=/dev/vda bs=4k count=1"));
        assertEquals(0, guest.exitCodeOf("mkdir /mnt; mount -t ext4 -o ro /dev/vda /mnt"));
        assertTrue(guest.run("touch /mnt/f; true").contains("Read-only file system"));
        assertEquals(0, guest.end("poweroff -f"));
        assertEquals(sum, host.exec("md5sum < " + disk).stdout());
    }

    @Test
    void idIsTheDisksSerialNumber() throws Exception {
        Guest guest = boot(machine().with("--block path=" + disk("data.img", 8) + ",id=shield-0123456789abc"));
        assertEquals("shield-0123456789abc", guest.run("cat /sys/block/vda/serial"));
    }

    @Test
    void discardGivesTheSpaceBack() throws Exception {
        String disk = disk("data.img", 96);
        host.exec("mke2fs -q -t ext4 " + disk).orFail("mke2fs");
        Guest guest = boot(machine().with("--block path=" + disk));
        guest.run("mkdir /mnt && mount -t ext4 /dev/vda /mnt && head -c 33554432 /dev/urandom > /mnt/f && sync");
        long full = usedKib(disk);
        assertTrue(full > 32 * 1024, full + " KiB used");
        guest.run("rm /mnt/f && sync && fstrim /mnt && sync");
        assertTrue(usedKib(disk) < full - 30 * 1024, full + " KiB used before fstrim, " + usedKib(disk) + " after");
    }

    @Test
    void disksAreNamedInTheirOrder() throws Exception {
        Guest guest = boot(machine().vcpus(2)
                .with("--block path=" + disk("first.img", 16), "--block path=" + disk("second.img", 32) + ",ro"));
        assertEquals("32768 65536", guest.run("echo $(cat /sys/block/vda/size /sys/block/vdb/size)"));
        assertEquals("0 1", guest.run("echo $(cat /sys/block/vda/ro /sys/block/vdb/ro)"));
    }

    @Test
    void withoutTheDeviceThereIsNoDisk() throws Exception {
        assertEquals("none", boot(machine()).run("ls -d /sys/block/vd* 2> /dev/null || echo none"));
    }

    @Test
    void randomWritesReadBackUnchanged() throws Exception {
        Guest guest = boot(machine().vcpus(2).withRootDisk().with("--block path=" + disk("data.img", 16)));
        guest.console().fio().orFail("fio");
    }

    @Test
    void packedRingsWithAWorkerEachKeepTheData() throws Exception {
        Guest guest = boot(machine().vcpus(2).withRootDisk()
                .with("--block path=" + disk("data.img", 16) + ",packed-queue=true,multiple-workers=true"));
        // Bit 34 is VIRTIO_F_RING_PACKED; sysfs shows the negotiated bits from 0 on.
        assertEquals("1", guest.run("cut -c35 /sys/block/vdb/device/features"));
        guest.console().fio().orFail("fio");
    }

    @Test
    void directDiskKeepsTheData() throws Exception {
        String disk = disk("direct.img", 16);
        Guest guest = boot(machine().withRootDisk().with("--block path=" + disk + ",block-size=4096,direct=true"));
        assertEquals("4096", guest.run("cat /sys/block/vdb/queue/logical_block_size"));
        guest.console().fio().orFail("fio");
    }

    /// Shows that the check above can fail: a block that changed behind the guest's back is found.
    @Test
    void changedBlockIsFound() throws Exception {
        String disk = disk("data.img", 16);
        Guest guest = boot(machine().vcpus(2).withRootDisk().with("--block path=" + disk));
        guest.console().fio().orFail("fio");
        host.exec("dd if=/dev/zero of=" + disk + " bs=4k seek=100 count=1 conv=notrunc").orFail("changing a block");
        assertNotEquals(0, guest.console().fio("--verify_only").exitCode());
    }

    private long usedKib(String path) throws Exception {
        return Long.parseLong(host.exec("du -k " + path + " | cut -f1").stdout().strip());
    }
}
