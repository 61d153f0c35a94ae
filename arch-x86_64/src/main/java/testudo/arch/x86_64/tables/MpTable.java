package testudo.arch.x86_64.tables;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import testudo.arch.x86_64.layout.Addresses;
import testudo.spi.arch.MachineLayout.PciFunction;

/// The MP configuration table, for kernels that don't use ACPI (Intel MultiProcessor Specification 1.4, 4 "MP Configuration Table").
public final class MpTable {
    private static final int ROOM_BYTES = (int) (Addresses.MP_FLOATING_POINTER - Addresses.MP_TABLE);
    private static final int MAX_BYTES = 0xFFFF;
    private static final int HEADER_BYTES = 44;
    private static final int APIC_VERSION = 0x14;
    private static final int CPU_SIGNATURE = 0x600;
    private static final int CPU_FEATURES = 0x201; // APIC, FPU
    private static final int ENABLED = 1;
    private static final int BOOT_CPU = 2;
    private static final int INT = 0;
    private static final int NMI = 1;
    private static final int EXT_INT = 3;
    private static final int IO_INTERRUPT = 3;
    private static final int LOCAL_INTERRUPT = 4;
    private static final int ACTIVE_HIGH_LEVEL = 0x0D;
    private static final int ACTIVE_LOW_LEVEL = 0x0F;
    private static final int ISA_INTERRUPTS = 16;
    private static final int CASCADE = 2;
    private static final int ALL_APICS = 0xFF;

    private final ByteBuffer table = ByteBuffer.allocate(MAX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final int vcpus;
    private int entries;

    private MpTable(int vcpus) {
        this.vcpus = vcpus;
    }

    /// Makes the table.
    /// @param vcpus number of vCPUs, 1 to 254
    /// @param sci the interrupt of ACPI events, -1 without it
    /// @param functions PCI functions
    /// @return the table, to be written at [Addresses#MP_TABLE]; empty when it is longer than the room there
    public static Optional<byte[]> table(int vcpus, int sci, List<PciFunction> functions) {
        MpTable mp = new MpTable(vcpus);
        mp.table.position(HEADER_BYTES);
        mp.addProcessors();
        int isaBus = functions.stream().filter(f -> f.gsi() >= 0).mapToInt(f -> f.address().bus()).max().orElse(0) + 1;
        mp.addBuses(isaBus);
        mp.addInterrupts(isaBus, sci, functions);
        mp.entry(LOCAL_INTERRUPT, EXT_INT, 0, isaBus, 0, ALL_APICS);
        mp.table.put((byte) 0);
        mp.entry(LOCAL_INTERRUPT, NMI, 0, isaBus, 0, ALL_APICS);
        mp.table.put((byte) 1);
        return mp.table.position() <= ROOM_BYTES ? Optional.of(mp.finish()) : Optional.empty();
    }

    /// Makes the floating pointer.
    /// @return 16 bytes, to be written at [Addresses#MP_FLOATING_POINTER]
    public static byte[] floatingPointer() {
        ByteBuffer pointer = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        pointer.put("_MP_".getBytes(StandardCharsets.US_ASCII)).putInt((int) Addresses.MP_TABLE);
        pointer.put((byte) 1).put((byte) 4);
        return pointer.put(10, Checksum.of(pointer.array(), 0, 16)).array();
    }

    private void addProcessors() {
        for (int id = 0; id < vcpus; id++) {
            table.put((byte) 0).put((byte) id).put((byte) APIC_VERSION);
            table.put((byte) (id == 0 ? ENABLED | BOOT_CPU : ENABLED));
            table.putInt(CPU_SIGNATURE).putInt(CPU_FEATURES).putLong(0);
            entries++;
        }
    }

    private void addBuses(int isaBus) {
        for (int bus = 0; bus <= isaBus; bus++) {
            String type = bus == isaBus ? "ISA   " : "PCI   ";
            table.put((byte) 1).put((byte) bus).put(type.getBytes(StandardCharsets.US_ASCII));
            entries++;
        }
        table.put((byte) 2).put((byte) vcpus).put((byte) APIC_VERSION).put((byte) ENABLED);
        table.putInt((int) Addresses.IO_APIC);
        entries++;
    }

    private void addInterrupts(int isaBus, int sci, List<PciFunction> functions) {
        Map<Integer, Integer> pci = new TreeMap<>(); // bus, device and pin → GSI
        boolean[] used = new boolean[ISA_INTERRUPTS];
        used[CASCADE] = true;
        for (PciFunction function : functions) {
            if (function.gsi() >= 0 && function.pin() > 0) {
                pci.put(function.address().bus() << 8 | function.address().device() << 2 | function.pin() - 1,
                        function.gsi());
                if (function.gsi() < ISA_INTERRUPTS) {
                    used[function.gsi()] = true;
                }
            }
        }
        for (int irq = 0; irq < ISA_INTERRUPTS; irq++) {
            if (!used[irq]) {
                ioInterrupt(irq == sci ? ACTIVE_HIGH_LEVEL : 0, isaBus, irq, irq);
            }
        }
        pci.forEach((source, gsi) -> ioInterrupt(ACTIVE_LOW_LEVEL, source >> 8, source & 0xFF, gsi));
    }

    private void ioInterrupt(int flags, int bus, int source, int pin) {
        entry(IO_INTERRUPT, INT, flags, bus, source, vcpus);
        table.put((byte) pin);
    }

    /// All of an interrupt entry but its last byte, the destination pin.
    private void entry(int entryType, int type, int flags, int bus, int source, int apic) {
        table.put((byte) entryType).put((byte) type).putShort((short) flags);
        table.put((byte) bus).put((byte) source).put((byte) apic);
        entries++;
    }

    private byte[] finish() {
        int length = table.position();
        table.put(0, "PCMP".getBytes(StandardCharsets.US_ASCII)).putShort(4, (short) length).put(6, (byte) 4);
        table.put(8, "TESTUDO 000000000000".getBytes(StandardCharsets.US_ASCII));
        table.putShort(34, (short) entries).putInt(36, (int) Addresses.LOCAL_APIC);
        table.put(7, Checksum.of(table.array(), 0, length));
        return Arrays.copyOf(table.array(), length);
    }
}
