package testudo.testing.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// A virtual machine monitor with its guest's serial port on standard output, and on standard input where the guest reads.
final class MonitorProcess implements AutoCloseable {
    /// What `/proc` counts processor time in: `USER_HZ` is 100 on every machine type that runs KVM.
    private static final double MILLIS_PER_TICK = 10;
    private static final int UTIME_FIELD = 14;
    private static final int STIME_FIELD = 15;
    /// Those of children that have ended.
    private static final int ENDED_UTIME_FIELD = 16;
    private static final int ENDED_STIME_FIELD = 17;
    private static final long STILL_MILLIS = 300;
    private static final long LIMIT_SECONDS = 120;
    private static final ScheduledExecutorService LIMITS = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name(
            "limits").factory());

    private final long startedNanos;
    private final Process process;
    private final Path log;
    private final InputStream serial;

    /// Starts a monitor.
    /// @param command the program and its arguments
    /// @param log gets its standard error
    MonitorProcess(List<String> command, Path log) throws IOException {
        this.log = log;
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        startedNanos = System.nanoTime();
        process = builder.start();
        serial = process.getInputStream();
    }

    /// Processor time of a process so far.
    /// @param userMillis in user mode; the guest's own time in it counts as well
    /// @param systemMillis in the kernel
    record ProcessorTime(double userMillis, double systemMillis) {
        double millis() {
            return userMillis + systemMillis;
        }

        ProcessorTime since(ProcessorTime earlier) {
            return new ProcessorTime(userMillis - earlier.userMillis, systemMillis - earlier.systemMillis);
        }
    }

    /// Waits until the guest writes a byte; others before it are skipped. A monitor that takes minutes is ended.
    /// @param wanted the byte
    /// @return nanoseconds from the start of the process until then
    /// @throws IOException when the monitor ends before
    long await(int wanted) throws IOException {
        ScheduledFuture<?> limit = LIMITS.schedule(process::destroyForcibly, LIMIT_SECONDS, TimeUnit.SECONDS);
        try {
            int read;
            do {
                read = serial.read();
            } while (read != wanted && read >= 0);
            long now = System.nanoTime();
            if (read < 0) {
                throw new IOException("%s ended before the guest wrote '%c': %s"
                        .formatted(process.info().command().orElse("the monitor"), wanted, Files.readString(log).strip()));
            }
            return now - startedNanos;
        } finally {
            limit.cancel(false);
        }
    }

    /// Waits until the guest writes some text.
    /// @param wanted the text
    /// @param limitSeconds after which the monitor is ended
    /// @return nanoseconds from the start of the process until then
    /// @throws IOException when the monitor ends before
    long await(String wanted, int limitSeconds) throws IOException {
        text(wanted, limitSeconds);
        return System.nanoTime() - startedNanos;
    }

    /// What the guest writes until it writes some text.
    /// @param wanted the text
    /// @param limitSeconds after which the monitor is ended
    /// @return all before it
    /// @throws IOException when the monitor ends before
    String text(String wanted, int limitSeconds) throws IOException {
        ScheduledFuture<?> limit = LIMITS.schedule(process::destroyForcibly, limitSeconds, TimeUnit.SECONDS);
        try {
            StringBuilder text = new StringBuilder();
            while (text.indexOf(wanted, Math.max(0, text.length() - wanted.length())) < 0) {
                int read = serial.read();
                if (read < 0) {
                    throw new IOException("the monitor ended before the guest wrote '%s': %s%s".formatted(wanted, text, Files.readString(
                            log)));
                }
                text.append((char) read);
            }
            return text.substring(0, text.length() - wanted.length());
        } finally {
            limit.cancel(false);
        }
    }

    /// What the guest reads.
    OutputStream keyboard() {
        return process.getOutputStream();
    }

    /// Processor time of all threads that it and its processes have and had.
    ProcessorTime processorTime() throws IOException {
        double user = 0;
        double system = 0;
        for (long pid : processes()) {
            try {
                String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
                // The second field, the name in parentheses, may hold spaces: count from behind it, where the third field starts.
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
                user += ticks(fields, UTIME_FIELD) + ticks(fields, ENDED_UTIME_FIELD);
                system += ticks(fields, STIME_FIELD) + ticks(fields, ENDED_STIME_FIELD);
            } catch (NoSuchFileException e) {
                continue; // ended, and counted by its parent
            }
        }
        return new ProcessorTime(user * MILLIS_PER_TICK, system * MILLIS_PER_TICK);
    }

    private static long ticks(String[] fields, int number) {
        return Long.parseLong(fields[number - 3]);
    }

    /// Memory of the process and those that it started, without guest memory: mappings of a memfd. Pages that they share with each
    /// other or with the rest count in part (`Pss`).
    /// @return MiB
    double memoryMiB() throws IOException {
        long kib = 0;
        for (long pid : processes()) {
            boolean guest = false;
            try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "smaps"))) {
                for (String line : (Iterable<String>) lines::iterator) {
                    if (line.startsWith("Pss:")) {
                        kib += guest ? 0 : Long.parseLong(line.replaceAll("[^0-9]", ""));
                    } else if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                        guest = line.contains("/memfd:");
                    }
                }
            } catch (NoSuchFileException e) {
                continue; // ended
            }
        }
        return kib / 1024.0;
    }

    private List<Long> processes() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants()).map(ProcessHandle::pid).toList();
    }

    /// Waits until its processes do nothing any more: what they were starting has started. A minute at most.
    void awaitStill() throws IOException {
        double before;
        double now = processorTime().millis();
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        do {
            before = now;
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(STILL_MILLIS));
            now = processorTime().millis();
        } while (now > before && System.nanoTime() < end);
    }

    /// Ends the process and waits for its end.
    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        boolean interrupted = false;
        while (process.isAlive()) {
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        serial.close();
    }
}
