package testudo.arch.x86_64.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import testudo.arch.x86_64.layout.Addresses;
import testudo.arch.x86_64.layout.E820Entry;

/// What PVH and multiboot kernels are handed: a structure at [Addresses#START_INFO] and a memory map behind it.
public final class StartInfo {
    private static final int BYTES = 0x2000;
    private static final int PVH_MAGIC = 0x336EC578;
    private static final int PVH_MODULE = 0x40;
    private static final int PVH_MEMORY_MAP = 0x1000;
    private static final int MULTIBOOT_LOADER_NAME = 0x80;
    private static final int MULTIBOOT_MODULE = 0xA0;
    private static final int MULTIBOOT_MEMORY_MAP = 0x100;
    private static final int MULTIBOOT_MAP_ENTRY_BYTES = 24;
    private static final int MULTIBOOT_HAS_MEMORY = 1;
    private static final int MULTIBOOT_HAS_COMMAND_LINE = 1 << 2;
    private static final int MULTIBOOT_HAS_MODULES = 1 << 3;
    private static final int MULTIBOOT_HAS_MEMORY_MAP = 1 << 6;
    private static final int MULTIBOOT_HAS_LOADER_NAME = 1 << 9;

    private StartInfo() {}

    /// Makes `struct hvm_start_info` version 1 (Xen public/arch-x86/hvm/start_info.h).
    /// @param handover what the kernel is told
    /// @return two pages, to be written at [Addresses#START_INFO]
    public static byte[] pvh(Handover handover) {
        ByteBuffer info = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        boolean hasInitrd = handover.initrdBytes() > 0;
        info.putInt(PVH_MAGIC).putInt(1).putInt(0).putInt(hasInitrd ? 1 : 0);
        info.putLong(hasInitrd ? Addresses.START_INFO + PVH_MODULE : 0);
        info.putLong(Addresses.COMMAND_LINE);
        info.putLong(handover.rsdp());
        info.putLong(Addresses.START_INFO + PVH_MEMORY_MAP);
        info.putInt(handover.memory().size());
        if (hasInitrd) {
            info.putLong(PVH_MODULE, handover.initrd()).putLong(PVH_MODULE + 8, handover.initrdBytes());
        }
        info.position(PVH_MEMORY_MAP);
        for (E820Entry entry : handover.memory()) {
            info.putLong(entry.start()).putLong(entry.sizeBytes()).putInt(entry.type()).putInt(0);
        }
        return info.array();
    }

    /// Makes the multiboot information (Multiboot Specification 0.6.96, 3.3 "Boot information format").
    /// @param handover what the kernel is told
    /// @return two pages, to be written at [Addresses#START_INFO]
    public static byte[] multiboot(Handover handover) {
        ByteBuffer info = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        boolean hasInitrd = handover.initrdBytes() > 0;
        List<E820Entry> memory = handover.memory();
        info.putInt(0, MULTIBOOT_HAS_MEMORY | MULTIBOOT_HAS_COMMAND_LINE | (hasInitrd ? MULTIBOOT_HAS_MODULES : 0)
                | MULTIBOOT_HAS_MEMORY_MAP | MULTIBOOT_HAS_LOADER_NAME);
        info.putInt(4, (int) (Addresses.LEGACY_HOLE >> 10));
        info.putInt(8, upperKibibytes(memory));
        info.putInt(16, (int) Addresses.COMMAND_LINE);
        if (hasInitrd) {
            info.putInt(20, 1).putInt(24, (int) Addresses.START_INFO + MULTIBOOT_MODULE);
            info.putInt(MULTIBOOT_MODULE, (int) handover.initrd());
            info.putInt(MULTIBOOT_MODULE + 4, (int) (handover.initrd() + handover.initrdBytes()));
        }
        info.putInt(44, memory.size() * MULTIBOOT_MAP_ENTRY_BYTES);
        info.putInt(48, (int) Addresses.START_INFO + MULTIBOOT_MEMORY_MAP);
        info.putInt(64, (int) Addresses.START_INFO + MULTIBOOT_LOADER_NAME);
        info.put(MULTIBOOT_LOADER_NAME, "testudo\0".getBytes(StandardCharsets.US_ASCII));
        info.position(MULTIBOOT_MEMORY_MAP);
        for (E820Entry entry : memory) {
            info.putInt(20).putLong(entry.start()).putLong(entry.sizeBytes()).putInt(entry.type());
        }
        return info.array();
    }

    private static int upperKibibytes(List<E820Entry> memory) {
        return memory.stream()
                .filter(entry -> entry.start() == Addresses.HIGH_MEMORY)
                .mapToInt(entry -> (int) (entry.sizeBytes() >> 10))
                .findFirst()
                .orElse(0);
    }
}
