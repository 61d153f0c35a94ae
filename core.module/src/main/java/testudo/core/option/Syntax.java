package testudo.core.option;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What was written, before types are known: the tree that both the `key=value` grammar and JSON become.
sealed interface Syntax {
    /// Where it was written, for error messages: `at character 12`, `at block[1].ro`.
    String place();

    /// How a word was written; decides which types it may become.
    enum Form {
        /// Without quotes: a number, a boolean or a string.
        BARE,
        /// In quotes: a string.
        QUOTED,
        /// A JSON string.
        JSON_STRING,
        /// A JSON number without a fraction.
        JSON_NUMBER,
        /// `true` or `false` in JSON.
        JSON_BOOLEAN,
        /// A JSON value no option has: `null` or a number with a fraction.
        JSON_OTHER
    }

    /// A single value.
    /// @param text without quotes and escapes
    /// @param form how it was written
    /// @param place where
    record Word(String text, Form form, String place) implements Syntax {}

    /// Several values: the content of brackets, of a whole option, of a JSON object or array.
    /// @param entries in the order written
    /// @param place where it begins
    record Group(List<Entry> entries, String place) implements Syntax {
        public Group {
            entries = List.copyOf(entries);
        }
    }

    /// A name with fields in brackets: `windowed[1280,1024]`.
    /// @param name the name
    /// @param fields the fields
    record Variant(Word name, Group fields) implements Syntax {
        @Override
        public String place() {
            return name.place();
        }
    }

    /// A key without a value: true, or a record with nothing but defaults.
    /// @param place where
    record Flag(String place) implements Syntax {}

    /// One part of a group.
    /// @param key the key, or null where none was written
    /// @param value the value; for text without `=` the only word
    /// @param raw the whole entry as written, for lists of strings that contain `=`
    /// @param place where it begins
    record Entry(@Nullable String key, Syntax value, String raw, String place) {}
}
