package testudo.testing.bench;

import testudo.core.bus.Bus;
import testudo.core.pci.PciRoot;
import testudo.spi.pci.PciAddress;

/// Brings a virtio-pci function up through its registers, as a guest does (VIRTIO 1.3, 3.1.1 and 4.1.4.3).
final class VirtioPciDriver {
    private static final int COMMAND = 0x04;
    private static final int MEMORY_AND_BUS_MASTER = 0x06;
    private static final int BAR0 = 0x10;
    private static final int CAPABILITIES = 0x34;
    private static final int MSIX = 0x11;
    private static final int MSIX_ENABLE = 0x8000;
    private static final int DEVICE_FEATURE_SELECT = 0x00;
    private static final int DEVICE_FEATURE = 0x04;
    private static final int DRIVER_FEATURE_SELECT = 0x08;
    private static final int DRIVER_FEATURE = 0x0C;
    private static final int STATUS = 0x14;
    private static final int QUEUE_SELECT = 0x16;
    private static final int QUEUE_SIZE = 0x18;
    private static final int QUEUE_VECTOR = 0x1A;
    private static final int QUEUE_ENABLE = 0x1C;
    private static final int QUEUE_DESCRIPTORS = 0x20;
    private static final int QUEUE_DRIVER = 0x28;
    private static final int QUEUE_DEVICE = 0x30;
    private static final int ACKNOWLEDGE_AND_DRIVER = 3;
    private static final int FEATURES_OK = 8;
    private static final int DRIVER_OK = 4;

    private final PciRoot root;
    private final Bus addresses;
    private final int function;
    private long bar;

    VirtioPciDriver(PciRoot root, Bus addresses, PciAddress address) {
        this.root = root;
        this.addresses = addresses;
        function = address.requesterId();
    }

    /// Starts the device with one queue, that of [GuestRing], which interrupts with vector 0.
    /// @param ramGpa where guest memory starts
    /// @param features to accept; all must be offered
    /// @throws IllegalStateException when the device refuses
    void start(long ramGpa, long features) {
        root.writeConfig(function, COMMAND, 2, MEMORY_AND_BUS_MASTER);
        bar = Integer.toUnsignedLong(root.readConfig(function, BAR0, 4)) & ~0xFL;
        enableVector();
        write(STATUS, 1, 0);
        write(STATUS, 1, ACKNOWLEDGE_AND_DRIVER);
        negotiate(features);
        write(QUEUE_SELECT, 2, 0);
        write(QUEUE_SIZE, 2, GuestRing.SIZE);
        write(QUEUE_VECTOR, 2, 0);
        write(QUEUE_DESCRIPTORS, 8, ramGpa + GuestRing.DESCRIPTORS_AT);
        write(QUEUE_DRIVER, 8, ramGpa + GuestRing.AVAIL_AT);
        write(QUEUE_DEVICE, 8, ramGpa + GuestRing.USED_AT);
        write(QUEUE_ENABLE, 2, 1);
        write(STATUS, 1, ACKNOWLEDGE_AND_DRIVER | FEATURES_OK | DRIVER_OK);
    }

    private void enableVector() {
        int at = root.readConfig(function, CAPABILITIES, 1);
        while (at != 0 && root.readConfig(function, at, 1) != MSIX) {
            at = root.readConfig(function, at + 1, 1);
        }
        int table = root.readConfig(function, at + 4, 4) & ~7;
        for (int word = 0; word < 4; word++) {
            write(table + 4 * word, 4, 0); // a message, and in the last word no mask
        }
        root.writeConfig(function, at + 2, 2, MSIX_ENABLE);
    }

    private void negotiate(long features) {
        long offered = 0;
        for (int half = 0; half < 2; half++) {
            write(DEVICE_FEATURE_SELECT, 4, half);
            offered |= read(DEVICE_FEATURE, 4) << (32 * half);
            write(DRIVER_FEATURE_SELECT, 4, half);
            write(DRIVER_FEATURE, 4, (features >>> (32 * half)) & 0xFFFF_FFFFL);
        }
        write(STATUS, 1, ACKNOWLEDGE_AND_DRIVER | FEATURES_OK);
        if ((features & ~offered) != 0 || (read(STATUS, 1) & FEATURES_OK) == 0) {
            throw new IllegalStateException("the device offers features 0x%x, not all of 0x%x".formatted(offered, features));
        }
    }

    private long read(int register, int sizeBytes) {
        return addresses.read(bar + register, sizeBytes);
    }

    private void write(int register, int sizeBytes, long value) {
        addresses.write(bar + register, sizeBytes, value);
    }
}
