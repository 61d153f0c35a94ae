package testudo.plugin.virtio.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.Virtqueue;

/// The conversation about a named port.
class ControlChannelTest {
    private final ControlChannel control = new ControlChannel(Ports.console("org.example"), Arena.ofAuto());
    private final Queue toDevice = new Queue();
    private final Queue toDriver = new Queue();

    private void say(int port, int event, int value) {
        toDevice.offered.add(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(port).putShort((short) event).putShort((short) value).array());
        assertTrue(control.receive(toDevice));
    }

    private List<String> hear(int buffers) {
        for (int i = 0; i < buffers; i++) {
            toDriver.offered.add(new byte[32]);
        }
        control.send(toDriver);
        List<String> heard = List.copyOf(toDriver.heard);
        toDriver.heard.clear();
        toDriver.offered.clear();
        return heard;
    }

    @Test
    void readyDriverLearnsOfThePortItsNameAndThatItIsOpen() {
        assertEquals(List.of(), hear(4));
        say(0, 0, 1);
        assertEquals(List.of("1"), hear(4));
        say(0, 3, 1);
        assertEquals(List.of("4", "7 org.example", "6"), hear(4));
        assertEquals(List.of(), hear(4));
    }

    @Test
    void messagesWaitForRoom() {
        say(0, 3, 1);
        assertEquals(List.of("4"), hear(1));
        assertEquals(List.of("7 org.example", "6"), hear(4));
    }

    @Test
    void askingOftenIsAnsweredOnce() {
        for (int i = 0; i < 1000; i++) {
            say(0, 0, 1);
        }
        assertEquals(List.of("1"), hear(4));
    }

    @Test
    void otherPortsAndShortMessagesAreIgnored() {
        say(1, 3, 1);
        say(-1, 6, 1);
        toDevice.offered.add(new byte[7]);
        assertTrue(control.receive(toDevice));
        assertEquals(List.of(), hear(4));
        assertFalse(control.guestOpen());
        say(0, 6, 1);
        assertTrue(control.guestOpen());
        say(0, 6, 0);
        assertFalse(control.guestOpen());
    }

    private final class Queue implements Virtqueue {
        private final Deque<byte[]> offered = new ArrayDeque<>();
        private final List<String> heard = new ArrayList<>();

        @Override
        public int index() {
            return 0;
        }

        @Override
        public int size() {
            return 4;
        }

        @Override
        public boolean enabled() {
            return true;
        }

        @Override
        public boolean next(DescriptorChain chain) {
            byte[] bytes = offered.poll();
            if (bytes == null) {
                return false;
            }
            chain.clear();
            (this == toDriver ? chain.writable() : chain.readable()).add(MemorySegment.ofArray(bytes), 0, bytes.length, 0);
            chain.fill(0, 1);
            return true;
        }

        @Override
        public void complete(DescriptorChain chain, long writtenBytes) {
            if (writtenBytes > 0) {
                chain.writable().rewind();
                byte[] message = new byte[(int) writtenBytes];
                chain.writable().read(MemorySegment.ofArray(message), 0, writtenBytes);
                heard.add(message[4] + (message.length > 8
                        ? " " + new String(message, 8, message.length - 8, StandardCharsets.UTF_8)
                        : ""));
            }
            chain.clear();
        }
    }
}
