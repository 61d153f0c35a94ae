package testudo.platform.linux;

/// A bounded queue of slot numbers between threads. Never full: it is as long as there are slots. Does not allocate.
final class SlotQueue {
    private final int[] items;
    private int head;
    private int count;
    private int waiting;
    private boolean ended;

    SlotQueue(int capacity) {
        items = new int[capacity];
    }

    synchronized void put(int slot) {
        items[(head + count++) % items.length] = slot;
        notify();
    }

    /// Takes a number without waiting.
    /// @return a number, or -1 when there is none
    synchronized int poll() {
        if (count == 0) {
            return -1;
        }
        int slot = items[head];
        head = (head + 1) % items.length;
        count--;
        return slot;
    }

    /// Waits for a number.
    /// @return a number, or -1 after the end
    synchronized int take() {
        while (count == 0 && !ended) {
            waiting++;
            try {
                wait();
            } catch (InterruptedException interruption) {
                ended = true; // nobody interrupts this thread but to end it
            } finally {
                waiting--;
            }
        }
        return poll();
    }

    /// Whether there are more numbers than threads that wait for one.
    synchronized boolean isBusy() {
        return count > waiting;
    }

    synchronized void end() {
        ended = true;
        notifyAll();
    }
}
