package testudo.core.bus;

import java.util.Arrays;

/// Ranges of addresses or ports and who answers there.
///
/// Look-ups are a binary search in an immutable table: no lock, no allocation. Changes swap the table.
public final class Bus {
    private static final Table EMPTY = new Table(new long[0], new long[0], new BusDevice[0], new String[0]);

    private final String what;
    private volatile Table table = EMPTY;

    /// Makes an empty bus.
    /// @param what for error messages: `port`, `address`
    public Bus(String what) {
        this.what = what;
    }

    /// Adds a range.
    /// @param start the first address
    /// @param sizeBytes how many, positive
    /// @param owner who, for error messages
    /// @param device answers
    /// @throws IllegalArgumentException when it overlaps another; the text names both
    public synchronized void add(long start, long sizeBytes, String owner, BusDevice device) {
        Table old = table;
        if (sizeBytes <= 0 || start < 0 || start > Long.MAX_VALUE - sizeBytes) {
            throw new IllegalArgumentException("%s: no such range: %s 0x%x+0x%x".formatted(owner, what, start, sizeBytes));
        }
        int at = old.firstAfter(start);
        if (at > 0 && old.ends[at - 1] > start) {
            throw overlap(owner, start, sizeBytes, old, at - 1);
        }
        if (at < old.starts.length && old.starts[at] < start + sizeBytes) {
            throw overlap(owner, start, sizeBytes, old, at);
        }
        table = old.with(at, start, start + sizeBytes, device, owner);
    }

    private IllegalArgumentException overlap(String owner, long start, long sizeBytes, Table old, int other) {
        return new IllegalArgumentException("%s wants %s 0x%x+0x%x, which %s has (0x%x to 0x%x)"
                .formatted(owner, what, start, sizeBytes, old.owners[other], old.starts[other], old.ends[other] - 1));
    }

    /// Removes the range that starts at an address.
    /// @param start its first address
    /// @return false when there is none
    public synchronized boolean remove(long start) {
        Table old = table;
        int at = old.firstAfter(start) - 1;
        if (at < 0 || old.starts[at] != start) {
            return false;
        }
        table = old.without(at);
        return true;
    }

    /// The guest reads. Bytes that nobody answers for are all ones; an access across the end of a range is made byte by byte.
    /// @param address any value
    /// @param sizeBytes 1, 2, 4 or 8
    /// @return the value, the bits above `sizeBytes` are 0
    public long read(long address, int sizeBytes) {
        Table now = table;
        int at = now.find(address);
        if (at >= 0 && sizeBytes <= now.ends[at] - address) {
            return now.devices[at].read(address - now.starts[at], sizeBytes) & ones(sizeBytes);
        }
        long value = 0;
        for (int i = 0; i < sizeBytes; i++) {
            int owner = now.find(address + i);
            long part = owner < 0 ? -1 : now.devices[owner].read(address + i - now.starts[owner], 1);
            value |= (part & 0xFF) << (8 * i);
        }
        return value;
    }

    /// The guest writes. Bytes that nobody takes are dropped; an access across the end of a range is made byte by byte.
    /// @param address any value
    /// @param sizeBytes 1, 2, 4 or 8
    /// @param value zero-extended
    public void write(long address, int sizeBytes, long value) {
        Table now = table;
        int at = now.find(address);
        if (at >= 0 && sizeBytes <= now.ends[at] - address) {
            now.devices[at].write(address - now.starts[at], sizeBytes, value & ones(sizeBytes));
            return;
        }
        for (int i = 0; i < sizeBytes; i++) {
            int owner = now.find(address + i);
            if (owner >= 0) {
                now.devices[owner].write(address + i - now.starts[owner], 1, value >>> (8 * i) & 0xFF);
            }
        }
    }

    private static long ones(int sizeBytes) {
        return -1L >>> (64 - 8 * sizeBytes);
    }

    /// Sorted, parallel arrays that never change.
    private static final class Table {
        private final long[] starts;
        private final long[] ends;
        private final BusDevice[] devices;
        private final String[] owners;

        private Table(long[] starts, long[] ends, BusDevice[] devices, String[] owners) {
            this.starts = starts;
            this.ends = ends;
            this.devices = devices;
            this.owners = owners;
        }

        /// The index of the first range that starts behind an address.
        private int firstAfter(long address) {
            int at = Arrays.binarySearch(starts, address);
            return at >= 0 ? at + 1 : -at - 1;
        }

        private int find(long address) {
            int at = firstAfter(address) - 1;
            return at >= 0 && address < ends[at] ? at : -1;
        }

        private Table with(int at, long start, long end, BusDevice device, String owner) {
            int size = starts.length + 1;
            Table next = new Table(
                    Arrays.copyOf(starts, size), Arrays.copyOf(ends, size), Arrays.copyOf(devices, size), Arrays.copyOf(owners, size));
            next.shift(this, at, at + 1);
            next.starts[at] = start;
            next.ends[at] = end;
            next.devices[at] = device;
            next.owners[at] = owner;
            return next;
        }

        private Table without(int at) {
            int size = starts.length - 1;
            Table next = new Table(
                    Arrays.copyOf(starts, size), Arrays.copyOf(ends, size), Arrays.copyOf(devices, size), Arrays.copyOf(owners, size));
            next.shift(this, at + 1, at);
            return next;
        }

        private void shift(Table from, int source, int target) {
            int count = from.starts.length - source;
            System.arraycopy(from.starts, source, starts, target, count);
            System.arraycopy(from.ends, source, ends, target, count);
            System.arraycopy(from.devices, source, devices, target, count);
            System.arraycopy(from.owners, source, owners, target, count);
        }
    }
}
