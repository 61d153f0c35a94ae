package testudo.spi.arch;

import java.util.List;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.option.OptionDeclaration;

/// A guest architecture. Found by [java.util.ServiceLoader].
public interface ArchitectureProvider {
    /// The identity, such as `x86_64`.
    /// @return a short name
    String id();

    /// The command-line options that only this architecture understands.
    /// @return declarations, may be empty
    List<OptionDeclaration<?>> options();

    /// Whether a file is a kernel of this architecture.
    /// @param kernel the file
    /// @return a phrase that says what it is (`Linux bzImage 6.12.0`), or nothing
    java.util.Optional<String> recognises(KernelImage kernel);

    /// Plans a machine: checks the files and options, decides where everything goes. Touches no hypervisor.
    /// @param request what is wanted
    /// @param profile what the hypervisor can do
    /// @return the plan; the images in the request stay open until it has been loaded
    /// @throws testudo.spi.VmmException.Config with every problem found
    PlannedMachine plan(MachineRequest request, HypervisorProfile profile);
}
