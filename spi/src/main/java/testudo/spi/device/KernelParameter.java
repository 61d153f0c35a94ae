package testudo.spi.device;

/// An addition to the guest's kernel command line.
/// @param order lowest first; [#CONSOLE] for `console=`, otherwise the position of the option it comes from
/// @param text such as `root=/dev/vda ro`
public record KernelParameter(int order, String text) {
    /// The order of `console=` and `earlycon=`, before everything that comes from other options.
    public static final int CONSOLE = -1;
}
