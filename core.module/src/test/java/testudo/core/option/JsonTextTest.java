package testudo.core.option;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.spi.VmmException;
import testudo.spi.command.Json;

class JsonTextTest {
    @Test
    void readsEveryKindOfValue() {
        assertEquals(
                Map.of("a", List.of(1L, -2.5, "x\u00e9\n", true, Json.NULL), "b", Map.of()),
                JsonText.read("{\"a\":[1,-2.5,\"x\\u00e9\\n\",true,null],\"b\":{}}"));
        assertEquals("Exit", JsonText.read("\"Exit\""));
        assertEquals(Long.MIN_VALUE, JsonText.read("-9223372036854775808"));
    }

    @Test
    void writesCompactAndPretty() {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("a", List.of(1L, 2));
        object.put("b", Map.of());
        object.put("c\"", "\u0001");
        assertEquals("{\"a\":[1,2],\"b\":{},\"c\\\"\":\"\\u0001\"}", JsonText.write(object));
        assertEquals("""
                {
                  "a": [
                    1,
                    2
                  ],
                  "b": {},
                  "c\\"": "\\u0001"
                }""", JsonText.writePretty(object));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{", "[1", "{\"a\":1,\"a\":2}", "1 2", "nul", "'a'", "[1,]", "{\"a\"}", "]", "01", "1e999",
            "9223372036854775808", "NaN", "\"\t\"", "{\"a\":}", "/**/1"})
    void refusesWhatIsNotOneValue(String text) {
        assertThrows(VmmException.Config.class, () -> JsonText.read(text));
    }

    @Test
    void depthAndLengthAreBounded() {
        assertEquals(List.of(), inner(JsonText.read("[".repeat(JsonText.MAX_DEPTH) + "]".repeat(JsonText.MAX_DEPTH))));
        assertThrows(VmmException.Config.class, () -> JsonText.read("[".repeat(10_000) + "]".repeat(10_000)));
        assertThrows(VmmException.Config.class, () -> JsonText.read(" ".repeat(JsonText.MAX_CHARACTERS) + "1"));
    }

    private static Object inner(Object value) {
        return value instanceof List<?> list && !list.isEmpty() ? inner(list.getFirst()) : value;
    }

    @Test
    void refusesToWriteOtherObjects() {
        assertThrows(IllegalArgumentException.class, () -> JsonText.write(new Object()));
        assertThrows(IllegalArgumentException.class, () -> JsonText.write(Double.NaN));
    }
}
