package testudo.spi.jail;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import testudo.spi.host.HostFiles;
import testudo.spi.jail.JailRequest.Network;

/// What a device needs of the host once it is shut into a jail. Its provider says so with [testudo.spi.device.DeviceSpec.Factory#jailable].
public sealed interface JailNeeds {
    /// A device that can live in a jail, and what the jail must give it.
    /// @param opened files that are opened outside and passed as descriptors; inside, opening the same path gives them
    /// @param shown files and folders that are visible inside, for what can't be opened beforehand; a device file can't be used that way
    /// @param network which network
    /// @param output whether it writes to the machine's standard output
    record Grants(List<OpenFile> opened, List<FileGrant> shown, Network network, Output output) implements JailNeeds {
        /// Copies the lists.
        public Grants {
            opened = List.copyOf(opened);
            shown = List.copyOf(shown);
        }
    }

    /// A device that must live in the machine's own process.
    /// @param reason why, for the user: a phrase
    record Unjailable(String reason) implements JailNeeds {}

    /// A device that needs nothing of the host.
    /// @return grants of nothing
    static Grants nothing() {
        return new Grants(List.of(), List.of(), Network.NONE, Output.NONE);
    }

    /// A device that needs one file.
    /// @param path where, as its options have it
    /// @param modes how it opens it
    /// @return grants of that file
    static Grants file(Path path, Set<HostFiles.Mode> modes) {
        return new Grants(List.of(new OpenFile(path, modes)), List.of(), Network.NONE, Output.NONE);
    }

    /// A file that is opened for a device.
    /// @param path where, as its options have it
    /// @param modes every mode that it will open it with
    record OpenFile(Path path, Set<HostFiles.Mode> modes) {
        /// Copies the modes.
        public OpenFile {
            modes = Set.copyOf(modes);
        }
    }

    /// Standard output.
    enum Output {
        /// There is none inside.
        NONE,
        /// The machine's.
        MACHINE
    }
}
