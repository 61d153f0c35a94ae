package testudo.hypervisor.kvm;

import testudo.platform.linux.call.Ioctl;

/// Numbers of the KVM interface that have no structure. Source: `include/uapi/linux/kvm.h`.
final class Kvm {
    static final int TYPE = 0xAE;
    static final int API_VERSION = 12;

    static final long GET_API_VERSION = Ioctl.io(TYPE, 0x00);
    static final long CREATE_VM = Ioctl.io(TYPE, 0x01);
    static final long CHECK_EXTENSION = Ioctl.io(TYPE, 0x03);
    static final long GET_VCPU_MMAP_SIZE = Ioctl.io(TYPE, 0x04);
    static final long CREATE_VCPU = Ioctl.io(TYPE, 0x41);
    static final long SET_TSS_ADDR = Ioctl.io(TYPE, 0x47);
    static final long SET_IDENTITY_MAP_ADDR = Ioctl.iow(TYPE, 0x48, java.lang.foreign.ValueLayout.JAVA_LONG);
    static final long CREATE_IRQCHIP = Ioctl.io(TYPE, 0x60);
    static final long RUN = Ioctl.io(TYPE, 0x80);
    static final long GET_TSC_KHZ = Ioctl.io(TYPE, 0xA3);

    static final int CAP_IRQCHIP = 0;
    static final int CAP_USER_MEMORY = 3;
    static final int CAP_SET_TSS_ADDR = 4;
    static final int CAP_NR_VCPUS = 9;
    static final int CAP_DESTROY_MEMORY_REGION_WORKS = 21;
    static final int CAP_IRQ_ROUTING = 25;
    static final int CAP_IRQFD = 32;
    static final int CAP_PIT2 = 33;
    static final int CAP_IOEVENTFD = 36;
    static final int CAP_ADJUST_CLOCK = 39;
    static final int CAP_VCPU_EVENTS = 41;
    static final int CAP_DEBUGREGS = 50;
    static final int CAP_XSAVE = 55;
    static final int CAP_XCRS = 56;
    static final int CAP_GET_TSC_KHZ = 61;
    static final int CAP_MAX_VCPUS = 66;
    static final int CAP_TSC_DEADLINE_TIMER = 72;
    static final int CAP_SIGNAL_MSI = 77;
    static final int CAP_READONLY_MEM = 81;
    static final int CAP_IRQFD_RESAMPLE = 82;
    static final int CAP_SPLIT_IRQCHIP = 121;
    static final int CAP_IMMEDIATE_EXIT = 136;
    static final int CAP_X86_USER_SPACE_MSR = 188;

    private Kvm() {}
}
