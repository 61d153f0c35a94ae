package testudo.core.machine;

import testudo.spi.irq.InterruptController;

/// The same for a machine that repeats itself: what an access asked of a device is done when the vCPU goes on.
final class SettlingExits extends MachineExits {
    private final MachineDevices devices;

    SettlingExits(int vcpu, MachineDevices devices, InterruptController interrupts, MachineEvents events) {
        super(vcpu, devices, interrupts, events);
        this.devices = devices;
    }

    @Override
    public long mmioRead(long gpa, int sizeBytes) {
        long value = super.mmioRead(gpa, sizeBytes); // a byte that is taken makes room for the next
        devices.settle();
        return value;
    }

    @Override
    public boolean mmioWrite(long gpa, int sizeBytes, long value) {
        boolean on = super.mmioWrite(gpa, sizeBytes, value);
        devices.settle();
        return on;
    }

    @Override
    public int portRead(int port, int sizeBytes) {
        int value = super.portRead(port, sizeBytes);
        devices.settle();
        return value;
    }

    @Override
    public boolean portWrite(int port, int sizeBytes, int value) {
        boolean on = super.portWrite(port, sizeBytes, value);
        devices.settle();
        return on;
    }

    @Override
    public boolean hypercall(long[] call) {
        boolean known = super.hypercall(call);
        devices.settle();
        return known;
    }
}
