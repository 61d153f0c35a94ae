package testudo.plugin.net.tap;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.spi.VmmException;
import testudo.spi.VmmException.Kind;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostPlatform;

/// Opens the queues of a tap. What is opened is the caller's, also when a later one fails.
final class TapOpening {
    private static final Path TUN = Path.of("/dev/net/tun");
    private static final String OWN_NAMES = "vmtap%d";
    private static final int FLAGS = TunRequest.IFF_TAP | TunRequest.IFF_NO_PI | TunRequest.IFF_VNET_HDR;

    private final HostPlatform host;
    private final List<TapQueue> queues = new ArrayList<>();
    private String name = "";
    private boolean macvtap;

    TapOpening(HostPlatform host) {
        this.host = host;
    }

    /// What was opened so far.
    List<TapQueue> queues() {
        return queues;
    }

    /// The interface.
    String name() {
        return name;
    }

    /// Whether it is one end of a macvtap, which passes frames for one address only.
    boolean macvtap() {
        return macvtap;
    }

    /// Makes a tap that lasts as long as it is open.
    void make(int pairs) {
        name = OWN_NAMES;
        attach(TUN, FLAGS | (pairs > 1 ? TunRequest.IFF_MULTI_QUEUE : 0), pairs);
    }

    /// Opens a tap or macvtap that exists.
    void named(String existing, int pairs) {
        name = existing;
        int index;
        try (HostInterface device = new HostInterface(existing)) {
            index = device.index();
        }
        if (index == 0) {
            throw new VmmException.Host(Kind.MISSING, "there is no interface %s here; make it: ip tuntap add dev %s mode tap user $USER%s"
                    .formatted(existing, existing, pairs > 1 ? " multi_queue" : ""));
        }
        Path node = Path.of("/dev/tap" + index);
        if (isMacvtap(existing)) {
            macvtap = true;
            attach(node, FLAGS, pairs);
            return;
        }
        try {
            attach(TUN, FLAGS | (pairs > 1 ? TunRequest.IFF_MULTI_QUEUE : 0), pairs);
        } catch (WrongFlags wrong) {
            if (pairs > 1) {
                throw new VmmException.Host(Kind.IO,
                        "interface %s is no tap that was made for several queues; ip tuntap add dev %s mode tap multi_queue, or vq-pairs=1"
                                .formatted(existing, existing), wrong);
            }
            oneOfSeveral(existing);
        }
    }

    /// A single queue of a tap that was made for several.
    private void oneOfSeveral(String existing) {
        try {
            attach(TUN, FLAGS | TunRequest.IFF_MULTI_QUEUE, 1);
        } catch (WrongFlags wrong) {
            throw new VmmException.Host(Kind.IO,
                    "interface %s is no tap that this can use (mode tap, not tun)".formatted(existing), wrong);
        }
    }

    private static boolean isMacvtap(String interfaceName) {
        return Files.isDirectory(Path.of("/sys/class/net", interfaceName, "macvtap"));
    }

    /// Takes over a descriptor that this process was started with; further queues of its tap are opened beside it.
    void inherited(int descriptor, int pairs) {
        HostFile file = open(Path.of("/proc/self/fd/" + descriptor));
        TapQueue first = new TapQueue(file);
        queues.add(first);
        try (Arena arena = Arena.ofConfined()) {
            Ifreq request = new Ifreq(arena, "");
            long result = Ioctl.call(first.descriptor(), TunRequest.TUNGETIFF, request.address());
            if (result < 0) {
                throw new VmmException.Host(Kind.IO, "tap-fd %d is not an open tap: %s".formatted(descriptor, Errno.name((int) -result)));
            }
            name = request.name();
            int flags = request.flags();
            if ((flags & FLAGS) != FLAGS) {
                throw new VmmException.Host(Kind.IO,
                        "tap-fd %d: interface %s was opened with flags 0x%x; it takes IFF_TAP, IFF_NO_PI and IFF_VNET_HDR"
                                .formatted(descriptor, name, flags));
            }
            macvtap = isMacvtap(name);
            if (pairs > 1 && (macvtap || (flags & TunRequest.IFF_MULTI_QUEUE) == 0)) {
                throw new VmmException.Host(Kind.IO, "tap-fd %d: interface %s has one queue; open it with IFF_MULTI_QUEUE, or vq-pairs=1"
                        .formatted(descriptor, name));
            }
            first.useHeader();
            if (pairs > 1) {
                attach(TUN, FLAGS | TunRequest.IFF_MULTI_QUEUE, pairs - 1);
            }
        }
    }

    private HostFile open(Path path) {
        try {
            return host.files().open(path, EnumSet.of(Mode.READ, Mode.WRITE, Mode.NONBLOCK));
        } catch (VmmException.Host failure) {
            String advice = switch (failure.kind()) {
                case MISSING -> path.equals(TUN) ? "; load the module tun" : "";
                case DENIED -> "; this user needs read and write access to it";
                default -> "";
            };
            throw new VmmException.Host(failure.kind(), failure.getMessage() + advice, failure);
        }
    }

    private void attach(Path path, int flags, int count) {
        for (int i = 0; i < count; i++) {
            HostFile file = open(path);
            try (Arena arena = Arena.ofConfined()) {
                Ifreq request = new Ifreq(arena, name);
                request.flags(flags);
                long result = Ioctl.call(OpenDescriptor.of(file), TunRequest.TUNSETIFF, request.address());
                if (result < 0) {
                    throw refused(result);
                }
                name = request.name();
                TapQueue queue = new TapQueue(file);
                queues.add(queue);
                queue.useHeader();
            } catch (RuntimeException failure) {
                file.close();
                throw failure;
            }
        }
    }

    private RuntimeException refused(long result) {
        return switch ((int) -result) {
            case Errno.EINVAL -> new WrongFlags();
            case Errno.EBUSY -> new VmmException.Host(Kind.EXHAUSTED,
                    "tap %s is in use by another process; give each machine a tap of its own".formatted(name));
            case Errno.EPERM -> new VmmException.Host(Kind.DENIED,
                    name.equals(OWN_NAMES)
                            ? "cannot make a tap: EPERM; that takes the capability CAP_NET_ADMIN, or a tap that exists: tap-name=NAME"
                            : "cannot open tap %s: EPERM; it belongs to another user: ip tuntap add dev %s mode tap user $USER".formatted(
                                    name, name));
            case Errno.E2BIG -> new VmmException.Host(Kind.EXHAUSTED, "tap %s has no room for another queue".formatted(name));
            default -> Errno.failure("cannot open tap " + name, result);
        };
    }

    /// The interface was made with flags that do not fit.
    private static final class WrongFlags extends RuntimeException {
        private static final long serialVersionUID = 1L;

        WrongFlags() {
            super("EINVAL", null, false, false);
        }
    }
}
