package testudo.plugin.pflash;

import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import testudo.spi.option.Key;
import testudo.spi.option.OptionDeclaration;

/// What the user wants of the flash chip.
/// @param path the image, read and written
/// @param blockSize bytes that are erased at once
record PflashOptions(
        @Key(help = "image, read and written") Path path,
        @Key(value = "block_size", aliases = "block-size", fallback = "4096", min = 1, max = 1 << 24, help = "bytes that are erased at once") int blockSize) {
    static final OptionDeclaration<PflashOptions> OPTION = OptionDeclaration
            .keyValues("pflash", PflashOptions.class, MethodHandles.lookup(), "Platform",
                    "add a flash chip for UEFI variables below --bios")
            .repeated(false)
            .withSyntax("PATH[,block_size=N]");
}
