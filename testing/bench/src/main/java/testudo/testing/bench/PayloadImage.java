package testudo.testing.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// A firmware image of 64 KiB that marks its start on the first serial port, makes exits, marks their end, makes as many again, marks their
/// end, too, and halts for good.
final class PayloadImage {
    /// What is written to the serial port at the start.
    static final int STARTED = 'T';
    /// What is written to the serial port after the first half of the exits.
    static final int WARM = 'W';
    /// What is written to the serial port after the last exit.
    static final int DONE = 'E';
    /// A port at which nobody answers, on any of the monitors.
    static final int UNHANDLED_PORT = 0x0D00;
    /// The scratch register of the first serial port.
    static final int SERIAL_SCRATCH_PORT = 0x3FF;

    private static final int IMAGE_BYTES = 64 * 1024;
    private static final int SERIAL_DATA_PORT = 0x3F8;
    private static final int RESET_VECTOR = 0xFFF0;
    private static final int JUMP_BYTES = 3;

    private PayloadImage() {}

    /// Makes an image whose writes to `port` all leave the guest.
    /// @param port which port
    /// @param exits how many writes in each half, 0 for none
    /// @return the image: real-mode code at its start, a jump there at the reset vector
    static byte[] of(int port, int exits) {
        ByteBuffer code = ByteBuffer.allocate(IMAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.fill(code.array(), (byte) 0xF4); // hlt
        mark(code, STARTED);
        exits(code, port, exits);
        mark(code, WARM);
        exits(code, port, exits);
        mark(code, DONE);
        code.put((byte) 0xFA); // cli: nothing but a reset ends the halt
        code.put((byte) 0xF4); // hlt
        code.put((byte) 0xEB).put((byte) -3); // jmp to the hlt
        code.put(RESET_VECTOR, (byte) 0xE9).putShort(RESET_VECTOR + 1, (short) -(RESET_VECTOR + JUMP_BYTES)); // jmp to offset 0
        return code.array();
    }

    private static void exits(ByteBuffer code, int port, int exits) {
        if (exits == 0) {
            return;
        }
        code.put((byte) 0x66).put((byte) 0xB9).putInt(exits); // mov ecx, exits
        code.put((byte) 0xBA).putShort((short) port); // mov dx, port
        code.put((byte) 0xEE); // out dx, al
        code.put((byte) 0x66).put((byte) 0x49); // dec ecx
        code.put((byte) 0x75).put((byte) -5); // jnz to the out
    }

    private static void mark(ByteBuffer code, int letter) {
        code.put((byte) 0xBA).putShort((short) SERIAL_DATA_PORT); // mov dx, 0x3F8
        code.put((byte) 0xB0).put((byte) letter); // mov al, letter
        code.put((byte) 0xEE); // out dx, al
    }
}
