package testudo.hypervisor.soft.difftest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// A static RISC-V executable of one segment, without a compiler or a linker.
///
/// Source: System V ABI, "ELF Header" and "Program Header"; RISC-V ELF psABI, "File Header".
final class ElfImage {
    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int OFFSET = 4096;
    private static final int MACHINE_RISCV = 243;
    /// Compressed instructions, and doubles in registers.
    private static final int FLAGS = 0x5;
    private static final int READ_WRITE_EXECUTE = 7;

    private ElfImage() {}

    /// The file that loads `memory` at `base` and starts at `entry`.
    static byte[] of(byte[] memory, long base, long entry) {
        ByteBuffer file = ByteBuffer.allocate(OFFSET + memory.length).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0x464C_457F).put((byte) 2).put((byte) 1).put((byte) 1).position(16);
        file.putShort((short) 2).putShort((short) MACHINE_RISCV).putInt(1);
        file.putLong(entry).putLong(HEADER_BYTES).putLong(0).putInt(FLAGS);
        file.putShort((short) HEADER_BYTES).putShort((short) PROGRAM_HEADER_BYTES).putShort((short) 1);
        file.position(HEADER_BYTES);
        file.putInt(1).putInt(READ_WRITE_EXECUTE).putLong(OFFSET).putLong(base).putLong(base);
        file.putLong(memory.length).putLong(memory.length).putLong(4096);
        file.put(OFFSET, memory);
        return file.array();
    }
}
