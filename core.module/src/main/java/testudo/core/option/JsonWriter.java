package testudo.core.option;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import testudo.spi.command.Json;

/// Writes one JSON value.
final class JsonWriter {
    private final StringBuilder out = new StringBuilder();
    private final boolean pretty;
    private int depth;

    /// Makes a writer for one value.
    /// @param pretty whether to indent
    JsonWriter(boolean pretty) {
        this.pretty = pretty;
    }

    /// Writes the value.
    String text(Object value) {
        write(value);
        return out.toString();
    }

    private void write(Object value) {
        switch (value) {
            case Map<?, ?> object -> members('{', '}', object.entrySet().iterator());
            case List<?> array -> members('[', ']', array.iterator());
            case String text -> string(text);
            case Boolean bool -> out.append(bool.booleanValue());
            case Long number -> out.append(number.longValue());
            case Integer number -> out.append(number.intValue());
            case Double number when Double.isFinite(number) -> out.append(number.doubleValue());
            case Json _ -> out.append("null");
            default -> throw new IllegalArgumentException("%s is no JSON value".formatted(value));
        }
    }

    private void members(char open, char close, Iterator<?> members) {
        if (++depth > JsonText.MAX_DEPTH) {
            throw new IllegalArgumentException("a JSON value is nested more than %d deep".formatted(JsonText.MAX_DEPTH));
        }
        out.append(open);
        boolean empty = !members.hasNext();
        while (members.hasNext()) {
            newLine();
            Object member = members.next();
            if (member instanceof Map.Entry<?, ?> field) {
                string(String.valueOf(field.getKey()));
                out.append(pretty ? ": " : ":");
                write(field.getValue());
            } else {
                write(member);
            }
            if (members.hasNext()) {
                out.append(',');
            }
        }
        depth--;
        if (!empty) {
            newLine();
        }
        out.append(close);
    }

    private void newLine() {
        if (pretty) {
            out.append('\n').append("  ".repeat(depth));
        }
    }

    private void string(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    // Half a surrogate pair can't be encoded in UTF-8; escaping whole pairs too is always right.
                    if (c < 0x20 || Character.isSurrogate(c)) {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
