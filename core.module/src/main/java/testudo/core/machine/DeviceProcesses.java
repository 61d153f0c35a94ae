package testudo.core.machine;

import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.vhost.VhostUserProvider;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.host.HostProcess;
import testudo.spi.host.HostProcesses;
import testudo.spi.host.ProcessRequest;
import testudo.spi.jail.JailChoice;
import testudo.spi.jail.JailNeeds;
import testudo.spi.jail.JailOptions;
import testudo.spi.jail.JailProvider;
import testudo.spi.jail.JailRequest;
import testudo.spi.jail.SystemCallFilter;
import testudo.spi.jail.SystemCallPolicy;
import testudo.spi.option.Configuration;
import testudo.spi.serial.SerialOptions;

/// Which devices of a machine get a process of their own, and how those are started: in jails, or as the user's explicit wish without.
final class DeviceProcesses {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceProcesses.class);
    /// What the machine's policy lacks where other programs may come later, or go away and come back: back-ends, who listens to a serial port.
    private static final String CONNECTING = "\nsocket: arg0 == AF_UNIX\nconnect: 1\n";

    private final JailOptions options;
    /// Kinds of jail, the best first. None: the user wants no jails.
    private final List<JailProvider> jails;
    /// The one that is used, from the first process on.
    private @Nullable JailProvider chosen;

    private DeviceProcesses(JailOptions options, List<JailProvider> jails) {
        this.options = options;
        this.jails = jails;
    }

    /// Whether devices have processes of their own.
    static boolean wanted(Configuration configuration) {
        return !configuration.isSet(MachineOptions.DISABLE_SANDBOX) || configuration.isSet(MachineOptions.DEVICE_PROCESSES);
    }

    /// What the user wants.
    /// @return nothing when devices share the machine's process; otherwise a process for each, in a jail unless that is what the user does not want
    /// @throws VmmException.Config when no kind of jail that the user wants is installed
    static Optional<DeviceProcesses> of(Configuration configuration) {
        JailOptions options = JailOptions.of(configuration);
        if (configuration.isSet(MachineOptions.DISABLE_SANDBOX)) {
            return wanted(configuration)
                    ? Optional.of(new DeviceProcesses(options, List.of()))
                    : Optional.empty();
        }
        List<JailProvider> installed = ServiceLoader.load(JailProvider.class).stream().map(ServiceLoader.Provider::get).toList();
        return Optional.of(new DeviceProcesses(options, JailChoice.candidates(installed, configuration.value(JailOptions.JAIL))));
    }

    /// The same device in a process of its own; or as it is, when it is no virtio device, or that of a process already.
    /// @param backends what the host sides of devices need
    /// @throws VmmException.Config when it can't be in a jail, or its policy of system calls is missing or has errors
    DeviceSpec apart(
            DeviceProvider provider, DeviceSpec device, Configuration configuration, MachineFacts facts, DeviceSpec.BackendNeeds backends) {
        if (!(device instanceof DeviceSpec.Virtio virtio) || provider instanceof VhostUserProvider) {
            return device;
        }
        boolean outside = PluginModules.areOutside(provider);
        Optional<byte[]> plugin = outside ? PluginModules.packed(provider) : Optional.empty();
        JailNeeds needs = outside && plugin.isEmpty()
                ? new JailNeeds.Unjailable("its plugin has native access")
                : virtio.factory().needs(backends);
        return switch (needs) {
            case JailNeeds.KernelServed _ -> {
                LOG.info("{}: the host's kernel moves its data; it has no process of its own", virtio.id());
                yield device;
            }
            case JailNeeds.Unjailable(String reason) -> throw new VmmException.Config(
                    "%s can't be in a jail: %s; --disable-sandbox runs devices inside the main process, without jails"
                            .formatted(virtio.id(), reason));
            case JailNeeds.Grants grants -> {
                Optional<JailOptions> confinement = jailed() ? Optional.of(options) : Optional.empty();
                confinement.ifPresent(used -> filter().check(policy(provider, used), used));
                Assignment assignment = Assignment.of(provider, virtio.id(), configuration, facts, confinement);
                yield new DeviceSpec.Virtio(
                        virtio.id(),
                        virtio.rank(),
                        virtio.address(),
                        virtio.bootIndex(),
                        virtio.kernelParameters(),
                        new DeviceProcess(assignment, grants, plugin, this));
            }
        };
    }

    /// The policy of a provider's devices.
    /// @throws VmmException.Config when there is none
    static SystemCallPolicy policy(DeviceProvider provider, JailOptions options) {
        return SystemCallPolicy.of(provider.id(), provider.getClass().getModule(), options);
    }

    /// Walls the calling process in, which is the machine's own: for good, and unless the user wants no sandbox. Nothing may be opened or started
    /// any more but what `machine.policy` names.
    /// @throws VmmException when the host can't do it: the machine does not run then
    static void confineMachine(Configuration configuration) {
        if (configuration.isSet(MachineOptions.DISABLE_SANDBOX)) {
            return;
        }
        JailOptions options = JailOptions.of(configuration);
        LooseModules.load();
        LOG.debug("machine: behind its own walls from {} on", OffsetDateTime.now()); // log lines have the time: its zones are in a file
        boolean connects = VhostUserProvider.wanted(configuration)
                || configuration.all(SerialOptions.OPTION).stream().anyMatch(port -> port.value().toSocket());
        SystemCallPolicy policy = SystemCallPolicy.of("machine", DeviceProcesses.class.getModule(), options);
        filter().apply(connects ? new SystemCallPolicy(policy.name(), policy.text() + CONNECTING) : policy, options);
    }

    /// The filter of this platform.
    /// @throws VmmException.Config when there is none
    static SystemCallFilter filter() {
        return ServiceLoader.load(SystemCallFilter.class).findFirst().orElseThrow(
                () -> new VmmException.Config("no installed module filters system calls on this platform; --disable-sandbox does without"));
    }

    /// What the user said about jails.
    JailOptions options() {
        return options;
    }

    /// Whether processes are started in jails.
    boolean jailed() {
        return !jails.isEmpty();
    }

    /// Starts a device's process. On the machine's thread.
    /// @param request its jail
    /// @param process what is run
    /// @throws VmmException when it can't be started, or no jail can be built here: what the host forbids, and what to do about it
    HostProcess start(JailRequest request, ProcessRequest process) {
        if (jailed()) {
            if (chosen == null) {
                chosen = JailChoice.ready(jails);
                LOG.debug("jails of kind {}", chosen.id());
            }
            return chosen.start(request, process);
        }
        return ServiceLoader.load(HostProcesses.class).findFirst().orElseThrow(
                () -> new VmmException.Config("--device-processes: no installed module starts processes on this platform")).start(process);
    }

    /// Those of a machine.
    static List<DeviceProcess> of(List<DeviceSpec> devices) {
        return devices.stream()
                .filter(DeviceSpec.Virtio.class::isInstance)
                .map(device -> ((DeviceSpec.Virtio) device).factory())
                .filter(DeviceProcess.class::isInstance)
                .map(DeviceProcess.class::cast)
                .toList();
    }
}
