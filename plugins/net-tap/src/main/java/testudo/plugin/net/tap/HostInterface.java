package testudo.plugin.net.tap;

import java.lang.foreign.Arena;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.VmmException;
import testudo.spi.net.MacAddress;

/// A network interface of the host: asks and configures it, `netdevice(7)`.
final class HostInterface implements AutoCloseable {
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;

    private final String name;
    private final Descriptor socket;

    HostInterface(String name) {
        this.name = name;
        socket = new Descriptor((int) Errno.check(
                Syscall.call(SystemCall.SOCKET, AF_INET, SOCK_DGRAM_CLOEXEC, 0), "cannot make a socket to ask for " + name));
    }

    /// @return its index, or 0 when there is no such interface
    int index() {
        try (Arena arena = Arena.ofConfined()) {
            Ifreq request = new Ifreq(arena, name);
            long result = Ioctl.call(socket.descriptor(), TunRequest.SIOCGIFINDEX, request.address());
            if (result == -Errno.ENODEV) {
                return 0;
            }
            Errno.check(result, "cannot find the interface " + name);
            return request.number();
        }
    }

    int mtu() {
        return get("ask for the MTU", TunRequest.SIOCGIFMTU, Ifreq::number);
    }

    void mtu(int bytes) {
        set("set the MTU to " + bytes, TunRequest.SIOCSIFMTU, request -> request.number(bytes));
    }

    boolean up() {
        return (get("ask for the flags", TunRequest.SIOCGIFFLAGS, Ifreq::flags) & TunRequest.IFF_UP) != 0;
    }

    void bringUp() {
        int flags = get("ask for the flags", TunRequest.SIOCGIFFLAGS, Ifreq::flags);
        set("bring up", TunRequest.SIOCSIFFLAGS, request -> request.flags(flags | TunRequest.IFF_UP));
    }

    void address(int address, int netmask) {
        set("set the address", TunRequest.SIOCSIFADDR, request -> request.internetAddress(address));
        set("set the netmask", TunRequest.SIOCSIFNETMASK, request -> request.internetAddress(netmask));
    }

    void hardwareAddress(MacAddress mac) {
        set("set the address " + mac, TunRequest.SIOCSIFHWADDR, request -> request.hardwareAddress(mac));
    }

    MacAddress hardwareAddress() {
        try (Arena arena = Arena.ofConfined()) {
            Ifreq request = new Ifreq(arena, name);
            call("ask for the address", TunRequest.SIOCGIFHWADDR, request);
            return request.hardwareAddress();
        }
    }

    private int get(String what, long request, ToIntFunction<Ifreq> answer) {
        try (Arena arena = Arena.ofConfined()) {
            Ifreq argument = new Ifreq(arena, name);
            call(what, request, argument);
            return answer.applyAsInt(argument);
        }
    }

    private void set(String what, long request, Consumer<Ifreq> value) {
        try (Arena arena = Arena.ofConfined()) {
            Ifreq argument = new Ifreq(arena, name);
            value.accept(argument);
            call(what, request, argument);
        }
    }

    private void call(String what, long request, Ifreq argument) {
        long result = Ioctl.call(socket.descriptor(), request, argument.address());
        if (result == -Errno.EPERM) {
            throw new VmmException.Host(VmmException.Kind.DENIED,
                    "interface %s: cannot %s: EPERM; that takes the capability CAP_NET_ADMIN".formatted(name, what));
        }
        Errno.check(result, "interface %s: cannot %s".formatted(name, what));
    }

    @Override
    public void close() {
        socket.close();
    }
}
