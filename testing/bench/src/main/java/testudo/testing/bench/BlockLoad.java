package testudo.testing.bench;

/// What is done to a disk.
/// @param writes whether requests write
/// @param random whether positions are random, else they follow each other
/// @param requestBytes length of a request, a multiple of 4096 up to 1 MiB
/// @param depth how many requests are under way
record BlockLoad(boolean writes, boolean random, int requestBytes, int depth) {
    /// The words of the report.
    String phrase() {
        String size = requestBytes >= 1 << 20 ? (requestBytes >> 20) + " MiB" : (requestBytes >> 10) + " KiB";
        return "%s %s %s, queue depth %d".formatted(random ? "random" : "sequential", writes ? "write" : "read", size, depth);
    }
}
