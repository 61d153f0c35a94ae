package testudo.core.vhost;

/// Device types that can be behind a vhost-user socket: crosvm's names, the type's number and class, and how many queues it has at least,
/// for a back-end that does not say.
enum VhostUserType {
    /// Network card.
    NET(1, 0x0280, 3),
    /// Disk.
    BLOCK(2, 0x0180, 1),
    /// Console.
    CONSOLE(3, 0x0780, 2),
    /// Entropy.
    RNG(4, 0x0880, 1),
    /// Memory balloon.
    BALLOON(5, 0x0880, 2),
    /// SCSI host.
    SCSI(8, 0x0100, 3),
    /// 9P file sharing.
    @testudo.spi.option.Key("9p") P9(9, 0x0280, 1),
    /// Display.
    GPU(16, 0x0380, 2),
    /// Keyboard, mouse and so on.
    INPUT(18, 0x0980, 2),
    /// Sockets between host and guest.
    VSOCK(19, 0x0280, 3),
    /// IOMMU.
    IOMMU(23, 0x0806, 2),
    /// Sound card.
    SOUND(25, 0x0401, 4),
    /// File sharing.
    FS(26, 0x0180, 2),
    /// Persistent memory.
    PMEM(27, 0x0108, 1),
    /// Simulated radio.
    @testudo.spi.option.Key("mac80211-hwsim") MAC80211_HWSIM(29, 0x0D80, 2),
    /// Video encoder.
    VIDEO_ENCODER(30, 0x0400, 2),
    /// Video decoder.
    VIDEO_DECODER(31, 0x0400, 2),
    /// System control.
    SCMI(32, 0x0880, 2),
    /// Media.
    MEDIA(48, 0x0400, 2),
    /// Clock.
    PVCLOCK(61, 0x0880, 1),
    /// TPM.
    TPM(62, 0x0880, 1),
    /// Wayland.
    WL(63, 0x0380, 2);

    private final int typeId;
    private final int pciClass;
    private final int minimumQueues;

    VhostUserType(int typeId, int pciClass, int minimumQueues) {
        this.typeId = typeId;
        this.pciClass = pciClass;
        this.minimumQueues = minimumQueues;
    }

    int typeId() {
        return typeId;
    }

    int pciClass() {
        return pciClass;
    }

    int minimumQueues() {
        return minimumQueues;
    }

    /// The name in options and logs.
    String text() {
        return this == P9 ? "9p" : name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
