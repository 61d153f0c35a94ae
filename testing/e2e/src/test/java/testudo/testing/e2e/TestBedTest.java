package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The bed itself, with QEMU as the monitor in place of the product: when these fail, look at the bed; when only the others
/// fail, look at the product.
class TestBedTest extends OnHost {
    @Override
    protected Path image() {
        return TestBed.get().tools();
    }

    @Test
    void outerLinuxHasHardwareStyleKvm() throws Exception {
        assertEquals("kvm_amd", host.exec("grep -o '^kvm_amd' /proc/modules").stdout().strip());
        assertEquals(0, host.exec("test -w /dev/kvm").exitCode());
        assertEquals("0", host.exec("cat /sys/module/kvm_amd/parameters/nested").stdout().strip());
        assertEquals("1", host.exec("nproc").stdout().strip());
    }

    @Test
    void commandsReportCodeAndBothStreams() throws Exception {
        Host.Result result = host.exec("echo to-out; echo to-err >&2; exit 7");
        assertEquals(new Host.Result(7, "to-out\n", "to-err\n"), result);
    }

    @Test
    void commandsAreKilledAtTheirLimit() throws Exception {
        assertEquals(137, host.exec("while :; do sleep 1; done", Duration.ofSeconds(2)).exitCode());
        assertEquals(0, host.exec("true").exitCode());
    }

    @Test
    void filesTravelBothWaysUnchanged() throws Exception {
        byte[] content = new byte[200_000];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 31 + (i >> 8));
        }
        host.upload(content, "/tmp/file");
        assertArrayEquals(content, ((OuterLinux) host).download("/tmp/file"));
    }

    @Test
    void programsTalkThroughTheirConsoleAndReportTheirEnd() throws Exception {
        BackgroundProgram program = start(1, "sh -c 'echo ready; read -r word; echo got $word; exit 5'");
        program.console().expect(Pattern.compile("ready\n"), Duration.ofSeconds(60));
        program.console().send("hello\n");
        program.console().expect(Pattern.compile("got hello\n"), Duration.ofSeconds(60));
        assertEquals(5, program.awaitExit(Duration.ofSeconds(60)));
    }

    @Test
    void killedProgramReportsTheSignal() throws Exception {
        BackgroundProgram program = start(2, "sleep 1000");
        program.kill();
        assertEquals(137, program.awaitExit(Duration.ofSeconds(60)));
    }

    @Test
    void scratchDiskKeepsFiles() throws Exception {
        ((OuterLinux) host).mountScratch();
        assertEquals("x", host.exec("echo x > /scratch/f; cat /scratch/f").stdout().strip());
        assertEquals(0, host.exec("umount /scratch").exitCode());
    }

    static List<Kernel> kernels() {
        return Backend.KVM.kernels();
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void stockKernelReachesTheShellOnKvm(Kernel kernel) throws Exception {
        BackgroundProgram monitor = start(1, standIn(kernel, ""));
        GuestConsole guest = new GuestConsole(monitor.console());
        guest.awaitPrompt();
        assertEquals(host.exec("cat " + kernel.releaseFile(host)).stdout().strip(), guest.run("uname -r"));
        assertEquals("KVMKVMKVM", guest.run("dmesg | grep -o 'Hypervisor detected: KVM' > /dev/null && echo KVMKVMKVM"));
        assertEquals("one  two", guest.run("echo 'one  two'"));
        assertEquals(3, guest.run("sh -c 'exit 3'", Duration.ofSeconds(60)).exitCode());
        guest.sendLine("poweroff -f");
        // A microvm has no power button; it is told to end when the guest resets.
        monitor.kill();
    }

    @Test
    void guestBootsFromItsRootDisk() throws Exception {
        String disk = " -drive if=none,id=root,file=/material/root.ext4,format=raw,read-only=on"
                + " -device virtio-blk-pci,drive=root";
        BackgroundProgram monitor = start(1, standIn(Kernel.CLOUD_6_12, "root=/dev/vda ro") + disk);
        GuestConsole guest = new GuestConsole(monitor.console());
        guest.awaitPrompt();
        assertEquals("/dev/vda / ext4", guest.run("awk '$2 == \"/\" && $1 ~ /dev/ { print $1, $2, $3 }' /proc/mounts"));
        assertEquals(0, guest.run("lspci -n && fio --version && iasl -v", Duration.ofSeconds(120)).exitCode());
    }

    private String standIn(Kernel kernel, String parameters) {
        return "/image/usr/lib64/ld-linux-x86-64.so.2 --library-path /image/usr/lib/x86_64-linux-gnu"
                + " /image/usr/bin/qemu-system-x86_64 -L /image/usr/share/qemu -L /image/usr/share/seabios"
                + " -nodefaults -no-user-config -display none -no-reboot -M microvm,pcie=on,rtc=on -accel kvm -cpu host -smp 2"
                + " -m 512 -serial stdio -kernel " + kernel.image(host) + " -initrd " + kernel.initramfs(host)
                + " -append 'console=ttyS0 quiet panic=-1 " + parameters + "'";
    }
}
