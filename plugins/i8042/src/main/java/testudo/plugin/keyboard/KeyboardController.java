package testudo.plugin.keyboard;

import testudo.spi.device.MachineServices;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.platform.PlatformDevice;

/// The two ports. Resource 0 is data, resource 1 status and command.
final class KeyboardController implements PlatformDevice {
    private static final int DATA = 0;
    /// Everything but bit 1, "input buffer full".
    private static final long STATUS = 0xFD;
    private static final int WRITE_OUTPUT_PORT = 0xD1;
    private static final int PULSE = 0xF0;
    /// In the output port and in the pulse command: the processor's reset line, active low.
    private static final int RESET_LINE = 1;

    private final MachineServices machine;
    private boolean outputPortNext;

    /// Makes the ports.
    /// @param machine told about resets
    KeyboardController(MachineServices machine) {
        this.machine = machine;
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        long ones = sizeBytes == 8 ? -1L : (1L << (8 * sizeBytes)) - 1;
        return resource == DATA ? ones : (ones & ~0xFFL) | STATUS;
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {
        int command = (int) value & 0xFF;
        if (resource == DATA) {
            if (outputPortNext && (command & RESET_LINE) == 0) {
                machine.event(MachineEvent.RESET, 0);
            }
            outputPortNext = false;
            return;
        }
        outputPortNext = command == WRITE_OUTPUT_PORT;
        if ((command & PULSE) == PULSE && (command & RESET_LINE) == 0) {
            machine.event(MachineEvent.RESET, 0);
        }
    }

    @Override
    public void reset() {
        outputPortNext = false;
    }

    @Override
    public void close() {}
}
