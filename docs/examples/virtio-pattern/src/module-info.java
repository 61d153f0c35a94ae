/// An entropy device whose bytes follow a pattern: the same seed gives the same bytes, so that a test can tell them.
@org.jspecify.annotations.NullMarked
module com.example.acme.pattern {
    requires testudo.spi;

    provides testudo.spi.device.DeviceProvider with com.example.acme.pattern.PatternProvider;
}
