package testudo.spi.host;

import java.util.Optional;

/// A listening local socket; readable when somebody wants to connect.
public interface LocalListener extends Pollable {
    /// Accepts a connection. Never blocks.
    /// @return a non-blocking connection that the caller closes, or nothing when nobody is waiting
    Optional<LocalSocket> accept();
}
