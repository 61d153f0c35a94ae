package testudo.testing.tck;

import testudo.spi.device.DeviceContext;
import testudo.spi.virtio.VirtioDevice;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.GuestRam;

/// A device under test, and one request that it completes without outside help: what a subclass of [VirtioDeviceContract] states.
abstract class DeviceRequests {
    static final int SMALL_QUEUE = 64;
    static final int FUZZ_ROUNDS = 300;

    DeviceRequests() {}

    /// Makes the device.
    /// @param context what it lives in
    /// @return a new device; the contract closes it
    protected abstract VirtioDevice create(DeviceContext context);

    /// Makes the context, with the disks or serial ports that the device needs.
    /// @return a new context
    protected TestContext newContext() {
        return new TestContext();
    }

    /// The queue that takes requests which complete at once.
    /// @return its index
    protected int requestQueue() {
        return 0;
    }

    /// How many bytes a request has that the device reads.
    /// @return 0 for a device that only writes
    protected int requestBytes() {
        return 0;
    }

    /// Writes the readable part of a request.
    /// @param ram takes the bytes
    /// @param address where, [#requestBytes()] long
    protected void writeRequest(GuestRam ram, long address) {}

    /// How many bytes the device may write for a request.
    /// @return 0 for a device that only reads
    protected int replyBytes() {
        return 64;
    }

    /// Whether serving a request is free of allocation. Devices with a slow path through other threads say no.
    /// @return true when the contract measures it
    protected boolean servesWithoutAllocating() {
        return true;
    }

    DeviceBench bench() {
        return new DeviceBench(newContext(), this::create);
    }

    int offerRequest(DeviceBench bench, long request, long reply) {
        return offerRequest(bench.driver(requestQueue()), request, reply);
    }

    int offerRequest(FakeDriver driver, long request, long reply) {
        driver.begin();
        if (requestBytes() > 0) {
            driver.readable(request, requestBytes());
        }
        if (replyBytes() > 0) {
            driver.writable(reply, replyBytes());
        }
        return driver.offer();
    }

    long requestRoom(DeviceBench bench) {
        return requestRoom(bench.ram());
    }

    long requestRoom(GuestRam ram) {
        long at = ram.allocate(Math.max(1, requestBytes()), 16);
        if (requestBytes() > 0) {
            writeRequest(ram, at);
        }
        return at;
    }

    long replyRoom(DeviceBench bench) {
        return replyRoom(bench.ram());
    }

    long replyRoom(GuestRam ram) {
        return ram.allocate(Math.max(1, replyBytes()), 16);
    }

    static int drain(FakeDriver driver) {
        int taken = 0;
        while (driver.poll() >= 0) {
            taken++;
        }
        return taken;
    }
}
