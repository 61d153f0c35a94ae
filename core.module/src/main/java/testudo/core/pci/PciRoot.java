package testudo.core.pci;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.bus.Bus;
import testudo.core.bus.BusDevice;
import testudo.spi.arch.MachinePlan.PciHost;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.pci.PciAddress;
import testudo.spi.pci.PciTraits;

/// All PCI functions of a machine: finds them for configuration accesses, maps their base address registers on the buses.
public final class PciRoot {
    private static final Logger LOG = LoggerFactory.getLogger(PciRoot.class);
    private static final Window ALL_PORTS = new Window(0, 1L << 16);
    private static final Window BELOW_4GIB = new Window(0, 1L << 32);

    private final PciHost host;
    private final Bus ports;
    private final Bus addresses;
    private final Runnable reset;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Integer, PciFunction> functions = new TreeMap<>();
    private final Map<PciFunction, Gate> gates = new IdentityHashMap<>();
    private final Allocator ioSpace;
    private final Allocator lowSpace;
    private final Allocator highSpace;

    /// Makes an empty root and registers its access mechanisms.
    /// @param host windows and mechanisms
    /// @param ports the port bus
    /// @param addresses the address bus
    /// @param reset called when the guest resets the machine through port 0xCF9, on a vCPU thread
    public PciRoot(PciHost host, Bus ports, Bus addresses, Runnable reset) {
        this.host = host;
        this.ports = ports;
        this.addresses = addresses;
        this.reset = reset;
        ioSpace = new Allocator(host.ioWindow());
        lowSpace = new Allocator(host.lowWindow());
        highSpace = new Allocator(host.highWindow());
        if (host.configPort() >= 0) {
            ports.add(host.configPort(), 8, "PCI configuration", new ConfigPorts());
        }
        addresses.add(host.configWindow().start(), host.configWindow().sizeBytes(), "PCI configuration", new ConfigWindow());
    }

    /// Puts a function on a bus and gives its base address registers addresses.
    /// @param address where; must be free
    /// @param function the function
    /// @throws testudo.spi.VmmException.Config when a window is too small
    public void add(PciAddress address, PciFunction function) {
        lock.lock();
        try {
            if (functions.putIfAbsent(address.requesterId(), function) != null) {
                throw new IllegalArgumentException("%s: %s is taken".formatted(function.id(), address));
            }
            for (PciFunction.BarState bar : function.bars()) {
                bar.assign(allocate(function, bar));
            }
        } finally {
            lock.unlock();
        }
    }

    /// Puts a function on a bus while the guest runs. It gets no addresses: the guest gives it those that the bridge in front of it forwards.
    /// @param address where; must be free
    /// @param function the function, which [#unplug] may take out again
    public void plug(PciAddress address, PciFunction function) {
        lock.lock();
        try {
            if (functions.putIfAbsent(address.requesterId(), function) != null) {
                throw new IllegalArgumentException("%s: %s is taken".formatted(function.id(), address));
            }
            gates.put(function, new Gate());
        } finally {
            lock.unlock();
        }
    }

    /// Takes a function out that was plugged in. On return no access of the guest is in it, and none will be.
    /// @param address where it is
    public void unplug(PciAddress address) {
        lock.lock();
        try {
            PciFunction function = functions.remove(address.requesterId());
            Gate gate = function == null ? null : gates.remove(function);
            if (function != null && gate != null) {
                function.bars().forEach(bar -> unmap(function, bar));
                gate.close();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Takes addresses out of the low memory window, so that no base address register is given them.
    /// @param sizeBytes a power of two
    /// @param id who wants them, for errors
    /// @return the first, naturally aligned
    /// @throws testudo.spi.VmmException.Config when the window is too small
    public long reserve(long sizeBytes, String id) {
        lock.lock();
        try {
            return lowSpace.take(sizeBytes, id, "low memory window");
        } finally {
            lock.unlock();
        }
    }

    private long allocate(PciFunction function, PciFunction.BarState bar) {
        long size = bar.bar().sizeBytes();
        return switch (bar.bar().kind()) {
            case IO -> ioSpace.take(size, function.id(), "I/O window");
            case MEMORY_32 -> lowSpace.take(size, function.id(), "low memory window");
            case MEMORY_64, MEMORY_64_PREFETCHABLE -> highSpace.take(size, function.id(), "high memory window");
        };
    }

    /// The functions by address.
    /// @return a copy
    public List<Map.Entry<PciAddress, PciFunction>> functions() {
        List<Map.Entry<PciAddress, PciFunction>> list = new ArrayList<>();
        lock.lock();
        try {
            functions.forEach((id, function) -> list.add(Map.entry(new PciAddress(id >> 8, (id >> 3) & 0x1F, id & 7), function)));
        } finally {
            lock.unlock();
        }
        list.sort(Comparator.comparingInt(entry -> entry.getKey().requesterId()));
        return list;
    }

    /// Reads configuration space as the guest does.
    /// @param requesterId bus, device and function as 16 bits
    /// @param offset 0 to 4095
    /// @param sizeBytes 1, 2 or 4
    /// @return the value; all ones where there is no function
    public int readConfig(int requesterId, int offset, int sizeBytes) {
        lock.lock();
        try {
            PciFunction function = functions.get(requesterId);
            return function == null || offset + sizeBytes > ConfigSpace.SIZE_BYTES ? -1 : function.readConfig(offset, sizeBytes);
        } finally {
            lock.unlock();
        }
    }

    /// Writes configuration space as the guest does.
    /// @param requesterId bus, device and function as 16 bits
    /// @param offset 0 to 4095
    /// @param sizeBytes 1, 2 or 4
    /// @param value the value
    public void writeConfig(int requesterId, int offset, int sizeBytes, int value) {
        lock.lock();
        try {
            PciFunction function = functions.get(requesterId);
            if (function == null || offset + sizeBytes > ConfigSpace.SIZE_BYTES) {
                return;
            }
            function.writeConfig(offset, sizeBytes, value);
            boolean decoding = offset < PciFunction.COMMAND + 2 && offset + sizeBytes > PciFunction.COMMAND;
            boolean moving = offset < PciFunction.BAR0 + 24 && offset + sizeBytes > PciFunction.BAR0;
            if (decoding || moving) {
                function.bars().forEach(bar -> remap(function, bar));
            }
        } finally {
            lock.unlock();
        }
    }

    /// Gives a function what another one has saved, and maps its base address registers where the guest had them. Before the guest runs.
    /// @param address where the function is
    /// @param saved from [PciFunction#save()]; it may be damaged
    /// @throws testudo.spi.VmmException.Config when it can't be understood, or there is no such function
    public void restore(PciAddress address, byte[] saved) {
        lock.lock();
        try {
            PciFunction function = functions.get(address.requesterId());
            if (function == null) {
                throw new testudo.spi.VmmException.Config("saved state is for a PCI function at %s, where none is".formatted(address));
            }
            function.restore(saved);
            function.bars().forEach(bar -> remap(function, bar));
        } finally {
            lock.unlock();
        }
    }

    private void remap(PciFunction function, PciFunction.BarState bar) {
        boolean io = bar.bar().kind() == PciTraits.Kind.IO;
        int command = function.config.get(PciFunction.COMMAND, 2);
        boolean enabled = (command & (io ? PciFunction.COMMAND_IO : PciFunction.COMMAND_MEMORY)) != 0;
        long wanted = enabled && forwarded(bar) ? bar.address() : -1;
        if (wanted == bar.mappedAt()) {
            return;
        }
        Bus bus = io ? ports : addresses;
        unmap(function, bar);
        if (wanted >= 0) {
            try {
                BusDevice range = new BarRange(function, bar.bar().index());
                Gate gate = gates.get(function);
                bus.add(wanted, bar.bar().sizeBytes(), function.id(), gate == null ? range : new GatedRange(range, gate));
            } catch (IllegalArgumentException overlap) { // the guest's choice of addresses; it gets no answer there
                LOG.debug("{}: {}", function.id(), overlap.getMessage());
                return;
            }
            bar.mappedAt(wanted);
            function.barMoved(bar.bar().index(), wanted);
        }
    }

    private void unmap(PciFunction function, PciFunction.BarState bar) {
        if (bar.mappedAt() >= 0) {
            (bar.bar().kind() == PciTraits.Kind.IO ? ports : addresses).remove(bar.mappedAt());
            bar.mappedAt(-1);
            function.barMoved(bar.bar().index(), -1);
        }
    }

    /// Whether the host bridge forwards a base address register's range. A PC's forwards every address that nothing else takes, and its
    /// firmware places devices where it likes; others forward their windows. What the buses have already is theirs: they refuse overlaps.
    private boolean forwarded(PciFunction.BarState bar) {
        long address = bar.address();
        long size = bar.bar().sizeBytes();
        if (bar.bar().kind() == PciTraits.Kind.IO) {
            return inside(isPc() ? ALL_PORTS : host.ioWindow(), address, size);
        }
        return inside(isPc() ? BELOW_4GIB : host.lowWindow(), address, size)
                || (bar.is64() && inside(host.highWindow(), address, size));
    }

    private boolean isPc() {
        return host.configPort() >= 0;
    }

    private static boolean inside(Window window, long address, long sizeBytes) {
        return address > 0 && address >= window.start() && address <= window.end() - sizeBytes;
    }

    /// One base address register on a bus.
    private record BarRange(PciFunction function, int bar) implements BusDevice {
        @Override
        public long read(long offset, int sizeBytes) {
            return function.readBar(bar, offset, sizeBytes);
        }

        @Override
        public void write(long offset, int sizeBytes, long value) {
            function.writeBar(bar, offset, sizeBytes, value);
        }
    }

    /// Keeps accesses out of a function that is gone: a vCPU may have found its range just before.
    private static final class Gate {
        private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
        private boolean closed;

        /// Waits until nobody is inside.
        void close() {
            lock.writeLock().lock();
            closed = true;
            lock.writeLock().unlock();
        }
    }

    /// The same range, as long as its function is there.
    private record GatedRange(BusDevice range, Gate gate) implements BusDevice {
        @Override
        public long read(long offset, int sizeBytes) {
            gate.lock.readLock().lock();
            try {
                return gate.closed ? -1 : range.read(offset, sizeBytes);
            } finally {
                gate.lock.readLock().unlock();
            }
        }

        @Override
        public void write(long offset, int sizeBytes, long value) {
            gate.lock.readLock().lock();
            try {
                if (!gate.closed) {
                    range.write(offset, sizeBytes, value);
                }
            } finally {
                gate.lock.readLock().unlock();
            }
        }
    }

    /// Ports 0xCF8 to 0xCFF: address, data, and the reset register at 0xCF9.
    private final class ConfigPorts implements BusDevice {
        private static final int RESET_OFFSET = 1;
        private static final int RESET_BIT = 4;
        private static final int ENABLE = 1 << 31;

        private volatile int address;

        @Override
        public long read(long offset, int sizeBytes) {
            if (offset == 0 && sizeBytes == 4) {
                return Integer.toUnsignedLong(address);
            }
            if (offset < 4 || sizeBytes > 4 || offset + sizeBytes > 8 || (address & ENABLE) == 0) {
                return offset == RESET_OFFSET && sizeBytes == 1 ? 0 : -1;
            }
            return readConfig((address >> 8) & 0xFFFF, (address & 0xFC) | ((int) offset & 3), sizeBytes);
        }

        @Override
        public void write(long offset, int sizeBytes, long value) {
            if (offset == 0 && sizeBytes == 4) {
                address = (int) value & 0x80FFFFFC;
            } else if (offset == RESET_OFFSET && sizeBytes == 1) {
                if ((value & RESET_BIT) != 0) {
                    reset.run();
                }
            } else if (offset >= 4 && sizeBytes <= 4 && offset + sizeBytes <= 8 && (address & ENABLE) != 0) {
                writeConfig((address >> 8) & 0xFFFF, (address & 0xFC) | ((int) offset & 3), sizeBytes, (int) value);
            }
        }
    }

    /// The memory-mapped configuration space.
    private final class ConfigWindow implements BusDevice {
        @Override
        public long read(long offset, int sizeBytes) {
            int inFunction = (int) offset & ((1 << host.configShift()) - 1);
            return sizeBytes > 4 ? -1 : readConfig((int) (offset >> host.configShift()), inFunction, sizeBytes);
        }

        @Override
        public void write(long offset, int sizeBytes, long value) {
            int inFunction = (int) offset & ((1 << host.configShift()) - 1);
            if (sizeBytes <= 4) {
                writeConfig((int) (offset >> host.configShift()), inFunction, sizeBytes, (int) value);
            }
        }
    }

    /// Hands out naturally aligned addresses, upwards.
    private static final class Allocator {
        private final @Nullable Window window;
        private long next;

        private Allocator(Window window) {
            this.window = window.sizeBytes() > 0 ? window : null;
            next = window.start();
        }

        private long take(long sizeBytes, String id, String what) {
            long at = (next + sizeBytes - 1) & -sizeBytes;
            if (window == null || at < next || at > window.end() - sizeBytes) {
                throw new testudo.spi.VmmException.Config(
                        "%s: the PCI %s has no room for 0x%x bytes; make it larger".formatted(id, what, sizeBytes));
            }
            next = at + sizeBytes;
            return at;
        }
    }
}
