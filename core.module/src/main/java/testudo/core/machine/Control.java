package testudo.core.machine;

import java.util.List;
import testudo.spi.irq.InterruptControllerContext;

/// Control over the machine's vCPU threads.
/// @param threads by index; complete before the first guest instruction
record Control(List<VcpuThread> threads) implements InterruptControllerContext.VcpuControl {
    @Override
    public void interrupt(int vcpu) {
        if (vcpu < threads.size()) {
            threads.get(vcpu).interrupt();
        }
    }

    @Override
    public void init(int vcpu) {
        // where vCPUs start each other through an emulated controller (x86) a machine has one, which is never put to sleep by itself
    }

    @Override
    public void startup(int vcpu, int page) {
        // as above
    }

    @Override
    public int current() {
        for (int i = 0; i < threads.size(); i++) {
            if (threads.get(i).isCurrent()) {
                return i;
            }
        }
        return -1;
    }
}
