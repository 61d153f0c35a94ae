package testudo.platform.linux.confine;

/// A model of the kernel's classic BPF for seccomp: what a compiled filter answers for a system call.
final class BpfMachine {
    private BpfMachine() {}

    /// @return a `SECCOMP_RET_*` value
    /// @throws IllegalStateException for a program that the kernel's checker would refuse
    static int run(long[] program, int number, int architecture, long[] arguments) {
        int accumulator = 0;
        int at = 0;
        while (true) {
            if (at >= program.length) {
                throw new IllegalStateException("runs off the end");
            }
            long instruction = program[at++];
            int jumpTrue = (int) (instruction >>> 16) & 0xFF;
            int jumpFalse = (int) (instruction >>> 24) & 0xFF;
            int k = (int) (instruction >>> 32);
            switch ((int) instruction & 0xFFFF) {
                case 0x20 -> accumulator = load(k, number, architecture, arguments);
                case 0x05 -> at += k;
                case 0x15 -> at += accumulator == k ? jumpTrue : jumpFalse;
                case 0x25 -> at += Integer.compareUnsigned(accumulator, k) > 0 ? jumpTrue : jumpFalse;
                case 0x35 -> at += Integer.compareUnsigned(accumulator, k) >= 0 ? jumpTrue : jumpFalse;
                case 0x45 -> at += (accumulator & k) != 0 ? jumpTrue : jumpFalse;
                case 0x06 -> {
                    return k;
                }
                default -> throw new IllegalStateException("instruction " + Long.toHexString(instruction));
            }
        }
    }

    private static int load(int offset, int number, int architecture, long[] arguments) {
        if (offset == 0) {
            return number;
        }
        if (offset == 4) {
            return architecture;
        }
        int index = (offset - 16) / Long.BYTES;
        return (int) (arguments[index] >>> (offset % Long.BYTES == 0 ? 0 : 32));
    }
}
