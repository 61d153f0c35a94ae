package testudo.hypervisor.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import testudo.platform.linux.call.Ioctl;
import testudo.spi.host.HostEvent;
import testudo.spi.hypervisor.DirtyLog;
import testudo.spi.hypervisor.GuestClock;
import testudo.spi.hypervisor.GuestDebug;
import testudo.spi.hypervisor.IoEvents;
import testudo.spi.hypervisor.MemoryRequest;
import testudo.spi.hypervisor.RegisterAccess;
import testudo.spi.hypervisor.StopReason;
import testudo.spi.memory.GuestRegion.Purpose;

@Tag("kvm")
@Timeout(value = 20, threadMode = ThreadMode.SEPARATE_THREAD)
class KvmExitsTest {
    private final RecordingHandler handler = new RecordingHandler();

    @Test
    void portWritesOfEachSizeArriveAndHaltEndsTheRun() {
        // mov al,0x41; out 0x10,al; mov ax,0x1234; out 0x10,ax; mov eax,0x12345678; out 0x10,eax; hlt
        try (Payload guest = new Payload(
                0xB0, 0x41, 0xE6, 0x10, 0xB8, 0x34, 0x12, 0xE7, 0x10, 0x66, 0xB8, 0x78, 0x56, 0x34, 0x12, 0x66, 0xE7, 0x10,
                0xF4)) {
            StopReason stop = guest.vcpu.run(handler);

            assertEquals(StopReason.HALTED, stop);
            assertEquals(List.of("out 10/1=41", "out 10/2=1234", "out 10/4=12345678"), handler.seen);
        }
    }

    @Test
    void portReadGivesTheGuestTheAnswer() {
        handler.answer = 0x5A;
        // in al,0x20; out 0x21,al; hlt
        try (Payload guest = new Payload(0xE4, 0x20, 0xE6, 0x21, 0xF4)) {
            guest.vcpu.run(handler);

            assertEquals(List.of("in 20/1", "out 21/1=5a"), handler.seen);
        }
    }

    @Test
    void stringOutputArrivesElementByElement() {
        // mov si,0x1010; mov cx,5; mov dx,0x3f8; cld; rep outsb; hlt
        try (Payload guest = new Payload(
                0xBE, 0x10, 0x10, 0xB9, 0x05, 0x00, 0xBA, 0xF8, 0x03, 0xFC, 0xF3, 0x6E, 0xF4, 0, 0, 0, 'h', 'e', 'l', 'l',
                'o')) {
            guest.vcpu.run(handler);

            assertEquals(
                    List.of("out 3f8/1=68", "out 3f8/1=65", "out 3f8/1=6c", "out 3f8/1=6c", "out 3f8/1=6f"),
                    handler.seen);
        }
    }

    @Test
    void memoryWithoutBackingIsMmio() {
        handler.answer = 0x77;
        // mov ax,0xffff; mov ds,ax; mov al,[0x10]; mov [0x12],al; hlt      (0xffff0 + 0x10 = 0x100000)
        try (Payload guest = new Payload(
                0xB8, 0xFF, 0xFF, 0x8E, 0xD8, 0xA0, 0x10, 0x00, 0xA2, 0x12, 0x00, 0xF4)) {
            StopReason stop = guest.vcpu.run(handler);

            assertEquals(StopReason.HALTED, stop);
            assertEquals(List.of("read 100000/1", "write 100002/1=77"), handler.seen);
        }
    }

    @Test
    void handlerEndsTheRunAfterTheInstruction() {
        // out 0xf4,al; nop; out 0x10,al; hlt
        try (Payload guest = new Payload(0xE6, 0xF4, 0x90, 0xE6, 0x10, 0xF4)) {
            StopReason first = guest.vcpu.run(handler);
            long rip = guest.vcpu.capability(RegisterAccess.class).orElseThrow().registers().get("rip");
            StopReason second = guest.vcpu.run(handler);

            assertEquals(StopReason.HANDLER, first);
            assertEquals(Payload.CODE + 2, rip);
            assertEquals(StopReason.HALTED, second);
            assertEquals(List.of("out f4/1=0", "out 10/1=0"), handler.seen);
        }
    }

    @Test
    void tripleFaultIsShutdownAndReported() {
        // ud2 in protected mode without an interrupt table
        try (Payload guest = new Payload(0x0F, 0x0B)) {
            guest.bootProtected(guest.vcpu, 0);

            assertEquals(StopReason.SHUTDOWN, guest.vcpu.run(handler));
            assertTrue(guest.vcpu.stopDetail().contains("SHUTDOWN"), guest.vcpu.stopDetail());
            assertTrue(guest.vcpu.stopDetail().contains("rip"), guest.vcpu.stopDetail());
        }
    }

    @Test
    void codeInMmioFailsWithAReport() {
        // jmp 0xffff:0x0010, where no memory is
        try (Payload guest = new Payload(0xEA, 0x10, 0x00, 0xFF, 0xFF)) {
            StopReason stop = guest.vcpu.run(handler);

            assertEquals(StopReason.FAILED, stop);
            assertTrue(guest.vcpu.stopDetail().contains("INTERNAL_ERROR"), guest.vcpu.stopDetail());
            assertTrue(guest.vcpu.stopDetail().contains("code at 0x100000 is not in memory"), guest.vcpu.stopDetail());
        }
    }

    @Test
    void resetStartsAgain() {
        // inc word [0x1200]; hlt
        try (Payload guest = new Payload(0xFF, 0x06, 0x00, 0x12, 0xF4)) {
            guest.vcpu.run(handler);
            guest.boot(guest.vcpu);
            guest.vcpu.run(handler);

            assertEquals(2, guest.vm.memory().readInt(0x1200));
        }
    }

    /// Upper halves of vector registers, which the call for the floating point unit does not know.
    @Test
    void resetClearsVectorRegisters() throws IOException {
        long components = 512;
        long avx = 576;
        try (Payload guest = new Payload(0xF4); Arena arena = Arena.ofConfined()) {
            guest.vcpu.run(handler);
            MemorySegment area = arena.allocate(KvmXsave.LAYOUT);
            int vcpu = descriptorOf("anon_inode:kvm-vcpu:0");
            assertEquals(0, Ioctl.call(vcpu, KvmXsave.GET, area.address()));
            area.set(ValueLayout.JAVA_LONG, components, area.get(ValueLayout.JAVA_LONG, components) | 4);
            area.set(ValueLayout.JAVA_LONG, avx, 0x1234_5678L);
            assumeTrue(Ioctl.call(vcpu, KvmXsave.SET, area.address()) == 0, "no AVX here");

            guest.boot(guest.vcpu);

            assertEquals(0, Ioctl.call(vcpu, KvmXsave.GET, area.address()));
            assertEquals(0, area.get(ValueLayout.JAVA_LONG, avx));
        }
    }

    private static int descriptorOf(String target) throws IOException {
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : open) {
                if (Files.isSymbolicLink(descriptor) && Files.readSymbolicLink(descriptor).toString().equals(target)) {
                    return Integer.parseInt(descriptor.getFileName().toString());
                }
            }
        }
        throw new IOException("no descriptor of " + target);
    }

    @Test
    void ioEventTakesWritesWithoutAnExit() {
        // mov ax,0xffff; mov ds,ax; mov [0x10],al; mov [0x10],ax; mov [0x20],al; hlt
        try (Payload guest = new Payload(
                0xB8, 0xFF, 0xFF, 0x8E, 0xD8, 0xA2, 0x10, 0x00, 0xA3, 0x10, 0x00, 0xA2, 0x20, 0x00, 0xF4)) {
            IoEvents events = guest.vm.capability(IoEvents.class).orElseThrow();
            try (HostEvent event = guest.host.events().newEvent()) {
                events.bind(0x100000, event);
                guest.vcpu.run(handler);
                assertEquals(List.of("write 100010/1=ff"), handler.seen);
                assertTrue(event.consume());

                events.unbind(0x100000, event);
                guest.boot(guest.vcpu);
                guest.vcpu.run(handler);
                assertEquals(4, handler.seen.size());
                assertEquals(false, event.consume());
            }
        }
    }

    @Test
    void ioEventTakesOneValueAndNoOther() {
        // mov ax,0xffff; mov ds,ax; mov eax,2; mov [0x10],eax; inc eax; mov [0x10],eax; mov al,2; mov [0x10],al; hlt
        try (Payload guest = new Payload(
                0xB8, 0xFF, 0xFF, 0x8E, 0xD8, 0x66, 0xB8, 2, 0, 0, 0, 0x66, 0xA3, 0x10, 0x00, 0x66, 0x40, 0x66, 0xA3, 0x10, 0x00,
                0xB0, 2, 0xA2, 0x10, 0x00, 0xF4)) {
            IoEvents events = guest.vm.capability(IoEvents.class).orElseThrow();
            try (HostEvent event = guest.host.events().newEvent(); HostEvent other = guest.host.events().newEvent()) {
                events.bind(0x100000, 2, event);
                events.bind(0x100000, 1, other);
                guest.vcpu.run(handler);
                assertEquals(List.of("write 100000/4=3", "write 100000/1=2"), handler.seen);
                assertTrue(event.consume());
                assertEquals(false, other.consume());

                events.unbind(0x100000, 2, event);
                guest.boot(guest.vcpu);
                guest.vcpu.run(handler);
                assertEquals(5, handler.seen.size());
            }
        }
    }

    private static long programCounter(Payload guest) {
        return guest.vcpu.capability(RegisterAccess.class).orElseThrow().registers().get("rip");
    }

    @Test
    void aDebuggerStopsAtInstructions() {
        // nop; nop; inc word [0x1200]; nop; out 0x10,al; hlt
        try (Payload guest = new Payload(0x90, 0x90, 0xFF, 0x06, 0x00, 0x12, 0x90, 0xE6, 0x10, 0xF4)) {
            GuestDebug debug = guest.vcpu.capability(GuestDebug.class).orElseThrow();
            debug.stopAt(false, List.of(Payload.CODE + 2L, Payload.CODE + 6L));
            assertEquals(StopReason.DEBUG, guest.vcpu.run(handler));
            assertEquals(Payload.CODE + 2, programCounter(guest));
            assertEquals(0, guest.vm.memory().readInt(0x1200), "before the instruction");

            debug.stopAt(true, List.of());
            assertEquals(StopReason.DEBUG, guest.vcpu.run(handler));
            assertEquals(Payload.CODE + 6, programCounter(guest));
            assertEquals(1, guest.vm.memory().readInt(0x1200));

            debug.stopAt(false, List.of());
            assertEquals(StopReason.HALTED, guest.vcpu.run(handler), "nothing stops it any more");
            assertEquals(List.of("out 10/1=0"), handler.seen);
            assertThrows(IllegalArgumentException.class, () -> debug.stopAt(false, List.of(1L, 2L, 3L, 4L, 5L)));
        }
    }

    /// The guest asks for its clock at 0x5000 (`MSR_KVM_SYSTEM_TIME_NEW`); the time is 16 bytes on.
    @Test
    void theGuestsClockGoesOnFromWhereItWasSet() {
        long hour = 3_600_000_000_000L;
        // mov ecx,0x4b564d01; mov eax,0x5001; xor edx,edx; wrmsr; hlt
        try (Payload guest = new Payload(
                0x66, 0xB9, 0x01, 0x4D, 0x56, 0x4B, 0x66, 0xB8, 0x01, 0x50, 0x00, 0x00, 0x66, 0x31, 0xD2, 0x0F, 0x30, 0xF4)) {
            GuestClock clock = guest.vm.capability(GuestClock.class).orElseThrow();
            assertTrue(clock.nanos() < hour, "a new machine's");

            long begin = System.nanoTime();
            clock.set(hour);
            long now = clock.nanos();
            assertTrue(now >= hour && now - hour <= System.nanoTime() - begin, () -> "set to " + hour + ", is " + now);

            assertEquals(StopReason.HALTED, guest.vcpu.run(handler));
            long seen = guest.vm.memory().readLong(0x5010);
            assertTrue(seen >= hour && seen <= clock.nanos(), () -> "the guest sees " + seen);
        }
    }

    @Test
    void readOnlyMemoryIsReadButWritesExit() {
        // mov ax,0xffff; mov ds,ax; mov al,[0x10]; mov [0x11],al; out 0x10,al; hlt
        try (Payload guest = new Payload(
                0xB8, 0xFF, 0xFF, 0x8E, 0xD8, 0xA0, 0x10, 0x00, 0xA2, 0x11, 0x00, 0xE6, 0x10, 0xF4)) {
            guest.vm.addMemory(new MemoryRequest(0x100000, 0x1000, Purpose.FIRMWARE, true));
            guest.write(0x100000, 0x42);

            guest.vcpu.run(handler);

            assertEquals(List.of("write 100001/1=42", "out 10/1=42"), handler.seen);
            assertEquals(0x42, guest.vm.memory().readInt(0x100000));
        }
    }

    @Test
    void removedMemoryBecomesMmio() {
        // mov ax,0xffff; mov ds,ax; mov al,[0x10]; hlt
        try (Payload guest = new Payload(0xB8, 0xFF, 0xFF, 0x8E, 0xD8, 0xA0, 0x10, 0x00, 0xF4)) {
            guest.vm.addMemory(new MemoryRequest(0x100000, 0x1000, Purpose.RAM, false));
            guest.vcpu.run(handler);
            assertEquals(List.of(), handler.seen);

            guest.vm.removeMemory(0x100000);
            guest.boot(guest.vcpu);
            guest.vcpu.run(handler);
            assertEquals(List.of("read 100000/1"), handler.seen);
            assertEquals(null, guest.vm.memory().find(0x100000, 1));
        }
    }

    @Test
    void dirtyLogListsWrittenPages() {
        // mov [0x5000],al; hlt
        try (Payload guest = new Payload(0xA2, 0x00, 0x50, 0xF4)) {
            DirtyLog log = guest.vm.capability(DirtyLog.class).orElseThrow();
            log.track(0, true);
            log.take(0);

            guest.vcpu.run(handler);

            assertEquals(1L << 5, log.take(0)[0]);
            assertEquals(0, log.take(0)[0]);
        }
    }
}
