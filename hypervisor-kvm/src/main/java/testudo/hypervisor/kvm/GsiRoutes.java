package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.spi.VmmException;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;

/// The interrupt routes of a machine. KVM replaces its whole table at every change, so it is kept here and handed over when it differs.
///
/// Numbers 0 to 23 are the pins of the IOAPIC, the others are given to messages. Any thread.
final class GsiRoutes {
    static final int PINS = 24;
    private static final int PIC_PINS = 8;
    private static final int IOAPIC = 2;
    private static final int MOST_ROUTES = 4096;
    private static final long HEADER = KvmIrqRouting.LAYOUT.byteSize();
    private static final long ENTRY = KvmIrqRoutingEntry.LAYOUT.byteSize();

    private final Descriptor vm;
    private final boolean kernelPins;
    private final int limit;
    private final MemorySegment table;
    private final BitSet taken = new BitSet();
    private final BitSet routed = new BitSet();
    private final long[] addresses;
    private final int[] data;

    /// Makes the table; nothing is handed to KVM yet.
    /// @param capability the largest table, as KVM_CAP_IRQ_ROUTING says
    GsiRoutes(Descriptor vm, int capability, IrqchipMode mode, Arena arena) {
        this.vm = vm;
        kernelPins = mode == IrqchipMode.KERNEL;
        limit = Math.clamp(capability, PINS, MOST_ROUTES);
        // Pins of the PICs take entries beside those of the IOAPIC.
        table = arena.allocate(HEADER + ENTRY * (limit + 2L * PIC_PINS), Long.BYTES);
        addresses = new long[limit];
        data = new int[limit];
    }

    /// Takes a number for a message.
    synchronized int take() {
        int gsi = taken.nextClearBit(PINS);
        int pinEntries = kernelPins ? 2 * PIC_PINS : 0;
        if (gsi + pinEntries >= limit) {
            throw new VmmException.Host(
                    VmmException.Kind.EXHAUSTED,
                    "all %d interrupt routes are in use [hypervisor kvm]; use fewer devices".formatted(limit));
        }
        taken.set(gsi);
        return gsi;
    }

    /// Gives a number back. Its route is left out of the next table.
    synchronized void release(int gsi) {
        taken.clear(gsi);
        routed.clear(gsi);
    }

    /// Makes a number deliver a message.
    synchronized void route(int gsi, long address, int message) {
        if (routed.get(gsi) && addresses[gsi] == address && data[gsi] == message) {
            return;
        }
        routed.set(gsi);
        addresses[gsi] = address;
        data[gsi] = message;
        program();
    }

    private void program() {
        int count = kernelPins ? writePins() : 0;
        for (int gsi = routed.nextSetBit(0); gsi >= 0; gsi = routed.nextSetBit(gsi + 1)) {
            long at = HEADER + ENTRY * count++;
            table.asSlice(at, ENTRY).fill((byte) 0);
            table.set(JAVA_INT, at + KvmIrqRoutingEntry.GSI, gsi);
            table.set(JAVA_INT, at + KvmIrqRoutingEntry.TYPE, KvmIrqRoutingEntry.TYPE_MSI);
            table.set(JAVA_INT, at + KvmIrqRoutingEntry.ADDRESS_LO, (int) addresses[gsi]);
            table.set(JAVA_INT, at + KvmIrqRoutingEntry.ADDRESS_HI, (int) (addresses[gsi] >>> 32));
            table.set(JAVA_INT, at + KvmIrqRoutingEntry.DATA, data[gsi]);
        }
        table.set(JAVA_INT, KvmIrqRouting.NR, count);
        Errno.check(
                Ioctl.call(vm.descriptor(), KvmIrqRouting.SET_GSI_ROUTING, table.address()),
                "cannot set the interrupt routes [hypervisor kvm]");
    }

    /// The pins as KVM_CREATE_IRQCHIP routes them: all to the IOAPIC, the first 16 also to the two PICs.
    private int writePins() {
        int count = 0;
        for (int pin = 0; pin < 2 * PIC_PINS; pin++) {
            writePin(count++, pin, pin / PIC_PINS, pin % PIC_PINS);
        }
        for (int pin = 0; pin < PINS; pin++) {
            writePin(count++, pin, IOAPIC, pin);
        }
        return count;
    }

    private void writePin(int index, int gsi, int irqchip, int pin) {
        long at = HEADER + ENTRY * index;
        table.asSlice(at, ENTRY).fill((byte) 0);
        table.set(JAVA_INT, at + KvmIrqRoutingEntry.GSI, gsi);
        table.set(JAVA_INT, at + KvmIrqRoutingEntry.TYPE, KvmIrqRoutingEntry.TYPE_IRQCHIP);
        table.set(JAVA_INT, at + KvmIrqRoutingEntry.IRQCHIP, irqchip);
        table.set(JAVA_INT, at + KvmIrqRoutingEntry.PIN, pin);
    }
}
