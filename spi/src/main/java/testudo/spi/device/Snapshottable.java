package testudo.spi.device;

/// A device whose own state can be saved and given to a fresh one of the same kind. What the core keeps for it (status, negotiated
/// features, queue registers, ring positions) is not part of it; nor is its backend, which the new device opens by itself.
///
/// Both calls come on the thread of the device's event loop, while the device is not active: before its first activation, after a
/// reset, or after it was quiesced. It goes on when it is activated again.
public interface Snapshottable {
    /// Saves what a fresh device needs to go on.
    /// @return versioned bytes, see [StateWriter]; at most 1 MiB
    byte[] saveState();

    /// Takes over what another device has saved, in place of its own state. Called before activation.
    /// @param state from [#saveState()]; it may be damaged
    /// @throws testudo.spi.VmmException.Config when it can't be understood; the device is then unchanged
    void restoreState(byte[] state);
}
