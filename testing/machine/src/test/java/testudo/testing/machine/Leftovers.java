package testudo.testing.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// What this process holds that a machine could leave behind: descriptors by kind, threads by name, mappings of shared memory and rings.
final class Leftovers {
    private final Map<String, Integer> counts = new TreeMap<>();

    private Leftovers() {}

    static Leftovers now() {
        Leftovers found = new Leftovers();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            descriptors.forEach(found::countDescriptor);
            try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
                maps.filter(line -> line.contains("/memfd:") || line.contains("[io_uring]")).forEach(line -> found.count("mapping"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.getAllStackTraces().keySet().forEach(thread -> found.count("thread " + thread.getName()));
        return found;
    }

    private void countDescriptor(Path link) {
        try {
            String target = Files.readSymbolicLink(link).toString();
            // Classes are loaded when they are needed first.
            if (!target.endsWith(".jar") && !target.startsWith("/proc/")) {
                count("descriptor " + target.replaceAll("[0-9]+", "N"));
            }
        } catch (IOException gone) {
            count("descriptor closed meanwhile"); // the directory's own, at the end of the listing
        }
    }

    private void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    /// What is here and was not before, with how many more.
    Map<String, Integer> since(Leftovers before) {
        Map<String, Integer> more = new TreeMap<>();
        counts.forEach((what, count) -> {
            int growth = count - before.counts.getOrDefault(what, 0);
            if (growth > 0 && !what.equals("descriptor closed meanwhile")) {
                more.put(what, growth);
            }
        });
        return more;
    }
}
