package testudo.plugin.net.tap;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;

/// The requests of taps, interfaces and vhost-net, and their flags. Sources: `include/uapi/linux/if_tun.h`, `sockios.h`, `if.h`, `vhost.h`.
final class TunRequest {
    private static final int TYPE = 'T';
    static final long TUNSETIFF = Ioctl.iow(TYPE, 202, JAVA_INT);
    static final long TUNSETOFFLOAD = Ioctl.iow(TYPE, 208, JAVA_INT);
    static final long TUNGETIFF = Ioctl.ior(TYPE, 210, JAVA_INT);
    static final long TUNSETVNETHDRSZ = Ioctl.iow(TYPE, 216, JAVA_INT);
    static final long TUNSETQUEUE = Ioctl.iow(TYPE, 217, JAVA_INT);

    static final int IFF_TAP = 0x0002;
    static final int IFF_MULTI_QUEUE = 0x0100;
    static final int IFF_ATTACH_QUEUE = 0x0200;
    static final int IFF_DETACH_QUEUE = 0x0400;
    static final int IFF_NO_PI = 0x1000;
    static final int IFF_VNET_HDR = 0x4000;

    static final int TUN_F_CSUM = 0x01;
    static final int TUN_F_TSO4 = 0x02;
    static final int TUN_F_TSO6 = 0x04;
    static final int TUN_F_TSO_ECN = 0x08;
    static final int TUN_F_UFO = 0x10;

    static final long SIOCGIFFLAGS = 0x8913;
    static final long SIOCSIFFLAGS = 0x8914;
    static final long SIOCSIFADDR = 0x8916;
    static final long SIOCSIFNETMASK = 0x891C;
    static final long SIOCGIFMTU = 0x8921;
    static final long SIOCSIFMTU = 0x8922;
    static final long SIOCSIFHWADDR = 0x8924;
    static final long SIOCGIFHWADDR = 0x8927;
    static final long SIOCGIFINDEX = 0x8933;
    static final int IFF_UP = 1;

    /// `struct vhost_vring_file`, 8 bytes.
    static final StructLayout VRING_FILE = MemoryLayout.structLayout(JAVA_INT.withName("index"), JAVA_INT.withName("fd"));
    static final long VHOST_NET_SET_BACKEND = Ioctl.iow(0xAF, 0x30, VRING_FILE);

    private TunRequest() {}
}
