package testudo.testing.e2e;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Base of all end-to-end tests: an outer Linux for the class, and an end for whatever a test started in it.
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OnOuterLinux {
    /// The outer Linux of this class; `null` between a failed test and the next one.
    protected OuterLinux outer;

    private final List<BackgroundProgram> programs = new ArrayList<>();

    /// The folder to mount at `/image`.
    protected Path image() {
        return TestBed.imageUnderTest();
    }

    /// Restores the outer Linux for the class, and anew after a test that failed: whatever broke there stays there.
    @BeforeEach
    void restore() throws IOException, InterruptedException {
        if (outer == null) {
            outer = OuterLinux.restore(TestBed.get(), image());
        }
    }

    @AfterAll
    void discard() throws IOException {
        if (outer != null) {
            outer.close();
        }
    }

    /// Starts a program in the outer Linux; it ends with the test at the latest.
    ///
    /// @param console 1 to 3
    protected BackgroundProgram start(int console, String command) throws IOException, InterruptedException {
        BackgroundProgram program = outer.start(console, command);
        programs.add(program);
        return program;
    }

    /// Ends a test's programs; after a failure reports what it left behind and throws the outer Linux away.
    @RegisterExtension final AfterEachCallback clearing = this::clear;

    private void clear(ExtensionContext context) throws IOException {
        if (context.getExecutionException().isPresent()) {
            StringBuilder text = new StringBuilder("==== ").append(context.getUniqueId()).append('\n');
            programs.forEach(program -> text.append(program.report()).append('\n'));
            System.err.println(text.append(outer == null ? "-- the outer Linux did not start" : outer.report()));
            programs.clear();
            discard();
            outer = null;
            return;
        }
        for (BackgroundProgram program : programs) {
            program.close();
        }
        programs.clear();
    }
}
