package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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
        Guest guest = boot(RunOptions.of(kernel).vcpus(2));
        assertEquals(List.of(), complaints(guest));

        // Shows that the check above can fail: to write this file is deprecated, and the kernel says so.
        guest.run("echo 0 > /proc/self/oom_adj");
        List<String> more = complaints(guest);
        assertTrue(more.size() == 1 && more.getFirst().contains("oom_adj is deprecated"), more::toString);
    }

    private static List<String> complaints(Guest guest) throws IOException, InterruptedException {
        List<Pattern> allowed = AllowedWarnings.read();
        return guest.run(WARNINGS + "; true").lines()
                .filter(line -> !line.isBlank() && allowed.stream().noneMatch(pattern -> pattern.matcher(line).find()))
                .toList();
    }
}
