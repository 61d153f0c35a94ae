package testudo.core.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.IoRing;
import testudo.spi.hypervisor.VirtualTime;

class RepeatableHostTest {
    private final AtomicLong nanos = new AtomicLong();
    private final HostPlatform host = new RepeatableHost(
            ServiceLoader.load(HostPlatform.class).findFirst().orElseThrow(),
            new VirtualTime() {
                @Override
                public long nanos() {
                    return nanos.get();
                }

                @Override
                public long instructions() {
                    return 0;
                }
            });

    @Test
    void timeIsTheGuests() {
        long start = host.events().wallMillis();
        assertEquals(0, host.events().monotonicNanos());
        nanos.set(5_000_000);
        assertEquals(start + 5, host.events().wallMillis());
        assertEquals(5_000_000, host.events().monotonicNanos());
    }

    private byte[] random() {
        MemorySegment bytes = MemorySegment.ofArray(new byte[64]);
        host.entropy().fill(bytes, 0, bytes.byteSize());
        return bytes.toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void randomNumbersAreTheSameEachTime() {
        byte[] first = random();
        assertArrayEquals(first, random());
        assertFalse(Arrays.equals(new byte[64], first));
    }

    /// Whatever kind of ring a device asks for.
    @Test
    void aFileIsReadWhenThatWasSubmitted(@TempDir Path folder) throws Exception {
        Path path = Files.write(folder.resolve("disk"), new byte[4096]);
        try (HostFile file = host.files().open(path, Set.of(HostFiles.Mode.READ));
                IoRing ring = host.files().newRing(4, HostFiles.RingKind.THREAD);
                Arena arena = Arena.ofConfined()) {
            testudo.spi.memory.BufferList to = new testudo.spi.memory.BufferList(1);
            to.add(arena.allocate(512), 0, 512, 0);
            assertEquals(true, ring.read(file, 0, to, 512, 7));
            assertEquals(0, ring.complete((token, result) -> {}));
            ring.submit();
            assertEquals(1, ring.complete((token, result) -> assertEquals(512, result)));
        }
    }
}
