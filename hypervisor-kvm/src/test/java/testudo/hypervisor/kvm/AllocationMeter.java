package testudo.hypervisor.kvm;

import java.lang.reflect.Method;

/// Counts what the calling thread allocates. By reflection: the module under test does not read `jdk.management`.
final class AllocationMeter {
    private final Object threads;
    private final Method allocatedBytes;

    AllocationMeter() throws ReflectiveOperationException {
        threads = Class.forName("java.lang.management.ManagementFactory").getMethod("getThreadMXBean").invoke(null);
        allocatedBytes = Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes");
    }

    long bytes() throws ReflectiveOperationException {
        return (long) allocatedBytes.invoke(threads);
    }
}
