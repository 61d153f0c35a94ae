package testudo.plugin.virtio.balloon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import testudo.spi.command.Json;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.TestContext;

/// The balloon with a driver on real rings, and a user who gives commands.
class BalloonDeviceTest {
    private static final int PAGE_BYTES = 4096;
    private static final byte USED = 0x5A;
    private static final int ACTUAL = 4;
    private static final long MEBIBYTE = 1 << 20;

    private DeviceBench bench;
    private BalloonDevice balloon;

    @BeforeEach
    void start() {
        TestContext context = new TestContext();
        bench = new DeviceBench(context, at -> new BalloonDevice(true, 0, at.facts().memoryBytes(), at)).start();
        balloon = (BalloonDevice) bench.device();
    }

    @AfterEach
    void close() {
        bench.close();
    }

    /// Pages of RAM, used by the guest.
    private int pages(int count) {
        long at = bench.ram().allocate((long) count * PAGE_BYTES, PAGE_BYTES);
        bench.ram().bytes().asSlice(at - bench.ram().gpa(), (long) count * PAGE_BYTES).fill(USED);
        return (int) (at >> PageRuns.PAGE_SHIFT);
    }

    private boolean isFree(int page) {
        long at = ((long) page << PageRuns.PAGE_SHIFT) - bench.ram().gpa();
        byte first = bench.ram().bytes().get(ValueLayout.JAVA_BYTE, at);
        assertEquals(first, bench.ram().bytes().get(ValueLayout.JAVA_BYTE, at + PAGE_BYTES - 1), "half a page");
        return first == 0;
    }

    private void send(int queue, int... pageNumbers) {
        long at = bench.ram().allocate((long) pageNumbers.length * Integer.BYTES, 4);
        for (int i = 0; i < pageNumbers.length; i++) {
            bench.ram().bytes().set(ValueLayout.JAVA_INT, at - bench.ram().gpa() + 4L * i, pageNumbers[i]);
        }
        FakeDriver driver = bench.driver(queue);
        driver.begin();
        driver.readable(at, pageNumbers.length * Integer.BYTES);
        int id = driver.offer();
        bench.kick(queue);
        bench.run();
        assertEquals(id, driver.poll());
        assertEquals(0, driver.usedBytes());
    }

    private void offerStats(long... tagsAndValues) {
        long at = bench.ram().allocate(tagsAndValues.length * 5L, 2);
        for (int i = 0; i < tagsAndValues.length; i += 2) {
            long entry = at - bench.ram().gpa() + 5L * i;
            bench.ram().bytes().set(ValueLayout.JAVA_SHORT_UNALIGNED, entry, (short) tagsAndValues[i]);
            bench.ram().bytes().set(ValueLayout.JAVA_LONG_UNALIGNED, entry + 2, tagsAndValues[i + 1]);
        }
        FakeDriver driver = bench.driver(BalloonDevice.STATS);
        driver.begin();
        driver.readable(at, tagsAndValues.length * 5);
        assertTrue(driver.offer() >= 0);
        bench.kick(BalloonDevice.STATS);
        bench.run();
    }

    private boolean statsBufferIsBack() {
        return bench.driver(BalloonDevice.STATS).poll() >= 0;
    }

    private CompletableFuture<Object> command(Object request) {
        Object body = ((Map<?, ?>) request).get(BalloonCommand.TAG);
        assertTrue(balloon.accepts(BalloonCommand.TAG, body));
        CompletableFuture<Object> response = balloon.execute(BalloonCommand.TAG, body).toCompletableFuture();
        bench.run();
        return response;
    }

    private CompletableFuture<Object> adjust(long bytes, boolean awaited) {
        return command(BalloonCommand.adjustRequest(bytes, awaited));
    }

    private long targetPages() {
        return balloon.readConfig(0, 4);
    }

    private void driverHas(long pages) {
        balloon.writeConfig(ACTUAL, 4, pages);
    }

    private static boolean isError(CompletableFuture<Object> response) {
        return response.isDone() && response.join() instanceof Map<?, ?> fields && fields.containsKey("ErrString");
    }

    @Test
    void inflatedPagesGoBackAndOthersStay() {
        int first = pages(5);
        send(BalloonDevice.INFLATE, first, first + 1, first + 3);
        assertTrue(isFree(first) && isFree(first + 1) && isFree(first + 3));
        assertFalse(isFree(first + 2) || isFree(first + 4));
    }

    @Test
    void deflatingTouchesNothing() {
        int page = pages(1);
        send(BalloonDevice.DEFLATE, page);
        assertFalse(isFree(page));
    }

    @Test
    void pagesOutsideRamAreIgnored() {
        int page = pages(1);
        int behind = (int) (bench.ram().end() >> PageRuns.PAGE_SHIFT);
        send(BalloonDevice.INFLATE, 0, -1, behind, Integer.MIN_VALUE, page, Integer.MAX_VALUE);
        assertTrue(isFree(page));
        assertFalse(bench.needsReset());
        assertEquals(List.of(), bench.context().events());
    }

    @Test
    void hugeListIsReadUpToTheLimit() {
        int early = pages(1);
        int late = pages(1);
        int[] list = new int[PageRuns.MAX_PAGES + 4000];
        java.util.Arrays.fill(list, early);
        java.util.Arrays.fill(list, PageRuns.MAX_PAGES, list.length, late);
        send(BalloonDevice.INFLATE, list);
        assertTrue(isFree(early));
        assertFalse(isFree(late));
    }

    @Test
    void raggedEndOfAListIsIgnored() {
        int page = pages(2);
        long at = bench.ram().allocate(8, 4);
        bench.ram().bytes().set(ValueLayout.JAVA_INT, at - bench.ram().gpa(), page);
        bench.ram().bytes().set(ValueLayout.JAVA_INT, at - bench.ram().gpa() + 4, page + 1);
        FakeDriver driver = bench.driver(BalloonDevice.INFLATE);
        driver.begin();
        driver.readable(at, 7);
        driver.offer();
        bench.kick(BalloonDevice.INFLATE);
        assertTrue(driver.poll() >= 0);
        assertTrue(isFree(page));
        assertFalse(isFree(page + 1));
    }

    @Test
    void reportedPagesGoBack() {
        int first = pages(4);
        FakeDriver driver = bench.driver(BalloonDevice.REPORTING);
        driver.begin();
        driver.writable((long) first << PageRuns.PAGE_SHIFT, 2 * PAGE_BYTES);
        // Half of it: whole pages only.
        driver.writable((long) first + 2 << PageRuns.PAGE_SHIFT, PAGE_BYTES / 2);
        driver.offer();
        bench.kick(BalloonDevice.REPORTING);
        bench.run();
        assertTrue(driver.poll() >= 0);
        assertTrue(isFree(first) && isFree(first + 1));
        assertFalse(isFree(first + 2) || isFree(first + 3));
    }

    @Test
    void newSizeIsShownToTheDriverWithAnInterrupt() {
        int before = bench.configInterrupts();
        assertEquals("Ok", adjust(3 * MEBIBYTE, false).join());
        assertEquals(3 * MEBIBYTE / PAGE_BYTES, targetPages());
        assertEquals(before + 1, bench.configInterrupts());
        adjust(Long.MAX_VALUE, false);
        assertEquals(bench.context().facts().memoryBytes() / PAGE_BYTES, targetPages(), "no more than there is");
    }

    @Test
    void waitEndsWhenTheGuestHasGivenAll() {
        CompletableFuture<Object> response = adjust(2 * MEBIBYTE, true);
        driverHas(2 * MEBIBYTE / PAGE_BYTES - 1);
        assertFalse(response.isDone());
        driverHas(2 * MEBIBYTE / PAGE_BYTES);
        assertEquals("Ok", response.join());
        assertEquals("Ok", adjust(2 * MEBIBYTE, true).join(), "there already");
    }

    @Test
    void waitEndsWhenItCannotBeMet() {
        CompletableFuture<Object> first = adjust(MEBIBYTE, true);
        CompletableFuture<Object> second = adjust(2 * MEBIBYTE, true);
        assertTrue(isError(first), "another size was asked for");
        assertFalse(second.isDone());
        bench.reset();
        assertTrue(isError(second), "the driver is gone");
    }

    @Test
    void onlyAWholeWriteOfTheActualSizeCounts() {
        CompletableFuture<Object> response = adjust(PAGE_BYTES, true);
        balloon.writeConfig(ACTUAL, 1, 1);
        balloon.writeConfig(0, 4, 99);
        balloon.writeConfig(0, 8, 1L << 32);
        assertEquals(1, targetPages());
        assertFalse(response.isDone());
    }

    @Test
    void statisticsComeFromTheDriversNextReport() {
        offerStats(4, 111);
        CompletableFuture<Object> response = command(BalloonCommand.statsRequest());
        assertTrue(statsBufferIsBack());
        assertFalse(response.isDone());
        driverHas(2);
        offerStats(4, 222, 9999, 1, 0xFFFF, 5);
        Map<?, ?> body = (Map<?, ?>) ((Map<?, ?>) response.join()).get("BalloonStats");
        Map<?, ?> stats = (Map<?, ?>) body.get("stats");
        assertEquals(222L, stats.get("free_memory"));
        assertEquals(5L, stats.get("unevictable_memory"));
        assertEquals(Json.NULL, stats.get("swap_in"));
        assertEquals(12, stats.size(), "unknown tags are left out");
        assertEquals(2L * PAGE_BYTES, body.get("balloon_actual"));
    }

    @Test
    void statisticsOfASilentDriverFailInTime() {
        CompletableFuture<Object> response = command(BalloonCommand.statsRequest());
        bench.context().host().advance(WaitingCommands.STATISTICS_NANOS - 1);
        bench.run();
        assertFalse(response.isDone());
        bench.context().host().advance(1);
        bench.run();
        assertTrue(isError(response));
    }

    @Test
    void moreStatisticsBuffersThanOneAreGivenBack() {
        offerStats(4, 1);
        assertFalse(statsBufferIsBack());
        offerStats(4, 2);
        assertTrue(statsBufferIsBack());
        assertFalse(statsBufferIsBack());
    }

    @Test
    void quiescingGivesTheStatisticsBufferBackAndActivatingStartsAnew() {
        offerStats(4, 1);
        bench.quiesce();
        assertTrue(statsBufferIsBack());
        bench.start();
        offerStats(4, 1);
        assertFalse(statsBufferIsBack());
        CompletableFuture<Object> response = command(BalloonCommand.statsRequest());
        assertTrue(statsBufferIsBack());
        offerStats(4, 7);
        assertTrue(response.isDone());
        int page = pages(1);
        send(BalloonDevice.INFLATE, page);
        assertTrue(isFree(page));
    }

    @Test
    void targetOutlivesAResetAndTheActualSizeDoesNot() {
        adjust(MEBIBYTE, false);
        driverHas(5);
        bench.reset();
        assertEquals(MEBIBYTE / PAGE_BYTES, targetPages());
        assertEquals(0, balloon.readConfig(ACTUAL, 4));
        bench.start();
        CompletableFuture<Object> response = adjust(MEBIBYTE, true);
        driverHas(MEBIBYTE / PAGE_BYTES);
        assertEquals("Ok", response.join());
    }

    @Test
    void onlySomeCommandsCanWait() {
        for (int i = 0; i < WaitingCommands.MAX_WAITING; i++) {
            assertFalse(command(BalloonCommand.statsRequest()).isDone());
        }
        assertEquals(Map.of("Err", 16L), command(BalloonCommand.statsRequest()).join());
    }

    @Test
    void brokenCommandsAreInvalid() {
        for (Object body : List.of("Other", Map.of("Adjust", Map.of("num_bytes", "1")))) {
            assertEquals(Map.of("Err", 22L), balloon.execute(BalloonCommand.TAG, body).toCompletableFuture().join());
        }
    }

    @Test
    void sizesMoveWithTheState() {
        adjust(3 * MEBIBYTE, false);
        balloon.writeConfig(4, 4, 5);
        bench.quiesce();
        byte[] state = balloon.saveState();
        bench.close();

        start();
        balloon.restoreState(state);
        bench.start();
        assertEquals(3 * MEBIBYTE >> PageRuns.PAGE_SHIFT, balloon.readConfig(0, 4));
        assertEquals(5, balloon.readConfig(4, 4));
    }
}
