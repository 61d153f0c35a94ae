package testudo.testing.jail;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import testudo.platform.linux.confine.FilterCompiler;
import testudo.platform.linux.confine.Machine;
import testudo.platform.linux.confine.Policy;
import testudo.platform.linux.confine.PolicyParser;
import testudo.spi.jail.SystemCallPolicy;

/// The policies that lie in the plugins' modules, and the machine's own.
class DevicePoliciesTest {
    private static final int EPERM = 1;
    private static final List<String> NEVER = List.of(
            "execve", "execveat", "fork", "vfork", "ptrace", "mount", "unshare", "setns", "bpf", "keyctl", "kill", "process_vm_readv");

    static List<Path> policies() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("../../plugins"))) {
            List<Path> found = files.filter(file -> file.toString().endsWith(".policy"))
                    .filter(file -> file.toString().contains("src/main/resources/META-INF/seccomp"))
                    .toList();
            assertTrue(found.size() >= 4, found::toString);
            return found;
        }
    }

    @ParameterizedTest
    @MethodSource("policies")
    void compilesOnEveryMachineAndKillsWhatItDoesNotName(Path file) throws IOException {
        SystemCallPolicy text = new SystemCallPolicy(file.getFileName().toString(), Files.readString(file));
        for (Machine machine : Machine.values()) {
            Policy policy = PolicyParser.parse(text, Optional.empty(), machine);
            assertTrue(FilterCompiler.compile(policy, machine).length > 0);
            assertTrue(policy.otherwise() == Policy.KILL);
            NEVER.forEach(call -> assertFalse(policy.rules().containsKey(call), call));
        }
    }

    @ParameterizedTest
    @EnumSource
    void theMachinesOwnRefusesWhatItDoesNotName(Machine machine) throws IOException {
        Path file = Path.of("../../core.module/src/main/resources/META-INF/seccomp/machine.policy");
        Policy policy = PolicyParser.parse(new SystemCallPolicy("machine", Files.readString(file)), Optional.empty(), machine);

        assertTrue(FilterCompiler.compile(policy, machine).length > 0);
        assertEquals(Policy.ERRNO | EPERM, policy.otherwise());
        NEVER.forEach(call -> assertFalse(policy.rules().containsKey(call), call));
        List.of("socket", "connect", "bind", "listen", "seccomp").forEach(call -> assertFalse(policy.rules().containsKey(call), call));
    }
}
