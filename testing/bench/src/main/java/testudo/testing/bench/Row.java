package testudo.testing.bench;

/// One line of the report.
/// @param group what is measured: `start`, `block`
/// @param name the rest: `random read 4 KiB, queue depth 1`
/// @param unit of its figures
/// @param better which direction is good
record Row(String group, String name, String unit, Better better) {
    /// Which figures are good.
    enum Better {
        /// Times and sizes.
        LOWER,
        /// Rates.
        HIGHER
    }
}
