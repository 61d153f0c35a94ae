package testudo.cli;

import java.util.ArrayList;
import java.util.List;

/// The arguments after crosvm's first pass over them.
/// @param arguments options and values apart
/// @param warnings sentences about spellings that are going away
record Argv(List<String> arguments, List<String> warnings) {
    Argv {
        arguments = List.copyOf(arguments);
        warnings = List.copyOf(warnings);
    }

    /// Splits `--name=value` and `-x=value` at the first `=`; `-h` means `--help`, `--host_ip` means `--host-ip`. A lone `-` is a value.
    static Argv of(List<String> raw) {
        List<String> arguments = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        for (String argument : raw) {
            int equals = argument.indexOf('=');
            boolean split = argument.length() > 1 && argument.startsWith("-") && equals > 0;
            String name = split ? argument.substring(0, equals) : argument;
            switch (name) {
                case "-h" -> arguments.add("--help");
                case "--host_ip" -> {
                    warnings.add("--host_ip is deprecated; use --host-ip");
                    arguments.add("--host-ip");
                }
                default -> arguments.add(name);
            }
            if (split) {
                arguments.add(argument.substring(equals + 1));
            }
        }
        return new Argv(arguments, warnings);
    }
}
