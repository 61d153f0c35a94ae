/// Disk images without a format: byte N of the file is byte N of the disk.
@org.jspecify.annotations.NullMarked
module testudo.plugin.disk.raw {
    requires testudo.spi;

    provides testudo.spi.disk.DiskFormatProvider with testudo.plugin.disk.raw.RawFormat;
}
