package testudo.plugin.rtc.goldfish;

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

/// Makes the real-time clock of RISC-V machines, unless `--no-rtc` says no.
public final class GoldfishProvider implements DeviceProvider {
    private static final OptionDeclaration<Boolean> NONE = OptionDeclaration.flag("no-rtc", "Platform", "leave the real-time clock out");
    private static final long GPA = 0x10_1000;
    private static final int GSI = 9;

    /// Made by [java.util.ServiceLoader].
    public GoldfishProvider() {}

    @Override
    public String id() {
        return "rtc-goldfish";
    }

    @Override
    public String summary() {
        return "goldfish real-time clock";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(NONE);
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        if (!facts.architecture().equals("riscv64") || configuration.isSet(NONE)) {
            return List.of();
        }
        return List.of(new DeviceSpec.Platform(
                "rtc-goldfish",
                List.of(new Resource.Mmio(GPA, GoldfishClock.SIZE_BYTES), new Resource.Irq(GSI, Trigger.LEVEL)),
                Optional.of(FirmwareNode.RTC_GOLDFISH),
                List.of(),
                context -> new GoldfishClock(context.line(0), context.host().events(), context.loop())));
    }
}
