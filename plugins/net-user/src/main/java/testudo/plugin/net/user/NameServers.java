package testudo.plugin.net.user;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.StringTokenizer;

/// The host's name server, to which the guest's is an alias.
final class NameServers {
    private static final Path RESOLVER = Path.of("/etc/resolv.conf");
    private static final String WORD = "nameserver";

    private NameServers() {}

    /// The first name server of the host's resolver.
    /// @return empty when the host has none
    static Optional<InetAddress> first() {
        try {
            return first(Files.readString(RESOLVER));
        } catch (IOException e) {
            return Optional.empty(); // no resolver here: the guest gets no name server
        }
    }

    static Optional<InetAddress> first(String resolver) {
        for (String line : resolver.lines().toList()) {
            StringTokenizer words = new StringTokenizer(line);
            if (words.countTokens() >= 2 && words.nextToken().equals(WORD)) {
                try {
                    return Optional.of(InetAddress.ofLiteral(words.nextToken()));
                } catch (IllegalArgumentException e) {
                    continue; // not an address: the resolver of the host ignores such a line too
                }
            }
        }
        return Optional.empty();
    }
}
