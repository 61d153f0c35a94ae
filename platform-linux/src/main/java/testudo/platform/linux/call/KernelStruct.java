package testudo.platform.linux.call;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout.PathElement;

/// Where the fields of a kernel structure are.
public final class KernelStruct {
    private KernelStruct() {}

    /// The offset of a field.
    /// @param layout the structure
    /// @param field its name, with dots into nested structures
    /// @return byte offset
    public static long offset(GroupLayout layout, String field) {
        int dot = field.indexOf('.');
        if (dot < 0) {
            return layout.byteOffset(groupElement(field));
        }
        PathElement outer = groupElement(field.substring(0, dot));
        return layout.byteOffset(outer) + offset((GroupLayout) layout.select(outer), field.substring(dot + 1));
    }
}
