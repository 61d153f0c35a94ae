package testudo.testing.machine;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.virtio.VirtioType;

/// The types of `--vhost-user`: providers state them.
class VhostUserTypeTest {
    @TempDir Path directory;

    /// A module that makes no devices and states types.
    private record Stating(String id, List<VirtioType> virtioTypes) implements DeviceProvider {
        @Override
        public String summary() {
            return id;
        }

        @Override
        public List<OptionDeclaration<?>> options() {
            return List.of();
        }

        @Override
        public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
            return List.of();
        }
    }

    private TestMachine machine(String type) {
        return new TestMachine(directory).option("vhost-user", type + ",socket=" + directory.resolve("none"));
    }

    @Test
    void aTypeThatNoModuleStatesIsRefusedWithThoseThatAreStated() {
        TestMachine machine = machine("blok");
        String message = assertThrows(VmmException.Config.class, () -> machine.run(Guest::powerOff)).getMessage();
        assertTrue(message.contains("type \"blok\"; there are: block, rng; did you mean \"block\"?"), message);
    }

    @Test
    void aModuleMakesItsTypeKnown() {
        TestMachine machine = machine("acme").with(new Stating("vendor", List.of(new VirtioType("acme", 190, 0xFF00, 1))));
        String message = assertThrows(VmmException.Host.class, () -> machine.run(Guest::powerOff)).getMessage();
        assertTrue(message.contains("none: ENOENT"), "it was asked for: " + message);
    }

    @Test
    void oneNameForTwoTypesIsRefusedButTwiceTheSameIsNot() {
        VirtioType known = new VirtioType("block", 2, 0x0180, 1);
        TestMachine same = machine("block").with(new Stating("vendor", List.of(known)));
        assertThrows(VmmException.Host.class, () -> same.run(Guest::powerOff));
        TestMachine other = machine("block").with(new Stating("vendor", List.of(new VirtioType("block", 190, 0xFF00, 1))));
        String message = assertThrows(VmmException.Config.class, () -> other.run(Guest::powerOff)).getMessage();
        assertTrue(message.contains("different virtio devices by 'block'"), message);
    }
}
