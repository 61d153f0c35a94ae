package testudo.spi.host;

/// Something a [Poller] can wait for.
public interface Pollable extends HostHandle {}
