package testudo.testing.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;

/// Waits for sources in memory. Waiting and the answers do not allocate once the arrays have grown.
final class MemoryPoller implements Poller {
    private final List<MemorySource> sources = new ArrayList<>();
    private int[] tokens = new int[16];
    private int[] interests = new int[16];
    private int[] readyTokens = new int[16];
    private int[] readyMasks = new int[16];

    @Override
    public synchronized void add(Pollable source, int token, int interest) {
        MemorySource added = source(source);
        if (sources.size() == tokens.length) {
            tokens = java.util.Arrays.copyOf(tokens, 2 * tokens.length);
            interests = java.util.Arrays.copyOf(interests, tokens.length);
            readyTokens = new int[tokens.length];
            readyMasks = new int[tokens.length];
        }
        tokens[sources.size()] = token;
        interests[sources.size()] = interest;
        sources.add(added);
        added.watchedBy(this);
        notifyAll();
    }

    @Override
    public synchronized void change(Pollable source, int token, int interest) {
        int at = sources.indexOf(source(source));
        tokens[at] = token;
        interests[at] = interest;
        notifyAll();
    }

    @Override
    public synchronized void remove(Pollable source) {
        int at = sources.indexOf(source(source));
        if (at < 0) {
            return;
        }
        sources.remove(at).watchedBy(null);
        System.arraycopy(tokens, at + 1, tokens, at, sources.size() - at);
        System.arraycopy(interests, at + 1, interests, at, sources.size() - at);
    }

    private static MemorySource source(Pollable source) {
        if (source instanceof MemorySource memory) {
            return memory;
        }
        throw new IllegalArgumentException("not a source of the host in memory: " + source);
    }

    @Override
    public synchronized int await(long timeoutNanos) {
        long deadline = System.nanoTime() + timeoutNanos;
        try {
            while (true) {
                int ready = look();
                long left = timeoutNanos < 0 ? Long.MAX_VALUE : deadline - System.nanoTime();
                if (ready != 0 || timeoutNanos == 0 || left <= 0) {
                    return ready;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }

    private int look() {
        int count = 0;
        for (int i = 0; i < sources.size(); i++) {
            int mask = sources.get(i).ready() & (interests[i] | HANG_UP);
            if (mask != 0) {
                readyTokens[count] = tokens[i];
                readyMasks[count] = mask;
                count++;
            }
        }
        return count;
    }

    @Override
    public synchronized int token(int index) {
        return readyTokens[index];
    }

    @Override
    public synchronized int ready(int index) {
        return readyMasks[index];
    }

    @Override
    public synchronized void close() {
        sources.forEach(source -> source.watchedBy(null));
        sources.clear();
    }
}
