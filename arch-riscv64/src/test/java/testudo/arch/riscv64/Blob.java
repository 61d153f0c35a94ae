package testudo.arch.riscv64;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads a flattened device tree as a guest does: node path → property → value.
final class Blob {
    private final ByteBuffer blob;
    private final Map<String, Map<String, byte[]>> nodes = new LinkedHashMap<>();

    Blob(byte[] bytes) {
        blob = ByteBuffer.wrap(bytes);
        if (blob.getInt(0) != 0xD00DFEED || blob.getInt(4) > bytes.length || blob.getInt(20) != 17) {
            throw new IllegalArgumentException("no device tree");
        }
        ArrayDeque<String> path = new ArrayDeque<>();
        int at = blob.getInt(8);
        while (true) {
            int token = blob.getInt(at);
            at += 4;
            switch (token) {
                case 1 -> {
                    String name = text(at);
                    at += name.length() + 1 + 3 & ~3;
                    path.addLast(path.isEmpty() ? "" : path.getLast() + "/" + name);
                    nodes.put(path.getLast(), new LinkedHashMap<>());
                }
                case 2 -> path.removeLast();
                case 3 -> {
                    int length = blob.getInt(at);
                    String name = text(blob.getInt(12) + blob.getInt(at + 4));
                    nodes.get(path.getLast()).put(name, Arrays.copyOfRange(bytes, at + 8, at + 8 + length));
                    at += 8 + (length + 3 & ~3);
                }
                case 9 -> {
                    return;
                }
                default -> throw new IllegalArgumentException("token %d".formatted(token));
            }
        }
    }

    private String text(int at) {
        int end = at;
        while (blob.get(end) != 0) {
            end++;
        }
        return new String(blob.array(), at, end - at, StandardCharsets.UTF_8);
    }

    Set<String> paths() {
        return nodes.keySet();
    }

    boolean has(String path, String property) {
        return nodes.containsKey(path) && nodes.get(path).containsKey(property);
    }

    byte[] bytes(String path, String property) {
        if (!has(path, property)) {
            throw new IllegalArgumentException("no %s in %s; there are %s".formatted(property, path, paths()));
        }
        return nodes.get(path).get(property);
    }

    List<String> texts(String path, String property) {
        return List.of(new String(bytes(path, property), StandardCharsets.UTF_8).split("\0", 0));
    }

    List<Integer> cells(String path, String property) {
        ByteBuffer value = ByteBuffer.wrap(bytes(path, property));
        Integer[] cells = new Integer[value.capacity() / 4];
        Arrays.setAll(cells, i -> value.getInt(4 * i));
        return List.of(cells);
    }

    List<Long> longs(String path, String property) {
        ByteBuffer value = ByteBuffer.wrap(bytes(path, property));
        Long[] longs = new Long[value.capacity() / 8];
        Arrays.setAll(longs, i -> value.getLong(8 * i));
        return List.of(longs);
    }
}
