package testudo.plugin.irqchip.aia;

import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.irq.InterruptControllerContext.VcpuControl;
import testudo.spi.platform.PlatformDevice;

/// The interrupt files of all harts, each with a page of memory that messages are written to (AIA 1.0, 3.5 "IMSIC interrupt files memory
/// region"). Any thread; takes no lock.
final class Imsics implements PlatformDevice {
    private static final int PAGE_SHIFT = 12;
    private static final int SETEIPNUM_LE = 0;

    private final Window window;
    private final VcpuControl control;
    private final InterruptFile[] files;

    /// Makes the files.
    /// @param window where their pages are
    /// @param vcpus how many
    /// @param identities the largest identity
    /// @param control what harts are kicked by
    Imsics(Window window, int vcpus, int identities, VcpuControl control) {
        this.window = window;
        this.control = control;
        this.files = new InterruptFile[vcpus];
        for (int hart = 0; hart < vcpus; hart++) {
            files[hart] = new InterruptFile(identities);
        }
    }

    /// The file of a hart.
    /// @param hart 0 to the number of harts - 1
    InterruptFile file(int hart) {
        return files[hart];
    }

    /// Delivers a device's message. One that is not for a file's register goes nowhere.
    /// @param address any value
    /// @param data any value
    void message(long address, int data) {
        long offset = address - window.start();
        if (offset >= 0 && offset < window.sizeBytes()) {
            write(0, offset, Integer.BYTES, Integer.toUnsignedLong(data));
        }
    }

    /// Delivers an interrupt.
    /// @param hart any value; one that does not exist gets nothing
    /// @param identity any value
    void post(int hart, int identity) {
        if (hart >= 0 && hart < files.length && files[hart].post(identity)) {
            control.interrupt(hart);
        }
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        return 0;
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {
        if (sizeBytes == Integer.BYTES && (offset & ((1 << PAGE_SHIFT) - 1)) == SETEIPNUM_LE && value <= Integer.MAX_VALUE) {
            post((int) (offset >>> PAGE_SHIFT), (int) value);
        }
    }

    @Override
    public void reset() {
        for (InterruptFile file : files) {
            file.reset();
        }
    }

    @Override
    public void close() {}
}
