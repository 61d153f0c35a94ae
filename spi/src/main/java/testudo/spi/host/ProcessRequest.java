package testudo.spi.host;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A process to start.
/// @param command an absolute program path and its arguments
/// @param environment all of its environment
/// @param handles what it inherits. Standard input is empty and standard output leads nowhere unless given; standard error
///        is this process's unless given
public record ProcessRequest(List<String> command, Map<String, String> environment, List<PassedHandle> handles) {
    /// Checks and copies.
    public ProcessRequest {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        handles = List.copyOf(handles);
        Set<Integer> numbers = new HashSet<>();
        for (PassedHandle handle : handles) {
            if (!numbers.add(handle.number())) {
                throw new IllegalArgumentException("two handles with number " + handle.number());
            }
        }
        if (command.isEmpty() || !command.get(0).startsWith("/")) {
            throw new IllegalArgumentException("not an absolute program path: " + command);
        }
    }

    /// A handle that a new process inherits.
    /// @param number its number there, 0 to 255
    /// @param handle an open handle of this process; it stays open here
    public record PassedHandle(int number, HostHandle handle) {
        private static final int MAX_NUMBER = 255;

        /// Checks.
        public PassedHandle {
            if (number < 0 || number > MAX_NUMBER) {
                throw new IllegalArgumentException("handle number " + number);
            }
        }
    }
}
