package testudo.hypervisor.soft.cpu;

/// What is below S-mode: answers `ecall` of the supervisor.
@FunctionalInterface
public interface Firmware {
    /// Does a call: arguments and results are in registers a0 to a7. The program counter is already behind the `ecall`.
    /// On the hart's thread; nothing a guest asks for makes it throw.
    /// @param hart the caller
    void call(Hart hart);
}
