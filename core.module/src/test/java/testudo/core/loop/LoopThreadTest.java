package testudo.core.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.device.EventLoop.Watch;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Poller;
import testudo.testing.driver.ProcessorTime;

/// The event loop on a real poller.
@Timeout(60)
class LoopThreadTest {
    private static final HostPlatform HOST = ServiceLoader.load(HostPlatform.class).findFirst().orElseThrow();

    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private final List<HostEvent> events = new ArrayList<>();
    private final LoopThread loop = new LoopThread("tested", HOST, failures::add);

    @AfterEach
    void close() {
        loop.close();
        events.forEach(HostEvent::close);
        assertEquals(List.of(), List.copyOf(failures));
    }

    private HostEvent event() {
        HostEvent event = HOST.events().newEvent();
        events.add(event);
        return event;
    }

    /// Waits until everything that is ready now has been handled: the loop finds it no later than the first signal, and has gone
    /// through it when it finds the second.
    private void settle() throws Exception {
        HostEvent marker = HOST.events().newEvent();
        Semaphore seen = new Semaphore(0);
        Watch watch = loop.watch(marker, Poller.READABLE, ready -> {
            marker.consume();
            seen.release();
        });
        for (int i = 0; i < 2; i++) {
            marker.signal();
            assertTrue(seen.tryAcquire(10, TimeUnit.SECONDS));
        }
        watch.cancel();
        marker.close();
    }

    @Test
    void turnsComeAfterWhatIsReadyAndOnceForEachRound() throws Exception {
        HostEvent source = event();
        List<String> seen = new ArrayList<>();
        CompletableFuture<Void> done = new CompletableFuture<>();
        EventLoop.Turn[] turn = new EventLoop.Turn[1];
        turn[0] = loop.turn(() -> {
            seen.add("turn");
            if (seen.size() < 4) {
                turn[0].again();
                source.signal();
            } else {
                done.complete(null);
            }
        });
        loop.watch(source, Poller.READABLE, ready -> {
            source.consume();
            seen.add("source");
            turn[0].again();
            turn[0].again();
        });
        source.signal();
        loop.start();
        done.get(10, TimeUnit.SECONDS);
        settle();
        assertEquals(List.of("source", "turn", "source", "turn"), seen);
    }

    @Test
    void aTurnMayBeAskedForFromOutsideAndMayFail() throws Exception {
        loop.start();
        IllegalStateException fault = new IllegalStateException("a turn's");
        EventLoop.Turn turn = loop.turn(() -> {
            throw fault;
        });
        turn.again();
        assertSame(fault, failures.poll(10, TimeUnit.SECONDS));
        turn.again();
        assertSame(fault, failures.poll(10, TimeUnit.SECONDS));
    }

    @Test
    void handlersAndTasksRunOnTheLoop() throws Exception {
        HostEvent event = event();
        CompletableFuture<Boolean> inHandler = new CompletableFuture<>();
        CompletableFuture<Boolean> inTask = new CompletableFuture<>();
        loop.watch(event, Poller.READABLE, ready -> {
            event.consume();
            inHandler.complete(loop.isCurrent() && ready == Poller.READABLE);
        });
        loop.start();
        event.signal();
        loop.execute(() -> inTask.complete(loop.isCurrent()));
        assertTrue(inHandler.get(10, TimeUnit.SECONDS));
        assertTrue(inTask.get(10, TimeUnit.SECONDS));
        assertFalse(loop.isCurrent());
    }

    @Test
    void aHandlerThatCancelsItselfIsNotCalledAgain() throws Exception {
        HostEvent event = event();
        AtomicInteger calls = new AtomicInteger();
        Watch[] watch = new Watch[1];
        watch[0] = loop.watch(event, Poller.READABLE, ready -> {
            calls.incrementAndGet(); // the event stays signalled
            watch[0].cancel();
            watch[0].cancel();
        });
        event.signal();
        loop.start();
        settle();
        assertEquals(1, calls.get());
    }

    @Test
    void aHandlerCancelsAnotherThatIsReadyToo() throws Exception {
        HostEvent[] both = {event(), event()};
        Watch[] watches = new Watch[2];
        AtomicInteger calls = new AtomicInteger();
        for (int i = 0; i < 2; i++) {
            int self = i;
            watches[i] = loop.watch(both[i], Poller.READABLE, ready -> {
                both[self].consume();
                calls.incrementAndGet();
                watches[1 - self].cancel();
            });
            both[i].signal();
        }
        loop.start();
        settle();
        assertEquals(1, calls.get());
    }

    @Test
    void aNewSourceNeverGetsTheEventsOfACancelledOne() throws Exception {
        HostEvent[] both = {event(), event()};
        HostEvent quiet = event();
        Watch[] watches = new Watch[2];
        AtomicInteger wrong = new AtomicInteger();
        for (int i = 0; i < 2; i++) {
            int self = i;
            watches[i] = loop.watch(both[i], Poller.READABLE, ready -> {
                both[self].consume();
                watches[1 - self].cancel();
                loop.watch(quiet, Poller.READABLE, also -> wrong.incrementAndGet());
            });
            both[i].signal();
        }
        loop.start();
        settle();
        assertEquals(0, wrong.get());
    }

    @Test
    void tokensAreUsedAgain() throws Exception {
        loop.start();
        HostEvent event = event();
        for (int i = 0; i < 1000; i++) {
            AtomicInteger calls = new AtomicInteger();
            Watch watch = loop.watch(event, Poller.READABLE, ready -> {
                event.consume();
                calls.incrementAndGet();
            });
            event.signal();
            settle();
            assertEquals(1, calls.get());
            watch.cancel();
        }
    }

    @Test
    void aPausedSourceIsHeardAgain() throws Exception {
        HostEvent event = event();
        AtomicInteger calls = new AtomicInteger();
        Watch watch = loop.watch(event, 0, ready -> {
            event.consume();
            calls.incrementAndGet();
        });
        loop.start();
        event.signal();
        settle();
        assertEquals(0, calls.get());
        watch.interest(Poller.READABLE);
        settle();
        assertEquals(1, calls.get());
        watch.cancel();
        watch.interest(Poller.READABLE); // too late, and harmless
        event.signal();
        settle();
        assertEquals(1, calls.get());
    }

    @Test
    void aSourceThatCannotBeWatchedLeavesNothingBehind() throws Exception {
        HostEvent closed = HOST.events().newEvent();
        closed.close();
        for (int i = 0; i < 100; i++) {
            assertThrows(VmmException.Host.class, () -> loop.watch(closed, Poller.READABLE, ready -> {}));
        }
        tokensAreUsedAgain();
    }

    @Test
    void tasksOfOneThreadRunInOrder() throws Exception {
        int threads = 4;
        int each = 2000;
        int[] last = new int[threads]; // on the loop only
        AtomicInteger disorder = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(threads * each);
        loop.start();
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int sender = i;
            senders.add(Thread.ofPlatform().start(() -> {
                for (int n = 1; n <= each; n++) {
                    int number = n;
                    loop.execute(() -> {
                        if (++last[sender] != number) {
                            disorder.incrementAndGet();
                        }
                        done.countDown();
                    });
                }
            }));
        }
        assertTrue(done.await(30, TimeUnit.SECONDS));
        for (Thread sender : senders) {
            sender.join();
        }
        assertEquals(0, disorder.get());
    }

    @Test
    void whatAHandlerThrowsIsReportedAndTheLoopGoesOn() throws Exception {
        HostEvent event = event();
        loop.watch(event, Poller.READABLE, ready -> {
            event.consume();
            throw new AssertionError("handler");
        });
        loop.start();
        event.signal();
        assertEquals("handler", failures.poll(10, TimeUnit.SECONDS).getMessage());
        loop.execute(() -> {
            throw new IllegalStateException("task");
        });
        assertInstanceOf(IllegalStateException.class, failures.poll(10, TimeUnit.SECONDS));
        event.signal();
        assertEquals("handler", failures.poll(10, TimeUnit.SECONDS).getMessage());
    }

    @Test
    void aFailureHandlerMayFail() throws Exception {
        CompletableFuture<Throwable> told = new CompletableFuture<>();
        try (LoopThread fragile = new LoopThread("fragile", HOST, failure -> {
            told.complete(failure);
            throw new IllegalStateException("the handler of failures");
        })) {
            RuntimeException thrown = new RuntimeException("first");
            CompletableFuture<Void> later = new CompletableFuture<>();
            fragile.execute(() -> {
                throw thrown;
            });
            fragile.execute(() -> later.complete(null));
            fragile.start();
            assertSame(thrown, told.get(10, TimeUnit.SECONDS));
            later.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void aTaskThatQueuesItselfLetsOthersHaveTheirTurn() throws Exception {
        HostEvent event = event();
        AtomicBoolean enough = new AtomicBoolean();
        CountDownLatch spinning = new CountDownLatch(100);
        Runnable[] again = new Runnable[1];
        again[0] = () -> {
            spinning.countDown();
            if (!enough.get()) {
                loop.execute(again[0]);
            }
        };
        CompletableFuture<Void> heard = new CompletableFuture<>();
        loop.watch(event, Poller.READABLE, ready -> {
            event.consume();
            heard.complete(null);
        });
        loop.execute(again[0]);
        loop.start();
        try {
            assertTrue(spinning.await(10, TimeUnit.SECONDS));
            event.signal();
            heard.get(10, TimeUnit.SECONDS);
        } finally {
            enough.set(true);
        }
    }

    @Test
    void closingRunsWhatIsQueued() {
        AtomicInteger ran = new AtomicInteger();
        loop.start();
        for (int i = 0; i < 1000; i++) {
            loop.execute(ran::incrementAndGet);
        }
        loop.close();
        assertEquals(1000, ran.get());
        loop.close();
    }

    @Test
    void aLoopThatNeverStartedCanBeClosed() {
        AtomicInteger ran = new AtomicInteger();
        loop.execute(ran::incrementAndGet);
        loop.close();
        assertEquals(1, ran.get());
    }

    @Test
    void anInterruptedCloserStillWaits() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger ran = new AtomicInteger();
        loop.start();
        loop.execute(() -> {
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            ran.incrementAndGet();
        });
        Thread.currentThread().interrupt();
        Thread.ofPlatform().start(go::countDown);
        loop.close();
        assertTrue(Thread.interrupted());
        assertEquals(1, ran.get());
    }

    /// What a loop that never ran leaves to its closer does not see the closer's interrupt.
    @Test
    void anInterruptIsTheClosersOwn() {
        AtomicBoolean seen = new AtomicBoolean();
        loop.execute(() -> seen.set(Thread.currentThread().isInterrupted()));
        Thread.currentThread().interrupt();
        loop.close();
        assertTrue(Thread.interrupted());
        assertFalse(seen.get());
    }

    @Test
    void anIdleLoopUsesNoProcessorTime() throws Exception {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        HostEvent paused = event();
        loop.watch(event(), Poller.READABLE, ready -> {});
        loop.watch(paused, 0, ready -> {});
        paused.signal(); // nobody is told while it is paused
        loop.start();
        loop.execute(() -> thread.complete(Thread.currentThread()));
        Thread idler = thread.get(10, TimeUnit.SECONDS);
        settle();
        long before = ProcessorTime.nanos(idler);
        long start = ProcessorTime.nanos(Thread.currentThread());
        while (ProcessorTime.nanos(Thread.currentThread()) - start < TimeUnit.MILLISECONDS.toNanos(300)) {
            Thread.onSpinWait(); // the busy control: as long as this thread has had 300 ms of processor
        }
        long idle = ProcessorTime.nanos(idler) - before;
        assertTrue(idle < TimeUnit.MILLISECONDS.toNanos(300) / 50, () -> "an idle loop used " + idle + " ns");
    }

    @Test
    void aGuardSeesEveryHandlerAndHidesCancelledOnes() throws Exception {
        ReentrantLock lock = new ReentrantLock();
        EventLoop guarded = new GuardedLoop(loop, (handler, ready) -> {
            lock.lock();
            try {
                handler.ready(ready);
            } finally {
                lock.unlock();
            }
        });
        HostEvent event = event();
        AtomicInteger calls = new AtomicInteger();
        Watch watch = guarded.watch(event, Poller.READABLE, ready -> {
            event.consume();
            assertTrue(lock.isHeldByCurrentThread());
            calls.incrementAndGet();
        });
        loop.start();
        event.signal();
        settle();
        assertEquals(1, calls.get());
        lock.lock();
        try {
            event.signal();
            while (!lock.hasQueuedThreads()) { // the loop is about to call the handler
                Thread.onSpinWait();
            }
            watch.cancel();
        } finally {
            lock.unlock();
        }
        settle();
        assertEquals(1, calls.get());
    }

    @Test
    void settlesWhenNothingIsLeft() {
        loop.start();
        List<Integer> done = new ArrayList<>();
        HostEvent second = event();
        loop.watch(second, Poller.READABLE, ready -> {
            second.consume();
            loop.execute(() -> done.add(3));
            done.add(2);
        });
        loop.execute(() -> {
            done.add(1);
            second.signal();
        });
        assertTrue(loop.settle());
        assertEquals(List.of(1, 2, 3), done);
        assertFalse(loop.settle());
    }

    @Test
    void turnsAreWaitedFor() {
        loop.start();
        AtomicInteger left = new AtomicInteger(5);
        EventLoop.Turn[] turn = new EventLoop.Turn[1];
        turn[0] = loop.turn(() -> {
            if (left.decrementAndGet() > 0) {
                turn[0].again();
            }
        });
        turn[0].again();
        assertTrue(loop.settle());
        assertEquals(0, left.get());
    }

    @Test
    void aSourceThatNeverRunsDryIsNotWaitedForForEver() {
        loop.start();
        loop.watch(event(), Poller.READABLE, ready -> {});
        events.getLast().signal(); // and nobody consumes it
        assertTrue(loop.settle());
    }

    @Test
    void aLoopThatDoesNotRunIsSettled() {
        assertFalse(loop.settle());
        loop.start();
        loop.close();
        assertFalse(loop.settle());
    }
}
