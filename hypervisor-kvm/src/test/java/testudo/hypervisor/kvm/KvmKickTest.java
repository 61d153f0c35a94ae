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
            CountingHandler handler = new CountingHandler();
            handler.limit = 60_000;
            guest.vcpu.run(handler);
            handler.count = 0;
            handler.limit = 200_000;

            long before = meter.bytes();
            long idle = meter.bytes() - before;
            before = meter.bytes();
            StopReason stop = guest.vcpu.run(handler);
            long allocated = meter.bytes() - before - idle;

            assertEquals(StopReason.HANDLER, stop);
            assertEquals(200_000, handler.count);
            // A run may allocate a little at its start; 200 000 exits may not.
            assertTrue(allocated < 200, "allocated " + allocated);
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
