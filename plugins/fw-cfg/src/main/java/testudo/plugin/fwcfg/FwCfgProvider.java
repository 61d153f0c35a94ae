package testudo.plugin.fwcfg;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.platform.FirmwareNode;
import testudo.spi.platform.Resource;

/// Makes the firmware configuration device when `--enable-fw-cfg` or a `--fw-cfg` asks for it. x86 only.
public final class FwCfgProvider implements DeviceProvider {
    private static final int FIRST_PORT = 0x510;
    private static final long MAX_FILE_BYTES = 16 << 20;
    private static final OptionDeclaration<Boolean> ENABLE = OptionDeclaration.flag("enable-fw-cfg", "Platform",
            "add the firmware configuration device even without files");

    /// Made by [java.util.ServiceLoader].
    public FwCfgProvider() {}

    @Override
    public String id() {
        return "fw-cfg";
    }

    @Override
    public String summary() {
        return "firmware configuration files";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(ENABLE, FwCfgFile.OPTION);
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        List<Occurrence<FwCfgFile>> files = configuration.all(FwCfgFile.OPTION);
        if (files.isEmpty() && !configuration.isSet(ENABLE)) {
            return List.of();
        }
        if (!facts.architecture().equals("x86_64")) {
            throw new VmmException.Config("--fw-cfg, --enable-fw-cfg: %s machines have no such device".formatted(facts.architecture()));
        }
        List<String> problems = FwCfgFile.problems(files);
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return List.of(
                new DeviceSpec.Platform(
                        "fw-cfg",
                        List.of(new Resource.Ports(FIRST_PORT, FwCfg.PORTS)),
                        Optional.of(FirmwareNode.FW_CFG),
                        List.of(),
                        context -> new FwCfg(contents(files, context.host().files()), context.machine()::bootOrder)));
    }

    private static Map<String, byte[]> contents(List<Occurrence<FwCfgFile>> files, HostFiles host) {
        Map<String, byte[]> contents = new TreeMap<>();
        for (Occurrence<FwCfgFile> file : files) {
            FwCfgFile wanted = file.value();
            byte[] bytes = wanted.path().map(path -> read(path, file.where(), host))
                    .orElseGet(() -> wanted.string().orElseThrow().getBytes(StandardCharsets.UTF_8));
            contents.put(wanted.name(), bytes);
        }
        return contents;
    }

    private static byte[] read(Path path, String where, HostFiles host) {
        HostFile file = host.open(path, Set.of(HostFiles.Mode.READ));
        try (file; Arena arena = Arena.ofConfined()) {
            long size = file.sizeBytes();
            if (size > MAX_FILE_BYTES) {
                throw new VmmException.Config("%s: %s has %d bytes, more than %d".formatted(where, path, size, MAX_FILE_BYTES));
            }
            MemorySegment bytes = arena.allocate(Math.max(size, 1));
            for (long done = 0; done < size;) {
                long got = file.read(done, bytes, done, size - done);
                if (got <= 0) {
                    throw new VmmException.Host(
                            VmmException.Kind.IO, "cannot read %s: %s at byte %d [%s]".formatted(
                                    path, got == 0 ? "it ended" : "errno " + -got, done, where));
                }
                done += got;
            }
            return bytes.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE);
        }
    }
}
