package testudo.plugin.loader;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import testudo.spi.VmmException;

/// The public keys of the vendors that the user trusts: Ed25519 (RFC 8032), one a file, as PEM (RFC 7468, 13 "Textual Encoding of
/// Subject Public Key Info").
/// @param keys in the order of their files
record TrustedKeys(List<TrustedKey> keys) {
    /// The length of a signature.
    static final int SIGNATURE_BYTES = 64;
    /// The folder of keys, in a plugin directory and in the user's configuration.
    static final String FOLDER = "trusted-keys";
    private static final int MAX_KEYS = 64;
    private static final int MAX_FILE_BYTES = 4096;
    private static final String BEGIN = "-----BEGIN PUBLIC KEY-----";
    private static final String END = "-----END PUBLIC KEY-----";

    /// Copies the list.
    TrustedKeys {
        keys = List.copyOf(keys);
    }

    /// A key.
    /// @param file where it was found
    /// @param fingerprint SHA-256 over its encoding, in hexadecimal digits
    /// @param key the key
    record TrustedKey(Path file, String fingerprint, PublicKey key) {
        /// The start of the fingerprint, enough to tell keys apart.
        String shortFingerprint() {
            return fingerprint.substring(0, 16);
        }

        /// The key as a file of its own.
        byte[] pem() {
            String encoded = Base64.getMimeEncoder(64, new byte[]{'\n'}).encodeToString(key.getEncoded());
            return (BEGIN + "\n" + encoded + "\n" + END + "\n").getBytes(StandardCharsets.US_ASCII);
        }
    }

    /// Reads every `*.pem` file of some folders; a folder that does not exist has none.
    /// @param folders in order
    /// @return the keys
    /// @throws VmmException when a file can't be read or holds anything else than an Ed25519 public key
    static TrustedKeys in(List<Path> folders) {
        List<Path> files = new ArrayList<>();
        for (Path folder : folders) {
            if (Files.isDirectory(folder)) {
                PluginDirectory.requirePrivate(folder);
                try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*.pem")) {
                    List<Path> sorted = new ArrayList<>();
                    found.forEach(sorted::add);
                    Collections.sort(sorted);
                    files.addAll(sorted);
                } catch (IOException | java.nio.file.DirectoryIteratorException e) {
                    throw new VmmException.Host(VmmException.Kind.IO, "cannot list trusted keys in %s: %s".formatted(folder, e), e);
                }
            }
        }
        if (files.size() > MAX_KEYS) {
            throw new VmmException.Config("there are %d trusted keys, more than %d; remove those that are not in use from %s"
                    .formatted(files.size(), MAX_KEYS, folders));
        }
        return new TrustedKeys(files.stream().map(TrustedKeys::read).toList());
    }

    /// Reads one key.
    /// @param file a PEM file
    /// @return the key
    /// @throws VmmException when it can't be read or holds anything else than an Ed25519 public key
    static TrustedKey read(Path file) {
        String text = new String(SmallFile.read(file, MAX_FILE_BYTES, "key"), StandardCharsets.ISO_8859_1);
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (begin < 0 || end < begin) {
            throw notAKey(file, "it has no PUBLIC KEY block");
        }
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end));
            PublicKey key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
            return new TrustedKey(file, fingerprint(key.getEncoded()), key);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw notAKey(file, String.valueOf(e.getMessage()));
        }
    }

    /// Looks for the key that made a signature.
    /// @param content what was signed
    /// @param signature 64 bytes
    /// @return the key, if it is one of these
    Optional<TrustedKey> signerOf(byte[] content, byte[] signature) {
        for (TrustedKey candidate : keys) {
            try {
                Signature check = Signature.getInstance("Ed25519");
                check.initVerify(candidate.key());
                check.update(content);
                if (check.verify(signature)) {
                    return Optional.of(candidate);
                }
            } catch (java.security.SignatureException e) {
                // Not a point on the curve, or a scalar out of range: no key has made it.
                return Optional.empty();
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("Ed25519 is part of java.base", e);
            }
        }
        return Optional.empty();
    }

    /// The fingerprint of some bytes.
    /// @param content any
    /// @return SHA-256 in hexadecimal digits
    static String fingerprint(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static VmmException.Config notAKey(Path file, String reason) {
        return new VmmException.Config(("cannot use %s as a trusted key: %s; it must be an Ed25519 public key in PEM form, as"
                + " 'openssl pkey -pubout' prints it").formatted(file, reason));
    }
}
