package testudo.testing.bench;

import java.nio.file.Path;

/// How a run measures.
/// @param image Testudo's image, with `bin/testudo`
/// @param peers where the compiled C peers are
/// @param work where images and logs go; its file system is the one that is measured
/// @param output where raw data and report go
/// @param rounds how often each row is measured
/// @param millis how long one measurement of a throughput takes
/// @param exits how many exits one measurement makes
/// @param diskMiB size of the disk that is read and written
/// @param guestScale how much a guest in software does: millions of rounds, 4 MiB of data
record Settings(
        Path image, Path peers, Path work, Path output, int rounds, int millis, int exits, int diskMiB, int guestScale) {
    /// The settings whose figures are worth keeping.
    static Settings full(Path image, Path peers, Path work, Path output) {
        return new Settings(image, peers, work, output, 5, 1000, 200_000, 512, 16);
    }

    /// A look at everything within a minute or two.
    static Settings quick(Path image, Path peers, Path work, Path output) {
        return new Settings(image, peers, work, output, 3, 200, 30_000, 128, 1);
    }
}
