package testudo.core.option;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import testudo.spi.VmmException;
import testudo.spi.command.Json;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonFactoryBuilder;

/// JSON text and JSON values.
///
/// Values are `Map<String, Object>` (in the order written), `List<Object>`, [String], [Long], [Double], [Boolean] and [Json#NULL].
/// Text may come from anyone: it is read with limits, and nothing in it can fail otherwise than documented.
public final class JsonText {
    /// The longest text that is read, in characters.
    public static final int MAX_CHARACTERS = 1 << 20;
    /// How deep objects and arrays may be nested.
    public static final int MAX_DEPTH = 64;

    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxDocumentLength(MAX_CHARACTERS)
                    .maxStringLength(MAX_CHARACTERS)
                    .maxNameLength(1024)
                    .maxNumberLength(64)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private JsonText() {}

    /// Reads exactly one value.
    /// @param text JSON (RFC 8259)
    /// @return the value
    /// @throws VmmException.Config when it is not JSON, has a key twice, or is longer or deeper than the limits
    public static Object read(String text) {
        if (text.length() > MAX_CHARACTERS) {
            throw new VmmException.Config("%d characters of JSON are more than %d".formatted(text.length(), MAX_CHARACTERS));
        }
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new VmmException.Config("there is no JSON value");
            }
            Object value = value(parser, first);
            if (parser.nextToken() != null) {
                throw new VmmException.Config("there is more than one JSON value%s".formatted(place(parser)));
            }
            return value;
        } catch (StreamReadException e) {
            throw new VmmException.Config("not valid JSON: %s (line %d, column %d)".formatted(
                    e.getOriginalMessage(), e.getLocation().getLineNr(), e.getLocation().getColumnNr()));
        } catch (tools.jackson.core.JacksonException e) {
            throw new VmmException.Config("not valid JSON: %s".formatted(e.getOriginalMessage()));
        }
    }

    private static Object value(JsonParser parser, JsonToken token) {
        return switch (token) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            case VALUE_STRING -> parser.getString();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> Json.NULL;
            case VALUE_NUMBER_INT -> integer(parser);
            case VALUE_NUMBER_FLOAT -> real(parser);
            default -> throw new VmmException.Config("not valid JSON: unexpected %s%s".formatted(token, place(parser)));
        };
    }

    private static Map<String, Object> object(JsonParser parser) {
        Map<String, Object> object = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            object.put(name, value(parser, parser.nextToken()));
        }
        return object;
    }

    private static List<Object> array(JsonParser parser) {
        List<Object> array = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            array.add(value(parser, token));
        }
        return array;
    }

    private static Long integer(JsonParser parser) {
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            throw new VmmException.Config("%s does not fit in 64 bits%s".formatted(parser.getString(), place(parser)));
        }
        return parser.getLongValue();
    }

    private static Double real(JsonParser parser) {
        double value = parser.getDoubleValue();
        if (!Double.isFinite(value)) {
            throw new VmmException.Config("%s is too large a number%s".formatted(parser.getString(), place(parser)));
        }
        return value;
    }

    private static String place(JsonParser parser) {
        var location = parser.currentTokenLocation();
        return " (line %d, column %d)".formatted(location.getLineNr(), location.getColumnNr());
    }

    /// Writes a value on one line, without spaces.
    /// @param value a JSON value; any [Number] without a fraction that fits in 64 bits may stand for a [Long]
    /// @return the text
    /// @throws IllegalArgumentException when it is not a JSON value
    public static String write(Object value) {
        return new JsonWriter(false).text(value);
    }

    /// Writes a value for people: indented by two spaces, one element a line.
    /// @param value a JSON value
    /// @return the text, without a line break at the end
    /// @throws IllegalArgumentException when it is not a JSON value
    public static String writePretty(Object value) {
        return new JsonWriter(true).text(value);
    }
}
