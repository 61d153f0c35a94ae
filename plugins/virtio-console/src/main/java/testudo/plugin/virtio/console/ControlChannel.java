package testudo.plugin.virtio.console;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import testudo.spi.memory.BufferList;
import testudo.spi.serial.SerialOptions;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.Virtqueue;

/// The control queues of a device with one port (VIRTIO 1.3, 5.3.6.2 "Multiport Device Operation").
///
/// What the driver still has to be told is a set, so that it stays small however often the driver asks.
final class ControlChannel {
    private static final int DEVICE_READY = 0;
    private static final int PORT_READY = 3;
    private static final int PORT_OPEN = 6;
    private static final int HEADER_BYTES = 8;
    private static final int PORT = 0;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Messages to the driver, in the order in which they go out.
    private enum Message {
        /// There is a port.
        DEVICE_ADD(1),
        /// The port is a console.
        CONSOLE_PORT(4),
        /// The port's name.
        PORT_NAME(7),
        /// The host side is open.
        PORT_OPENED(6);

        private final int event;

        Message(int event) {
            this.event = event;
        }

        private int bit() {
            return 1 << ordinal();
        }
    }

    private static final Message[] MESSAGES = Message.values();

    /// The largest value of [#state()].
    static final int MAX_STATE = (2 << MESSAGES.length) - 1;

    private final DescriptorChain chain = new DescriptorChain();
    private final MemorySegment message;
    private final int nameBytes;
    private final int answers;
    private int pending;
    private boolean guestOpen;

    /// Starts with nothing to say.
    /// @param arena of the device
    ControlChannel(SerialOptions options, Arena arena) {
        byte[] text = options.name().orElse("").getBytes(StandardCharsets.UTF_8);
        // A port without a name is of use as a console only.
        boolean console = options.console() || options.name().isEmpty();
        answers = (console ? Message.CONSOLE_PORT.bit() : 0) | (options.name().isPresent() ? Message.PORT_NAME.bit() : 0)
                | Message.PORT_OPENED.bit();
        nameBytes = text.length;
        message = arena.allocate(HEADER_BYTES + nameBytes);
        MemorySegment.copy(text, 0, message, ValueLayout.JAVA_BYTE, HEADER_BYTES, nameBytes);
    }

    /// Whether the guest has opened its side.
    boolean guestOpen() {
        return guestOpen;
    }

    /// Takes what the driver says.
    /// @return false when more than a queue full was waiting: call again
    boolean receive(Virtqueue from) {
        for (int served = 0; served < from.size(); served++) {
            if (!from.next(chain)) {
                return true;
            }
            if (chain.readable().remainingBytes() >= HEADER_BYTES) {
                take(chain.readable());
            }
            from.complete(chain, 0);
        }
        return false;
    }

    private void take(BufferList said) {
        int port = said.readInt();
        int eventAndValue = said.readInt();
        int event = eventAndValue & 0xFFFF;
        boolean yes = eventAndValue >>> Short.SIZE != 0;
        if (event == DEVICE_READY && yes) {
            pending |= Message.DEVICE_ADD.bit();
        } else if (port == PORT && event == PORT_READY && yes) {
            pending |= answers;
        } else if (port == PORT && event == PORT_OPEN) {
            guestOpen = yes;
        }
    }

    /// Tells the driver what it has to know, as far as it has room.
    void send(Virtqueue to) {
        for (Message next : MESSAGES) {
            if ((pending & next.bit()) == 0) {
                continue;
            }
            if (!to.next(chain)) {
                return;
            }
            pending &= ~next.bit();
            message.set(U16, Integer.BYTES, (short) next.event);
            message.set(U16, Integer.BYTES + Short.BYTES, (short) 1);
            int length = HEADER_BYTES + (next == Message.PORT_NAME ? nameBytes : 0);
            to.complete(chain, chain.writable().write(message, 0, length));
        }
    }

    /// Forgets the driver.
    /// What is to be said, and whether the guest has opened the port, for saving.
    int state() {
        return pending << 1 | (guestOpen ? 1 : 0);
    }

    /// @param saved from [#state()], 0 to [#MAX_STATE]
    void state(int saved) {
        pending = saved >>> 1;
        guestOpen = (saved & 1) != 0;
    }

    void reset() {
        pending = 0;
        guestOpen = false;
    }
}
