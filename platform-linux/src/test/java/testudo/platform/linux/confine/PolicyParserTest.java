package testudo.platform.linux.confine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.platform.linux.confine.Policy.Branch;
import testudo.platform.linux.confine.Policy.Condition;
import testudo.platform.linux.confine.Policy.Operator;
import testudo.spi.VmmException;
import testudo.spi.jail.SystemCallPolicy;

class PolicyParserTest {
    private static Policy parse(String text) {
        return PolicyParser.parse(new SystemCallPolicy("t", text), Optional.empty(), Machine.X86_64);
    }

    @Test
    void readsEveryForm() {
        Policy policy = parse("""
                # comment
                @default return EPERM
                @frequency ./x.frequency
                read: 1
                {open, openat}: return ENOENT   # two at once
                mmap: arg2 in ~PROT_EXEC
                ioctl: arg1 == FIONBIO || \\
                    arg1 == 0x1277 && arg2 != 010; return ENOTTY
                fstat[arch=aarch64, riscv64]: allow
                kill[arch=x86_64]: trap
                """);

        assertEquals(Policy.ERRNO | 1, policy.otherwise());
        assertEquals(List.of(new Branch(List.of(), Policy.ALLOW)), policy.rules().get("read"));
        assertEquals(List.of(new Branch(List.of(), Policy.ERRNO | 2)), policy.rules().get("openat"));
        assertEquals(
                List.of(new Branch(List.of(new Condition(2, Operator.ONLY, ~4L)), Policy.ALLOW)), policy.rules().get("mmap"));
        assertEquals(
                List.of(
                        new Branch(List.of(new Condition(1, Operator.EQ, 0x5421)), Policy.ALLOW),
                        new Branch(
                                List.of(new Condition(1, Operator.EQ, 0x1277), new Condition(2, Operator.NE, 8)), Policy.ALLOW),
                        new Branch(List.of(), Policy.ERRNO | 25)),
                policy.rules().get("ioctl"));
        assertFalse(policy.rules().containsKey("fstat"));
        assertEquals(List.of(new Branch(List.of(), Policy.TRAP)), policy.rules().get("kill"));
    }

    @Test
    void ownRulesComeBeforeIncludedOnes() {
        Policy policy = parse("@include common.policy\nopenat: 1\n");

        assertEquals(Policy.ALLOW, policy.rules().get("openat").getFirst().action());
        assertEquals(Policy.KILL, policy.otherwise());
    }

    @Test
    void aFolderOfTheUserGoesFirst(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("common.policy"), "read: return EIO\n");

        Policy policy = PolicyParser.parse(
                new SystemCallPolicy("t", "@include /usr/share/policy/common.policy"), Optional.of(folder), Machine.X86_64);

        assertEquals(1, policy.rules().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "nosuchcall: 1", "read", "read: maybe", "read: arg6 == 1", "read: arg1 ~ 1", "read: arg1 == NOSUCH", "read: return ENOSUCH",
            "@include nosuch.policy", "@include ../../etc/passwd", "@default maybe", "read: arg0 == 1; maybe", "read: arg0 == 1; 1; 1",
            "read: return 4096", "read: arg0 == 0xfffffffffffffffff", "{read: 1", "@include"})
    void errorsNameTheirLine(String line) {
        VmmException.Config failure = assertThrows(VmmException.Config.class, () -> parse("write: 1\n" + line + "\n"));
        assertTrue(failure.getMessage().startsWith("t.policy"), failure::getMessage);
    }

    @Test
    void inclusionInACircleEnds(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("a.policy"), "@include a.policy\nread: 1\n");

        assertThrows(VmmException.Config.class, () -> PolicyParser.parse(
                new SystemCallPolicy("t", "@include a.policy"), Optional.of(folder), Machine.X86_64));
    }

    /// Every policy of the module compiles on every machine type, and the strict ones let no code be made and no process.
    @ParameterizedTest
    @EnumSource
    void theOwnPoliciesAreSound(Machine machine) {
        for (String name : List.of("startup", "common", "file", "timer", "socket", "network", "io_uring")) {
            FilterCompiler.compile(PolicyParser.parse(PolicyParser.builtIn(name), Optional.empty(), machine), machine);
        }
        long[] strict = FilterCompiler.compile(
                PolicyParser.parse(new SystemCallPolicy("t", "@include common.policy\n@include network.policy\n@include file.policy\n"
                        + "@include timer.policy\n@include io_uring.policy\n"), Optional.empty(), machine),
                machine);
        assertEquals(Policy.ERRNO | 13, answer(strict, machine, "mmap", 0, 4096, 5, 0x22, -1, 0));
        assertEquals(Policy.ALLOW, answer(strict, machine, "mmap", 0, 4096, 3, 0x22, -1, 0));
        assertEquals(Policy.KILL, answer(strict, machine, "clone", 17, 0, 0, 0, 0, 0));
        assertEquals(Policy.ERRNO | 38, answer(strict, machine, "clone3", 0, 0, 0, 0, 0, 0));
        assertEquals(Policy.ERRNO | 97, answer(strict, machine, "socket", 2, 3, 0, 0, 0, 0));
        for (String call : List.of("execve", "execveat", "ptrace", "mount", "bpf", "keyctl", "kill", "unshare", "setns", "pivot_root")) {
            assertEquals(Policy.KILL, answer(strict, machine, call, 0, 0, 0, 0, 0, 0), call);
        }
    }

    private static int answer(long[] program, Machine machine, String call, long... arguments) {
        return BpfMachine.run(
                program, SystemCallTable.number(call, machine).getAsInt(), machine.auditArchitecture(), arguments);
    }
}
