package testudo.platform.linux.call;

import java.lang.foreign.MemoryLayout;

/// Makes ioctl request numbers. Source: `include/uapi/asm-generic/ioctl.h`; same on x86-64, aarch64 and riscv64.
public final class Ioctl {
    private static final long WRITE = 1L << 30;
    private static final long READ = 2L << 30;

    private Ioctl() {}

    /// A request without a structure.
    /// @param type the driver's letter
    /// @param number the request's number
    /// @return `_IO(type, number)`
    public static long io(int type, int number) {
        return ((long) type << 8) | number;
    }

    /// A request that the kernel answers with a structure.
    /// @param type the driver's letter
    /// @param number the request's number
    /// @param argument the structure
    /// @return `_IOR(type, number, argument)`
    public static long ior(int type, int number, MemoryLayout argument) {
        return READ | io(type, number) | (argument.byteSize() << 16);
    }

    /// A request that hands a structure to the kernel.
    /// @param type the driver's letter
    /// @param number the request's number
    /// @param argument the structure
    /// @return `_IOW(type, number, argument)`
    public static long iow(int type, int number, MemoryLayout argument) {
        return WRITE | io(type, number) | (argument.byteSize() << 16);
    }

    /// A request with a structure that the kernel changes.
    /// @param type the driver's letter
    /// @param number the request's number
    /// @param argument the structure
    /// @return `_IOWR(type, number, argument)`
    public static long iowr(int type, int number, MemoryLayout argument) {
        return READ | WRITE | io(type, number) | (argument.byteSize() << 16);
    }

    /// Calls ioctl.
    /// @param descriptor an open descriptor
    /// @param request made by this class
    /// @param argument a number or the address of the structure
    /// @return the kernel's result or a negative errno
    public static long call(int descriptor, long request, long argument) {
        return Syscall.call(SystemCall.IOCTL, descriptor, request, argument);
    }
}
