package testudo.plugin.pflash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import testudo.spi.VmmException;

class PflashTest {
    private static final int BLOCK = 4096;

    private final FakeImage image = new FakeImage(4 * BLOCK);
    private final Pflash flash = new Pflash(image, "vars.fd", image.bytes.length, BLOCK);

    private void write(long offset, int value) {
        flash.write(0, offset, 1, value);
    }

    private long read(long offset) {
        return flash.read(0, offset, 1);
    }

    @Test
    void showsTheImage() {
        assertEquals(0xA5A5_A5A5L, flash.read(0, 10, 4));
        assertEquals(0xFFA5L, flash.read(0, 4 * BLOCK - 1, 2), "nothing behind the end");
    }

    @Test
    void erasesABlock() {
        write(BLOCK + 17, 0x20);
        write(BLOCK + 17, 0xD0);
        assertEquals(0x80, read(0));
        write(0, 0xFF);
        assertEquals(0xA5, read(BLOCK - 1));
        assertEquals(0xFF, read(BLOCK));
        assertEquals(0xFF, read(2 * BLOCK - 1));
        assertEquals(0xA5, read(2 * BLOCK));
        assertEquals((byte) 0xFF, image.bytes[2 * BLOCK - 1]);
    }

    @Test
    void programsByClearingBits() {
        write(5, 0x10);
        write(5, 0x0F);
        write(5, 0xFF);
        assertEquals(0x05, read(5));
        assertEquals(0x05, image.bytes[5]);
    }

    @Test
    void anUnconfirmedEraseIsAnError() {
        write(0, 0x20);
        write(0, 0x70);
        assertEquals(0xB0, read(0));
        write(0, 0xFF);
        assertEquals(0xA5, read(0));
    }

    @Test
    void clearedStatusTellsFlashFromMemory() {
        write(0, 0x50);
        assertEquals(0xA5, read(0));
        write(0, 0x70);
        assertEquals(0, read(0));
    }

    @Test
    void failedWritesShowInTheStatus() {
        image.broken = true;
        write(5, 0x10);
        write(5, 0);
        assertEquals(0x90, read(0));
        write(0, 0x50);
        write(0, 0x20);
        write(0, 0xD0);
        assertEquals(0xA0, read(0));
    }

    @Test
    void resetReadsTheArray() {
        write(0, 0x70);
        flash.reset();
        assertEquals(0xA5, read(0));
    }

    @Test
    void closesDurably() {
        flash.close();
        flash.close();
        assertEquals(1, image.flushes);
        assertEquals(1, image.closes);
    }

    @Test
    void anImageInUseIsRefused() {
        FakeImage other = new FakeImage(BLOCK);
        other.inUse = true;
        assertThrows(VmmException.Host.class, () -> new Pflash(other, "vars.fd", BLOCK, BLOCK));
    }
}
