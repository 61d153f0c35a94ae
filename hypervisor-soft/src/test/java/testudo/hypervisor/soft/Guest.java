package testudo.hypervisor.soft;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import testudo.spi.VmmException;
import testudo.spi.host.HostMemory;
import testudo.spi.host.SharedMemory;
import testudo.spi.hypervisor.MemoryRequest;
import testudo.spi.hypervisor.StopReason;
import testudo.spi.hypervisor.Vcpu;
import testudo.spi.hypervisor.VmExitHandler;
import testudo.spi.hypervisor.VmRequest;
import testudo.spi.memory.GuestRegion.Purpose;
import testudo.spi.riscv.RiscvBootState;

/// A machine for tests: RAM, a device that takes bytes, a device that ends the run, and an interrupt controller with one message at a time.
final class Guest implements AutoCloseable, HostMemory {
    static final long RAM = 0x8000_0000L;
    static final int RAM_BYTES = 4 << 20;
    /// Bytes written here are collected.
    static final int CONSOLE = 0x1000_0000;
    /// A write here ends the run.
    static final int STOP = 0x1000_0008;

    final SoftVm vm;
    final List<Vcpu> vcpus = new ArrayList<>();
    final ByteArrayOutputStream console = new ByteArrayOutputStream();
    final List<VmExitHandler.SystemEvent> events = new ArrayList<>();
    final List<Integer> accepted = new ArrayList<>();
    final List<long[]> calls = new ArrayList<>();
    volatile int pending = -1;
    long lastRegister;

    Guest(int harts, SoftVm.Timing timing) {
        vm = new SoftVm(this, new VmRequest("test", harts, VmRequest.IrqchipMode.USERSPACE), timing, SoftVm.Engine.TRANSLATOR);
        vm.addMemory(new MemoryRequest(RAM, RAM_BYTES, Purpose.RAM, false));
        for (int i = 0; i < harts; i++) {
            Vcpu vcpu = vm.createVcpu(i);
            vcpu.setBootState(new RiscvBootState(RAM, i, 0, i == 0));
            vcpus.add(vcpu);
        }
        vm.seal();
    }

    Guest(int... program) {
        this(1, SoftVm.Timing.WALL_CLOCK);
        load(0, program);
    }

    void load(long offset, int... program) {
        for (int i = 0; i < program.length; i++) {
            vm.memory().writeInt(RAM + offset + 4L * i, program[i]);
        }
    }

    long register(int hart, String name) {
        return ((SoftVcpu) vcpus.get(hart)).registers().get(name);
    }

    StopReason run() {
        return vcpus.getFirst().run(new Exits());
    }

    /// Runs all harts, each in a thread of its own, until one of them ends the machine.
    void runAll() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (Vcpu vcpu : vcpus) {
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    StopReason reason = vcpu.run(new Exits());
                    if (reason != StopReason.KICKED) {
                        vcpus.forEach(Vcpu::kick);
                    }
                } catch (Throwable failure) {
                    synchronized (failures) {
                        failures.add(failure);
                    }
                    vcpus.forEach(Vcpu::kick);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (!failures.isEmpty()) {
            throw new AssertionError("a hart failed", failures.getFirst());
        }
    }

    @Override
    public SharedMemory create(String name, long sizeBytes) {
        throw new VmmException.Host(VmmException.Kind.UNSUPPORTED, "no shared memory");
    }

    @Override
    public int pageSizeBytes() {
        return 4096;
    }

    @Override
    public void close() {
        vm.close();
    }

    private final class Exits implements VmExitHandler {
        @Override
        public long mmioRead(long gpa, int sizeBytes) {
            return gpa == CONSOLE ? 0xF0E0D0C0B0A09080L : -1;
        }

        @Override
        public boolean mmioWrite(long gpa, int sizeBytes, long value) {
            if (gpa == CONSOLE) {
                synchronized (console) {
                    console.write((int) value);
                }
            }
            return gpa != STOP;
        }

        @Override
        public int portRead(int port, int sizeBytes) {
            throw new AssertionError("there are no ports");
        }

        @Override
        public boolean portWrite(int port, int sizeBytes, int value) {
            throw new AssertionError("there are no ports");
        }

        @Override
        public int pendingInterrupt() {
            return pending;
        }

        @Override
        public void interruptAccepted(int vector) {
            accepted.add(vector);
            pending = -1;
        }

        @Override
        public long interruptRegisterRead(int register) {
            return register == 0x70 ? lastRegister : 0;
        }

        @Override
        public void interruptRegisterWrite(int register, long value) {
            lastRegister = value;
        }

        @Override
        public boolean hypercall(long[] call) {
            calls.add(call.clone());
            return false;
        }

        @Override
        public void systemEvent(SystemEvent event, long detail) {
            events.add(event);
        }
    }
}
