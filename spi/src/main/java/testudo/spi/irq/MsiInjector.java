package testudo.spi.irq;

/// A machine's ability to deliver messages to its vCPUs: a capability of [testudo.spi.hypervisor.Vm] with kernel or split controllers.
public interface MsiInjector {
    /// Delivers a message. Any thread; does not allocate.
    /// @param address message address
    /// @param data message data
    void inject(long address, int data);

    /// Makes a vector that can be bound to an event.
    /// @param deviceId bus, device and function as 16 bits
    /// @return the vector; the caller closes it
    MsiVector newVector(int deviceId);

    /// Tells the hypervisor which vectors are level-triggered, so that it reports their acknowledgement. Split controllers only.
    /// @param pin the controller's pin, 0 to 23
    /// @param address message address of the pin
    /// @param data message data of the pin
    void route(int pin, long address, int data);
}
