package testudo.core.option;

import java.util.ArrayList;
import java.util.List;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;

/// Options that were given and bound.
/// @param occurrences in the order given
record BoundOptions(List<Occurrence<?>> occurrences) implements Configuration {
    BoundOptions {
        occurrences = List.copyOf(occurrences);
    }

    @Override
    public <T> List<Occurrence<T>> all(OptionDeclaration<T> option) {
        List<Occurrence<T>> found = new ArrayList<>();
        for (Occurrence<?> occurrence : occurrences) {
            if (occurrence.option().equals(option)) {
                found.add(new Occurrence<>(
                        option, option.type().cast(occurrence.value()), occurrence.position(), occurrence.where()));
            }
        }
        return List.copyOf(found);
    }
}
