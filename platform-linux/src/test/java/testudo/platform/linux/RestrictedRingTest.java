package testudo.platform.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.VmmException;

/// A ring is of no use to code that was not meant to have it. That what was meant works is `IoRingContractTest`.
class RestrictedRingTest {
    private static final int REGISTER_BUFFERS = 0;
    private static final int REGISTER_FILES = 2;
    private static final int REGISTER_PROBE = 8;

    @Test
    void nothingMoreCanBeRegistered() {
        try (UringRing ring = UringRing.open(4)) {
            for (int what : new int[]{
                    REGISTER_BUFFERS, REGISTER_FILES, REGISTER_PROBE, IoUringParams.REGISTER_RESTRICTIONS}) {
                long result = Syscall.call(SystemCall.IO_URING_REGISTER, ring.descriptor(), what, 0, 0);
                assertEquals(-Errno.EACCES, result, () -> "registration " + what);
            }
        } catch (VmmException.Host missing) {
            assumeTrue(false, missing.getMessage());
        }
    }
}
