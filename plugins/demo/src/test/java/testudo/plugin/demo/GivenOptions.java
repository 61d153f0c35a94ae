package testudo.plugin.demo;

import java.util.List;
import java.util.Map;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;

/// Bound options, each given once.
record GivenOptions(Map<OptionDeclaration<?>, Object> values) implements Configuration {
    @Override
    public <T> List<Occurrence<T>> all(OptionDeclaration<T> option) {
        Object value = values.get(option);
        return value == null ? List.of() : List.of(new Occurrence<>(option, option.type().cast(value), 0, option.name()));
    }
}
