package testudo.plugin.fwcfg;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import testudo.spi.platform.PlatformDevice;

/// The selector and the data port.
final class FwCfg implements PlatformDevice {
    /// The selector, whose upper half is the data port.
    static final int PORTS = 2;

    private static final int SELECTOR = 0;
    private static final int SIGNATURE = 0x0000;
    private static final int FEATURES = 0x0001;
    private static final int DIRECTORY = 0x0019;
    private static final int FIRST_FILE = 0x0020;
    private static final int ENTRY_BYTES = 8 + FwCfgFile.NAME_BYTES;
    private static final byte[] NOTHING = {};
    private static final byte[] SIGNATURE_BYTES = {'Q', 'E', 'M', 'U'};
    /// Traditional interface only, no DMA.
    private static final byte[] FEATURE_BYTES = {1, 0, 0, 0};

    private final Map<String, byte[]> contents;
    private final Supplier<List<String>> bootOrder;
    private final List<byte[]> files = new ArrayList<>();
    private byte[] directory = NOTHING;
    private byte[] item = SIGNATURE_BYTES;
    private int position;

    /// Makes the device.
    /// @param contents the files by name
    /// @param bootOrder device paths, asked once when the guest first selects an item
    FwCfg(Map<String, byte[]> contents, Supplier<List<String>> bootOrder) {
        this.contents = Map.copyOf(contents);
        this.bootOrder = bootOrder;
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        if (offset == SELECTOR) {
            return sizeBytes == 8 ? -1L : (1L << (8 * sizeBytes)) - 1;
        }
        long value = 0;
        for (int i = 0; i < sizeBytes; i++) {
            value |= (long) nextByte() << (8 * i);
        }
        return value;
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {
        if (offset != SELECTOR) {
            // Items can't be written without DMA.
            return;
        }
        if (directory.length == 0) {
            makeFiles();
        }
        position = 0;
        int wanted = (int) value & 0xFFFF;
        item = switch (wanted) {
            case SIGNATURE -> SIGNATURE_BYTES;
            case FEATURES -> FEATURE_BYTES;
            case DIRECTORY -> directory;
            default -> wanted >= FIRST_FILE && wanted - FIRST_FILE < files.size() ? files.get(wanted - FIRST_FILE) : NOTHING;
        };
    }

    @Override
    public void reset() {
        item = SIGNATURE_BYTES;
        position = 0;
    }

    @Override
    public void close() {}

    private int nextByte() {
        return position < item.length ? item[position++] & 0xFF : 0;
    }

    private void makeFiles() {
        Map<String, byte[]> all = new TreeMap<>(contents);
        List<String> order = bootOrder.get();
        if (!order.isEmpty()) {
            all.put(FwCfgFile.BOOT_ORDER, (String.join("\n", order) + "\0").getBytes(StandardCharsets.UTF_8));
        }
        ByteBuffer entries = ByteBuffer.allocate(4 + ENTRY_BYTES * all.size()).putInt(all.size());
        all.forEach((name, bytes) -> {
            byte[] text = name.getBytes(StandardCharsets.UTF_8);
            entries.putInt(bytes.length).putShort((short) (FIRST_FILE + files.size())).putShort((short) 0);
            entries.put(text).put(new byte[FwCfgFile.NAME_BYTES - text.length]);
            files.add(bytes);
        });
        directory = entries.array();
    }
}
