package testudo.core.machine;

import testudo.core.bus.Bus;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.hypervisor.VmExitHandler;
import testudo.spi.irq.InterruptController;

/// Answers the exits of one vCPU from the buses and the interrupt controllers. Does not allocate.
class MachineExits implements VmExitHandler {
    private final int vcpu;
    private final Bus ports;
    private final Bus addresses;
    private final GuestCalls calls;
    private final InterruptController interrupts;
    private final MachineEvents events;

    MachineExits(int vcpu, MachineDevices devices, InterruptController interrupts, MachineEvents events) {
        this.vcpu = vcpu;
        this.ports = devices.ports();
        this.addresses = devices.addresses();
        this.calls = devices.calls();
        this.interrupts = interrupts;
        this.events = events;
    }

    @Override
    public long mmioRead(long gpa, int sizeBytes) {
        return addresses.read(gpa, sizeBytes);
    }

    @Override
    public boolean mmioWrite(long gpa, int sizeBytes, long value) {
        addresses.write(gpa, sizeBytes, value);
        return !events.hasEnded();
    }

    @Override
    public int portRead(int port, int sizeBytes) {
        return (int) ports.read(port, sizeBytes);
    }

    @Override
    public boolean portWrite(int port, int sizeBytes, int value) {
        ports.write(port, sizeBytes, Integer.toUnsignedLong(value));
        return !events.hasEnded();
    }

    @Override
    public void endOfInterrupt(int vector) {
        interrupts.endOfInterrupt(vector);
    }

    @Override
    public int pendingInterrupt() {
        return interrupts.pending(vcpu);
    }

    @Override
    public void interruptAccepted(int vector) {
        interrupts.accepted(vcpu, vector);
    }

    @Override
    public long interruptRegisterRead(int register) {
        return interrupts.readRegister(vcpu, register);
    }

    @Override
    public void interruptRegisterWrite(int register, long value) {
        interrupts.writeRegister(vcpu, register, value);
    }

    @Override
    public boolean hypercall(long[] call) {
        return calls.answer(call);
    }

    @Override
    public boolean hypercallKnown(long extension) {
        return calls.isKnown(extension);
    }

    @Override
    public void systemEvent(SystemEvent event, long detail) {
        MachineEvent what = switch (event) {
            case SHUTDOWN -> MachineEvent.EXIT;
            case RESET -> MachineEvent.RESET;
            case CRASH -> MachineEvent.CRASH;
            case SUSPEND -> MachineEvent.SUSPEND;
        };
        events.event("vcpu" + vcpu, what, (int) detail);
    }
}
