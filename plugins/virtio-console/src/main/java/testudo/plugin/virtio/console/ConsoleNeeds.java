package testudo.plugin.virtio.console;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.jail.FileGrant;
import testudo.spi.jail.FileGrant.Access;
import testudo.spi.jail.JailNeeds;
import testudo.spi.jail.JailNeeds.OpenFile;
import testudo.spi.jail.JailNeeds.Stream;
import testudo.spi.serial.SerialOptions;

/// What a console needs in a jail, by where it goes to and comes from.
final class ConsoleNeeds {
    private ConsoleNeeds() {}

    static JailNeeds of(SerialOptions options) {
        Set<Stream> streams = EnumSet.noneOf(Stream.class);
        if (options.stdin()) {
            streams.add(Stream.INPUT);
        }
        List<OpenFile> opened = new ArrayList<>();
        List<FileGrant> shown = new ArrayList<>();
        Path path = options.path().map(Path::toAbsolutePath).orElse(Path.of("/"));
        switch (options.type()) {
            case "stdout" -> streams.add(Stream.OUTPUT);
            case "pty" -> streams.addAll(EnumSet.of(Stream.PSEUDO_TERMINAL, Stream.OUTPUT)); // where it is, is said there
            case "sink", "syslog" -> {
                // nothing, or the log
            }
            case "file" -> options.path().ifPresent(
                    file -> opened.add(new OpenFile(file, EnumSet.of(Mode.WRITE, Mode.CREATE, Mode.APPEND, Mode.NONBLOCK))));
            case "unix", "unix-stream" -> {
                // Who listens may do so later, and again: the folder is shown, as crosvm does.
                Path folder = path.getParent();
                if (options.path().isEmpty() || folder == null || folder.getNameCount() == 0) {
                    return new JailNeeds.Unjailable("its socket is in no folder but the root, which no jail shows; move it into one");
                }
                shown.add(new FileGrant(folder, Access.WRITE));
            }
            default -> {
                return new JailNeeds.Unjailable("it is not known what type=" + options.type() + " needs there");
            }
        }
        // A named pipe is opened for writing, too, so that it has no end when its writer leaves.
        options.input().map(Path::toAbsolutePath).ifPresent(
                input -> shown.add(new FileGrant(input, Files.isRegularFile(input) ? Access.READ : Access.WRITE)));
        return JailNeeds.files(opened, shown).withStreams(streams);
    }
}
