package testudo.arch.riscv64.fdt;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Writes a flattened device tree (Devicetree Specification v0.4, 5 "Flattened Devicetree (DTB) Format"), node by node.
public final class FdtWriter {
    private static final int MAGIC = 0xD00DFEED;
    private static final int VERSION = 17;
    private static final int COMPATIBLE_VERSION = 16;
    private static final int HEADER_BYTES = 40;
    private static final int RESERVATION_BYTES = 16;
    private static final int BEGIN_NODE = 1;
    private static final int END_NODE = 2;
    private static final int PROPERTY = 3;
    private static final int END = 9;

    private final ByteArrayOutputStream structure = new ByteArrayOutputStream();
    private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
    private final Map<String, Integer> names = new LinkedHashMap<>();
    private int depth;

    /// Makes an empty tree.
    public FdtWriter() {}

    /// Opens a node.
    /// @param name its name with the unit address; empty for the root
    public void begin(String name) {
        cell(BEGIN_NODE);
        padded((name + '\0').getBytes(StandardCharsets.UTF_8));
        depth++;
    }

    /// Closes the node that was opened last.
    public void end() {
        cell(END_NODE);
        depth--;
    }

    /// Adds a property without a value.
    /// @param name its name
    public void flag(String name) {
        bytes(name, new byte[0]);
    }

    /// Adds a property of 32-bit cells.
    /// @param name its name
    /// @param cells the values; unsigned
    public void cells(String name, int... cells) {
        ByteBuffer value = ByteBuffer.allocate(cells.length * Integer.BYTES);
        value.asIntBuffer().put(cells);
        bytes(name, value.array());
    }

    /// Adds a property of 64-bit values, two cells each.
    /// @param name its name
    /// @param values the values
    public void longs(String name, long... values) {
        ByteBuffer value = ByteBuffer.allocate(values.length * Long.BYTES);
        value.asLongBuffer().put(values);
        bytes(name, value.array());
    }

    /// Adds a property of one or more strings.
    /// @param name its name
    /// @param texts the strings
    public void text(String name, String... texts) {
        text(name, List.of(texts));
    }

    /// Adds a property of one or more strings.
    /// @param name its name
    /// @param texts the strings
    public void text(String name, List<String> texts) {
        StringBuilder value = new StringBuilder();
        texts.forEach(text -> value.append(text).append('\0'));
        bytes(name, value.toString().getBytes(StandardCharsets.UTF_8));
    }

    /// Adds a property of bytes.
    /// @param name its name
    /// @param value the bytes
    public void bytes(String name, byte[] value) {
        cell(PROPERTY);
        cell(value.length);
        cell(names.computeIfAbsent(name, this::addName));
        padded(value);
    }

    private int addName(String name) {
        int at = strings.size();
        strings.writeBytes((name + '\0').getBytes(StandardCharsets.UTF_8));
        return at;
    }

    /// Ends the tree.
    /// @return the blob
    /// @throws IllegalStateException when a node is open
    public byte[] finish() {
        if (depth != 0) {
            throw new IllegalStateException("%d nodes are open".formatted(depth));
        }
        cell(END);
        int structureAt = HEADER_BYTES + RESERVATION_BYTES;
        int stringsAt = structureAt + structure.size();
        int totalBytes = (stringsAt + strings.size() + 7) & ~7;
        ByteBuffer blob = ByteBuffer.allocate(totalBytes);
        blob.putInt(MAGIC).putInt(totalBytes).putInt(structureAt).putInt(stringsAt).putInt(HEADER_BYTES);
        blob.putInt(VERSION).putInt(COMPATIBLE_VERSION).putInt(0).putInt(strings.size()).putInt(structure.size());
        blob.position(structureAt); // the list of reserved ranges has only its end, zeros
        blob.put(structure.toByteArray()).put(strings.toByteArray());
        return blob.array();
    }

    private void cell(int value) {
        structure.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(value).array());
    }

    private void padded(byte[] value) {
        structure.writeBytes(value);
        structure.writeBytes(new byte[-value.length & 3]);
    }
}
