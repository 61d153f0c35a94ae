package testudo.plugin.virtio.types;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import testudo.spi.virtio.VirtioType;

class TypesProviderTest {
    private final List<VirtioType> types = new TypesProvider().virtioTypes();

    @Test
    void namesAndNumbersAreStatedOnce() {
        assertEquals(types.size(), types.stream().map(VirtioType::name).distinct().count());
        assertEquals(types.size(), types.stream().mapToInt(VirtioType::typeId).distinct().count());
    }

    @Test
    void theFileSystemHasVirtiofsdsQueues() {
        VirtioType fs = types.stream().filter(type -> type.name().equals("fs")).findFirst().orElseThrow();
        assertEquals(new VirtioType("fs", 26, 0x0180, 2), fs,
                "VIRTIO 1.3, 5.11 \"File System Device\": high priority and one request queue");
    }
}
