package testudo.plugin.loader;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a plugin's manifest may ask for, beyond what every module may do. Granted by trusting the vendor's key; shown by `plugin info`.
enum Permission {
    /// Its modules may call native code through the foreign function API.
    NATIVE_ACCESS("native-access", "calls native code");

    private final String key;
    private final String meaning;

    Permission(String key, String meaning) {
        this.key = key;
        this.meaning = meaning;
    }

    /// Its word in a manifest.
    String key() {
        return key;
    }

    /// What it allows, for people.
    String meaning() {
        return meaning;
    }

    static Optional<Permission> of(String key) {
        return Arrays.stream(values()).filter(permission -> permission.key.equals(key)).findFirst();
    }

    static String known() {
        return Arrays.stream(values()).map(Permission::key).collect(Collectors.joining(", "));
    }
}
