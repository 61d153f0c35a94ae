package testudo.core.virtio;

import testudo.spi.VmmException;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.virtio.VirtioFeature;

/// What driver and device have told each other so far: the device status field, the features, the generation of configuration space, with
/// the rules for changing them (VIRTIO 1.3, 2.1 "Device Status Field" and 3.1 "Device Initialization"). Any thread.
final class DriverState {
    private final long offeredFeatures;
    private volatile int status;
    private volatile int generation;
    private volatile boolean broken;
    private long driverFeatures;
    private boolean active;

    DriverState(long offeredFeatures) {
        this.offeredFeatures = offeredFeatures;
    }

    long offeredFeatures() {
        return offeredFeatures;
    }

    synchronized long driverFeatures() {
        return driverFeatures;
    }

    synchronized void driverFeatures(int select, int value) {
        if ((status & (VirtioStatus.FEATURES_OK | VirtioStatus.DRIVER_OK)) != 0 || (select & ~1) != 0) {
            return;
        }
        int shift = 32 * select;
        driverFeatures = (driverFeatures & ~(0xFFFF_FFFFL << shift)) | Integer.toUnsignedLong(value) << shift;
    }

    int status() {
        return status;
    }

    int generation() {
        return generation & 0xFF;
    }

    synchronized void configurationChanged() {
        generation = generation + 1;
    }

    /// The driver adds status bits; those that are not due are left out.
    /// @param value 8 bits, not 0
    /// @return whether the device must be activated now
    synchronized boolean add(int value) {
        int now = status;
        int added = value & ~now & VirtioStatus.SETTABLE;
        if ((added & VirtioStatus.FEATURES_OK) != 0 && !featuresFit()) {
            added &= ~VirtioStatus.FEATURES_OK;
        }
        boolean ready = ((now | added) & VirtioStatus.READY) == VirtioStatus.READY && !broken;
        if ((added & VirtioStatus.DRIVER_OK) != 0 && !ready) {
            added &= ~VirtioStatus.DRIVER_OK;
        }
        status = now | added; // bits are only ever added; 0 is the way back
        boolean activates = (added & VirtioStatus.DRIVER_OK) != 0 && !active;
        active |= activates;
        return activates;
    }

    private boolean featuresFit() {
        return (driverFeatures & ~offeredFeatures) == 0 && (driverFeatures & VirtioFeature.VERSION_1) != 0;
    }

    /// Whether the driver wants the device to be live.
    synchronized boolean active() {
        return active;
    }

    synchronized void active(boolean live) {
        active = live;
    }

    /// Whether the device serves nothing until it is reset.
    boolean broken() {
        return broken;
    }

    void fail() {
        broken = true;
    }

    /// The driver broke the device.
    /// @return false when it was broken before
    synchronized boolean needsReset() {
        if (broken) {
            return false;
        }
        broken = true;
        status |= VirtioStatus.NEEDS_RESET;
        return true;
    }

    synchronized void clear() {
        driverFeatures = 0;
        broken = false;
        active = false;
        status = 0;
    }

    synchronized void save(StateWriter state) {
        state.putInt(status).putInt(generation).putInt(broken ? 1 : 0).putLong(driverFeatures);
    }

    /// @throws VmmException.Config when the state is damaged, or the driver has agreed on features that this device does not have
    synchronized void restore(StateReader state, String id) {
        int savedStatus = state.getInt("status", 0xFF);
        generation = state.getInt();
        broken = state.getInt("needs reset", 1) == 1;
        driverFeatures = state.getLong();
        if ((savedStatus & VirtioStatus.FEATURES_OK) != 0 && !featuresFit()) {
            throw new VmmException.Config("%s: its driver has agreed on features 0x%x, but this device offers 0x%x"
                    .formatted(id, driverFeatures, offeredFeatures));
        }
        status = savedStatus;
    }
}
