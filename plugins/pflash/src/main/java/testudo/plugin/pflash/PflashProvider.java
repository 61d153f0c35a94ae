package testudo.plugin.pflash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.platform.FirmwareNode;
import testudo.spi.platform.Resource;

/// Makes the flash chip that `--pflash` asks for. It needs `--bios`, below whose image it is.
public final class PflashProvider implements DeviceProvider {
    private static final long FOUR_GIB = 1L << 32;
    private static final long MAX_BYTES = 16 << 20;
    private static final int PAGE_BYTES = 4096;
    /// Declared by the machine; equal by its name.
    private static final OptionDeclaration<Path> FIRMWARE = OptionDeclaration.value("bios", Path.class, "PATH", "Machine",
            "firmware image to boot instead of a kernel");

    /// Made by [java.util.ServiceLoader].
    public PflashProvider() {}

    @Override
    public String id() {
        return "pflash";
    }

    @Override
    public String summary() {
        return "flash chip for UEFI variables";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(PflashOptions.OPTION);
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        Optional<PflashOptions> wanted = configuration.value(PflashOptions.OPTION);
        if (wanted.isEmpty()) {
            return List.of();
        }
        PflashOptions options = wanted.get();
        List<String> problems = new ArrayList<>();
        if (!facts.architecture().equals("x86_64")) {
            problems.add("--pflash: %s machines have no such device".formatted(facts.architecture()));
        }
        Optional<Path> firmware = configuration.value(FIRMWARE);
        if (firmware.isEmpty()) {
            problems.add("--pflash: needs firmware that uses it; add --bios");
        }
        long firmwareBytes = firmware.map(path -> size("--bios", path, problems)).orElse(0L);
        long flashBytes = size("--pflash", options.path(), problems);
        if (problems.isEmpty() && (flashBytes == 0 || flashBytes > MAX_BYTES || flashBytes % PAGE_BYTES != 0)) {
            problems.add("--pflash: %s has %d bytes, not a multiple of %d up to %d"
                    .formatted(options.path(), flashBytes, PAGE_BYTES, MAX_BYTES));
        }
        if (flashBytes % options.blockSize() != 0) {
            problems.add("--pflash: %s has %d bytes, not a multiple of block_size %d"
                    .formatted(options.path(), flashBytes, options.blockSize()));
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return List.of(spec(options, FOUR_GIB - firmwareBytes - flashBytes, flashBytes));
    }

    private static DeviceSpec spec(PflashOptions options, long gpa, long sizeBytes) {
        return new DeviceSpec.Platform(
                "pflash",
                List.of(new Resource.Mmio(gpa, sizeBytes)),
                Optional.of(FirmwareNode.FLASH),
                List.of(),
                context -> {
                    HostFile file = context.host().files().open(options.path(), Set.of(HostFiles.Mode.READ, HostFiles.Mode.WRITE));
                    try {
                        return new Pflash(file, options.path().toString(), sizeBytes, options.blockSize());
                    } catch (VmmException failure) {
                        file.close();
                        throw failure;
                    }
                });
    }

    private static long size(String option, Path path, List<String> problems) {
        try {
            return Files.size(path);
        } catch (IOException failure) {
            problems.add("%s: cannot read %s: %s".formatted(option, path, failure.getMessage()));
            return 0;
        }
    }
}
