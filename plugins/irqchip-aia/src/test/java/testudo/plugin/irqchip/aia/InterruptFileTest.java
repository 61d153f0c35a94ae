package testudo.plugin.irqchip.aia;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.MsiVector;

class InterruptFileTest {
    private final FakeMachine machine = new FakeMachine(2, 255);

    @Test
    void servesRiscvMachinesWithoutControllers() {
        AiaProvider provider = new AiaProvider();
        assertTrue(provider.serves("riscv64", IrqchipMode.USERSPACE));
        assertFalse(provider.serves("riscv64", IrqchipMode.KERNEL));
        assertFalse(provider.serves("x86_64", IrqchipMode.USERSPACE));
    }

    @Test
    void messageReachesItsHart() {
        machine.enable(1);
        machine.vector(1, 200).raise();
        assertEquals(List.of(1), machine.kicked);
        assertEquals(-1, machine.controller.pending(0));
        assertEquals(200, machine.controller.pending(1));
        assertEquals(200, machine.take(1));
        assertEquals(-1, machine.take(1));
    }

    @Test
    void storeToTheFilesPageIsAMessage() {
        machine.enable(0);
        machine.store(FakeMachine.IMSIC, 4, 7);
        assertEquals(7, machine.take(0));
        assertEquals(0, machine.load(FakeMachine.IMSIC, 4));
        machine.store(FakeMachine.IMSIC + 4, 4, 7); // big-endian: not there
        machine.store(FakeMachine.IMSIC, 2, 7);
        machine.store(FakeMachine.IMSIC, 8, 7);
        machine.store(FakeMachine.IMSIC + 8, 4, 7);
        assertEquals(-1, machine.take(0));
    }

    @Test
    void identitiesThatAreNotThereAreDropped() {
        machine.enable(0);
        for (long identity : new long[]{0, 256, 2048, 0x7FFF_FFFF, 0x8000_0007L, 0xFFFF_FFFFL}) {
            machine.store(FakeMachine.IMSIC, 4, identity);
            assertEquals(-1, machine.take(0), () -> "identity %d".formatted(identity));
        }
        assertEquals(List.of(), machine.kicked);
    }

    @Test
    void messagesForNowhereAreDropped() {
        machine.enable(0);
        MsiVector vector = machine.controller.newMsiVector(8);
        vector.raise(); // nothing programmed
        for (long address : new long[]{0, FakeMachine.IMSIC - 4, FakeMachine.IMSIC + 4, FakeMachine.IMSIC + 0x2000, -1, Long.MIN_VALUE}) {
            vector.program(address, 5);
            vector.raise();
        }
        vector.program(FakeMachine.IMSIC, 5);
        vector.close();
        vector.raise();
        assertEquals(-1, machine.take(0));
    }

    @Test
    void lowestIdentityComesFirst() {
        machine.enable(0);
        for (int identity : new int[]{130, 3, 64, 63}) {
            machine.vector(0, identity).raise();
        }
        assertEquals(List.of(3, 63, 64, 130), List.of(machine.take(0), machine.take(0), machine.take(0), machine.take(0)));
    }

    @Test
    void onlyWhatIsEnabledAndBelowTheThresholdIsDelivered() {
        machine.vector(0, 70).raise();
        assertEquals(-1, machine.controller.pending(0)); // nothing is delivered
        machine.controller.writeRegister(0, FakeMachine.EIDELIVERY, 1);
        assertEquals(-1, machine.controller.pending(0)); // nothing is enabled
        machine.controller.writeRegister(0, FakeMachine.EIE + 2, 1L << 6);
        assertEquals(70, machine.controller.pending(0));
        machine.controller.writeRegister(0, FakeMachine.EITHRESHOLD, 70);
        assertEquals(-1, machine.controller.pending(0));
        machine.controller.writeRegister(0, FakeMachine.EITHRESHOLD, 71);
        assertEquals(70, machine.controller.pending(0));
        machine.controller.writeRegister(0, FakeMachine.EIDELIVERY, 0);
        assertEquals(-1, machine.controller.pending(0));
    }

    @Test
    void hartIsKickedOnceForNewsOnly() {
        machine.vector(0, 9).raise();
        machine.enable(0);
        machine.vector(0, 9).raise(); // pending already
        machine.controller.writeRegister(0, FakeMachine.EITHRESHOLD, 9);
        machine.vector(0, 10).raise();
        assertEquals(List.of(), machine.kicked);
        machine.vector(0, 8).raise();
        assertEquals(List.of(0), machine.kicked);
    }

    @Test
    void registersReadAsWritten() {
        machine.enable(0);
        assertEquals(-2, machine.controller.readRegister(0, FakeMachine.EIE)); // there is no identity 0
        assertEquals(-1, machine.controller.readRegister(0, FakeMachine.EIE + 6));
        assertEquals(0, machine.controller.readRegister(0, FakeMachine.EIE + 8)); // 256 and up
        assertEquals(0, machine.controller.readRegister(0, FakeMachine.EIE + 1)); // 32-bit harts only
        machine.controller.writeRegister(0, FakeMachine.EIP, -1);
        assertEquals(-2, machine.controller.readRegister(0, FakeMachine.EIP));
        assertEquals(0, machine.controller.readRegister(1, FakeMachine.EIP));
        assertEquals(1, machine.controller.readRegister(0, FakeMachine.EIDELIVERY));
        machine.controller.writeRegister(0, FakeMachine.EIDELIVERY, 0x4000_0000); // by a PLIC: not there
        assertEquals(0, machine.controller.readRegister(0, FakeMachine.EIDELIVERY));
        machine.controller.writeRegister(0, FakeMachine.EITHRESHOLD, -1);
        assertEquals(2047, machine.controller.readRegister(0, FakeMachine.EITHRESHOLD));
    }

    @Test
    void messageBetweenReadAndWriteIsNotLost() {
        machine.enable(0);
        machine.vector(0, 5).raise();
        long before = machine.controller.readRegister(0, FakeMachine.EIP);
        machine.vector(0, 6).raise();
        machine.controller.writeRegister(0, FakeMachine.EIP, before & ~(1L << 5)); // csrrc
        assertEquals(6, machine.take(0));
        assertEquals(-1, machine.take(0));
    }

    @Test
    void plainWriteReplaces() {
        machine.enable(0);
        machine.controller.readRegister(0, FakeMachine.EIP);
        machine.controller.readRegister(0, FakeMachine.EIE); // not the read that belongs to the write
        machine.vector(0, 6).raise();
        machine.controller.writeRegister(0, FakeMachine.EIP, 1L << 7);
        assertEquals(7, machine.take(0));
        assertEquals(-1, machine.take(0));
    }

    /// Two devices send, each its next message when the last was taken, to a hart that changes bits of the same word all the time.
    @Test
    @Timeout(120)
    void concurrentMessagesAreAllSeen() throws InterruptedException {
        machine.enable(0);
        int messages = 20_000;
        AtomicIntegerArray taken = new AtomicIntegerArray(64);
        Thread[] senders = new Thread[2];
        for (int sender = 0; sender < senders.length; sender++) {
            int identity = 10 + sender;
            senders[sender] = Thread.ofPlatform().daemon(true).start(() -> {
                MsiVector vector = machine.vector(0, identity);
                for (int i = 0; i < messages; i++) {
                    vector.raise();
                    while (taken.get(identity) <= i) {
                        Thread.yield(); // to the hart, where processors are few
                    }
                }
            });
        }
        while (taken.get(10) + taken.get(11) < 2 * messages && !Thread.currentThread().isInterrupted()) { // by the time limit
            int identity = machine.take(0);
            if (identity >= 0) {
                taken.incrementAndGet(identity);
            }
            long word = machine.controller.readRegister(0, FakeMachine.EIP);
            machine.controller.writeRegister(0, FakeMachine.EIP, word & ~(1L << 20));
        }
        for (Thread sender : senders) {
            assertTrue(sender.join(java.time.Duration.ofSeconds(10)), "a message was lost");
        }
        assertEquals(-1, machine.take(0));
    }
}
