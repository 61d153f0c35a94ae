package testudo.plugin.acpi.pm;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import testudo.spi.command.CommandDeclaration;
import testudo.spi.command.Json;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.irq.Trigger;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.platform.FirmwareNode;
import testudo.spi.platform.Resource;

/// Makes the ACPI power-management registers of an x86 machine, and declares the commands for its buttons and events.
public final class AcpiPmProvider implements DeviceProvider {
    private static final int FIRST_PORT = 0xC000;
    private static final int SCI = 5;
    private static final OptionDeclaration<Long> GPE = OptionDeclaration.argument("GPE", Long.class,
            "number of the general purpose event, 0 to 255");

    /// Made by [java.util.ServiceLoader].
    public AcpiPmProvider() {}

    @Override
    public String id() {
        return "acpi-pm";
    }

    @Override
    public String summary() {
        return "ACPI power management: buttons, sleep states, general purpose events";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of();
    }

    @Override
    public List<CommandDeclaration> commands() {
        return List.of(
                new CommandDeclaration(
                        List.of("powerbtn"), List.of(), "press the power button of a machine",
                        arguments -> AcpiPm.POWER_BUTTON, response -> ""),
                new CommandDeclaration(
                        List.of("sleepbtn"), List.of(), "press the sleep button of a machine",
                        arguments -> AcpiPm.SLEEP_BUTTON, response -> ""),
                new CommandDeclaration(
                        List.of("gpe"), List.of(GPE), "raise a general purpose event", AcpiPmProvider::gpeRequest, response -> ""));
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        if (!facts.architecture().equals("x86_64")) {
            return List.of();
        }
        return List.of(
                new DeviceSpec.Platform(
                        "acpi-pm",
                        List.of(new Resource.Ports(FIRST_PORT, AcpiPm.SIZE), new Resource.Irq(SCI, Trigger.LEVEL)),
                        Optional.of(FirmwareNode.ACPI_POWER_MANAGEMENT),
                        List.of(),
                        context -> new AcpiPm(context.line(0), context.machine())));
    }

    private static Object gpeRequest(Configuration arguments) {
        Map<String, Object> body = new LinkedHashMap<>();
        // The command line requires the argument; a number that can't be is refused by the machine.
        body.put("gpe", arguments.value(GPE).orElse(-1L));
        body.put("clear_evt", Json.NULL);
        return Map.of(AcpiPm.GENERAL_PURPOSE_EVENT, body);
    }
}
