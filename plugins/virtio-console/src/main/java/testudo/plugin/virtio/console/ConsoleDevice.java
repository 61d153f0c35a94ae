package testudo.plugin.virtio.console;

import java.lang.foreign.Arena;
import java.util.List;
import org.jspecify.annotations.Nullable;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.device.Snapshottable;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.memory.BufferList;
import testudo.spi.serial.SerialOptions;
import testudo.spi.serial.SerialPort;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.VirtioType;
import testudo.spi.virtio.Virtqueue;

/// A console with one port (VIRTIO 1.3, 5.3 "Console Device").
///
/// It offers the multiport feature, also for a port without a name: only then a driver says when it has opened the port. Linux drops what
/// comes before, and input from a pipe is there before any guest.
final class ConsoleDevice implements VirtioDevice, Snapshottable {
    static final long MULTIPORT = 1L << 1;
    static final int RECEIVE = 0;
    static final int TRANSMIT = 1;
    static final int CONTROL_RECEIVE = 2;
    static final int CONTROL_TRANSMIT = 3;
    /// The most that is taken of one output request.
    static final long MAX_REQUEST_BYTES = 1 << 20;
    private static final int STATE_VERSION = 1;
    static final VirtioType TYPE = new VirtioType("console", 3, 0x0780, 2);
    private static final int QUEUE_SIZE = 256;
    private static final int CONFIG_BYTES = 12;
    private static final int MAX_PORTS_OFFSET = 4;
    private static final int INPUT_BYTES = 4096;

    private final VirtioTraits traits;
    private final SerialPort port;
    private final Arena arena = Arena.ofShared();
    private final InputPump input;
    private final ControlChannel control;
    private final DescriptorChain chain = new DescriptorChain();
    private final EventLoop.Turn transmitTurn;
    private final EventLoop.Turn controlTurn;
    private @Nullable VirtioActivation activation;

    ConsoleDevice(SerialOptions options, SerialPort port, EventLoop loop) {
        this.port = port;
        List<Integer> asked = options.maxQueueSizes();
        List<Integer> data = asked.isEmpty() ? List.of(QUEUE_SIZE, QUEUE_SIZE) : asked;
        List<Integer> sizes = List.of(data.get(0), data.get(1), QUEUE_SIZE, QUEUE_SIZE);
        long features = VirtioFeature.IN_ORDER | MULTIPORT;
        traits = new VirtioTraits(TYPE.typeId(), TYPE.name(), features, sizes, CONFIG_BYTES, TYPE.pciClass(), 1, false);
        control = new ControlChannel(options, arena);
        transmitTurn = loop.turn(() -> onKick(TRANSMIT));
        controlTurn = loop.turn(() -> onKick(CONTROL_TRANSMIT));
        input = new InputPump(port, arena.allocate(INPUT_BYTES), loop);
    }

    @Override
    public VirtioTraits traits() {
        return traits;
    }

    @Override
    public long readConfig(int offset, int sizeBytes) {
        // cols, rows and emerg_wr belong to features that are not offered; max_nr_ports is 1.
        boolean covers = offset <= MAX_PORTS_OFFSET && offset + sizeBytes > MAX_PORTS_OFFSET;
        return covers ? 1L << ((MAX_PORTS_OFFSET - offset) * Byte.SIZE) : 0;
    }

    @Override
    public void activate(VirtioActivation with) {
        activation = with;
    }

    private boolean multiport() {
        return activation != null && (activation.features() & MULTIPORT) != 0;
    }

    @Override
    public void onKick(int index) {
        VirtioActivation active = activation;
        if (active == null || !active.queue(index).enabled()) {
            return;
        }
        switch (index) {
            case RECEIVE -> startInput(active);
            case TRANSMIT -> transmit(active.queue(TRANSMIT));
            default -> converse(active);
        }
    }

    private void startInput(VirtioActivation active) {
        boolean open = !multiport() || control.guestOpen();
        if (open && active.queue(RECEIVE).enabled()) {
            input.start(active.queue(RECEIVE));
        } else {
            input.stop();
        }
    }

    private void transmit(Virtqueue from) {
        for (int served = 0; served < from.size(); served++) {
            if (!from.next(chain)) {
                return;
            }
            BufferList data = chain.readable();
            long left = MAX_REQUEST_BYTES;
            for (int i = 0; i < data.count() && left > 0; i++) {
                long length = Math.min(data.lengthBytes(i), left);
                port.write(data.segment(i), data.offset(i), length);
                left -= length;
            }
            from.complete(chain, 0);
        }
        transmitTurn.again();
    }

    private void converse(VirtioActivation active) {
        if (!multiport()) {
            return;
        }
        boolean wasOpen = control.guestOpen();
        if (active.queue(CONTROL_TRANSMIT).enabled() && !control.receive(active.queue(CONTROL_TRANSMIT))) {
            controlTurn.again();
        }
        if (active.queue(CONTROL_RECEIVE).enabled()) {
            control.send(active.queue(CONTROL_RECEIVE));
        }
        if (wasOpen != control.guestOpen()) {
            startInput(active);
        }
    }

    @Override
    public void quiesce() {
        input.stop();
        activation = null;
    }

    @Override
    public void reset() {
        quiesce();
        control.reset();
    }

    /// What the port has given and the guest has not taken, and where the conversation on the control queues is.
    @Override
    public byte[] saveState() {
        StateWriter state = new StateWriter(STATE_VERSION).putBytes(input.pending());
        return state.putInt(control.state()).toBytes();
    }

    @Override
    public void restoreState(byte[] state) {
        StateReader reader = new StateReader("console", state, STATE_VERSION);
        byte[] pending = reader.getBytes();
        int conversation = reader.getInt("control state", ControlChannel.MAX_STATE);
        reader.end();
        if (pending.length > INPUT_BYTES) {
            throw new VmmException.Config("console: saved state has %d bytes of input, more than %d".formatted(pending.length,
                    INPUT_BYTES));
        }
        input.pending(pending);
        control.state(conversation);
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            input.close();
            port.close();
            arena.close();
        }
    }
}
