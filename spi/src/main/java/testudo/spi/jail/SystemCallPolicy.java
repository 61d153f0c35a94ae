package testudo.spi.jail;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import testudo.spi.VmmException;

/// The system calls that a device process may make once it runs, as text in minijail's policy language.
///
/// A device's policy lies in its plugin's module as `META-INF/seccomp/NAME.policy`. It names what the
/// device needs, call by call or by group (`@include file.policy`), and ends with `@include common.policy`, what every device process needs.
/// @param name the policy's name, for messages
/// @param text its lines
public record SystemCallPolicy(String name, String text) {
    private static final String FOLDER = "META-INF/seccomp/";
    private static final String EXTENSION = ".policy";

    /// Reads a device's policy: the user's, or the one in the plugin's module.
    /// @param name the device kind, such as `virtio-block`
    /// @param plugin the module of its provider
    /// @param options may name a folder of replacements
    /// @return the policy
    /// @throws VmmException.Config when there is none, or it can't be read
    public static SystemCallPolicy of(String name, Module plugin, JailOptions options) {
        String file = name + EXTENSION;
        Path own = options.policyDirectory().map(directory -> directory.resolve(file)).orElse(Path.of(""));
        try {
            if (Files.isRegularFile(own)) {
                return new SystemCallPolicy(name, Files.readString(own));
            }
            try (InputStream in = plugin.getResourceAsStream(FOLDER + file)) {
                if (in != null) {
                    return new SystemCallPolicy(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
                }
            }
        } catch (IOException failure) {
            throw new VmmException.Config("system call policy " + file + ": " + failure);
        }
        throw new VmmException.Config("no system call policy " + file + " in " + plugin
                + "; add " + FOLDER + file + " to it, or give one with --seccomp-policy-dir");
    }
}
