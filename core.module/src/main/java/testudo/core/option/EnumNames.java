package testudo.core.option;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import testudo.spi.option.Key;

/// How an enum's constants are written: in kebab-case, or as [Key#value()] on the constant says.
final class EnumNames {
    private final Map<String, Enum<?>> spellings = new LinkedHashMap<>();
    private final List<String> shown = new ArrayList<>();

    private EnumNames(Class<?> type) {
        for (Object object : type.getEnumConstants()) {
            Enum<?> constant = (Enum<?>) object;
            String name = nameOf(constant);
            shown.add(name);
            spellings.put(name, constant);
            key(constant).ifPresent(rules -> {
                for (String alias : rules.aliases()) {
                    spellings.putIfAbsent(alias, constant);
                }
            });
        }
    }

    /// The names of an enum's constants.
    static EnumNames of(Class<?> type) {
        return new EnumNames(type);
    }

    /// How a constant is written.
    static String nameOf(Enum<?> constant) {
        return key(constant).map(Key::value).filter(value -> !value.isEmpty())
                .orElseGet(() -> RecordType.kebabCase(constant.name()));
    }

    private static Optional<Key> key(Enum<?> constant) {
        try {
            return Optional.ofNullable(
                    constant.getDeclaringClass().getField(constant.name()).getAnnotation(Key.class));
        } catch (NoSuchFieldException e) {
            throw new AssertionError("every enum constant is a public field", e);
        }
    }

    List<String> shown() {
        return shown;
    }

    /// The constant of a name.
    /// @throws BindingFailure when there is none
    Enum<?> constant(String name, String place) {
        Enum<?> constant = spellings.get(name);
        if (constant == null) {
            throw new BindingFailure("\"%s\" %s is not one of %s%s".formatted(
                    name, place, String.join(", ", shown), Spelling.hint(name, spellings.keySet())));
        }
        return constant;
    }
}
