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
import org.junit.jupiter.params.Parameter;

/// Base of all end-to-end tests: a host for the class, and an end for whatever a test started on it.
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OnHost {
    /// What the class is run on; classes that are for KVM only need not say so.
    @Parameter(0) Backend backend = Backend.KVM;

    /// The host of this class; `null` between a failed test and the next one.
    protected Host host;

    private final List<BackgroundProgram> programs = new ArrayList<>();

    /// The folder with the program under test.
    protected Path image() {
        return TestBed.imageUnderTest();
    }

    /// Starts the host for the class, and anew after a test that failed: whatever broke there stays there.
    @BeforeEach
    void open() throws IOException, InterruptedException {
        if (host == null) {
            host = backend.open(image());
        }
    }

    @AfterAll
    void discard() throws IOException {
        if (host != null) {
            host.close();
        }
    }

    /// Starts a program on the host; it ends with the test at the latest.
    ///
    /// @param console 1 to 3
    protected BackgroundProgram start(int console, String command) throws IOException, InterruptedException {
        BackgroundProgram program = host.start(console, command);
        programs.add(program);
        return program;
    }

    /// Ends a test's programs; after a failure reports what it left behind and throws the host away.
    @RegisterExtension final AfterEachCallback clearing = this::clear;

    private void clear(ExtensionContext context) throws IOException {
        if (context.getExecutionException().isPresent()) {
            StringBuilder text = new StringBuilder("==== ").append(context.getUniqueId()).append('\n');
            programs.forEach(program -> text.append(program.report()).append('\n'));
            System.err.println(text.append(host == null ? "-- the host did not start" : host.report()));
            programs.clear();
            discard();
            host = null;
            return;
        }
        for (BackgroundProgram program : programs) {
            program.close();
        }
        programs.clear();
    }
}
