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
        if (vcpu > 0 && vcpu < threads.size()) { // the boot vCPU has nobody to start it again
            threads.get(vcpu).awaitStartup();
        }
    }

    @Override
    public void startup(int vcpu, int page) {
        if (vcpu > 0 && vcpu < threads.size()) {
            threads.get(vcpu).startUp(page);
        }
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
