package testudo.plugin.loader;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import testudo.plugin.loader.TrustedKeys.TrustedKey;
import testudo.spi.VmmException;

/// Reads plugin archives: bytes, then signature, then contents.
final class ArchiveReader {
    // The heap of the image is 128 MiB, 85 MiB of that for large arrays. While a signature is checked, the JDK holds the archive three
    // times; while it is unpacked, there are the archive, its jars and their entries; what is loaded stays.

    /// The largest archive, in bytes.
    static final int MAX_ARCHIVE_BYTES = 12 << 20;
    /// How much the entries of an archive may hold together, and again the entries of its jars, in bytes.
    static final int MAX_UNPACKED_BYTES = 20 << 20;
    /// How much the entries of all archives' jars may hold together, in bytes.
    static final int MAX_LOADED_BYTES = 28 << 20;
    /// What the name of an archive ends with.
    static final String SUFFIX = ".zip";
    /// What the name of its signature adds.
    static final String SIGNATURE_SUFFIX = ".sig";
    private static final String LIBRARY = "lib/";

    private final TrustedKeys keys;

    /// Makes a reader.
    /// @param keys who is trusted
    ArchiveReader(TrustedKeys keys) {
        this.keys = keys;
    }

    /// An archive's bytes and those of its signature, as they were read, once.
    /// @param archive the archive
    /// @param signature the signature
    record SignedBytes(byte[] archive, byte[] signature) {}

    /// Where the signature of an archive is.
    static Path signatureOf(Path archive) {
        return archive.resolveSibling(archive.getFileName() + SIGNATURE_SUFFIX);
    }

    /// Reads an archive and its signature, each once.
    /// @param file the archive
    /// @return their bytes
    /// @throws VmmException when one is missing, too large or can't be read
    static SignedBytes bytes(Path file) {
        byte[] archive = SmallFile.read(file, MAX_ARCHIVE_BYTES, "plugin archive");
        Path signatureFile = signatureOf(file);
        if (!Files.exists(signatureFile)) {
            throw new VmmException.Config(("%s is not signed: there is no %s; get the signature from its vendor, or sign it with a key"
                    + " of your own and 'testudo plugin trust' that").formatted(file, signatureFile.getFileName()));
        }
        byte[] signature = SmallFile.read(signatureFile, 2 * TrustedKeys.SIGNATURE_BYTES, "signature");
        if (signature.length != TrustedKeys.SIGNATURE_BYTES) {
            throw new VmmException.Config(("%s is not an Ed25519 signature: it has %d bytes, not %d; make it with"
                    + " 'openssl pkeyutl -sign -rawin'").formatted(signatureFile, signature.length, TrustedKeys.SIGNATURE_BYTES));
        }
        return new SignedBytes(archive, signature);
    }

    /// Reads, checks and opens an archive.
    /// @param file the archive
    /// @return the archive, in memory
    /// @throws VmmException when it is not signed by a trusted key, damaged, too large or not a plugin
    PluginArchive read(Path file) {
        return open(file, bytes(file));
    }

    /// Checks and opens an archive that has been read.
    /// @param file where it came from, for messages
    /// @param bytes its bytes
    /// @return the archive, in memory
    /// @throws VmmException when it is not signed by a trusted key, damaged, too large or not a plugin
    PluginArchive open(Path file, SignedBytes bytes) {
        TrustedKey signer = keys.signerOf(bytes.archive(), bytes.signature()).orElseThrow(() -> new VmmException.Config(
                ("%s is not signed by a key that you trust (%s): the archive was changed after it was signed, or its vendor's key is new to"
                        + " you; if you trust the vendor, get the key and run 'testudo plugin trust KEY.pem'")
                        .formatted(file, keys.keys().isEmpty() ? "you trust none" : "you trust " + keys.keys().size())));
        Map<String, byte[]> entries = ZipContents.read(bytes.archive(), MAX_UNPACKED_BYTES, file.toString());
        byte[] manifest = entries.get(PluginManifest.NAME);
        if (manifest == null) {
            throw new VmmException.Config("%s is not a plugin: it has no %s; see docs/plugins.md".formatted(file, PluginManifest.NAME));
        }
        return new PluginArchive(file, PluginManifest.parse(manifest, file.toString()), signer, modules(file, entries));
    }

    private static List<MemoryModule> modules(Path file, Map<String, byte[]> entries) {
        List<MemoryModule> modules = new ArrayList<>();
        int left = MAX_UNPACKED_BYTES;
        for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
            String name = entry.getKey();
            if (name.startsWith(LIBRARY) && name.endsWith(".jar") && name.indexOf('/', LIBRARY.length()) < 0) {
                MemoryModule module = MemoryModule.of(entry.getValue(), left, file, name);
                left -= module.sizeBytes();
                for (MemoryModule other : modules) {
                    if (other.name().equals(module.name())) {
                        throw new VmmException.Config("%s is refused: two of its jars are module %s; its vendor must leave one out"
                                .formatted(file, module.name()));
                    }
                }
                modules.add(module);
            }
        }
        if (modules.isEmpty()) {
            throw new VmmException.Config("%s is not a plugin: it has no lib/*.jar; see docs/plugins.md".formatted(file));
        }
        return modules;
    }
}
