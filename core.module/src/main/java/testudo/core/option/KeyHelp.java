package testudo.core.option;

import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import testudo.core.option.RecordType.Component;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.pci.PciAddress;

/// One key of an option, for help, man pages and completion.
/// @param name the key
/// @param aliases other spellings, not shown in help
/// @param value what its value looks like: `BOOL`, `PATH`, `N`, `a|b`, `[N,…]`
/// @param help what it does
/// @param fallback its default; empty when there is none
/// @param required whether it must be given
public record KeyHelp(String name, List<String> aliases, String value, String help, String fallback, boolean required) {
    /// The keys of an option.
    /// @param option its declaration
    /// @return keys in order, the first one's name may be left out in text; none unless its shape is `KEY_VALUES`
    public static List<KeyHelp> of(OptionDeclaration<?> option) {
        if (option.shape() != OptionDeclaration.Shape.KEY_VALUES) {
            return List.of();
        }
        return RecordType.of(option.type()).components().stream().map(KeyHelp::of).toList();
    }

    private static KeyHelp of(Component component) {
        Class<?> type = ValueBinder.rawType(component.type());
        String fallback = component.rules().fallback();
        boolean required = fallback.isEmpty() && type != Optional.class && type != List.class;
        return new KeyHelp(
                component.name(), component.aliases(), value(component.type()), component.rules().help(), fallback, required);
    }

    private static String value(Type type) {
        Class<?> raw = ValueBinder.rawType(type);
        if (raw == Optional.class) {
            return value(ValueBinder.element(type));
        }
        if (raw == List.class) {
            return "[" + value(ValueBinder.element(type)) + ",…]";
        }
        if (raw == boolean.class || raw == Boolean.class) {
            return "BOOL";
        }
        if (raw == int.class || raw == long.class || raw == Integer.class || raw == Long.class) {
            return "N";
        }
        if (raw == PciAddress.class) {
            return "BB:DD.F";
        }
        if (raw.isEnum()) {
            return String.join("|", EnumNames.of(raw).shown());
        }
        if (raw.isSealed()) {
            return Arrays.stream(raw.getPermittedSubclasses()).map(ValueBinder::variantName).collect(Collectors.joining("|"));
        }
        if (raw.isRecord()) {
            return "[key=value,…]";
        }
        return raw == Path.class ? "PATH" : "TEXT";
    }
}
