package testudo.arch.x86_64.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import testudo.arch.x86_64.layout.Addresses;
import testudo.arch.x86_64.layout.E820Entry;

/// The Linux zero page, `struct boot_params`, and its setup_data (Documentation/arch/x86/zero-page.rst, boot.rst).
public final class ZeroPage {
    /// Random bytes that a kernel is given.
    public static final int SEED_BYTES = 256;
    private static final int BYTES = 0x1000;
    private static final int SETUP_RNG_SEED = 9;
    private static final int SETUP_HEADER_BYTES = 16;
    private static final int MAGIC = 0x53726448; // HdrS
    private static final int PROTOCOL = 0x20F;
    private static final int LOADED_HIGH = 1;
    private static final int UNKNOWN_LOADER = 0xFF;
    private static final int KERNEL_ALIGNMENT = 0x100_0000;

    private ZeroPage() {}

    /// Makes the zero page.
    /// @param image the kernel
    /// @param handover what it is told
    /// @return the page, to be written at [Addresses#ZERO_PAGE]
    public static byte[] bytes(BootImage image, Handover handover) {
        ByteBuffer page = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        image.setup().ifPresentOrElse(setup -> page.put(BzImageFile.HEADER, setup.bytes()), () -> plainHeader(page));
        page.put(0x210, (byte) UNKNOWN_LOADER);
        page.putInt(0x228, (int) Addresses.COMMAND_LINE);
        page.putInt(0x0C8, (int) (Addresses.COMMAND_LINE >>> 32));
        page.putInt(0x218, (int) handover.initrd());
        page.putInt(0x0C0, (int) (handover.initrd() >>> 32));
        page.putInt(0x21C, (int) handover.initrdBytes());
        page.putInt(0x0C4, (int) (handover.initrdBytes() >>> 32));
        page.putLong(0x250, Addresses.SETUP_DATA);
        page.putLong(0x070, handover.rsdp());
        page.put(0x1E8, (byte) handover.memory().size());
        int at = 0x2D0;
        for (E820Entry entry : handover.memory()) {
            page.putLong(at, entry.start()).putLong(at + 8, entry.sizeBytes()).putInt(at + 16, entry.type());
            at += 20;
        }
        return page.array();
    }

    /// Makes the chain of setup_data: one entry, the seed of the random number generator.
    /// @param seed random bytes
    /// @return the chain, to be written at [Addresses#SETUP_DATA]
    public static byte[] setupData(byte[] seed) {
        return ByteBuffer.allocate(SETUP_HEADER_BYTES + seed.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0)
                .putInt(SETUP_RNG_SEED)
                .putInt(seed.length)
                .put(seed)
                .array();
    }

    /// An ELF kernel has no setup header: the loader states one.
    private static void plainHeader(ByteBuffer page) {
        page.putShort(0x1FE, (short) 0xAA55);
        page.putInt(0x202, MAGIC);
        page.putShort(0x206, (short) PROTOCOL);
        page.put(0x211, (byte) LOADED_HIGH);
        page.putInt(0x230, KERNEL_ALIGNMENT);
        page.putInt(0x238, BootImage.COMMAND_LINE_BYTES);
    }
}
