package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.KernelStruct;

/// `struct epoll_event`: packed to 12 bytes on x86-64, 16 bytes elsewhere. Source: `include/uapi/linux/eventpoll.h`.
final class EpollEvent {
    static final StructLayout LAYOUT = System.getProperty("os.arch").equals("amd64")
            ? MemoryLayout.structLayout(JAVA_INT.withName("events"), JAVA_LONG_UNALIGNED.withName("data"))
            : MemoryLayout.structLayout(
                    JAVA_INT.withName("events"), MemoryLayout.paddingLayout(4), JAVA_LONG_UNALIGNED.withName("data"));
    static final long SIZE = LAYOUT.byteSize();
    static final long EVENTS = KernelStruct.offset(LAYOUT, "events");
    static final long DATA = KernelStruct.offset(LAYOUT, "data");

    private EpollEvent() {}
}
