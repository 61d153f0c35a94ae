package testudo.spi.jail;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import testudo.spi.VmmException;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles;
import testudo.spi.host.HostPlatform;
import testudo.spi.jail.JailRequest.Network;

/// What a device needs of the host once it is shut into a jail. Its provider says so with [testudo.spi.device.DeviceSpec.Factory#jailable].
public sealed interface JailNeeds {
    /// A device that can live in a jail, and what the jail must give it.
    /// @param opened files that are opened outside and passed as descriptors; inside, opening the same path gives them
    /// @param shown files and folders that are visible inside, for what can't be opened beforehand; a device file can't be used that way
    /// @param network which network
    /// @param streams which streams of users; inside, [testudo.spi.host.HostTerminals] gives them
    /// @param rings how many io_uring queues it has at a time, made before the last wall forbids it
    /// @param preparation what is opened outside by the provider itself; inside, [testudo.spi.host.HostPlatform#prepared()] gives it
    record Grants(
            List<OpenFile> opened, List<FileGrant> shown, Network network, Set<Stream> streams, Rings rings,
            Optional<Preparation> preparation) implements JailNeeds {
        /// Copies the collections.
        public Grants {
            opened = List.copyOf(opened);
            shown = List.copyOf(shown);
            streams = Set.copyOf(streams);
        }

        /// The same with other streams.
        /// @param wanted which
        /// @return a copy
        public Grants withStreams(Set<Stream> wanted) {
            return new Grants(opened, shown, network, wanted, rings, preparation);
        }

        /// The same with another network.
        /// @param wanted which
        /// @return a copy
        public Grants withNetwork(Network wanted) {
            return new Grants(opened, shown, wanted, streams, rings, preparation);
        }

        /// The same with something that the provider opens.
        /// @param wanted opens it
        /// @return a copy
        public Grants withPreparation(Preparation wanted) {
            return new Grants(opened, shown, network, streams, rings, Optional.of(wanted));
        }

        /// The same with rings.
        /// @param wanted how many, how deep
        /// @return a copy
        public Grants withRings(Rings wanted) {
            return new Grants(opened, shown, network, streams, wanted, preparation);
        }
    }

    /// A device whose data the host's kernel moves: the kernel reads guest memory by the process that made the machine, so it lives there. What
    /// is left of it in that process is its set-up and its control queue, if it has one.
    record KernelServed() implements JailNeeds {}

    /// A device that can't live in a jail, and so can't live beside jailed ones.
    /// @param reason why, for the user: a phrase
    record Unjailable(String reason) implements JailNeeds {}

    /// A device that needs nothing of the host.
    /// @return grants of nothing
    static Grants nothing() {
        return files(List.of(), List.of());
    }

    /// A device that needs one file.
    /// @param path where, as its options have it
    /// @param modes how it opens it
    /// @return grants of that file
    static Grants file(Path path, Set<HostFiles.Mode> modes) {
        return files(List.of(new OpenFile(path, modes)), List.of());
    }

    /// A device that needs files alone.
    /// @param opened files that are opened outside and passed
    /// @param shown files and folders that are visible inside
    /// @return grants of those files
    static Grants files(List<OpenFile> opened, List<FileGrant> shown) {
        return new Grants(opened, shown, Network.NONE, Set.of(), new Rings(0, 1), Optional.empty());
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

    /// Streams of users.
    enum Stream {
        /// The machine's standard input. The machine sets the mode of its terminal and restores it. The device may end the machine: its user
        /// does with a key.
        INPUT,
        /// The machine's standard output.
        OUTPUT,
        /// A pseudo terminal that the machine makes.
        PSEUDO_TERMINAL
    }

    /// Queues of asynchronous input and output.
    /// @param count how many at a time
    /// @param depth how many operations each takes
    record Rings(int count, int depth) {}

    /// What a provider opens outside of the jail, with the machine's rights, for a device inside.
    @FunctionalInterface
    interface Preparation {
        /// Opens it. On the starting thread.
        /// @param host the platform
        /// @return what is passed to the device
        /// @throws VmmException when it can't be opened
        Prepared prepare(HostPlatform host);
    }

    /// What was opened.
    /// @param handles closed by who gets this
    /// @param facts what the device must know about them, in its provider's own form; at most 4096 characters
    record Prepared(List<? extends HostFile> handles, String facts) {
        /// Copies the list.
        public Prepared {
            handles = List.copyOf(handles);
        }
    }
}
