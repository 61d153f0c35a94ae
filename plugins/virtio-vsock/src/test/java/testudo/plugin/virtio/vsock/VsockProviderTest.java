package testudo.plugin.virtio.vsock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import testudo.core.option.ConfigurationBuilder;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.StandaloneDevice;
import testudo.spi.jail.FileGrant;
import testudo.spi.jail.JailNeeds;
import testudo.spi.option.OptionDeclaration;
import testudo.testing.tck.TestContext;

/// What `--vsock`, `--cid` and `device vsock` make.
class VsockProviderTest {
    private final TestContext context = new TestContext();
    private final VsockProvider provider = new VsockProvider();
    private final ConfigurationBuilder given = new ConfigurationBuilder(provider.options());

    private VsockProviderTest vsock(String text) {
        given.text(VsockProvider.VSOCK, text);
        return this;
    }

    private <T> VsockProviderTest with(OptionDeclaration<T> option, String text) {
        given.text(option, text);
        return this;
    }

    private List<DeviceSpec> devices() {
        return provider.devices(given.build(), context.facts());
    }

    private String problem() {
        return String.valueOf(assertThrows(VmmException.Config.class, this::devices).getMessage());
    }

    private JailNeeds needs() {
        return ((DeviceSpec.Virtio) devices().getFirst()).factory().needs(link -> JailNeeds.nothing());
    }

    @Test
    void nothingIsMadeUnasked() {
        assertEquals(List.of(), devices());
    }

    @Test
    void theFirstKeyIsTheAddress() {
        assertEquals(1, vsock("3,path=/run/machine/v").devices().size());
    }

    @Test
    void reservedAddressesAreRefused() {
        for (String cid : List.of("0", "1", "2", "4294967295", "4294967296", "-1", "three")) {
            assertThrows(VmmException.Config.class, () -> new VsockProviderTest().vsock("cid=" + cid).devices(), cid);
            assertThrows(VmmException.Config.class, () -> new VsockProviderTest().with(VsockProvider.CID, cid).devices(), cid);
        }
        assertEquals(1, vsock("cid=4294967294").devices().size());
    }

    @Test
    void queueSizesAreThreePowersOfTwo() {
        VsockOptions options = new VsockOptions(3, java.util.Optional.empty(), java.util.Optional.empty(), List.of(128, 64, 16));
        assertEquals(List.of(128, 64, 16), options.queueSizes());
        for (String sizes : List.of("[1,2]", "[3,4,8]", "[0,1,1]", "[65536,1,1]")) {
            assertTrue(new VsockProviderTest().vsock("3,max-queue-sizes=" + sizes).problem().contains("max-queue-sizes"), sizes);
        }
    }

    @Test
    void oneDeviceOneServer() {
        assertTrue(vsock("3").vsock("4").problem().contains("one socket device, not 2"));
        assertTrue(new VsockProviderTest().vsock("3").with(VsockProvider.CID, "4").problem().contains("one socket device, not 2"));
        assertTrue(new VsockProviderTest().vsock("3,device=/dev/a,path=/b").problem().contains("exclude each other"));
        assertTrue(new VsockProviderTest().with(VsockProvider.DEVICE, "/dev/a").problem().contains("give --cid"));
        assertTrue(new VsockProviderTest().with(VsockProvider.CID, "3").with(VsockProvider.DEVICE, "/dev/a")
                .with(VsockProvider.DESCRIPTOR, "5").problem().contains("exclude each other"));
    }

    @Test
    void theKernelsDeviceStaysInTheMainProcess() {
        assertInstanceOf(JailNeeds.KernelServed.class, vsock("3,device=/dev/vhost-vsock").needs());
        assertInstanceOf(JailNeeds.KernelServed.class, new VsockProviderTest().with(VsockProvider.CID, "3")
                .with(VsockProvider.DESCRIPTOR, "5").needs());
    }

    @Test
    void aJailHasTheFolderOfTheSocketsAndNothingElse() {
        JailNeeds.Grants grants = assertInstanceOf(JailNeeds.Grants.class, vsock("3,path=/run/machine/v").needs());
        assertEquals(Set.of(new FileGrant(Path.of("/run/machine"), FileGrant.Access.WRITE)), Set.copyOf(grants.shown()));
        assertInstanceOf(JailNeeds.Unjailable.class, new VsockProviderTest().vsock("3,path=v").needs());
        assertInstanceOf(JailNeeds.Unjailable.class, new VsockProviderTest().vsock("3,path=/v").needs());
    }

    @Test
    void aHostWithoutVhostSaysSo() {
        DeviceSpec.Virtio spec = (DeviceSpec.Virtio) vsock("3,device=/dev/vhost-vsock").devices().getFirst();
        VmmException.Host failure = assertThrows(VmmException.Host.class, () -> spec.factory().create(context));
        assertEquals(VmmException.Kind.UNSUPPORTED, failure.kind());
    }

    @Test
    void standaloneNeedsAddressAndPath() {
        StandaloneDevice device = provider.standalone().getFirst();
        ConfigurationBuilder options = new ConfigurationBuilder(device.options());
        assertThrows(VmmException.Config.class, () -> device.device().apply(options.build()));
        options.text(device.options().getFirst(), "2").text(device.options().getLast(), "/run/v");
        assertThrows(VmmException.Config.class, () -> device.device().apply(options.build()));
        ConfigurationBuilder right = new ConfigurationBuilder(device.options());
        right.text(device.options().getFirst(), "3").text(device.options().getLast(), "/run/machine/v");
        assertEquals("vsock0", device.device().apply(right.build()).id());
    }
}
