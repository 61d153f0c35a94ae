package testudo.spi.irq;

/// How an interrupt line tells that it wants something.
public enum Trigger {
    /// Each rising edge is one interrupt.
    EDGE,
    /// It asks as long as it is high.
    LEVEL
}
