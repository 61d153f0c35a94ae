package testudo.core.option;

import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import testudo.core.option.RecordType.Component;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.pci.PciAddress;

/// Prints bound options as text that binds to the same value.
public final class OptionPrinter {
    private OptionPrinter() {}

    /// Prints a value of an option.
    /// @param option its declaration
    /// @param value the value
    /// @param <T> its type
    /// @return text in the option's grammar; empty for a switch
    public static <T> String print(OptionDeclaration<T> option, T value) {
        return switch (option.shape()) {
            case SWITCH -> "";
            case VALUE, POSITIONAL -> value instanceof Enum<?> constant ? EnumNames.nameOf(constant) : value.toString();
            case KEY_VALUES -> keys(value, option.lookup());
        };
    }

    private static String keys(Object record, MethodHandles.Lookup lookup) {
        StringJoiner keys = new StringJoiner(",");
        for (Component component : RecordType.of(record.getClass()).components()) {
            Object value = read(component, record, lookup);
            boolean absent = (value instanceof Optional<?> optional && optional.isEmpty())
                    || (value instanceof List<?> list && list.isEmpty());
            if (!absent) {
                keys.add(component.name() + "=" + value(value, lookup));
            }
        }
        return keys.toString();
    }

    private static Object read(Component component, Object record, MethodHandles.Lookup lookup) {
        try {
            return lookup.unreflect(component.accessor()).invoke(record);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("%s: its accessor failed".formatted(component.name()), e);
        }
    }

    private static String value(Object value, MethodHandles.Lookup lookup) {
        return switch (value) {
            case Optional<?> optional -> value(optional.orElseThrow(), lookup);
            case List<?> list -> {
                StringJoiner elements = new StringJoiner(",", "[", "]");
                list.forEach(element -> elements.add(value(element, lookup)));
                yield elements.toString();
            }
            case PciAddress address -> address.toString();
            case Record record -> variantName(record.getClass()) + "[" + keys(record, lookup) + "]";
            case Enum<?> constant -> EnumNames.nameOf(constant);
            case Number number -> number.toString();
            case Boolean bool -> bool.toString();
            default -> quoted(value.toString());
        };
    }

    /// The name in front of the brackets of an enum with fields.
    private static String variantName(Class<?> type) {
        for (Class<?> parent : type.getInterfaces()) {
            if (parent.isSealed()) {
                return ValueBinder.variantName(type);
            }
        }
        return "";
    }

    private static String quoted(String text) {
        boolean bare = !text.isEmpty();
        for (int i = 0; i < text.length(); i++) {
            bare &= ",[]\"'=\\".indexOf(text.charAt(i)) < 0;
        }
        return bare ? text : '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
