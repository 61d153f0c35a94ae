package testudo.core.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testudo.core.virtio.RecordingVector;
import testudo.spi.irq.MsiVector;

class MsixTableTest {
    private static final int ENABLE = 0x8000;
    private static final int MASK_ALL = 0x4000;

    private final RecordingVector[] vectors = {new RecordingVector(), new RecordingVector(), new RecordingVector()};
    private final MsixTable table = new MsixTable(vectors.clone());

    @BeforeEach
    void program() {
        for (int i = 0; i < vectors.length; i++) {
            table.write(16L * i, 4, 0xFEE0_1003L);
            table.write(16L * i + 4, 4, i);
            table.write(16L * i + 8, 8, 0x30 + i);
        }
    }

    private int raised(int vector) {
        return vectors[vector].raised.get();
    }

    @Test
    void deliversWhatWasProgrammed() {
        table.control(ENABLE);
        table.raise(2);

        assertEquals(1, raised(2));
        assertEquals(0x2_FEE0_1000L, vectors[2].address, "the low two bits are reserved");
        assertEquals(0x32, vectors[2].data);
        assertEquals(0, raised(0));
    }

    @Test
    void maskedVectorStaysPendingUntilItIsUnmasked() {
        table.control(ENABLE);
        table.write(12, 4, 1);
        table.raise(0);
        table.raise(0);
        assertEquals(0, raised(0));
        assertEquals(1, table.readPending(0, 8));

        table.write(12, 4, 0);

        assertEquals(1, raised(0), "pending is one bit");
        assertEquals(0, table.readPending(0, 4));
    }

    @Test
    void functionMaskHoldsAllVectors() {
        table.control(ENABLE | MASK_ALL);
        table.raise(0);
        table.raise(2);
        assertEquals(5, table.readPending(0, 4));
        table.write(16 * 2 + 12, 4, 1);

        table.control(ENABLE);

        assertEquals(1, raised(0));
        assertEquals(0, raised(2), "still masked by itself");
        assertEquals(4, table.readPending(0, 4));
    }

    @Test
    void pendingIsForgottenWithTheDevice() {
        table.control(ENABLE | MASK_ALL);
        table.raise(1);
        table.clearPending();
        table.control(ENABLE);

        assertEquals(0, raised(1));
    }

    @ParameterizedTest
    @CsvSource({"0,1", "0,2", "0,3", "2,4", "4,8", "48,4", "44,8", "4095,1", "-8,8", "9223372036854775800,8"})
    void oddAccessesAreIgnored(long offset, int sizeBytes) {
        long before = table.read(0, 8);

        table.write(offset, sizeBytes, 0);

        assertEquals(-1, table.read(offset, sizeBytes));
        assertEquals(before, table.read(0, 8));
    }

    @ParameterizedTest
    @CsvSource({"0,1", "0,2", "2,4", "4,8", "8,8", "4096,4", "-8,8", "2305843009213693952,8"})
    void oddAccessesToPendingBitsAreIgnored(long offset, int sizeBytes) {
        assertEquals(-1, table.readPending(offset, sizeBytes));
    }

    @ParameterizedTest
    @CsvSource({"3", "65535", "-1", "65534"})
    void vectorsThatDoNotExistRaiseNothing(int vector) {
        table.control(ENABLE);
        table.raise(vector);

        for (RecordingVector each : vectors) {
            assertEquals(0, each.raised.get());
        }
    }

    @Test
    void unmaskingNeverLosesAnInterruptOfAnotherThread() throws InterruptedException {
        MsiVector[] one = {new RecordingVector()};
        MsixTable shared = new MsixTable(one);
        shared.control(ENABLE);
        int rounds = 20_000;
        Thread guest = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < rounds; i++) {
                shared.write(12, 4, 1);
                shared.write(12, 4, 0);
            }
        });
        for (int i = 0; i < rounds; i++) {
            shared.raise(0);
        }
        guest.join();
        shared.raise(0);

        assertEquals(0, shared.readPending(0, 4), "nothing stays pending behind an open mask");
    }
}
