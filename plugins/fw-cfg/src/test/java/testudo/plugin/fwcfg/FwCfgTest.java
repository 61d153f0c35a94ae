package testudo.plugin.fwcfg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import testudo.spi.option.Occurrence;

class FwCfgTest {
    private final List<String> order = new ArrayList<>();
    private final FwCfg device = new FwCfg(Map.of("opt/b", "two".getBytes(StandardCharsets.UTF_8), "opt/a", new byte[300]), () -> order);

    private byte[] read(int item, int length) {
        device.write(0, 0, 2, item);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) device.read(0, 1, 1);
        }
        return bytes;
    }

    @Test
    void signatureAndFeatures() {
        assertEquals("QEMU", new String(read(0, 4), StandardCharsets.US_ASCII));
        assertArrayEquals(new byte[]{1, 0, 0, 0, 0, 0}, read(1, 6));
    }

    @Test
    void directoryNamesTheFiles() {
        order.add("/pci@i0cf8/scsi@5/disk@0,0");
        order.add("/pci@i0cf8/ethernet@6");
        ByteBuffer directory = ByteBuffer.wrap(read(0x19, 4 + 3 * 64));
        assertEquals(3, directory.getInt());
        assertEquals(49, directory.getInt());
        assertEquals(0x20, directory.getShort());
        directory.getShort();
        byte[] name = new byte[56];
        directory.get(name);
        assertEquals("bootorder", new String(name, StandardCharsets.US_ASCII).trim());
        assertEquals(300, directory.getInt());
        assertEquals(0x21, directory.getShort());
        assertEquals("/pci@i0cf8/scsi@5/disk@0,0\n/pci@i0cf8/ethernet@6\0", new String(read(0x20, 49), StandardCharsets.US_ASCII));
        assertEquals("two", new String(read(0x22, 3), StandardCharsets.US_ASCII));
    }

    @Test
    void noBootOrderWithoutBootIndexes() {
        assertEquals(2, ByteBuffer.wrap(read(0x19, 4)).getInt());
    }

    @Test
    void unknownItemsAndEndsReadAsZero() {
        assertArrayEquals(new byte[4], read(0x22, 4));
        assertArrayEquals(new byte[4], read(0xFFFF, 4));
        assertArrayEquals(new byte[]{'t', 'w', 'o', 0, 0}, read(0x21, 5));
    }

    @Test
    void dataIsReadOnlyAndSelectionRewinds() {
        device.write(0, 0, 2, 0x21);
        device.write(0, 1, 1, 'X');
        assertEquals('t', device.read(0, 1, 1));
        device.write(0, 0, 2, 0x21);
        assertEquals(0x6F_7774, device.read(0, 1, 4));
    }

    @Test
    void findsEveryProblem() {
        List<Occurrence<FwCfgFile>> files = new ArrayList<>();
        for (FwCfgFile file : List.of(
                new FwCfgFile("x".repeat(56), Optional.empty(), Optional.of("")),
                new FwCfgFile("bootorder", Optional.empty(), Optional.of("")),
                new FwCfgFile("a", Optional.of(Path.of("p")), Optional.of("s")),
                new FwCfgFile("a", Optional.empty(), Optional.of("s")),
                new FwCfgFile("", Optional.empty(), Optional.empty()))) {
            files.add(new Occurrence<>(FwCfgFile.OPTION, file, files.size(), "--fw-cfg #" + (files.size() + 1)));
        }
        List<String> problems = FwCfgFile.problems(files);
        assertEquals(6, problems.size(), problems::toString);
        assertTrue(FwCfgFile.problems(List.of()).isEmpty());
    }
}
