package testudo.hypervisor.kvm;

import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.Hypervisor;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.hypervisor.Vm;
import testudo.spi.hypervisor.VmRequest;

/// The open KVM device and what it can do.
final class KvmHypervisor implements Hypervisor {
    private final KvmSystem system;
    private final HostPlatform host;
    private final HypervisorProfile profile;

    /// Takes ownership of the device.
    KvmHypervisor(KvmSystem system, HostPlatform host) {
        this.system = system;
        this.host = host;
        try {
            profile = X86KvmProfile.of(system);
        } catch (RuntimeException failure) {
            system.close();
            throw failure;
        }
    }

    @Override
    public HypervisorProfile profile() {
        return profile;
    }

    @Override
    public Vm createVm(VmRequest request) {
        return new KvmVm(system, host, request);
    }

    @Override
    public void close() {
        system.close();
    }
}
