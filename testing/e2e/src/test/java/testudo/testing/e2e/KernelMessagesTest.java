package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Stock kernels have nothing to complain about: no message of level "warning" or worse that is not known and explained.
@ParameterizedClass
@MethodSource("kernels")
@Tag("soft")
class KernelMessagesTest extends OnProduct {
    /// Raw messages start with their priority; below 5 is "warning" or worse, by the kernel itself (facility 0).
    private static final String WARNINGS = "dmesg -r | grep '^<[0-4]>' | sed 's/^<[0-9]*>\\[[ 0-9.]*\\] *//'";

    /// On a backend's every kernel.
    static Stream<Arguments> kernels() {
        return Backend.selected().flatMap(backend -> backend.kernels().stream().map(kernel -> Arguments.of(backend, kernel)));
    }

    @Parameter(1) Kernel kernel;

    @Test
    void kernelHasNoComplaint() throws Exception {
        List<Pattern> allowed = AllowedWarnings.read();
        List<String> complaints = boot(RunOptions.of(kernel).vcpus(2)).run(WARNINGS + "; true").lines()
                .filter(line -> !line.isBlank() && allowed.stream().noneMatch(pattern -> pattern.matcher(line).find()))
                .toList();
        assertEquals(List.of(), complaints);
    }

    /// Shows that the check above can fail.
    @Test
    void warningIsSeen() throws Exception {
        Guest guest = boot(RunOptions.of(kernel));
        guest.run("echo '<4>testudo: a warning' > /dev/kmsg; echo '<6>testudo: no warning' > /dev/kmsg");
        // A message from a program has facility 1 (user), so its priority reads 12, not 4.
        String seen = guest.run("dmesg -r | grep '^<[0-9]*>.*testudo: '");
        assertTrue(seen.contains("<12>") && seen.contains("<14>"), seen);
    }
}
