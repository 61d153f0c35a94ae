package testudo.spi.host;

/// Standard streams, pseudo terminals and the process's termination signals.
public interface HostTerminals {
    /// Standard input as a pollable stream that never blocks. Regular files are read to their end.
    /// @return the stream; closing it does not close the descriptor
    HostFile standardInput();

    /// Standard output.
    /// @return the stream; closing it does not close the descriptor
    HostFile standardOutput();

    /// Whether standard input is a terminal.
    /// @return true for a terminal
    boolean inputIsTerminal();

    /// Puts the terminal of standard input into raw mode (no echo, no line editing, no signals from keys; output processing stays).
    /// The earlier mode is restored by closing the handle, and by the platform on any orderly or signalled end of the process.
    /// @return closes to restore; does nothing when standard input is no terminal
    HostHandle rawInput();

    /// Makes a pseudo terminal.
    /// @return its host side
    PseudoTerminal newPseudoTerminal();

    /// Makes the first SIGTERM, SIGINT or SIGHUP signal an event instead of ending the process.
    /// @param event signalled once for each
    void signalOnTermination(HostEvent event);

    /// The host side of a pseudo terminal.
    interface PseudoTerminal extends HostHandle {
        /// The stream to the user's side; never blocks.
        /// @return the stream, closed with the terminal
        HostFile stream();

        /// Where the user connects, such as `/dev/pts/3`.
        /// @return a path
        String path();
    }
}
