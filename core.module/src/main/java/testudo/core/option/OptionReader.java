package testudo.core.option;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import testudo.core.option.Syntax.Entry;
import testudo.core.option.Syntax.Form;
import testudo.core.option.Syntax.Group;
import testudo.core.option.Syntax.Variant;
import testudo.core.option.Syntax.Word;

/// Reads crosvm's `key=value` grammar.
///
/// ```
/// group   = entry *( "," entry )
/// entry   = [ key "=" ] value
/// key     = ( letter | "_" ) *( letter | digit | "_" | "-" )
/// value   = "[" [ group ] "]"  |  word [ "[" [ group ] "]" ]
/// word    = bare | '"' *( char | '\"' | '\\' ) '"' | "'" *char "'"
/// bare    = 1*( any character but , [ ] " ' )
/// ```
final class OptionReader {
    /// The longest text that is read: longer than a command line's argument may be.
    static final int MAX_CHARACTERS = 1 << 17;
    private static final int MAX_DEPTH = 16;

    private final String text;
    private int at;
    private int depth;

    private OptionReader(String text) {
        this.text = text;
    }

    /// Reads a whole option.
    /// @throws BindingFailure when it is not in the grammar
    static Group group(String text) {
        OptionReader reader = new OptionReader(checked(text));
        Group group = reader.entries("at character 1");
        reader.expectEnd();
        return group;
    }

    /// Reads a single value.
    /// @throws BindingFailure when it is not in the grammar
    static Syntax value(String text) {
        OptionReader reader = new OptionReader(checked(text));
        Syntax value = reader.value();
        reader.expectEnd();
        return value;
    }

    private static String checked(String text) {
        if (text.length() > MAX_CHARACTERS) {
            throw new BindingFailure("%d characters are more than the %d an option may have"
                    .formatted(text.length(), MAX_CHARACTERS));
        }
        return text;
    }

    private void expectEnd() {
        if (at < text.length()) {
            throw failure("unexpected '%c' %s".formatted(text.charAt(at), place()));
        }
    }

    private Group entries(String place) {
        List<Entry> entries = new ArrayList<>();
        if (at == text.length() || peek() == ']') {
            return new Group(entries, place);
        }
        entries.add(entry());
        while (at < text.length() && peek() == ',') {
            at++;
            entries.add(entry());
        }
        return new Group(entries, place);
    }

    private Entry entry() {
        int start = at;
        String place = place();
        String key = key();
        if (key == null) {
            at = start;
        }
        Syntax value = value();
        return new Entry(key, value, text.substring(start, at), place);
    }

    /// Reads `key=`; null when what follows is not a key with a value.
    private @Nullable String key() {
        int start = at;
        while (at < text.length() && isKeyCharacter(text.charAt(at), at == start)) {
            at++;
        }
        if (at == start || at == text.length() || peek() != '=') {
            return null;
        }
        String key = text.substring(start, at);
        at++;
        return key;
    }

    static boolean isKeyCharacter(char c, boolean first) {
        boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        return letter || (!first && ((c >= '0' && c <= '9') || c == '-'));
    }

    private Syntax value() {
        if (at < text.length() && peek() == '[') {
            return bracketed();
        }
        Word word = word();
        return at < text.length() && peek() == '[' ? new Variant(word, bracketed()) : word;
    }

    private Group bracketed() {
        String place = place();
        if (++depth > MAX_DEPTH) {
            throw failure("brackets are nested more than %d deep %s".formatted(MAX_DEPTH, place));
        }
        at++;
        Group group = entries(place);
        if (at == text.length() || peek() != ']') {
            throw failure("the '[' %s has no matching ']'".formatted(place));
        }
        at++;
        depth--;
        return group;
    }

    private Word word() {
        String place = place();
        if (at < text.length() && peek() == '"') {
            return new Word(doubleQuoted(place), Form.QUOTED, place);
        }
        if (at < text.length() && peek() == '\'') {
            int end = text.indexOf('\'', at + 1);
            if (end < 0) {
                throw failure("the quote %s is not closed".formatted(place));
            }
            String content = text.substring(at + 1, end);
            at = end + 1;
            return new Word(content, Form.QUOTED, place);
        }
        int start = at;
        while (at < text.length() && ",[]".indexOf(peek()) < 0) {
            if (peek() == '"' || peek() == '\'') {
                throw failure("a quote %s inside of a value; put the whole value in quotes".formatted(place()));
            }
            at++;
        }
        if (at == start) {
            throw failure("a value is missing %s; an empty one is written \"\"".formatted(place));
        }
        return new Word(text.substring(start, at), Form.BARE, place);
    }

    private String doubleQuoted(String place) {
        StringBuilder content = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = peek();
            if (c == '"') {
                at++;
                return content.toString();
            }
            if (c == '\\') {
                at++;
                if (at == text.length() || (peek() != '"' && peek() != '\\')) {
                    throw failure("a backslash %s may only be followed by \" or \\".formatted(place()));
                }
            }
            content.append(peek());
        }
        throw failure("the quote %s is not closed".formatted(place));
    }

    private char peek() {
        return text.charAt(at);
    }

    private String place() {
        return "at character " + (at + 1);
    }

    private static BindingFailure failure(String problem) {
        return new BindingFailure(problem);
    }
}
