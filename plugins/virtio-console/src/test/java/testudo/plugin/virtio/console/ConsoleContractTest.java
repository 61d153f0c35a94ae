package testudo.plugin.virtio.console;

import java.util.Optional;
import org.junit.jupiter.api.Nested;
import testudo.spi.device.DeviceContext;
import testudo.spi.virtio.VirtioDevice;
import testudo.testing.tck.VirtioDeviceContract;

/// What every virtio device does, for a console and for a named port, with output of the guest.
class ConsoleContractTest {
    private abstract static class Contract extends VirtioDeviceContract {
        private final Optional<String> name;

        Contract(Optional<String> name) {
            this.name = name;
        }

        @Override
        protected VirtioDevice create(DeviceContext context) {
            return new ConsoleDevice(Ports.options(name), new MemoryPort(), context.loop());
        }

        @Override
        protected int requestQueue() {
            return ConsoleDevice.TRANSMIT;
        }

        @Override
        protected int requestBytes() {
            return 32;
        }

        @Override
        protected int replyBytes() {
            return 0;
        }
    }

    @Nested
    class Console extends Contract {
        Console() {
            super(Optional.empty());
        }
    }

    @Nested
    class NamedPort extends Contract {
        NamedPort() {
            super(Optional.of("agent"));
        }
    }
}
