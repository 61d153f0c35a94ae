package testudo.platform.linux.call;

import testudo.spi.host.HostHandle;

/// Something that has a file descriptor.
public interface OpenDescriptor extends HostHandle {
    /// The descriptor.
    /// @return a number, or -1 after close
    int descriptor();

    /// The descriptor of a handle of this platform.
    /// @param handle made by this platform
    /// @return a number, or -1 after close
    /// @throws IllegalArgumentException for a handle of another platform
    static int of(HostHandle handle) {
        if (handle instanceof OpenDescriptor open) {
            return open.descriptor();
        }
        throw new IllegalArgumentException("not a Linux handle: " + handle.getClass().getName());
    }
}
