package testudo.core.vhost;

/// The peer broke the protocol, or asked for what can't be. Stackless; ends the connection, never the process.
final class PeerFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PeerFault(String message) {
        super(message, null, false, false);
    }
}
