package testudo.hypervisor.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import testudo.spi.hypervisor.StopReason;
import testudo.spi.hypervisor.VmExitHandler;

@Tag("kvm")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KvmKickTest {
    private static final int[] ENDLESS_LOOP = {0xEB, 0xFE};
    private static final int EXITS = 100_000;
    private static final int ROUNDS = 8;
    /// A run may allocate a little at its start; an exit may not.
    private static final int START_BYTES = 200;
    private static final int KICKS = 2000;

    @Test
    void aKickBeforeTheRunIsNotLost() {
        try (Payload guest = new Payload(ENDLESS_LOOP)) {
            guest.vcpu.kick();

            assertEquals(StopReason.KICKED, guest.vcpu.run(new RecordingHandler()));
        }
    }

    @Test
    void noKickIsLost() throws InterruptedException {
        try (Payload guest = new Payload(ENDLESS_LOOP)) {
            AtomicInteger answered = new AtomicInteger();
            Semaphore answers = new Semaphore(0);
            Thread thread = new Thread(() -> {
                RecordingHandler handler = new RecordingHandler();
                while (answered.get() < KICKS && guest.vcpu.run(handler) == StopReason.KICKED) {
                    answered.incrementAndGet();
                    answers.release();
                }
            });
            thread.start();
            for (int i = 0; i < KICKS; i++) {
                guest.vcpu.kick();
                answers.acquire();
            }
            thread.join();

            assertEquals(KICKS, answered.get());
        }
    }

    @Test
    void exitsAllocateNothing() throws ReflectiveOperationException {
        // again: out 0x10,al; jmp again
        try (Payload guest = new Payload(0xE6, 0x10, 0xEB, 0xFC)) {
            AllocationMeter meter = new AllocationMeter();
            long allocated = Long.MAX_VALUE;
            // Until the code is compiled exits do allocate, and a busy machine compiles late: one round after that decides.
            for (int round = 0; round < ROUNDS && allocated >= START_BYTES; round++) {
                CountingHandler handler = new CountingHandler();
                handler.limit = EXITS;
                long before = meter.bytes();
                long idle = meter.bytes() - before;
                before = meter.bytes();
                assertEquals(StopReason.HANDLER, guest.vcpu.run(handler));
                allocated = meter.bytes() - before - idle;
                assertEquals(EXITS, handler.count);
            }
            assertTrue(allocated < START_BYTES, "allocated %d bytes in %d exits".formatted(allocated, EXITS));
        }
    }

    private static final class CountingHandler implements VmExitHandler {
        int count;
        int limit;

        @Override
        public long mmioRead(long gpa, int sizeBytes) {
            return -1;
        }

        @Override
        public boolean mmioWrite(long gpa, int sizeBytes, long value) {
            return true;
        }

        @Override
        public int portRead(int port, int sizeBytes) {
            return -1;
        }

        @Override
        public boolean portWrite(int port, int sizeBytes, int value) {
            return ++count < limit;
        }
    }
}
