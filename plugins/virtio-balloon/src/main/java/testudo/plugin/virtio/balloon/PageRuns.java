package testudo.plugin.virtio.balloon;

import testudo.spi.memory.BufferList;
import testudo.spi.memory.DeviceMemory;

/// Gives pages back to the host, neighbours together: a call of the host for each run, not for each page.
final class PageRuns {
    /// The most page numbers that one request is read for.
    static final int MAX_PAGES = 16384;
    static final int PAGE_SHIFT = 12;
    private final long hostPageBytes;
    /// First page of the run and the page behind it; equal when there is none.
    private long first;
    private long end;

    PageRuns(int hostPageBytes) {
        this.hostPageBytes = hostPageBytes;
    }

    /// Gives back the pages that an inflate request names (VIRTIO 1.3, 5.5.6 "Device Operation"), 32-bit numbers of 4 KiB pages.
    void discard(BufferList numbers, DeviceMemory memory) {
        first = 0;
        end = 0;
        for (int i = 0; i < MAX_PAGES && numbers.remainingBytes() >= Integer.BYTES; i++) {
            add(Integer.toUnsignedLong(numbers.readInt()), memory);
        }
        flush(memory);
    }

    private void add(long page, DeviceMemory memory) {
        if (first == end) {
            first = page;
            end = page + 1;
        } else if (page == end) {
            end++;
        } else if (page == first - 1) {
            first--;
        } else {
            flush(memory);
            first = page;
            end = page + 1;
        }
    }

    private void flush(DeviceMemory memory) {
        discardRange(first << PAGE_SHIFT, (end - first) << PAGE_SHIFT, memory);
        first = end;
    }

    /// Gives back the host pages that lie inside a range of guest memory.
    void discardRange(long address, long lengthBytes, DeviceMemory memory) {
        if (address < 0 || address > Long.MAX_VALUE - lengthBytes - hostPageBytes) {
            return;
        }
        long from = (address + hostPageBytes - 1) & -hostPageBytes;
        long to = (address + lengthBytes) & -hostPageBytes;
        if (from < to) {
            memory.discard(from, to - from);
        }
    }
}
