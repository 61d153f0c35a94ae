package testudo.plugin.acpi.pm;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import testudo.spi.command.CommandTarget;
import testudo.spi.device.MachineServices;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.irq.InterruptLine;
import testudo.spi.platform.PlatformDevice;

/// The registers (ACPI 6.5, 4.8.3 "Fixed Hardware Registers" and 4.8.4 "Generic Hardware Registers").
///
/// Called under the core's lock for the device.
final class AcpiPm implements PlatformDevice, CommandTarget {
    /// Ports that the registers take.
    static final int SIZE = 72;
    static final String POWER_BUTTON = "Powerbtn";
    static final String SLEEP_BUTTON = "Sleepbtn";
    static final String GENERAL_PURPOSE_EVENT = "Gpe";

    private static final int PM1_STATUS = 0;
    private static final int PM1_ENABLE = 2;
    private static final int PM1_CONTROL = 4;
    private static final int GPE_STATUS = 8;
    private static final int GPE_ENABLE = 40;
    private static final int GPE_BYTES = 32;

    private static final int STATUS_GLOBAL = 1 << 5;
    private static final int STATUS_POWER_BUTTON = 1 << 8;
    private static final int STATUS_SLEEP_BUTTON = 1 << 9;
    private static final int STATUS_RTC = 1 << 10;
    private static final int STATUS_WAKE = 1 << 15;
    private static final int EVENTS = STATUS_GLOBAL | STATUS_POWER_BUTTON | STATUS_SLEEP_BUTTON | STATUS_RTC;

    private static final int CONTROL_SCI_ENABLE = 1;
    private static final int CONTROL_SLEEP_ENABLE = 0x2000;
    private static final int CONTROL_SLEEP_TYPE_SHIFT = 10;
    /// Bus master reload and sleep type: what is kept of a write.
    private static final int CONTROL_KEPT = 0x1C02;
    private static final int TYPE_S5 = 0;
    private static final int TYPE_S1 = 1;

    private static final int EINVAL = 22;

    private final InterruptLine sci;
    private final MachineServices machine;
    private final byte[] gpeStatus = new byte[GPE_BYTES];
    private final byte[] gpeEnable = new byte[GPE_BYTES];
    private int status;
    private int enable;
    private int control = CONTROL_SCI_ENABLE;
    private boolean sciHigh;

    /// Makes the registers in their power-on state. There is no SMI command port, so ACPI mode is always on.
    /// @param sci the system control interrupt
    /// @param machine told about sleep states
    AcpiPm(InterruptLine sci, MachineServices machine) {
        this.sci = sci;
        this.machine = machine;
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        long value = 0;
        for (int i = 0; i < sizeBytes; i++) {
            long register = offset + i < SIZE ? readByte((int) offset + i) : 0xFF;
            value |= register << (8 * i);
        }
        return value;
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {
        for (int i = 0; i < sizeBytes && offset + i < SIZE; i++) {
            writeByte((int) offset + i, (int) (value >>> (8 * i)) & 0xFF);
        }
        updateSci();
    }

    @Override
    public void reset() {
        status = 0;
        enable = 0;
        control = CONTROL_SCI_ENABLE;
        Arrays.fill(gpeStatus, (byte) 0);
        Arrays.fill(gpeEnable, (byte) 0);
        updateSci();
    }

    @Override
    public void close() {}

    @Override
    public boolean accepts(String tag, Object body) {
        return tag.equals(POWER_BUTTON) || tag.equals(SLEEP_BUTTON) || tag.equals(GENERAL_PURPOSE_EVENT);
    }

    @Override
    public CompletionStage<Object> execute(String tag, Object body) {
        switch (tag) {
            case POWER_BUTTON -> status |= STATUS_POWER_BUTTON;
            case SLEEP_BUTTON -> status |= STATUS_SLEEP_BUTTON;
            default -> {
                if (!(body instanceof Map<?, ?> fields && fields.get("gpe") instanceof Long gpe && gpe >= 0 && gpe < 8L * GPE_BYTES)) {
                    return CompletableFuture.completedFuture(Map.of("Err", (long) EINVAL));
                }
                int number = gpe.intValue();
                gpeStatus[number / 8] |= (byte) (1 << number % 8);
            }
        }
        updateSci();
        return CompletableFuture.completedFuture("Ok");
    }

    private int readByte(int offset) {
        if (offset >= GPE_ENABLE) {
            return gpeEnable[offset - GPE_ENABLE] & 0xFF;
        }
        if (offset >= GPE_STATUS) {
            return gpeStatus[offset - GPE_STATUS] & 0xFF;
        }
        int shift = 8 * (offset & 1);
        return switch (offset & ~1) {
            case PM1_STATUS -> status >>> shift & 0xFF;
            case PM1_ENABLE -> enable >>> shift & 0xFF;
            case PM1_CONTROL -> control >>> shift & 0xFF;
            default -> 0;
        };
    }

    private void writeByte(int offset, int value) {
        if (offset >= GPE_ENABLE) {
            gpeEnable[offset - GPE_ENABLE] = (byte) value;
            return;
        }
        if (offset >= GPE_STATUS) {
            gpeStatus[offset - GPE_STATUS] &= (byte) ~value;
            return;
        }
        int shift = 8 * (offset & 1);
        int others = 0xFF00 >>> shift;
        switch (offset & ~1) {
            case PM1_STATUS -> status &= ~(value << shift & (EVENTS | STATUS_WAKE));
            case PM1_ENABLE -> enable = (enable & others) | (value << shift & EVENTS);
            case PM1_CONTROL -> writeControl((control & others) | value << shift);
            default -> {
                // Reserved between PM1 and GPE0.
            }
        }
    }

    private void writeControl(int value) {
        control = (value & CONTROL_KEPT) | CONTROL_SCI_ENABLE;
        if ((value & CONTROL_SLEEP_ENABLE) == 0) {
            return;
        }
        int type = value >>> CONTROL_SLEEP_TYPE_SHIFT & 7;
        if (type == TYPE_S5) {
            machine.event(MachineEvent.EXIT, 0);
        } else if (type == TYPE_S1) {
            // The guest polls this when it runs again, which is after the wake-up.
            status |= STATUS_WAKE;
            machine.event(MachineEvent.SUSPEND, 0);
        }
    }

    private void updateSci() {
        boolean high = (status & enable & EVENTS) != 0;
        for (int i = 0; i < GPE_BYTES && !high; i++) {
            high = (gpeStatus[i] & gpeEnable[i]) != 0;
        }
        if (high != sciHigh) {
            sciHigh = high;
            sci.set(high);
        }
    }
}
