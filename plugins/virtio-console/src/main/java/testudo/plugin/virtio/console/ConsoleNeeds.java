package testudo.plugin.virtio.console;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.jail.FileGrant;
import testudo.spi.jail.FileGrant.Access;
import testudo.spi.jail.JailNeeds;
import testudo.spi.jail.JailNeeds.OpenFile;
import testudo.spi.jail.JailNeeds.Output;
import testudo.spi.jail.JailRequest.Network;
import testudo.spi.serial.SerialOptions;

/// What a console needs in a jail, by where it goes to and comes from.
final class ConsoleNeeds {
    private ConsoleNeeds() {}

    static JailNeeds of(SerialOptions options) {
        if (options.stdin()) {
            // The terminal's mode must be put back when the machine ends, however its devices ended.
            return new JailNeeds.Unjailable("standard input, and the mode of its terminal, stay with the machine");
        }
        List<OpenFile> opened = new ArrayList<>();
        List<FileGrant> shown = new ArrayList<>();
        Path path = options.path().map(Path::toAbsolutePath).orElse(Path.of("/"));
        switch (options.type()) {
            case "stdout", "sink", "syslog" -> {
                // standard streams
            }
            case "file" -> options.path().ifPresent(
                    file -> opened.add(new OpenFile(file, EnumSet.of(Mode.WRITE, Mode.CREATE, Mode.APPEND, Mode.NONBLOCK))));
            case "unix", "unix-stream" -> {
                // Who listens may do so later, and again: the folder is shown, as crosvm does.
                Path folder = path.getParent();
                if (options.path().filter(Path::isAbsolute).isEmpty() || folder == null || folder.getNameCount() == 0) {
                    return new JailNeeds.Unjailable("its socket is not given by an absolute path in a folder");
                }
                shown.add(new FileGrant(folder, Access.WRITE));
            }
            default -> {
                return new JailNeeds.Unjailable("type=" + options.type() + " makes devices of the host");
            }
        }
        if (options.input().filter(input -> !input.isAbsolute()).isPresent()) {
            return new JailNeeds.Unjailable("its input is not given by an absolute path");
        }
        // A named pipe is opened for writing, too, so that it has no end when its writer leaves.
        options.input().ifPresent(
                input -> shown.add(new FileGrant(input, Files.isRegularFile(input) ? Access.READ : Access.WRITE)));
        return new JailNeeds.Grants(
                opened, shown, Network.NONE, options.type().equals("stdout") ? Output.MACHINE : Output.NONE);
    }
}
