package testudo.platform.linux.confine;

/// The machine types whose system calls can be filtered.
public enum Machine {
    /// x86-64: `AUDIT_ARCH_X86_64`, `EM_X86_64`.
    X86_64("x86_64", 0xC000003E, 62),
    /// 64-bit Arm, little-endian: `AUDIT_ARCH_AARCH64`, `EM_AARCH64`.
    AARCH64("aarch64", 0xC00000B7, 183),
    /// 64-bit RISC-V: `AUDIT_ARCH_RISCV64`, `EM_RISCV`.
    RISCV64("riscv64", 0xC00000F3, 243);

    private final String label;
    private final int auditArchitecture;
    private final int elfMachine;

    Machine(String label, int auditArchitecture, int elfMachine) {
        this.label = label;
        this.auditArchitecture = auditArchitecture;
        this.elfMachine = elfMachine;
    }

    /// This machine.
    /// @return the type
    /// @throws IllegalStateException on another machine, which the platform's probe has refused
    public static Machine current() {
        return switch (System.getProperty("os.arch")) {
            case "amd64" -> X86_64;
            case "aarch64" -> AARCH64;
            case "riscv64" -> RISCV64;
            default -> throw new IllegalStateException("machine type " + System.getProperty("os.arch"));
        };
    }

    /// The name in policies.
    /// @return such as `x86_64`
    public String label() {
        return label;
    }

    /// What `seccomp_data.arch` holds for a system call of this machine. Source: `include/uapi/linux/audit.h`.
    /// @return an `AUDIT_ARCH_*` number
    public int auditArchitecture() {
        return auditArchitecture;
    }

    /// `e_machine` of its programs. Source: `include/uapi/linux/elf-em.h`.
    /// @return an `EM_*` number
    int elfMachine() {
        return elfMachine;
    }
}
