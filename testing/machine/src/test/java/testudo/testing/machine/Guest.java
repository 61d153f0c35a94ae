package testudo.testing.machine;

/// What every guest of these tests knows about its machine: fixed ports and addresses.
final class Guest {
    static final int PM1_CONTROL = 0xC004;
    static final int POWER_OFF = 0x2000;
    static final long LAPIC = 0xFEE0_0000L;
    private static final long IO_APIC = 0xFEC0_0000L;
    private static final long SPURIOUS = LAPIC + 0xF0;
    private static final long LINT0 = LAPIC + 0x350;
    private static final long END_OF_INTERRUPT = LAPIC + 0xB0;
    static final int LEVEL = 1 << 15;
    static final int MASKED = 1 << 16;

    private Guest() {}

    static void powerOff(GuestCpu cpu) throws InterruptedException {
        cpu.out(PM1_CONTROL, 2, POWER_OFF);
    }

    /// Switches the local APIC on and the 8259As off, as an operating system does.
    static void useApic(GuestCpu cpu) throws InterruptedException {
        cpu.out(0x21, 1, 0xFF);
        cpu.out(0xA1, 1, 0xFF);
        cpu.store(SPURIOUS, 4, 0x1FF);
        cpu.store(LINT0, 4, MASKED);
    }

    static void endOfInterrupt(GuestCpu cpu) throws InterruptedException {
        cpu.store(END_OF_INTERRUPT, 4, 0);
    }

    /// Programs a pin of the I/O APIC.
    static void route(GuestCpu cpu, int pin, int entry) throws InterruptedException {
        cpu.store(IO_APIC, 4, 0x10 + 2 * pin + 1);
        cpu.store(IO_APIC + 0x10, 4, 0);
        cpu.store(IO_APIC, 4, 0x10 + 2 * pin);
        cpu.store(IO_APIC + 0x10, 4, entry);
    }
}
