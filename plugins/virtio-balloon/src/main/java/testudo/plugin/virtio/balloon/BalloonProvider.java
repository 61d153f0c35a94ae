package testudo.plugin.virtio.balloon;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import testudo.spi.VmmException;
import testudo.spi.command.CommandDeclaration;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EnumerationRank;
import testudo.spi.device.MachineFacts;
import testudo.spi.device.StandaloneDevice;
import testudo.spi.jail.JailNeeds;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.virtio.VirtioType;

/// Gives every machine one balloon, unless the user does not want it.
public final class BalloonProvider implements DeviceProvider {
    private static final String GROUP = "Memory";
    static final OptionDeclaration<Boolean> NO_BALLOON = OptionDeclaration.flag("no-balloon", GROUP, "leave the memory balloon out");
    static final OptionDeclaration<Boolean> PAGE_REPORTING = OptionDeclaration.flag(
            "balloon-page-reporting", GROUP, "let the guest report free pages, which go back to the host at once");
    static final OptionDeclaration<Long> INIT_MEM = OptionDeclaration.value(
            "init-mem", Long.class, "MIB", GROUP, "memory outside the balloon at boot, in MiB; default all of it");
    private static final OptionDeclaration<Long> SIZE = OptionDeclaration.argument("SIZE", Long.class, "bytes to take from the guest");
    private static final OptionDeclaration<Boolean> WAIT = OptionDeclaration.flag("wait", "", "return when the balloon has that size");

    /// A device without a machine does not know how much memory there is.
    private static final long ANY_MEMORY_BYTES = 1L << 43;

    /// For [java.util.ServiceLoader].
    public BalloonProvider() {}

    @Override
    public String id() {
        return "virtio-balloon";
    }

    @Override
    public String summary() {
        return "memory that a guest lends to the host (virtio-balloon)";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(NO_BALLOON, PAGE_REPORTING, INIT_MEM);
    }

    @Override
    public List<CommandDeclaration> commands() {
        return List.of(
                new CommandDeclaration(
                        List.of("balloon"),
                        List.of(SIZE, WAIT),
                        "take memory from the guest",
                        BalloonProvider::adjustRequest,
                        response -> ""),
                new CommandDeclaration(
                        List.of("balloon_stats"),
                        List.of(),
                        "print the guest's memory statistics",
                        arguments -> BalloonCommand.statsRequest(),
                        BalloonStats::print));
    }

    private static Object adjustRequest(Configuration arguments) {
        long size = arguments.value(SIZE).orElseThrow(() -> new VmmException.Config("SIZE is missing"));
        return BalloonCommand.adjustRequest(size, arguments.isSet(WAIT));
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        boolean reporting = configuration.isSet(PAGE_REPORTING);
        Optional<Long> outside = configuration.value(INIT_MEM);
        boolean without = configuration.isSet(NO_BALLOON);
        List<String> problems = new ArrayList<>();
        long outsideBytes = facts.memoryBytes();
        if (outside.isPresent()) {
            long mebibytes = outside.get();
            if (mebibytes < 0 || mebibytes > facts.memoryBytes() >> 20) {
                problems.add("--init-mem %d is not between 0 and the memory's %d MiB".formatted(mebibytes, facts.memoryBytes() >> 20));
            } else {
                outsideBytes = mebibytes << 20;
            }
        }
        Map.of("--balloon-page-reporting", reporting, "--init-mem", outside.isPresent()).forEach((option, given) -> {
            if (without && given) {
                problems.add("%s needs the balloon; leave --no-balloon out".formatted(option));
            }
        });
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        long initialBytes = facts.memoryBytes() - outsideBytes;
        return without ? List.of() : List.of(spec(reporting, initialBytes, facts.memoryBytes()));
    }

    @Override
    public List<VirtioType> virtioTypes() {
        return List.of(BalloonDevice.TYPE);
    }

    @Override
    public List<StandaloneDevice> standalone() {
        return List.of(new StandaloneDevice(
                "balloon",
                List.of(PAGE_REPORTING),
                "take back memory that another monitor's guest reports as free",
                configuration -> spec(configuration.isSet(PAGE_REPORTING), 0, ANY_MEMORY_BYTES)));
    }

    private static DeviceSpec.Virtio spec(boolean reporting, long initialBytes, long memoryBytes) {
        return new DeviceSpec.Virtio(
                "balloon0",
                EnumerationRank.BALLOON,
                Optional.empty(),
                OptionalInt.empty(),
                List.of(),
                DeviceSpec.Factory.jailable(
                        JailNeeds.nothing(), context -> new BalloonDevice(reporting, initialBytes, memoryBytes, context)));
    }
}
