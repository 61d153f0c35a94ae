package testudo.cli;

import java.lang.module.ModuleDescriptor;

/// The version of this build.
final class Version {
    private Version() {}

    /// What the build wrote into the module.
    static String text() {
        ModuleDescriptor descriptor = Version.class.getModule().getDescriptor();
        return descriptor == null ? "unknown" : descriptor.rawVersion().orElse("unknown");
    }
}
