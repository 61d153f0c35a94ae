package testudo.core.option;

import java.lang.invoke.MethodHandles;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import testudo.core.option.RecordType.Component;
import testudo.core.option.Syntax.Entry;
import testudo.core.option.Syntax.Flag;
import testudo.core.option.Syntax.Form;
import testudo.core.option.Syntax.Group;
import testudo.core.option.Syntax.Variant;
import testudo.core.option.Syntax.Word;
import testudo.spi.VmmException;
import testudo.spi.pci.PciAddress;

/// Makes values of what was written.
final class ValueBinder {
    private final MethodHandles.Lookup lookup;
    private final Function<String, Optional<String>> unknownKeys;

    /// Makes a binder.
    /// @param lookup with access to the records
    /// @param unknownKeys what to say about a key that does not exist
    ValueBinder(MethodHandles.Lookup lookup, Function<String, Optional<String>> unknownKeys) {
        this.lookup = lookup;
        this.unknownKeys = unknownKeys;
    }

    /// Binds a record's keys.
    /// @throws BindingFailure with every problem found
    Object record(Class<?> type, Group group) {
        RecordType declared = RecordType.of(type);
        List<String> problems = new ArrayList<>();
        Map<Component, Syntax> given = assign(declared, group, problems);
        List<Object> arguments = new ArrayList<>();
        for (Component component : declared.components()) {
            try {
                arguments.add(argument(component, given.get(component)));
            } catch (BindingFailure failure) {
                failure.problems().forEach(problem -> problems.add(component.name() + ": " + problem));
            }
        }
        if (!problems.isEmpty()) {
            throw new BindingFailure(problems);
        }
        return construct(declared, arguments, group.place());
    }

    /// Decides which entry belongs to which key.
    private Map<Component, Syntax> assign(RecordType declared, Group group, List<String> problems) {
        Map<Component, Syntax> given = new IdentityHashMap<>();
        boolean first = true;
        for (Entry entry : group.entries()) {
            Optional<Component> component;
            Syntax value = entry.value();
            String name = entry.key();
            if (name == null && value instanceof Word word && word.form() == Form.BARE
                    && declared.find(word.text()).isPresent()) {
                name = word.text();
                value = new Flag(word.place());
            }
            if (name != null) {
                component = declared.find(name);
            } else if (first && !declared.components().isEmpty()) {
                component = Optional.of(declared.components().getFirst());
                name = component.get().name();
            } else {
                name = value instanceof Word word ? word.text() : entry.raw();
                component = Optional.empty();
            }
            first = false;
            if (component.isEmpty()) {
                String place = entry.place();
                String key = name;
                problems.add(unknownKeys.apply(name).map(why -> "key \"%s\": %s".formatted(key, why)).orElseGet(
                        () -> "unknown key \"%s\" %s%s".formatted(key, place, knownKeys(declared, key))));
            } else if (given.putIfAbsent(component.get(), value) != null) {
                problems.add("key \"%s\" is given twice, again %s".formatted(component.get().name(), entry.place()));
            }
        }
        return given;
    }

    private static String knownKeys(RecordType declared, String name) {
        List<String> spellings = new ArrayList<>(declared.names());
        declared.components().forEach(component -> spellings.addAll(component.aliases()));
        String hint = Spelling.hint(name, spellings);
        if (!hint.isEmpty()) {
            return hint;
        }
        return spellings.isEmpty() ? "; no keys are known here" : "; known keys: " + String.join(", ", declared.names());
    }

    private Object argument(Component component, @Nullable Syntax value) {
        Class<?> type = rawType(component.type());
        if (value != null) {
            return bind(component.type(), value, component);
        }
        if (type == Optional.class) {
            return Optional.empty();
        }
        String fallback = component.rules().fallback();
        if (!fallback.isEmpty()) {
            return bind(component.type(), OptionReader.value(fallback), component);
        }
        if (type == List.class) {
            return List.of();
        }
        throw new BindingFailure("is required; write %s=…".formatted(component.name()));
    }

    private Object bind(Type type, Syntax value, Component component) {
        Class<?> raw = rawType(type);
        if (raw == Optional.class) {
            return Optional.of(bind(element(type), value, component));
        }
        if (value instanceof Flag) {
            return flag(raw, value, component);
        }
        if (raw == List.class) {
            return list(element(type), value, component);
        }
        if (raw.isRecord() && raw != PciAddress.class) {
            if (value instanceof Group group) {
                return record(raw, group);
            }
            throw new BindingFailure("the keys %s must be in brackets: %s=[key=value,…]"
                    .formatted(value.place(), component.name()));
        }
        if (raw.isSealed()) {
            return variant(raw, value);
        }
        if (!(value instanceof Word word)) {
            throw new BindingFailure("a single value is needed %s, not several".formatted(value.place()));
        }
        return scalar(raw, word, component.rules().min(), component.rules().max());
    }

    private Object flag(Class<?> type, Syntax value, Component component) {
        if (type == boolean.class || type == Boolean.class) {
            return true;
        }
        if (type.isRecord() && type != PciAddress.class) {
            return record(type, new Group(List.of(), value.place()));
        }
        throw new BindingFailure("needs a value %s; write %s=…".formatted(value.place(), component.name()));
    }

    private List<Object> list(Type element, Syntax value, Component component) {
        if (!(value instanceof Group group)) {
            throw new BindingFailure("the list %s must be in brackets: %s=[…]".formatted(value.place(), component.name()));
        }
        List<Object> elements = new ArrayList<>();
        for (Entry entry : group.entries()) {
            Syntax each = entry.value();
            if (entry.key() != null) {
                if (rawType(element) != String.class && rawType(element) != Path.class) {
                    throw new BindingFailure("unexpected key \"%s\" %s in a list".formatted(entry.key(), entry.place()));
                }
                each = new Word(entry.raw(), Form.BARE, entry.place());
            }
            elements.add(bind(element, each, component));
        }
        return List.copyOf(elements);
    }

    /// An enum with fields: the records that a sealed interface permits.
    private Object variant(Class<?> type, Syntax value) {
        Word name;
        Group fields;
        switch (value) {
            case Word word -> {
                name = word;
                fields = new Group(List.of(), word.place());
            }
            case Variant variant -> {
                name = variant.name();
                fields = variant.fields();
            }
            case Group group when group.entries().size() == 1
                    && group.entries().getFirst() instanceof Entry(String key, Group content, var _, String place)
                    && key != null -> {
                name = new Word(key, Form.JSON_STRING, place);
                fields = content;
            }
            default -> throw new BindingFailure("a name is needed %s".formatted(value.place()));
        }
        List<String> names = Arrays.stream(type.getPermittedSubclasses()).map(ValueBinder::variantName).toList();
        int index = names.indexOf(name.text());
        if (index < 0) {
            throw new BindingFailure("\"%s\" %s is not one of %s%s".formatted(
                    name.text(), name.place(), String.join(", ", names), Spelling.hint(name.text(), names)));
        }
        return record(type.getPermittedSubclasses()[index], fields);
    }

    static String variantName(Class<?> type) {
        return RecordType.kebabCase(type.getSimpleName());
    }

    /// Binds a word to a type without parts.
    /// @throws BindingFailure when it can't be
    static Object scalar(Class<?> type, Word word, long min, long max) {
        if (type == boolean.class || type == Boolean.class) {
            return bool(word);
        }
        if (type == int.class || type == Integer.class) {
            return (int) number(word, Math.max(min, Integer.MIN_VALUE), Math.min(max, Integer.MAX_VALUE));
        }
        if (type == long.class || type == Long.class) {
            return number(word, min, max);
        }
        if (word.form() == Form.JSON_NUMBER || word.form() == Form.JSON_BOOLEAN || word.form() == Form.JSON_OTHER) {
            throw new BindingFailure("%s %s is not a string".formatted(word.text(), word.place()));
        }
        if (type == String.class) {
            return word.text();
        }
        if (type.isEnum()) {
            return EnumNames.of(type).constant(word.text(), word.place());
        }
        try {
            if (type == Path.class) {
                return path(word);
            }
            if (type == PciAddress.class) {
                return PciAddress.parse(word.text());
            }
        } catch (IllegalArgumentException e) {
            throw new BindingFailure("%s %s".formatted(e.getMessage(), word.place()));
        }
        throw new IllegalStateException("options can't be bound to %s".formatted(type.getName()));
    }

    private static Path path(Word word) {
        if (word.text().isEmpty()) {
            throw new BindingFailure("the path %s is empty".formatted(word.place()));
        }
        try {
            return Path.of(word.text());
        } catch (InvalidPathException e) {
            throw new BindingFailure("the path %s is not valid: %s".formatted(word.place(), e.getReason()));
        }
    }

    private static boolean bool(Word word) {
        boolean form = word.form() == Form.BARE || word.form() == Form.JSON_BOOLEAN;
        if (form && word.text().equals("true")) {
            return true;
        }
        if (form && word.text().equals("false")) {
            return false;
        }
        throw new BindingFailure("\"%s\" %s is not true or false".formatted(word.text(), word.place()));
    }

    private static long number(Word word, long min, long max) {
        if (word.form() != Form.BARE && word.form() != Form.JSON_NUMBER) {
            throw new BindingFailure("\"%s\" %s is not a number".formatted(word.text(), word.place()));
        }
        return Numbers.parse(word.text(), word.place(), min, max);
    }

    private Object construct(RecordType declared, List<Object> arguments, String place) {
        try {
            return RecordMaker.of(declared.type(), lookup).make(arguments);
        } catch (IllegalAccessException | IllegalAccessError e) {
            throw new IllegalStateException("%s: its option declaration gives no access to it".formatted(declared.type().getName()), e);
        } catch (VmmException.Config e) {
            throw new BindingFailure(e.problems());
        } catch (IllegalArgumentException e) {
            throw new BindingFailure("%s %s".formatted(e.getMessage(), place));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("%s: its constructor failed".formatted(declared.type().getName()), e);
        }
    }

    static Class<?> rawType(Type type) {
        if (type instanceof Class<?> plain) {
            return plain;
        }
        if (type instanceof ParameterizedType generic) {
            return (Class<?>) generic.getRawType();
        }
        throw new IllegalStateException("options can't be bound to %s".formatted(type));
    }

    static Type element(Type type) {
        return ((ParameterizedType) type).getActualTypeArguments()[0];
    }
}
