package testudo.plugin.rtc.cmos;

import java.util.List;
import java.util.Optional;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.irq.Trigger;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.platform.FirmwareNode;
import testudo.spi.platform.Resource;

/// Makes the real-time clock of x86 machines, unless `--no-rtc` says no.
public final class CmosProvider implements DeviceProvider {
    private static final OptionDeclaration<Boolean> NONE = OptionDeclaration.flag("no-rtc", "Platform", "leave the real-time clock out");

    /// Made by [java.util.ServiceLoader].
    public CmosProvider() {}

    @Override
    public String id() {
        return "rtc-cmos";
    }

    @Override
    public String summary() {
        return "real-time clock and CMOS memory";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(NONE);
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        if (!facts.architecture().equals("x86_64") || configuration.isSet(NONE)) {
            return List.of();
        }
        return List.of(
                new DeviceSpec.Platform(
                        "rtc-cmos",
                        List.of(new Resource.Ports(0x70, 2), new Resource.Irq(8, Trigger.EDGE)),
                        Optional.of(FirmwareNode.RTC_MC146818),
                        List.of(),
                        context -> new Cmos(context.line(0), context.host().events(), context.loop(), facts)));
    }
}
