package testudo.core.machine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.KernelParameter;
import testudo.spi.option.Configuration;

/// Puts the guest's kernel command line together: the architecture's parameters, consoles, then everything else in the order of the options.
final class CommandLines {
    private CommandLines() {}

    static String assemble(List<String> architecture, List<DeviceSpec> devices, Configuration configuration) {
        List<KernelParameter> parameters = new ArrayList<>();
        devices.forEach(device -> parameters.addAll(device.kernelParameters()));
        configuration
                .all(MachineOptions.PARAMS)
                .forEach(given -> parameters.add(new KernelParameter(given.position(), given.value())));
        parameters.sort(Comparator.comparingInt(KernelParameter::order)); // stable: equal orders keep theirs
        return Stream.concat(architecture.stream(), parameters.stream().map(KernelParameter::text))
                .collect(Collectors.joining(" "));
    }
}
