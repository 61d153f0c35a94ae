package testudo.plugin.loader;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.ModuleReference;
import java.lang.module.ResolvedModule;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// A vendor: has a key, compiles modules, packs and signs archives.
final class Vendor {
    private final Path work;
    private final KeyPair keys;
    private int number;

    /// Makes a vendor with a new key.
    /// @param work a folder for sources and classes
    Vendor(Path work) {
        this.work = work;
        try {
            keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /// Publishes the public key.
    Path publishKey(Path folder) {
        String pem = "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        return write(folder.resolve("vendor" + Math.abs(keys.getPublic().hashCode()) + ".pem"), pem.getBytes(StandardCharsets.US_ASCII));
    }

    /// The manifest of a plugin that works with any spi.
    static String manifest(String id, String version, String... more) {
        return "plugin.id=" + id + "\nplugin.version=" + version + "\nplugin.requires=>=0.1.0\nplugin.provider=Acme\n"
                + String.join("\n", more) + "\n";
    }

    /// A module whose tool is named by its word, so that tests can tell providers apart.
    byte[] toolModule(String module, String word, String... more) {
        return module(module, Map.of(
                "module-info.java", "module " + module + " { requires testudo.spi; " + String.join(" ", more)
                        + " provides testudo.spi.command.ToolProvider with " + module + ".Tools; }",
                module.replace('.', '/') + "/Tools.java", tools(module, "\"" + word + "\"")), List.of(), "1.0.0");
    }

    static String tools(String packageName, String word) {
        return "package " + packageName + ";\n"
                + "public final class Tools implements testudo.spi.command.ToolProvider {\n"
                + "    public java.util.List<Tool> tools() {\n"
                + "        return java.util.List.of(new Tool(java.util.List.of(" + word + "), java.util.List.of(), \"\", (a, o) -> 0));\n"
                + "    }\n}\n";
    }

    /// Compiles a module and packs it.
    byte[] module(String name, Map<String, String> sources, List<Path> modulePath, String version) {
        Path folder = work.resolve(name + "-" + number++);
        List<String> arguments = new ArrayList<>(List.of("-d", folder.resolve("classes").toString(), "--module-version", version,
                "-p", path(modulePath)));
        sources.forEach((file, text) -> {
            if (file.endsWith(".java")) {
                arguments.add(write(folder.resolve("src").resolve(file), text.getBytes(StandardCharsets.UTF_8)).toString());
            } else {
                write(folder.resolve("classes").resolve(file), text.getBytes(StandardCharsets.UTF_8));
            }
        });
        run("javac", arguments);
        Path jar = folder.resolve("module.jar");
        run("jar", List.of("--create", "--file", jar.toString(), "-C", folder.resolve("classes").toString(), "."));
        return read(jar);
    }

    /// Puts bytes where `javac` can find them as a module.
    Path onModulePath(byte[] jar) {
        return write(work.resolve("path-" + number++).resolve("module.jar"), jar);
    }

    /// Packs a plugin and signs it.
    /// @param file where to
    /// @param manifest its `plugin.properties`
    /// @param jars its jars
    Path publish(Path file, String manifest, byte[]... jars) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("plugin.properties", manifest.getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < jars.length; i++) {
            entries.put("lib/" + i + ".jar", jars[i]);
        }
        return publish(file, zip(entries));
    }

    /// Writes an archive and signs it, whatever it holds.
    Path publish(Path file, byte[] archive) {
        write(file, archive);
        write(ArchiveReader.signatureOf(file), sign(archive));
        return file;
    }

    byte[] sign(byte[] content) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(keys.getPrivate());
            signature.update(content);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    static byte[] zip(Map<String, byte[]> entries) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
                zip.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static Path write(Path file, byte[] content) {
        try {
            Files.createDirectories(file.getParent());
            return Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The folder of this repository.
    static Path repository() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve(".mvn"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    /// The given modules and, unless one of them stands in for it, the real spi.
    private static String path(List<Path> modules) {
        Stream<Path> own = Stream.of("testudo.spi", "org.jspecify")
                .flatMap(name -> ModuleLayer.boot().configuration().findModule(name).stream())
                .map(ResolvedModule::reference).map(ModuleReference::location).map(uri -> Path.of(uri.orElseThrow()));
        return String.join(java.io.File.pathSeparator,
                Stream.concat(modules.stream(), own).map(Path::toString).toList());
    }

    private static void run(String tool, List<String> arguments) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        java.io.PrintStream out = new java.io.PrintStream(output, true, StandardCharsets.UTF_8);
        if (ToolProvider.findFirst(tool).orElseThrow().run(out, out, arguments.toArray(String[]::new)) != 0) {
            throw new AssertionError(tool + " " + arguments + ":\n" + output.toString(StandardCharsets.UTF_8));
        }
    }
}
