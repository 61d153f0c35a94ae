package testudo.core.machine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.HotPluggable;
import testudo.spi.device.HotPluggable.Plug;

/// Answers requests of the control socket that add devices to a running machine and take them out. On the machine's loop.
final class HotPlug {
    private final List<HotPluggable> providers;
    private final MachineDevices devices;
    private final boolean apart;
    private int requests;

    /// @param installed all device providers
    /// @param apart whether the user wants devices in processes of their own
    HotPlug(List<DeviceProvider> installed, MachineDevices devices, boolean apart) {
        providers = installed.stream().filter(HotPluggable.class::isInstance).map(HotPluggable.class::cast).toList();
        this.devices = devices;
        this.apart = apart;
    }

    /// Does what is asked for.
    /// @return empty when no provider understands it
    Optional<CompletionStage<Object>> handle(String tag, Object body) {
        try {
            for (HotPluggable provider : providers) {
                Optional<Plug> wanted = provider.plug(tag, body, requests);
                if (wanted.isPresent()) {
                    requests++;
                    return Optional.of(execute(wanted.get()));
                }
            }
            return Optional.empty();
        } catch (VmmException refused) {
            return Optional.of(CompletableFuture.completedFuture(Map.of("ErrString", String.valueOf(refused.getMessage()))));
        }
    }

    private CompletionStage<Object> execute(Plug wanted) {
        return switch (wanted) {
            case Plug.Add add when apart -> throw new VmmException.Config(
                    "%s: nothing is plugged into a machine whose devices are in jails: it would run inside the main process; --disable-sandbox has them all there"
                            .formatted(add.device().id()));
            case Plug.Add add -> CompletableFuture.completedFuture(
                    Map.of("HotPlugResponse", Map.of("bus", (long) devices.plug(add.device()))));
            case Plug.Remove(long bus) -> devices.unplug(bus).thenApply(gone -> "Ok");
        };
    }
}
