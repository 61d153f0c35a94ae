/// The host operating system, behind interfaces: core and the software CPU use nothing else of it.
///
/// No descriptor is visible as a number here; a platform module owns them.
package testudo.spi.host;
