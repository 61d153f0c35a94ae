package testudo.plugin.irqchip.x86;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.InterruptLine;
import testudo.spi.irq.Trigger;
import testudo.spi.platform.PlacedDevice;

class UserspacePropertyTest {
    @Property(tries = 200)
    void anyGuestIsSurvived(@ForAll @Size(max = 300) List<Integer> accesses) {
        FakeMachine any = new FakeMachine(IrqchipMode.USERSPACE, 3);
        InterruptLine line = any.controller.line(16, Trigger.LEVEL);
        for (int access : accesses) {
            List<PlacedDevice> devices = any.controller.devices();
            PlacedDevice placed = devices.get(Math.floorMod(access, devices.size()));
            any.current = access >>> 8 & 1;
            int resource = Math.floorMod(access >>> 4, placed.resources().size());
            int range = switch (placed.id()) {
                case "ioapic" -> 0x100;
                case "lapic" -> 0x1000;
                case "pit" -> resource == 0 ? 4 : 1;
                default -> 2;
            };
            int offset = Math.floorMod(access >>> 9, range);
            long value = access * 0x9E37_79B9_7F4A_7C15L >>> 16;
            int size = 1 << (access >>> 6 & 3);
            placed.device().write(resource, placed.id().equals("lapic") ? offset & ~0xF : offset, size, value);
            placed.device().read(resource, offset, size);
            line.set((access & 32) != 0);
            any.take(access >>> 8 & 1);
            any.host.pass(1);
        }
    }
}
