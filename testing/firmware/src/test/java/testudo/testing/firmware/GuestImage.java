package testudo.testing.firmware;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/// Files that a machine can start from, around a few instructions.
final class GuestImage {
    /// Where the firmware has a byte that tells whether it can be written: [#MARK].
    static final int MARK_OFFSET = 0x8000;
    /// What it is before anybody writes it.
    static final char MARK = 'R';

    private static final int LOAD = 0x10_0000;
    private static final int SECTOR = 512;
    private static final int DISK_BYTES = 1 << 20;
    private static final int FIRMWARE_BYTES = 1 << 16;
    private static final int RESET_VECTOR = 0xFFF0;
    private static final int ELF_CODE = 0x1000;

    private GuestImage() {}

    /// A multiboot 1 kernel, entered in 32-bit protected mode.
    static Path multiboot(Path file, byte[] code) throws IOException {
        int magic = 0x1BADB002;
        int hasAddresses = 1 << 16;
        ByteBuffer image = little(32 + code.length).putInt(magic).putInt(hasAddresses).putInt(-(magic + hasAddresses));
        image.putInt(LOAD).putInt(LOAD).putInt(0).putInt(0).putInt(LOAD + 32).put(code);
        return Files.write(file, image.array());
    }

    /// An ELF kernel of class 32, entered in 32-bit protected mode.
    static Path elf32(Path file, byte[] code) throws IOException {
        ByteBuffer image = little(ELF_CODE + code.length).putInt(0x464C457F).put((byte) 1).put((byte) 1).put((byte) 1);
        image.position(16).putShort((short) 2).putShort((short) 3).putInt(1).putInt(LOAD).putInt(52);
        image.position(40).putShort((short) 52).putShort((short) 32).putShort((short) 1);
        image.position(52).putInt(1).putInt(ELF_CODE).putInt(LOAD).putInt(LOAD).putInt(code.length).putInt(code.length).putInt(7);
        image.put(ELF_CODE, code);
        return Files.write(file, image.array());
    }

    /// An ELF kernel of class 64, entered in long mode.
    static Path elf64(Path file, byte[] code) throws IOException {
        ByteBuffer image = little(ELF_CODE + code.length).putInt(0x464C457F).put((byte) 2).put((byte) 1).put((byte) 1);
        image.position(16).putShort((short) 2).putShort((short) 62).putInt(1).putLong(LOAD).putLong(64);
        image.position(52).putShort((short) 64).putShort((short) 56).putShort((short) 1);
        image.position(64).putInt(1).putInt(7).putLong(ELF_CODE).putLong(LOAD).putLong(LOAD);
        image.putLong(code.length).putLong(code.length);
        image.put(ELF_CODE, code);
        return Files.write(file, image.array());
    }

    /// A disk whose boot sector has the BIOS read the sector behind it and goes there.
    /// @param code at most one sector, for real mode, with all data segments at 0
    static Path disk(Path file, byte[] code) throws IOException {
        if (code.length > SECTOR) {
            throw new IllegalArgumentException(code.length + " bytes don't fit into a sector");
        }
        byte[] failed = GuestCode.real().print("E").reset();
        ByteBuffer image = little(DISK_BYTES);
        image.put(
                GuestCode.real()
                        .raw(0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xC0) // xor ax, ax; mov ds, ax; mov es, ax
                        .raw(0xB8, 0x01, 0x02, 0xB9, 0x02, 0x00, 0xB6, 0x00) // mov ax, "read one sector"; mov cx, the second; mov dh, 0
                        .raw(0xBB, 0x00, 0x7E, 0xCD, 0x13) // mov bx, 0x7e00; int 0x13
                        .raw(0x73, failed.length) // jnc past the next
                        .then(failed)
                        .raw(0xEA, 0x00, 0x7E, 0x00, 0x00) // jmp far 0000:7e00
                        .halt());
        image.putShort(SECTOR - 2, (short) 0xAA55).put(SECTOR, code);
        return Files.write(file, image.array());
    }

    /// Firmware whose reset vector jumps to its own start in the flash below 4 GiB.
    static Path firmware(Path file, byte[] code) throws IOException {
        return firmware(file, code, 0xE9, 0x0D, 0x00); // jmp near 0
    }

    /// Firmware whose reset vector jumps to its copy below 1 MiB, as that of a PC BIOS does.
    static Path legacyFirmware(Path file, byte[] code) throws IOException {
        return firmware(file, code, 0xEA, 0x00, 0x00, 0x00, 0xF0); // jmp far f000:0000
    }

    private static Path firmware(Path file, byte[] code, int... jump) throws IOException {
        ByteBuffer image = little(FIRMWARE_BYTES).put(code).put(MARK_OFFSET, (byte) MARK).position(RESET_VECTOR);
        for (int one : jump) {
            image.put((byte) one);
        }
        return Files.write(file, image.array());
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
