package testudo.core.option;

import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import testudo.spi.option.Key;

/// What a record of options declares.
/// @param type the record
/// @param components its keys, in order
record RecordType(Class<?> type, List<Component> components) {
    /// One key.
    /// @param name the key
    /// @param aliases other spellings
    /// @param type what it is bound to
    /// @param rules its annotation
    /// @param accessor reads it from a record
    record Component(String name, List<String> aliases, Type type, Key rules, Method accessor) {
        boolean isCalled(String key) {
            return name.equals(key) || aliases.contains(key);
        }
    }

    /// Reads a record's declaration.
    /// @throws IllegalStateException when the declaration is wrong: a bug in the provider
    static RecordType of(Class<?> type) {
        List<Component> components = new ArrayList<>();
        RecordComponent[] declared = type.getRecordComponents();
        if (declared == null) {
            throw new IllegalStateException("%s is not a record".formatted(type.getName()));
        }
        for (RecordComponent component : declared) {
            components.add(component(type, component));
        }
        return new RecordType(type, List.copyOf(components));
    }

    private static Component component(Class<?> type, RecordComponent component) {
        Key rules = component.getAnnotation(Key.class);
        if (rules == null) {
            throw new IllegalStateException("%s.%s has no @Key".formatted(type.getName(), component.getName()));
        }
        String name = rules.value().isEmpty() ? kebabCase(component.getName()) : rules.value();
        return new Component(
                name, List.of(rules.aliases()), component.getGenericType(), rules,
                component.getAccessor());
    }

    Optional<Component> find(String key) {
        return components.stream().filter(component -> component.isCalled(key)).findFirst();
    }

    List<String> names() {
        return components.stream().map(Component::name).toList();
    }

    /// `numCores`, `NumCores` and `NUM_CORES` as `num-cores`.
    static String kebabCase(String name) {
        if (name.equals(name.toUpperCase(Locale.ROOT))) {
            return name.toLowerCase(Locale.ROOT).replace('_', '-');
        }
        StringBuilder result = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (Character.isUpperCase(c) && i > 0) {
                result.append('-');
            }
            result.append(Character.toLowerCase(c));
        }
        return result.toString();
    }
}
