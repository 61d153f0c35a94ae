/// Errors and availability, shared by all contracts.
package testudo.spi;
