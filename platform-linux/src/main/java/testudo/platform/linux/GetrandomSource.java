package testudo.platform.linux;

import java.lang.foreign.MemorySegment;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.host.EntropySource;

/// Randomness of the kernel, `getrandom(2)`. Any thread.
final class GetrandomSource implements EntropySource {
    @Override
    public void fill(MemorySegment to, long offset, long lengthBytes) {
        long address = NativeRange.forWriting(to, offset, lengthBytes);
        for (long done = 0; done < lengthBytes;) {
            long result = Syscall.call(SystemCall.GETRANDOM, address + done, lengthBytes - done, 0);
            if (result > 0) {
                done += result;
            } else if (result != -Errno.EINTR) {
                throw Errno.failure("cannot read randomness", result);
            }
        }
    }
}
