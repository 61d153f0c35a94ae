package testudo.hypervisor.soft.jit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.difftest.LitmusTest;
import testudo.hypervisor.soft.difftest.SoftMachine;

/// Harts that share one translator see of each other what the memory model allows, too. Translations appear while the harts run.
class TranslatedLitmusTest extends LitmusTest {
    private final Translator translator = new Translator(new Translator.Limits(1000, 1 << 22, 20, 1000, true));

    @Override
    protected SoftMachine.Engine engine() {
        return new SoftMachine.Engine() {
            private @Nullable HartTranslations translations;

            @Override
            public int run(Hart hart, int budget) {
                HartTranslations its = translations;
                if (its == null) {
                    its = translator.attach(hart);
                    translations = its;
                }
                return its.execute(budget);
            }
        };
    }

    @AfterEach
    void somethingWasTranslated() {
        translator.close();
        assertTrue(translator.translated() > 0, "nothing was translated");
    }
}
