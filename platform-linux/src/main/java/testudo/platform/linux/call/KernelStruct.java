package testudo.platform.linux.call;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;

/// Where the fields of a kernel structure are. Counted here, because [MemoryLayout#byteOffset] generates classes at each start.
public final class KernelStruct {
    private KernelStruct() {}

    /// The offset of a field.
    /// @param layout the structure
    /// @param field its name, with dots into nested structures
    /// @return byte offset
    /// @throws IllegalArgumentException when there is no such field
    public static long offset(StructLayout layout, String field) {
        int dot = field.indexOf('.');
        String name = dot < 0 ? field : field.substring(0, dot);
        long offset = 0;
        for (MemoryLayout member : layout.memberLayouts()) {
            if (name.equals(member.name().orElse(""))) {
                return dot < 0 ? offset : offset + offset((StructLayout) member, field.substring(dot + 1));
            }
            offset += member.byteSize();
        }
        throw new IllegalArgumentException("no field %s in %s".formatted(name, layout));
    }
}
