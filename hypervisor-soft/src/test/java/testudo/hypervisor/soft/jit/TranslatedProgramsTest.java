package testudo.hypervisor.soft.jit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.cpu.Interpreter;
import testudo.hypervisor.soft.difftest.Program;
import testudo.hypervisor.soft.difftest.ProgramGenerator;
import testudo.hypervisor.soft.difftest.ProgramGenerator.Family;
import testudo.hypervisor.soft.difftest.Seeds;
import testudo.hypervisor.soft.difftest.SoftMachine;

/// Random programs leave the same registers, memory and instruction count translated as interpreted.
class TranslatedProgramsTest {
    private static final Translator.Limits EAGER = new Translator.Limits(1000, 1 << 22, 2, 100, false);
    private static final int PIECES = 120;
    private static final int PROGRAMS = 12;
    private static final int ROUNDS = 30;

    private @Nullable Hart hart;
    private @Nullable HartTranslations translations;

    private void compare(Set<Family> families) {
        for (int i = 0; i < PROGRAMS; i++) {
            Program program = new ProgramGenerator(families).generate(Seeds.next(), PIECES, ROUNDS);
            byte[] expected = new SoftMachine((its, budget) -> {
                hart = its;
                return Interpreter.run(its, budget);
            }).run(program);
            long retired = hart.retired;
            try (Translator translator = new Translator(EAGER)) {
                translations = null;
                byte[] actual = new SoftMachine((its, budget) -> {
                    hart = its;
                    its.take(Hart.INTERRUPT);
                    if (translations == null) {
                        translations = translator.attach(its);
                    }
                    return translations.execute(budget);
                }).run(program);
                assertEquals("", program.difference(expected, actual));
                assertEquals(retired, hart.retired, "retired instructions, seed " + program.seed());
                assertTrue(translator.translated() > 0, "nothing was translated, seed " + program.seed());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneFamily(Family family) {
        compare(EnumSet.of(family));
    }

    @Test
    void allFamilies() {
        compare(EnumSet.allOf(Family.class));
    }
}
