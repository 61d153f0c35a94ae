package testudo.plugin.debugcon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.host.Pollable;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.platform.Resource;
import testudo.spi.serial.SerialOptions;
import testudo.spi.serial.SerialPort;

class DebugconTest {
    private final StringBuilder output = new StringBuilder();
    private int closes;
    private final SerialPort port = new SerialPort() {
        @Override
        public void write(MemorySegment from, long offset, long lengthBytes) {
            for (long i = 0; i < lengthBytes; i++) {
                output.append((char) from.get(ValueLayout.JAVA_BYTE, offset + i));
            }
        }

        @Override
        public Optional<Pollable> input() {
            return Optional.empty();
        }

        @Override
        public int read(MemorySegment to, long offset, int lengthBytes) {
            return -1;
        }

        @Override
        public void close() {
            closes++;
        }
    };

    private static SerialOptions at(int ioPort) {
        return new SerialOptions(
                "stdout", "debugcon", Optional.empty(), Optional.empty(), Optional.empty(), false, 1, false, false, false, false, ioPort,
                Optional.empty(), List.of());
    }

    private static Configuration given(SerialOptions... ports) {
        return new Configuration() {
            @Override
            @SuppressWarnings("unchecked")
            public <T> List<Occurrence<T>> all(OptionDeclaration<T> option) {
                return java.util.stream.IntStream.range(0, ports.length)
                        .mapToObj(i -> (Occurrence<T>) new Occurrence<>(SerialOptions.OPTION, ports[i], i, "--serial #" + (i + 1)))
                        .toList();
            }
        };
    }

    private static List<DeviceSpec> devices(String architecture, SerialOptions... ports) {
        return new DebugconProvider().devices(given(ports), new MachineFacts(architecture, 1, 1 << 28, 1 << 28, 0));
    }

    @Test
    void printsAndSaysThatItIsThere() {
        Debugcon device = new Debugcon(port);
        device.write(0, 0, 1, 'o');
        device.write(0, 0, 1, 'k');
        assertEquals("ok", output.toString());
        assertEquals(0xE9, device.read(0, 0, 1));
        assertEquals(0xFFE9, device.read(0, 0, 2));
        device.close();
        device.close();
        assertEquals(1, closes);
    }

    @Test
    void oneForEachPort() {
        List<DeviceSpec> specs = devices("x86_64", at(0x402), at(0xE9));
        assertEquals(List.of("debugcon402", "debugcone9"), specs.stream().map(DeviceSpec::id).toList());
        assertEquals(List.of(new Resource.Ports(0xE9, 1)), ((DeviceSpec.Platform) specs.get(1)).resources());
        assertTrue(devices("x86_64").isEmpty());
        assertEquals(List.of(new Resource.Calls(0x4442434E)), ((DeviceSpec.Platform) devices("riscv64", at(0x402)).getFirst()).resources());
    }

    @Test
    void refusesWhatCannotBe() {
        assertThrows(VmmException.Config.class, () -> devices("x86_64", at(0x402), at(0x402)));
        assertThrows(VmmException.Config.class, () -> devices("aarch64", at(0x402)));
        assertThrows(VmmException.Config.class, () -> devices("riscv64", at(0x402), at(0xE9)));
    }
}
