/// Providers from outside of the runtime image.
package testudo.spi.plugin;
