package testudo.spi.serial;

import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import testudo.spi.option.Key;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.pci.PciAddress;

/// What the user wants of a serial port, for all devices that have one.
/// @param type where output goes; a [SerialBackendProvider] serves it
/// @param hardware which device model; each device provider takes those that name it
/// @param name name of a virtio console port
/// @param path output file or socket
/// @param input input file
/// @param inputUnixStream whether input comes from the same socket
/// @param num number of the port, from 1
/// @param console whether the guest's console is there
/// @param earlycon whether the guest's early console is there
/// @param stdin whether standard input is attached
/// @param outTimestamp whether output lines get the time in front
/// @param debugconPort the I/O port of a debug console
/// @param pciAddress where a virtio console goes
/// @param maxQueueSizes sizes of a virtio console's queues: receive, transmit
public record SerialOptions(
        @Key(fallback = "sink", help = "where output goes: stdout, sink, syslog, file, unix, unix-stream, pty") String type,
        @Key(fallback = "serial", help = "device model: serial, virtio-console, debugcon") String hardware,
        @Key(help = "name of a virtio console port") Optional<String> name,
        @Key(help = "output file (appended to) or socket") Optional<Path> path,
        @Key(help = "file or named pipe to read input from") Optional<Path> input,
        @Key(fallback = "false", help = "read input from the unix-stream socket too") boolean inputUnixStream,
        @Key(fallback = "1", min = 1, max = 255, help = "port number; COM1 to COM4 for hardware=serial") int num,
        @Key(fallback = "false", help = "use it as the guest's console (console=ttyS…, hvc…)") boolean console,
        @Key(fallback = "false", help = "use it as the guest's early console; hardware=serial only") boolean earlycon,
        @Key(fallback = "false", help = "attach standard input") boolean stdin,
        @Key(fallback = "false", aliases = "out_timestamp", help = "put the time in front of each line") boolean outTimestamp,
        @Key(fallback = "0x402", max = 0xFFFF, aliases = "debugcon_port", help = "I/O port of a debugcon") int debugconPort,
        @Key(help = "PCI address of a virtio console") Optional<PciAddress> pciAddress,
        @Key(help = "sizes of a virtio console's queues, [receive,transmit]") List<Integer> maxQueueSizes) {
    /// The option by which users ask for serial ports; declared by every provider that serves some of them.
    public static final OptionDeclaration<SerialOptions> OPTION = OptionDeclaration.keyValues(
            "serial", SerialOptions.class, MethodHandles.lookup(), "Consoles", "add a serial port or console")
            .withSyntax("TYPE[,key=value…]");

    /// Whether output goes to a unix socket, whose other end may come later.
    /// @return true for `unix` and `unix-stream`
    public boolean toSocket() {
        return type.equals("unix") || type.equals("unix-stream");
    }

    /// An option of another name with the same value, for a device that has a single kind of port.
    /// @param name the option's
    /// @param group heading in help
    /// @param help what it does
    /// @return the declaration
    public static OptionDeclaration<SerialOptions> port(String name, String group, String help) {
        return OptionDeclaration.keyValues(name, SerialOptions.class, MethodHandles.lookup(), group, help)
                .withSyntax("TYPE[,key=value…]");
    }

    /// The ports of a machine for which the user asked for none: COM1 on the terminal.
    /// @return the options of `type=stdout,hardware=serial,num=1,console,stdin`
    public static SerialOptions standard() {
        return new SerialOptions(
                "stdout", "serial", Optional.empty(), Optional.empty(), Optional.empty(), false, 1, true, false, true,
                false, 0x402, Optional.empty(), List.of());
    }
}
