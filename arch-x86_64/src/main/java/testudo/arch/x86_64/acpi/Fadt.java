package testudo.arch.x86_64.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import testudo.arch.x86_64.acpi.MachineView.PowerManagement;
import testudo.spi.platform.FirmwareNode;

/// The fixed ACPI description table (ACPI 6.5, 5.2.9 "Fixed ACPI Description Table (FADT)").
final class Fadt {
    /// The shortest table of a user that has all the fields that are filled in.
    static final int MIN_BYTES = 148;
    private static final int BYTES = 276;
    private static final int REVISION = 6;
    private static final int MINOR_REVISION = 3;
    private static final int FLAGS = 112;
    private static final int RESET_REGISTER = 116;
    private static final int RESET_VALUE = 128;
    private static final int FACS_32 = 36;
    private static final int DSDT_32 = 40;
    private static final int FACS = 132;
    private static final int DSDT = 140;
    private static final int WBINVD = 1;
    private static final int RESET_SUPPORTED = 1 << 10;
    private static final int HARDWARE_REDUCED = 1 << 20;
    private static final int LOW_POWER_S0 = 1 << 21;
    private static final int LEGACY_DEVICES = 1;
    private static final int KEYBOARD_CONTROLLER = 1 << 1;
    private static final int NO_VGA = 1 << 2;
    private static final int NO_CMOS_CLOCK = 1 << 5;
    private static final int IO_SPACE = 1;
    private static final int BYTE_ACCESS = 1;
    private static final int RESET_PORT = 0xCF9;
    private static final int RESET_COMMAND = 6;

    private Fadt() {}

    static byte[] table(MachineView machine, long facs, long dsdt) {
        byte[] table = AcpiTable.of("FACP", REVISION, new byte[BYTES - AcpiTable.HEADER_BYTES]);
        ByteBuffer fadt = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
        int flags = WBINVD | (machine.lowPowerIdle() ? LOW_POWER_S0 : 0);
        if (machine.powerManagement().isPresent()) {
            putPowerManagement(fadt, machine.powerManagement().get());
        } else {
            flags |= HARDWARE_REDUCED;
        }
        boolean hasClock = machine.nodes(FirmwareNode.RTC_MC146818).findAny().isPresent();
        if (hasClock) {
            fadt.put(106, (byte) 0x33).put(107, (byte) 0x34).put(108, (byte) 0x32); // day and month alarm, century
        }
        boolean hasKeyboard = machine.keyboards().findAny().isPresent();
        boolean isLegacy = hasKeyboard || machine.nodes(FirmwareNode.UART_16550).findAny().isPresent();
        fadt.putShort(109, (short) ((isLegacy ? LEGACY_DEVICES : 0)
                | (hasKeyboard ? KEYBOARD_CONTROLLER : 0)
                | (machine.hasDisplay() ? 0 : NO_VGA)
                | (hasClock ? 0 : NO_CMOS_CLOCK)));
        fadt.putInt(FLAGS, flags);
        fadt.put(131, (byte) MINOR_REVISION).put(268, AcpiTable.ascii("TESTUDO\0"));
        return completed(table, facs, dsdt);
    }

    /// Fills in what depends on this machine: reset register, addresses of other tables, checksum.
    /// @param table a complete table of at least [#MIN_BYTES] bytes
    static byte[] completed(byte[] table, long facs, long dsdt) {
        byte[] copy = Arrays.copyOf(table, table.length);
        ByteBuffer fadt = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
        fadt.putInt(FLAGS, fadt.getInt(FLAGS) | RESET_SUPPORTED);
        fadt.put(RESET_REGISTER, (byte) IO_SPACE).put(RESET_REGISTER + 1, (byte) 8).put(RESET_REGISTER + 2, (byte) 0);
        fadt.put(RESET_REGISTER + 3, (byte) BYTE_ACCESS).putLong(RESET_REGISTER + 4, RESET_PORT);
        fadt.put(RESET_VALUE, (byte) RESET_COMMAND);
        fadt.putInt(FACS_32, 0).putInt(DSDT_32, 0);
        // A machine with reduced hardware has no firmware control structure.
        boolean isReduced = (fadt.getInt(FLAGS) & HARDWARE_REDUCED) != 0;
        fadt.putLong(FACS, isReduced ? 0 : facs).putLong(DSDT, dsdt);
        return AcpiTable.sealed(copy);
    }

    private static void putPowerManagement(ByteBuffer fadt, PowerManagement registers) {
        int port = registers.port();
        fadt.putShort(46, (short) registers.sci());
        fadt.putInt(56, port).putInt(64, port + 4).putInt(80, port + 8);
        fadt.put(88, (byte) 4).put(89, (byte) 2).put(92, (byte) 64);
        fadt.putShort(96, (short) 101).putShort(98, (short) 1001); // no C2, no C3
    }
}
