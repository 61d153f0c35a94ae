package testudo.hypervisor.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import testudo.spi.hypervisor.StopReason;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.InterruptLine;
import testudo.spi.irq.MsiInjector;
import testudo.spi.irq.MsiVector;
import testudo.spi.irq.Trigger;

@Tag("kvm")
@Timeout(value = 20, threadMode = ThreadMode.SEPARATE_THREAD)
class KvmInterruptsTest {
    private static final int READY_PORT = 0x10;
    private static final long LOCAL_APIC = 0xFEE0_0000L;
    private static final int VECTOR = 0x40;
    private static final int PIC_VECTOR_OF_PIN_4 = 0x34;
    /// mov dword [0xfee000f0],0x1ff (switches the local APIC on); out 0x10,al; sti; again: hlt; jmp again.
    private static final int[] WAIT_FOR_MESSAGE = {
            0xC7, 0x05, 0xF0, 0x00, 0xE0, 0xFE, 0xFF, 0x01, 0x00, 0x00, 0xE6, READY_PORT, 0xFB, 0xF4, 0xEB, 0xFD
    };
    /// Programs the PIC (base 0x30, pin 4 open); out 0x10,al; sti; again: hlt; jmp again.
    private static final int[] WAIT_FOR_PIN_4 = {
            0xB0, 0x11, 0xE6, 0x20, 0xB0, 0x30, 0xE6, 0x21, 0xB0, 0x04, 0xE6, 0x21, 0xB0, 0x01, 0xE6, 0x21, 0xB0, 0xEF, 0xE6,
            0x21, 0xE6, READY_PORT, 0xFB, 0xF4, 0xEB, 0xFD
    };

    /// Does something when the guest is ready.
    private static final class ReadyHandler extends RecordingHandler {
        final Runnable ready;
        int pending = -1;

        ReadyHandler(Runnable ready) {
            this.ready = ready;
        }

        @Override
        public boolean portWrite(int port, int sizeBytes, int value) {
            boolean more = super.portWrite(port, sizeBytes, value);
            if (port == READY_PORT) {
                ready.run();
            }
            return more;
        }

        @Override
        public int pendingInterrupt() {
            return pending;
        }

        @Override
        public void interruptAccepted(int vector) {
            seen.add("accepted " + Integer.toHexString(vector));
            pending = -1;
        }
    }

    private static Payload messagesTo(IrqchipMode mode) {
        Payload guest = new Payload(mode, WAIT_FOR_MESSAGE);
        guest.bootProtected(guest.vcpu, 0x7FF);
        guest.write(Payload.IDT + VECTOR * 8, Payload.HANDLER & 0xFF, Payload.HANDLER >> 8, 8, 0, 0, 0x8E, 0, 0);
        guest.write(Payload.HANDLER, 0xE6, RecordingHandler.STOP_PORT);
        return guest;
    }

    @Test
    void aVectorsEventInterruptsTheGuest() {
        try (Payload guest = messagesTo(IrqchipMode.KERNEL);
                MsiVector vector = guest.irqchip.orElseThrow().newMsiVector(8)) {
            ReadyHandler handler = new ReadyHandler(() -> vector.event().orElseThrow().signal());
            vector.program(LOCAL_APIC, VECTOR);

            assertEquals(StopReason.HANDLER, guest.vcpu.run(handler));
            assertEquals(List.of("out 10/1=0", "out f4/1=0"), handler.seen);
        }
    }

    @Test
    void theLastMessageProgrammedIsDelivered() {
        try (Payload guest = messagesTo(IrqchipMode.SPLIT);
                MsiVector vector = guest.vm.capability(MsiInjector.class).orElseThrow().newVector(8)) {
            ReadyHandler handler = new ReadyHandler(vector::raise);
            vector.program(LOCAL_APIC, VECTOR + 1);
            vector.program(LOCAL_APIC, VECTOR);

            assertEquals(StopReason.HANDLER, guest.vcpu.run(handler));
        }
    }

    @Test
    void anInjectedMessageInterruptsTheGuest() {
        try (Payload guest = messagesTo(IrqchipMode.SPLIT)) {
            MsiInjector messages = guest.vm.capability(MsiInjector.class).orElseThrow();
            ReadyHandler handler = new ReadyHandler(() -> messages.inject(LOCAL_APIC, VECTOR));

            assertEquals(StopReason.HANDLER, guest.vcpu.run(handler));
        }
    }

    @Test
    void aVectorWithoutAMessageDeliversNothing() {
        try (Payload guest = messagesTo(IrqchipMode.KERNEL);
                MsiVector vector = guest.irqchip.orElseThrow().newMsiVector(8)) {
            ReadyHandler handler = new ReadyHandler(() -> {
                vector.raise();
                guest.vcpu.kick();
            });

            assertEquals(StopReason.KICKED, guest.vcpu.run(handler));
            assertFalse(handler.seen.contains("out f4/1=0"));
        }
    }

    @Test
    void aLineReachesThePicAndItsAcknowledgementComesBack() throws InterruptedException {
        CountDownLatch acknowledged = new CountDownLatch(1);
        try (Payload guest = new Payload(IrqchipMode.KERNEL, WAIT_FOR_PIN_4)) {
            guest.write(PIC_VECTOR_OF_PIN_4 * 4, Payload.HANDLER & 0xFF, Payload.HANDLER >> 8, 0, 0);
            // mov al,0x20; out 0x20,al (end of interrupt); out 0xf4,al
            guest.write(Payload.HANDLER, 0xB0, 0x20, 0xE6, 0x20, 0xE6, RecordingHandler.STOP_PORT);
            InterruptLine other = guest.irqchip.orElseThrow().line(4, Trigger.LEVEL);
            InterruptLine line = guest.irqchip.orElseThrow().line(4, Trigger.LEVEL);
            line.onAcknowledge(() -> {
                line.set(false);
                acknowledged.countDown();
            });
            ReadyHandler handler = new ReadyHandler(() -> {
                line.set(true);
                other.set(true);
                other.set(false);
            });

            assertEquals(StopReason.HANDLER, guest.vcpu.run(handler));
            assertTrue(acknowledged.await(15, TimeUnit.SECONDS));
        }
    }

    @Test
    void routingMessagesKeepsThePins() {
        try (Payload guest = new Payload(IrqchipMode.KERNEL, WAIT_FOR_PIN_4);
                MsiVector vector = guest.irqchip.orElseThrow().newMsiVector(8)) {
            guest.write(PIC_VECTOR_OF_PIN_4 * 4, Payload.HANDLER & 0xFF, Payload.HANDLER >> 8, 0, 0);
            guest.write(Payload.HANDLER, 0xE6, RecordingHandler.STOP_PORT);
            InterruptLine line = guest.irqchip.orElseThrow().line(4, Trigger.EDGE);
            ReadyHandler handler = new ReadyHandler(line::pulse);
            vector.program(LOCAL_APIC, VECTOR);

            assertEquals(StopReason.HANDLER, guest.vcpu.run(handler));
        }
    }

    @Test
    void aPulledInterruptWaitsForTheGuestToAllowIt() {
        int[] code = {0xE6, READY_PORT, 0x90, 0xFB, 0xF4, 0xEB, 0xFD};
        try (Payload guest = new Payload(IrqchipMode.SPLIT, code)) {
            guest.write(PIC_VECTOR_OF_PIN_4 * 4, Payload.HANDLER & 0xFF, Payload.HANDLER >> 8, 0, 0);
            guest.write(Payload.HANDLER, 0xE6, RecordingHandler.STOP_PORT);
            ReadyHandler[] handler = new ReadyHandler[1];
            handler[0] = new ReadyHandler(() -> handler[0].pending = PIC_VECTOR_OF_PIN_4);

            assertEquals(StopReason.HANDLER, guest.vcpu.run(handler[0]));
            assertEquals(List.of("out 10/1=0", "accepted 34", "out f4/1=0"), handler[0].seen);
        }
    }
}
