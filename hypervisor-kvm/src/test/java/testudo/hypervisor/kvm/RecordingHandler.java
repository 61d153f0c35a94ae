package testudo.hypervisor.kvm;

import java.util.ArrayList;
import java.util.List;
import testudo.spi.hypervisor.VmExitHandler;

/// Writes down what the guest does; stops at a write to [#STOP_PORT].
class RecordingHandler implements VmExitHandler {
    static final int STOP_PORT = 0xF4;

    final List<String> seen = new ArrayList<>();
    long answer;

    @Override
    public long mmioRead(long gpa, int sizeBytes) {
        seen.add("read %x/%d".formatted(gpa, sizeBytes));
        return answer;
    }

    @Override
    public boolean mmioWrite(long gpa, int sizeBytes, long value) {
        seen.add("write %x/%d=%x".formatted(gpa, sizeBytes, value));
        return true;
    }

    @Override
    public int portRead(int port, int sizeBytes) {
        seen.add("in %x/%d".formatted(port, sizeBytes));
        return (int) answer;
    }

    @Override
    public boolean portWrite(int port, int sizeBytes, int value) {
        seen.add("out %x/%d=%x".formatted(port, sizeBytes, value));
        return port != STOP_PORT;
    }
}
