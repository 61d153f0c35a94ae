package testudo.testing.jail;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import testudo.platform.linux.confine.LinuxSystemCallFilter;
import testudo.spi.jail.JailOptions;
import testudo.spi.jail.SystemCallPolicy;

/// A device process that behaves: it applies a strict policy, then computes, allocates, compiles and starts threads for some seconds.
public final class WarmDevice {
    private static final long NANOS = 3_000_000_000L;

    private WarmDevice() {}

    /// Runs. Writes `ready`, works, writes `done`, and waits for a byte.
    /// @param arguments the policy's text
    public static void main(String[] arguments) throws InterruptedException, IOException {
        new LinuxSystemCallFilter().apply(new SystemCallPolicy("test", arguments[0]), JailOptions.standard());
        System.out.println("ready");
        AtomicLong sum = new AtomicLong();
        long end = System.nanoTime() + NANOS;
        int round = 0;
        while (System.nanoTime() < end) {
            int salt = round++;
            Thread worker = new Thread(() -> sum.addAndGet(work(salt)), "worker-" + salt);
            worker.start();
            worker.join();
            if (salt % 16 == 0) {
                System.gc();
            }
        }
        System.out.println("done " + round + " " + (sum.get() != 0));
        if (System.in.read() < 0) {
            System.out.println("end of input");
        }
    }

    /// Garbage, hot loops, lambdas and strings.
    private static long work(int salt) {
        List<byte[]> garbage = new ArrayList<>();
        long value = salt;
        for (int i = 0; i < 200_000; i++) {
            value = value * 6364136223846793005L + Integer.rotateLeft(i, salt & 31);
            if (i % 1000 == 0) {
                garbage.add(new byte[4096]);
            }
        }
        return value + garbage.stream().mapToInt(bytes -> bytes.length).sum() + String.format("%d", value).length();
    }
}
