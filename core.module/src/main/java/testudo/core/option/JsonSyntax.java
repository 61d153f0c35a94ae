package testudo.core.option;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import testudo.core.option.Syntax.Entry;
import testudo.core.option.Syntax.Form;
import testudo.core.option.Syntax.Group;
import testudo.core.option.Syntax.Word;
import testudo.spi.command.Json;

/// Turns a JSON value into the tree that the binder reads.
final class JsonSyntax {
    private JsonSyntax() {}

    /// Converts a value.
    /// @param value a JSON value as [JsonText#read] makes it
    /// @param path where it is: `block[1].ro`
    static Syntax of(Object value, String path) {
        String place = "at " + path;
        return switch (value) {
            case Map<?, ?> object -> new Group(
                    object.entrySet().stream().map(field -> field(field, path)).toList(), place);
            case List<?> array -> array(array, path);
            case String text -> new Word(text, Form.JSON_STRING, place);
            case Boolean bool -> new Word(bool.toString(), Form.JSON_BOOLEAN, place);
            case Long number -> new Word(number.toString(), Form.JSON_NUMBER, place);
            case Double number -> new Word(number.toString(), Form.JSON_OTHER, place);
            case Json _ -> new Word("null", Form.JSON_OTHER, place);
            default -> throw new IllegalArgumentException("%s is no JSON value".formatted(value.getClass()));
        };
    }

    private static Entry field(Map.Entry<?, ?> field, String path) {
        String key = String.valueOf(field.getKey());
        String place = path + "." + key;
        Object value = field.getValue();
        return new Entry(key, of(value, place), key, "at " + place);
    }

    private static Group array(List<?> array, String path) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            String place = "%s[%d]".formatted(path, i);
            entries.add(new Entry(null, of(array.get(i), place), "", "at " + place));
        }
        return new Group(entries, "at " + path);
    }
}
