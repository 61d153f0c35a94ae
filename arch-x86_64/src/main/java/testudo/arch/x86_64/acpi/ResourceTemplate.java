package testudo.arch.x86_64.acpi;

import java.io.ByteArrayOutputStream;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.irq.Trigger;
import testudo.spi.platform.Resource;

/// A buffer of resource descriptors (ACPI 6.5, 6.4 "Resource Data Types for ACPI").
final class ResourceTemplate {
    private static final int WORD = 0x88;
    private static final int DWORD = 0x87;
    private static final int QWORD = 0x8A;
    private static final int MEMORY = 0;
    private static final int IO = 1;
    private static final int BUS = 2;
    private static final int FIXED_RANGE = 0x0C;
    private static final int ENTIRE_IO_RANGE = 3;
    private static final int READ_WRITE = 1;

    private final ByteArrayOutputStream descriptors = new ByteArrayOutputStream();

    /// What a device occupies.
    ResourceTemplate resource(Resource resource) {
        return switch (resource) {
            case Resource.Ports ports -> io(ports.first(), ports.count());
            case Resource.Mmio mmio -> fixedMemory(mmio.gpa(), mmio.sizeBytes());
            case Resource.Irq irq -> interrupt(irq.gsi(), irq.trigger());
            case Resource.Calls _ -> this; // nothing of the machine's buses
        };
    }

    /// Ports; a descriptor holds 255 of them.
    ResourceTemplate io(int first, int count) {
        for (int done = 0; done < count; done += 0xFF) {
            int port = first + done;
            put(0x47, 1, port, port >> 8, port, port >> 8, 1, Math.min(count - done, 0xFF));
        }
        return this;
    }

    ResourceTemplate interrupt(int irq, Trigger trigger) {
        if (irq < 16 && trigger == Trigger.EDGE) {
            int mask = 1 << irq;
            put(0x22, mask, mask >> 8);
        } else {
            int flags = trigger == Trigger.EDGE ? 0x03 : 0x09; // consumer; edge, or level and shared; active high
            put(0x89, 6, 0, flags, 1);
            descriptors.writeBytes(Aml.littleEndian(irq, 4));
        }
        return this;
    }

    /// Addresses below 4 GiB.
    ResourceTemplate fixedMemory(long gpa, long sizeBytes) {
        put(0x86, 9, 0, 1);
        descriptors.writeBytes(Aml.littleEndian(gpa, 4));
        descriptors.writeBytes(Aml.littleEndian(sizeBytes, 4));
        return this;
    }

    ResourceTemplate busRange(int buses) {
        return window(WORD, BUS, 0, new Window(0, buses));
    }

    ResourceTemplate ioWindow(Window window) {
        return window(WORD, IO, ENTIRE_IO_RANGE, window);
    }

    ResourceTemplate lowMemoryWindow(Window window) {
        return window(DWORD, MEMORY, READ_WRITE, window);
    }

    ResourceTemplate highMemoryWindow(Window window) {
        return window(QWORD, MEMORY, READ_WRITE, window);
    }

    byte[] toAml() {
        return Aml.buffer(Aml.join(descriptors.toByteArray(), Aml.bytes(0x79, 0)));
    }

    /// An address space descriptor of a bridge: nothing for an empty window.
    private ResourceTemplate window(int size, int type, int typeFlags, Window window) {
        if (window.sizeBytes() > 0) {
            int width = size == WORD ? 2 : size == DWORD ? 4 : 8;
            int length = 3 + 5 * width;
            put(size, length, length >> 8, type, FIXED_RANGE, typeFlags);
            long[] fields = {0, window.start(), window.end() - 1, 0, window.sizeBytes()};
            for (long field : fields) {
                descriptors.writeBytes(Aml.littleEndian(field, width));
            }
        }
        return this;
    }

    private void put(int... values) {
        descriptors.writeBytes(Aml.bytes(values));
    }
}
