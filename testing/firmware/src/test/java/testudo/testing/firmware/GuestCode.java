package testudo.testing.firmware;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Machine code of a guest, put together instruction by instruction (Intel SDM volume 2, "Instruction Set Reference").
final class GuestCode {
    /// The first serial port.
    static final int COM1 = 0x3F8;
    /// The reset register of a PC.
    static final int RESET_PORT = 0xCF9;
    /// In it: reset the machine.
    static final int RESET = 6;

    private static final int OPERAND_SIZE = 0x66;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final boolean real;

    private GuestCode(boolean real) {
        this.real = real;
    }

    /// Code for 32-bit protected mode. What uses [#out(int, int)] and [#print] alone runs in 64-bit mode, too.
    static GuestCode flat() {
        return new GuestCode(false);
    }

    /// Code for real mode.
    static GuestCode real() {
        return new GuestCode(true);
    }

    /// Instructions as they are.
    GuestCode raw(int... code) {
        for (int one : code) {
            bytes.write(one);
        }
        return this;
    }

    /// Other code.
    GuestCode then(byte[] code) {
        bytes.writeBytes(code);
        return this;
    }

    /// Waits until the BIOS has counted a tick of the timer, which takes an interrupt. Real mode.
    GuestCode awaitTick() {
        raw(0xFB, 0xA0, 0x6C, 0x04); // sti; mov al, [0x46c]
        return raw(0xF4, 0x3A, 0x06, 0x6C, 0x04, 0x74, 0xF9); // again: hlt; cmp al, [0x46c]; je again
    }

    /// A 32-bit immediate or address.
    GuestCode imm(long value) {
        return raw((int) value & 0xFF, (int) (value >> 8) & 0xFF, (int) (value >> 16) & 0xFF, (int) (value >> 24) & 0xFF);
    }

    /// `mov dx, port`
    GuestCode port(int port) {
        if (!real) {
            raw(OPERAND_SIZE);
        }
        return raw(0xBA, port & 0xFF, port >> 8);
    }

    /// Writes a byte to a port.
    GuestCode out(int port, int value) {
        return port(port).raw(0xB0, value, 0xEE);
    }

    /// Writes text to the first serial port.
    GuestCode print(String text) {
        for (byte one : text.getBytes(StandardCharsets.US_ASCII)) {
            out(COM1, one);
        }
        return this;
    }

    /// Writes AL to the first serial port.
    GuestCode printAl() {
        return port(COM1).raw(0xEE);
    }

    /// Writes EAX to the first serial port, lowest byte first. 32-bit code.
    GuestCode printEax() {
        port(COM1);
        for (int i = 0; i < Integer.BYTES; i++) {
            raw(0xEE, 0xC1, 0xE8, 8); // out dx, al; shr eax, 8
        }
        return this;
    }

    /// `mov eax, [address]` in 32-bit code.
    GuestCode load(long address) {
        return raw(0xA1).imm(address);
    }

    /// `mov dword [address], value` in 32-bit code.
    GuestCode store(long address, long value) {
        return raw(0xC7, 0x05).imm(address).imm(value);
    }

    /// How long it is so far: where the next instruction is.
    int sizeBytes() {
        return bytes.size();
    }

    /// Ends the machine by the reset register, then waits.
    byte[] reset() {
        return out(RESET_PORT, RESET).halt();
    }

    /// Ends in a loop that waits for interrupts.
    byte[] halt() {
        return raw(0xF4, 0xEB, 0xFD).bytes.toByteArray();
    }
}
