package com.example.acme.pattern;

import java.lang.invoke.MethodHandles;
import java.util.Optional;
import testudo.spi.option.Key;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.pci.PciAddress;

/// The value of `--acme-entropy`.
/// @param seed the first byte; each byte that follows is one more
/// @param pciAddress where the guest finds the device
public record PatternOptions(
        @Key(min = 0, max = 255, help = "the first byte; each byte that follows is one more, modulo 256") int seed,
        @Key(help = "PCI address of the device") Optional<PciAddress> pciAddress) {
    static final OptionDeclaration<PatternOptions> OPTION = OptionDeclaration
            .keyValues("acme-entropy", PatternOptions.class, MethodHandles.lookup(), "Acme", "add an entropy device with a known pattern")
            .withSyntax("seed=N[,pci-address=ADDRESS]");
}
