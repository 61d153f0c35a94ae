package testudo.spi.jail;

import java.util.List;
import testudo.spi.Availability;

/// Narrows what the calling process may ask of the kernel, for good. Found by [java.util.ServiceLoader]; a platform module provides it.
public interface SystemCallFilter {
    /// Whether the kernel can filter. No side effects.
    /// @return ready or what is missing
    Availability probe();

    /// Checks a policy without applying it.
    /// @param policy the policy
    /// @param options where included files may come from
    /// @throws testudo.spi.VmmException.Config with every problem found, by line
    void check(SystemCallPolicy policy, JailOptions options);

    /// Puts every thread of this process, present and future, under a policy. Irrevocable. What the policy forbids from now on kills the process,
    /// or is logged, as the options say.
    ///
    /// Call it when the device is ready and before a guest can reach it: descriptors are open, rings set up, threads started or at least their code
    /// loaded. A device's policy denies `mmap` and `mprotect` with execute permission, so its JVM must have the code cache committed
    /// ([#jvmFlags()]).
    /// @param policy the policy
    /// @param options where included files may come from, and what a failure does
    /// @throws testudo.spi.VmmException.Config when the policy has errors: nothing has been applied
    /// @throws testudo.spi.VmmException.Host when the kernel refuses: nothing has been applied
    void apply(SystemCallPolicy policy, JailOptions options);

    /// The JVM options that a process needs which will call [#apply(SystemCallPolicy, JailOptions)].
    /// @return options for the `java` command
    List<String> jvmFlags();
}
