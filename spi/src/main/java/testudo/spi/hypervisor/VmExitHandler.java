package testudo.spi.hypervisor;

/// Answers a vCPU's exits, on the vCPU's thread. Nothing here throws for a guest's doing, and nothing allocates.
///
/// Sizes are 1, 2, 4 or 8 bytes; values are zero-extended.
public interface VmExitHandler {
    /// The guest reads an address without memory.
    /// @param gpa guest physical address
    /// @param sizeBytes 1, 2, 4 or 8
    /// @return the value; all ones where nobody answers
    long mmioRead(long gpa, int sizeBytes);

    /// The guest writes an address without memory.
    /// @param gpa guest physical address
    /// @param sizeBytes 1, 2, 4 or 8
    /// @param value the value
    /// @return false to end the run with [StopReason#HANDLER] after the instruction has completed
    boolean mmioWrite(long gpa, int sizeBytes, long value);

    /// The guest reads an I/O port.
    /// @param port 0 to 65535
    /// @param sizeBytes 1, 2 or 4
    /// @return the value; all ones where nobody answers
    int portRead(int port, int sizeBytes);

    /// The guest writes an I/O port.
    /// @param port 0 to 65535
    /// @param sizeBytes 1, 2 or 4
    /// @param value the value
    /// @return false to end the run with [StopReason#HANDLER] after the instruction has completed
    boolean portWrite(int port, int sizeBytes, int value);

    /// The guest reads a model-specific register that the hypervisor leaves to us.
    /// @param index the register
    /// @return the value, if [#msrKnown(int)] says that it exists
    default long msrRead(int index) {
        return 0;
    }

    /// Whether a model-specific register exists; if not the guest gets its fault.
    /// @param index the register
    /// @return true when [#msrRead] and [#msrWrite] handle it
    default boolean msrKnown(int index) {
        return false;
    }

    /// The guest writes a model-specific register.
    /// @param index the register
    /// @param value the value
    /// @return false to give the guest its fault
    default boolean msrWrite(int index, long value) {
        return false;
    }

    /// A level-triggered vector was acknowledged by the guest's per-vCPU interrupt controller.
    /// @param vector the vector
    default void endOfInterrupt(int vector) {}

    /// The next external interrupt vector for this vCPU, asked before guest code is entered when the hypervisor does not deliver interrupts itself.
    /// @return a vector, or -1; it stays pending until [#interruptAccepted]
    default int pendingInterrupt() {
        return -1;
    }

    /// The vector that [#pendingInterrupt] named was delivered.
    /// @param vector the vector
    default void interruptAccepted(int vector) {}

    /// The guest reads a register of its own interrupt controller by an instruction, where that controller is outside of the hypervisor.
    /// @param register which: for RISC-V the indirect register number of the IMSIC, 0x70 to 0xFF ("Advanced Interrupt Architecture", "IMSIC registers")
    /// @return the value; 0 where there is no such register
    default long interruptRegisterRead(int register) {
        return 0;
    }

    /// The guest writes a register of its own interrupt controller by an instruction.
    /// @param register as in [#interruptRegisterRead]
    /// @param value the value
    default void interruptRegisterWrite(int register, long value) {}

    /// The guest called the hypervisor or its firmware (SBI, PSCI, vendor calls).
    /// @param call up to seven inputs; two outputs are written back to 0 and 1
    /// @return false to let the hypervisor answer "not supported"
    default boolean hypercall(long[] call) {
        return false;
    }

    /// Whether somebody answers the calls of an extension ([#hypercall]), as a guest may ask of its firmware.
    /// @param extension the number
    /// @return true when there is at least one function
    default boolean hypercallKnown(long extension) {
        return false;
    }

    /// The guest asked for something by a call of the hypervisor itself.
    /// @param event what
    /// @param detail hypervisor-specific
    default void systemEvent(SystemEvent event, long detail) {}

    /// What a guest can ask of the hypervisor.
    enum SystemEvent {
        /// Power off.
        SHUTDOWN,
        /// Reset.
        RESET,
        /// The guest reports its own crash.
        CRASH,
        /// Suspend to memory.
        SUSPEND
    }
}
