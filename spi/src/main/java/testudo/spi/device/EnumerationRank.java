package testudo.spi.device;

/// The order in which guests find PCI devices: crosvm's, so that guest images keep their device paths. Gaps are for devices to come.
public final class EnumerationRank {
    /// Displays and input.
    public static final int DISPLAY = 100;
    /// Consoles.
    public static final int CONSOLE = 200;
    /// Disks.
    public static final int BLOCK = 300;
    /// Entropy.
    public static final int ENTROPY = 400;
    /// Clocks and TPM.
    public static final int CLOCK = 450;
    /// Memory ballooning.
    public static final int BALLOON = 500;
    /// Network.
    public static final int NETWORK = 600;
    /// Sound and media.
    public static final int MEDIA = 700;
    /// Sockets between host and guest.
    public static final int SOCKET = 800;
    /// File sharing.
    public static final int SHARING = 850;
    /// Devices of other processes.
    public static final int FOREIGN = 900;
    /// USB controllers.
    public static final int USB = 950;
    /// Everything after that.
    public static final int LAST = 1000;

    private EnumerationRank() {}
}
