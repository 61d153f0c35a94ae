package testudo.spi.irq;

import java.util.List;
import testudo.spi.platform.PlacedDevice;

/// The interrupt controllers of one machine.
public interface InterruptController extends AutoCloseable {
    /// A line to an input pin. Devices that share a pin each get a line of their own; the pin is high while any line is.
    /// @param gsi the pin's global number
    /// @param trigger edge or level; must be the same for all lines of a pin
    /// @return a low line
    /// @throws testudo.spi.VmmException.Config when the pin does not exist
    InterruptLine line(int gsi, Trigger trigger);

    /// Makes a message-signalled interrupt.
    /// @param deviceId bus, device and function as 16 bits
    /// @return a vector without a message; the caller closes it
    /// @throws testudo.spi.VmmException.Host `EXHAUSTED` when there are no routes left
    MsiVector newMsiVector(int deviceId);

    /// Registers of the controllers that are emulated outside of the hypervisor, for the buses.
    /// @return empty when all are in the hypervisor
    List<PlacedDevice> devices();

    /// A level-triggered vector was acknowledged by a controller inside the hypervisor. On a vCPU thread.
    /// @param vector the vector
    default void endOfInterrupt(int vector) {}

    /// The next vector for a vCPU, where the hypervisor does not deliver interrupts (or not those of the PIC). On the vCPU's thread.
    /// @param vcpu its index
    /// @return a vector or -1
    default int pending(int vcpu) {
        return -1;
    }

    /// The vector that [#pending] named was delivered. On the vCPU's thread.
    /// @param vcpu its index
    /// @param vector the vector
    default void accepted(int vcpu, int vector) {}

    /// The guest reads a register of a vCPU's controller by an instruction. On the vCPU's thread.
    /// @param vcpu its index
    /// @param register as in [testudo.spi.hypervisor.VmExitHandler#interruptRegisterRead]
    /// @return the value; 0 where there is no such register
    default long readRegister(int vcpu, int register) {
        return 0;
    }

    /// The guest writes a register of a vCPU's controller by an instruction. On the vCPU's thread.
    /// @param vcpu its index
    /// @param register as in [testudo.spi.hypervisor.VmExitHandler#interruptRegisterRead]
    /// @param value the value
    default void writeRegister(int vcpu, int register, long value) {}

    @Override
    void close();
}
