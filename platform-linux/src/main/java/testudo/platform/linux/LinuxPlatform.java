package testudo.platform.linux;

import java.util.Optional;
import testudo.platform.linux.call.Syscall;
import testudo.spi.Availability;
import testudo.spi.host.EntropySource;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostFiles;
import testudo.spi.host.HostMemory;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets;
import testudo.spi.host.HostTerminals;
import testudo.spi.host.Vhost;

/// Linux. Making one starts to link the foreign call on a thread of its own, beside the reading of the command line.
public final class LinuxPlatform implements HostPlatform {
    private final HostMemory memory = new LinuxMemory();
    private final HostFiles files = new LinuxFiles();
    private final HostEvents events = new LinuxEvents();
    private final HostSockets sockets = new LinuxSockets();
    private final HandlePassing handlePassing = new LinuxHandlePassing();
    private final HostTerminals terminals = new LinuxTerminals();
    private final EntropySource entropy = new GetrandomSource();

    /// Makes the platform.
    public LinuxPlatform() {
        if (probe() instanceof Availability.Ready) {
            Thread linker = new LinkThread();
            linker.setDaemon(true);
            linker.start();
        }
    }

    @Override
    public String id() {
        return "linux";
    }

    @Override
    public Availability probe() {
        String system = System.getProperty("os.name");
        String machine = System.getProperty("os.arch");
        if (!system.equals("Linux")) {
            return new Availability.Missing("this is " + system + ", not Linux", "use the platform module for " + system);
        }
        return switch (machine) {
            case "amd64", "aarch64", "riscv64" -> new Availability.Ready(System.getProperty("os.version"));
            default -> new Availability.Missing(
                    "machine type " + machine, "use an x86-64, aarch64 or riscv64 machine with a 64-bit JDK");
        };
    }

    @Override
    public HostMemory memory() {
        return memory;
    }

    @Override
    public HostFiles files() {
        return files;
    }

    @Override
    public HostEvents events() {
        return events;
    }

    @Override
    public HostSockets sockets() {
        return sockets;
    }

    @Override
    public Optional<HandlePassing> handlePassing() {
        return Optional.of(handlePassing);
    }

    @Override
    public HostTerminals terminals() {
        return terminals;
    }

    @Override
    public Optional<Vhost> vhost() {
        return Optional.of(KernelVhost::open);
    }

    @Override
    public EntropySource entropy() {
        return entropy;
    }

    /// A class of its own: a method reference would cost more start-up than it saves here.
    private static final class LinkThread extends Thread {
        LinkThread() {
            super("link-syscall");
        }

        @Override
        public void run() {
            Syscall.link();
        }
    }
}
