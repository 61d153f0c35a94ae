package testudo.spi.hypervisor;

import java.util.Map;

/// A vCPU's ability to show its registers while it does not run.
public interface RegisterAccess {
    /// The general and control registers.
    /// @return name in lower case → value, in a fixed order
    Map<String, Long> registers();
}
