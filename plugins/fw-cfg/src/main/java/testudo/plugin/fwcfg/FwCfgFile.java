package testudo.plugin.fwcfg;

import java.lang.invoke.MethodHandles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import testudo.spi.option.Key;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;

/// A file that the user wants in the device: `--fw-cfg name=NAME,path=PATH` or `string=TEXT`.
/// @param name what the guest calls it, 1 to 55 bytes
/// @param path where its contents are
/// @param string its contents
record FwCfgFile(
        @Key(help = "what the guest calls it, such as opt/org.example/key") String name,
        @Key(help = "file with the contents") Optional<Path> path,
        @Key(help = "the contents") Optional<String> string) {
    static final OptionDeclaration<FwCfgFile> OPTION = OptionDeclaration
            .keyValues("fw-cfg", FwCfgFile.class, MethodHandles.lookup(), "Platform", "add a file to the firmware configuration device")
            .withSyntax("name=NAME,(path=PATH|string=TEXT)");

    static final String BOOT_ORDER = "bootorder";
    static final int NAME_BYTES = 56;
    static final int MAX_FILES = 1024;

    /// What is wrong with the files.
    /// @param files as given
    /// @return one sentence each
    static List<String> problems(List<Occurrence<FwCfgFile>> files) {
        List<String> problems = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Occurrence<FwCfgFile> file : files) {
            String name = file.value().name();
            int length = name.getBytes(StandardCharsets.UTF_8).length;
            if (length == 0 || length >= NAME_BYTES || name.indexOf('\0') >= 0) {
                problems.add("%s: name '%s' has %d bytes, not 1 to %d".formatted(file.where(), name, length, NAME_BYTES - 1));
            }
            if (name.equals(BOOT_ORDER)) {
                problems.add("%s: '%s' is made from the bootindex of the devices; use that".formatted(file.where(), name));
            }
            if (!names.add(name)) {
                problems.add("%s: there is a file '%s' already".formatted(file.where(), name));
            }
            if (file.value().path().isPresent() == file.value().string().isPresent()) {
                problems.add("%s: file '%s' needs either path or string".formatted(file.where(), name));
            }
        }
        if (files.size() > MAX_FILES) {
            problems.add("--fw-cfg: %d files, but at most %d are possible".formatted(files.size(), MAX_FILES));
        }
        return problems;
    }
}
