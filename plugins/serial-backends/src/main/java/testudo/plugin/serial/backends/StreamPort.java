package testudo.plugin.serial.backends;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import testudo.spi.host.Pollable;
import testudo.spi.serial.SerialPort;

/// A port made of an output and perhaps an input.
final class StreamPort implements SerialPort {
    private final PortOutput output;
    private final Optional<PortInput> input;

    StreamPort(PortOutput output, Optional<PortInput> input) {
        this.output = output;
        this.input = input;
    }

    @Override
    public void write(MemorySegment from, long offset, long lengthBytes) {
        output.write(from, offset, lengthBytes);
    }

    @Override
    public Optional<Pollable> input() {
        return input.flatMap(PortInput::pollable);
    }

    @Override
    public int read(MemorySegment to, long offset, int lengthBytes) {
        return input.isEmpty() ? -1 : input.get().read(to, offset, lengthBytes);
    }

    @Override
    public void close() {
        try {
            output.close();
        } finally {
            input.ifPresent(PortInput::close);
        }
    }
}
