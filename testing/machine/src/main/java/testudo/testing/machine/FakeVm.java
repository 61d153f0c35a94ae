package testudo.testing.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import testudo.spi.VmmException;
import testudo.spi.host.HostMemory;
import testudo.spi.host.SharedMemory;
import testudo.spi.hypervisor.MemoryHandles;
import testudo.spi.hypervisor.MemoryRequest;
import testudo.spi.hypervisor.Vcpu;
import testudo.spi.hypervisor.Vm;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.memory.GuestRegion.HostAccess;

/// A machine without hardware; its memory is shared memory of the host, so that devices may be in other processes.
final class FakeVm implements Vm {
    private final GuestProgram program;
    private final HostMemory host;
    private final GuestMemory memory = new GuestMemory();
    private final Map<Long, SharedMemory> backing = new TreeMap<>();
    private final List<FakeVcpu> vcpus = new ArrayList<>();
    private boolean closed;

    FakeVm(GuestProgram program, HostMemory host) {
        this.program = program;
        this.host = host;
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public GuestRegion addMemory(MemoryRequest request) {
        SharedMemory bytes = host.create("fake", request.sizeBytes());
        GuestRegion region = new GuestRegion(request.gpa(), request.sizeBytes(), request.purpose(), HostAccess.ALL, bytes.bytes());
        memory.add(region);
        backing.put(request.gpa(), bytes);
        return region;
    }

    @Override
    public void removeMemory(long gpa) {
        throw new VmmException.Host(VmmException.Kind.UNSUPPORTED, "the fake hypervisor can't remove memory");
    }

    @Override
    public Vcpu createVcpu(int index) {
        FakeVcpu vcpu = new FakeVcpu(index, program, memory);
        vcpus.add(vcpu);
        return vcpu;
    }

    @Override
    public void seal() {
        // nothing is fixed late here
    }

    @Override
    public <T> Optional<T> capability(Class<T> type) {
        MemoryHandles handles = gpa -> Objects.requireNonNull(backing.get(gpa), "no region");
        return type == MemoryHandles.class ? Optional.of(type.cast(handles)) : Optional.empty();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            vcpus.forEach(FakeVcpu::end);
            backing.values().forEach(SharedMemory::close);
        }
    }
}
