package testudo.testing.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.hypervisor.MemoryRequest;
import testudo.spi.hypervisor.Vcpu;
import testudo.spi.hypervisor.Vm;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.memory.GuestRegion.HostAccess;

/// A machine without hardware; its memory is an arena.
final class FakeVm implements Vm {
    private static final long PAGE_BYTES = 4096;

    private final GuestProgram program;
    private final GuestMemory memory = new GuestMemory();
    private final Arena arena = Arena.ofShared();
    private final List<FakeVcpu> vcpus = new ArrayList<>();
    private boolean closed;

    FakeVm(GuestProgram program) {
        this.program = program;
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public GuestRegion addMemory(MemoryRequest request) {
        MemorySegment bytes = arena.allocate(request.sizeBytes(), PAGE_BYTES);
        GuestRegion region = new GuestRegion(request.gpa(), request.sizeBytes(), request.purpose(), HostAccess.ALL, bytes);
        memory.add(region);
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
        return Optional.empty();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            vcpus.forEach(FakeVcpu::end);
            arena.close();
        }
    }
}
