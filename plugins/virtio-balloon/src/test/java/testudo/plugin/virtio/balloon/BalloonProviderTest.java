package testudo.plugin.virtio.balloon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import testudo.core.option.ConfigurationBuilder;
import testudo.spi.VmmException;
import testudo.spi.command.CommandDeclaration;
import testudo.spi.device.DeviceSpec;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.virtio.VirtioDevice;
import testudo.testing.tck.TestContext;

/// The balloon's options and commands.
class BalloonProviderTest {
    private final BalloonProvider provider = new BalloonProvider();
    /// A machine with 64 MiB.
    private final TestContext context = new TestContext();

    private List<DeviceSpec> devices(Object... optionsAndTexts) {
        ConfigurationBuilder given = new ConfigurationBuilder(provider.options());
        for (int i = 0; i < optionsAndTexts.length; i += 2) {
            given.text((OptionDeclaration<?>) optionsAndTexts[i], (String) optionsAndTexts[i + 1]);
        }
        return provider.devices(given.build(), context.facts());
    }

    private VirtioDevice make(Object... optionsAndTexts) {
        return ((DeviceSpec.Virtio) devices(optionsAndTexts).getFirst()).factory().create(context);
    }

    private Set<String> problems(Object... optionsAndTexts) {
        return Set.copyOf(assertThrows(VmmException.Config.class, () -> devices(optionsAndTexts)).problems());
    }

    @Test
    void everyMachineHasOneUnlessTheUserSaysNo() {
        assertEquals(1, devices().size());
        assertEquals(List.of(), devices(BalloonProvider.NO_BALLOON, "true"));
    }

    @Test
    void pageReportingIsAFeatureWithAQueue() {
        try (VirtioDevice with = make(BalloonProvider.PAGE_REPORTING, "true"); VirtioDevice without = make()) {
            assertEquals(BalloonDevice.PAGE_REPORTING, with.traits().features() & BalloonDevice.PAGE_REPORTING);
            assertEquals(4, with.traits().queueSizes().size());
            assertEquals(0, without.traits().features() & BalloonDevice.PAGE_REPORTING);
            assertEquals(3, without.traits().queueSizes().size());
        }
    }

    @Test
    void initialMemoryIsWhatTheBalloonLeaves() {
        try (VirtioDevice device = make(BalloonProvider.INIT_MEM, "16"); VirtioDevice all = make()) {
            assertEquals((64 - 16) << 8, device.readConfig(0, 4));
            assertEquals(0, all.readConfig(0, 4));
        }
    }

    @Test
    void contradictionsAreAllReported() {
        assertEquals(
                Set.of(
                        "--init-mem 65 is not between 0 and the memory's 64 MiB",
                        "--init-mem needs the balloon; leave --no-balloon out",
                        "--balloon-page-reporting needs the balloon; leave --no-balloon out"),
                problems(
                        BalloonProvider.INIT_MEM, "65", BalloonProvider.NO_BALLOON, "true", BalloonProvider.PAGE_REPORTING, "true"));
    }

    @Test
    void waitIsPartOfTheRequest() {
        CommandDeclaration balloon = provider.commands().getFirst();
        Configuration arguments = new ConfigurationBuilder(balloon.arguments())
                .text(balloon.arguments().get(0), "4096").text(balloon.arguments().get(1), "true").build();
        assertEquals(
                Map.of("BalloonCommand", Map.of("Adjust", Map.of("num_bytes", 4096L, "wait_for_success", true))),
                balloon.request().apply(arguments));
        assertThrows(
                VmmException.Config.class,
                () -> balloon.request().apply(new ConfigurationBuilder(balloon.arguments()).build()));
    }
}
