package testudo.hypervisor.soft.mmu;

import testudo.spi.hypervisor.VmExitHandler;

/// Answers the exits of a machine without devices: nobody is there.
public enum NoExits implements VmExitHandler {
    /// The one.
    INSTANCE;

    @Override
    public long mmioRead(long gpa, int sizeBytes) {
        return -1;
    }

    @Override
    public boolean mmioWrite(long gpa, int sizeBytes, long value) {
        return true;
    }

    @Override
    public int portRead(int port, int sizeBytes) {
        return -1;
    }

    @Override
    public boolean portWrite(int port, int sizeBytes, int value) {
        return true;
    }
}
