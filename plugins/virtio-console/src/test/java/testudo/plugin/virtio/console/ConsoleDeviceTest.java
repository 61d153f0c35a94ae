package testudo.plugin.virtio.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.TestContext;

/// Consoles and named ports with a driver on real rings.
class ConsoleDeviceTest {
    private static final int DEVICE_READY = 0;
    private static final int PORT_READY = 3;
    private static final int PORT_OPEN = 6;

    private final MemoryPort port = new MemoryPort();
    /// Where the buffers are that the driver has offered, by queue and chain.
    private final Map<Integer, Long> places = new HashMap<>();
    private DeviceBench bench;

    @AfterEach
    void close() {
        bench.close();
        assertEquals(1, port.closes);
    }

    private void start(Optional<String> name) {
        bench = new DeviceBench(new TestContext(), context -> new ConsoleDevice(Ports.options(name), port, context.loop()));
        bench.start();
    }

    /// With a driver that knows nothing of control queues.
    private void startSinglePort() {
        bench = new DeviceBench(new TestContext(), context -> new ConsoleDevice(Ports.options(Optional.empty()), port, context.loop()));
        startAgain();
    }

    private void startAgain() {
        bench.start(bench.device().traits().features() & ~ConsoleDevice.MULTIPORT, Integer.MAX_VALUE);
    }

    private long text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        long at = bench.ram().allocate(bytes.length, 1);
        MemorySegment.copy(bytes, 0, bench.ram().bytes(), ValueLayout.JAVA_BYTE, at - bench.ram().gpa(), bytes.length);
        return at;
    }

    private String textAt(long address, long lengthBytes) {
        byte[] bytes = bench.ram().bytes().asSlice(address - bench.ram().gpa(), lengthBytes).toArray(ValueLayout.JAVA_BYTE);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private void print(String text) {
        FakeDriver driver = bench.driver(ConsoleDevice.TRANSMIT);
        driver.begin();
        driver.readable(text(text), text.length());
        driver.offer();
        bench.kick(ConsoleDevice.TRANSMIT);
        bench.run();
        assertTrue(driver.poll() >= 0);
    }

    private void offer(int queue, int buffers, int sizeBytes) {
        FakeDriver driver = bench.driver(queue);
        for (int i = 0; i < buffers; i++) {
            long at = bench.ram().allocate(sizeBytes, 8);
            driver.begin();
            driver.writable(at, sizeBytes);
            places.put(queue << 16 | driver.offer(), at);
        }
        if (driver.kickDue()) {
            bench.kick(queue);
        }
        bench.run();
    }

    /// Where the next used buffer is.
    private OptionalLong used(int queue) {
        int id = bench.driver(queue).poll();
        return id < 0 ? OptionalLong.empty() : OptionalLong.of(places.get(queue << 16 | id));
    }

    /// Offers buffers for input and takes what has come, also into those of before.
    private String input(int buffers, int sizeBytes) {
        offer(ConsoleDevice.RECEIVE, buffers, sizeBytes);
        StringBuilder input = new StringBuilder();
        for (OptionalLong at = used(ConsoleDevice.RECEIVE); at.isPresent(); at = used(ConsoleDevice.RECEIVE)) {
            input.append(textAt(at.getAsLong(), bench.driver(ConsoleDevice.RECEIVE).usedBytes()));
        }
        return input.toString();
    }

    private void tell(int portId, int event, int value, int lengthBytes) {
        long at = bench.ram().allocate(8, 8) - bench.ram().gpa();
        bench.ram().bytes().set(ValueLayout.JAVA_INT, at, portId);
        bench.ram().bytes().set(ValueLayout.JAVA_SHORT, at + 4, (short) event);
        bench.ram().bytes().set(ValueLayout.JAVA_SHORT, at + 6, (short) value);
        FakeDriver driver = bench.driver(ConsoleDevice.CONTROL_TRANSMIT);
        driver.begin();
        driver.readable(at + bench.ram().gpa(), lengthBytes);
        driver.offer();
        bench.kick(ConsoleDevice.CONTROL_TRANSMIT);
        bench.run();
        assertTrue(driver.poll() >= 0, "every message is given back");
    }

    /// Offers buffers for messages of the device and takes the events of those that have come.
    private List<Integer> hear(int buffers) {
        offer(ConsoleDevice.CONTROL_RECEIVE, buffers, 64);
        List<Integer> events = new ArrayList<>();
        for (OptionalLong at = used(ConsoleDevice.CONTROL_RECEIVE); at.isPresent(); at = used(ConsoleDevice.CONTROL_RECEIVE)) {
            events.add((int) bench.ram().bytes().get(ValueLayout.JAVA_SHORT, at.getAsLong() - bench.ram().gpa() + 4));
        }
        return events;
    }

    private static String numbers(int lengthBytes) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < lengthBytes; i++) {
            text.append(i).append(' ');
        }
        return text.substring(0, lengthBytes);
    }

    @Test
    void outputReachesTheHostInOrder() {
        startSinglePort();
        print("hello ");
        FakeDriver driver = bench.driver(ConsoleDevice.TRANSMIT);
        driver.begin();
        driver.readable(text("wo"), 2);
        driver.readable(text(""), 0);
        driver.readable(text("rld"), 3);
        driver.offer();
        bench.kick(ConsoleDevice.TRANSMIT);
        assertEquals("hello world", port.output());
    }

    @Test
    void oneMebibyteOfARequestIsTaken() {
        startSinglePort();
        long room = bench.ram().allocate(3 << 20, 1);
        FakeDriver driver = bench.driver(ConsoleDevice.TRANSMIT);
        driver.begin();
        driver.readable(room, 1 << 19);
        driver.readable(room, (3 << 20) - 1);
        driver.offer();
        bench.kick(ConsoleDevice.TRANSMIT);
        assertTrue(driver.poll() >= 0);
        assertEquals(ConsoleDevice.MAX_REQUEST_BYTES, port.writtenBytes);
    }

    @Test
    void inputWaitsAtTheHostUntilTheGuestHasRoom() {
        startSinglePort();
        String typed = numbers(20_000);
        port.type(typed);
        bench.run();
        assertTrue(port.untaken() >= 20_000 - 4096, "no more than one buffer is read ahead");

        String got = input(4, 1000);
        assertEquals(typed.substring(0, 4000), got);
        assertTrue(port.untaken() >= 20_000 - 2 * 4096);

        StringBuilder all = new StringBuilder(got);
        for (int i = 0; i < 100 && all.length() < typed.length(); i++) {
            all.append(input(16, 100));
        }
        assertEquals(typed, all.toString());
    }

    /// The device takes a whole queue of buffers without seeing it empty, so it has not asked the driver to notify it.
    @Test
    void restOfTheInputNeedsNoFurtherKeystroke() {
        startSinglePort();
        String typed = numbers(300);
        port.type(typed);
        int size = bench.driver(ConsoleDevice.RECEIVE).size();
        String first = input(size, 1);
        assertEquals(typed.substring(0, size), first);
        assertEquals(typed.substring(size), input(size, 1));
    }

    @Test
    void inputThatWasReadAheadOutlivesAReset() {
        startSinglePort();
        port.type("abcdef");
        assertEquals("abc", input(1, 3));
        bench.quiesce();
        startAgain();
        assertEquals("d", input(1, 1));
        bench.reset();
        startAgain();
        assertEquals("ef", input(1, 3));
        print("still here");
        assertEquals("still here", port.output());
    }

    /// A hang-up is reported by the host again and again: the device must stop listening, with and without room at the guest.
    @Test
    void hostSideThatClosedDoesNotKeepTheLoopBusy() {
        startSinglePort();
        port.type("last words");
        port.end();
        bench.run();
        assertEquals("last words", input(4, 64));
        bench.run();
        int reads = port.reads;
        bench.run();
        assertEquals(reads, port.reads, "nobody reads behind the end");
        assertEquals("", input(4, 64));
        print("out still works");
        assertEquals("out still works", port.output());
    }

    @Test
    void namedPortIsAnnouncedAndOpenedByTheDriver() {
        start(Optional.of("agent"));
        port.type("early");
        assertEquals(List.of(), hear(1));
        tell(0, DEVICE_READY, 1, 8);
        tell(0, PORT_READY, 1, 8);
        assertEquals(List.of(1, 7, 6), hear(8));
        assertEquals("", input(2, 64), "the guest has not opened the port");
        tell(0, PORT_OPEN, 1, 8);
        assertEquals("early", input(0, 0));
        tell(0, PORT_OPEN, 0, 8);
        port.type("late");
        bench.run();
        assertEquals("", input(1, 64), "the guest has closed the port");
    }

    /// What a pipe has ready when the machine starts: Linux would drop it.
    @Test
    void inputOfAConsoleWaitsUntilTheDriverHasOpenedIt() {
        start(Optional.empty());
        port.type("early");
        assertEquals("", input(2, 64));
        tell(0, DEVICE_READY, 1, 8);
        tell(0, PORT_READY, 1, 8);
        assertEquals(List.of(1, 4, 6), hear(8), "a console, without a name");
        tell(0, PORT_OPEN, 1, 8);
        assertEquals("early", input(0, 0));
    }

    @Test
    void brokenControlMessagesChangeNothing() {
        start(Optional.of("agent"));
        for (int length = 0; length < 8; length++) {
            tell(0, PORT_OPEN, 1, length);
        }
        tell(1, PORT_READY, 1, 8);
        tell(-1, PORT_OPEN, 1, 8);
        tell(0, 0xFFFF, 1, 8);
        tell(0, DEVICE_READY, 0, 8);
        port.type("x");
        assertEquals(List.of(), hear(8));
        assertEquals("", input(1, 8));
        assertFalse(bench.needsReset());
    }

    @Test
    void floodOfControlMessagesIsAnsweredOnce() {
        start(Optional.of("agent"));
        FakeDriver driver = bench.driver(ConsoleDevice.CONTROL_TRANSMIT);
        long at = bench.ram().allocate(8, 8);
        bench.ram().bytes().set(ValueLayout.JAVA_LONG_UNALIGNED, at - bench.ram().gpa(), (1L << 16 | PORT_READY) << 32);
        for (int round = 0; round < 20; round++) {
            int offered = 0;
            driver.begin();
            driver.readable(at, 8);
            while (driver.offer() >= 0) {
                offered++;
            }
            bench.kick(ConsoleDevice.CONTROL_TRANSMIT);
            bench.run();
            while (driver.poll() >= 0) {
                offered--;
            }
            assertEquals(0, offered);
        }
        assertEquals(List.of(7, 6), hear(8));
    }

    @Test
    void configurationSaysOnePort() {
        start(Optional.of("agent"));
        assertEquals(1, bench.device().readConfig(4, 4));
        assertEquals(1L << 32, bench.device().readConfig(0, 8));
        assertEquals(0, bench.device().readConfig(8, 4));
    }

    @Test
    void inputThatTheGuestHasNotTakenMovesWithTheState() {
        start(Optional.of("agent"));
        tell(0, 3, 1, 8); // PORT_READY
        tell(0, 6, 1, 8); // PORT_OPEN
        port.type("0123456789");
        assertEquals("0123", input(1, 4));
        bench.quiesce();
        byte[] state = ((ConsoleDevice) bench.device()).saveState();
        bench.close();

        MemoryPort other = new MemoryPort();
        bench = new DeviceBench(new TestContext(), context -> new ConsoleDevice(Ports.options(Optional.of("agent")), other, context
                .loop()));
        ((ConsoleDevice) bench.device()).restoreState(state);
        bench.start();
        assertEquals("456789", input(3, 4), "the port is open still");
        assertEquals(List.of(7, 6), hear(5), "what was to be said is said");
    }
}
