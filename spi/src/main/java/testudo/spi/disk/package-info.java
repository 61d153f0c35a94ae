/// Disk images, whatever their format.
package testudo.spi.disk;
