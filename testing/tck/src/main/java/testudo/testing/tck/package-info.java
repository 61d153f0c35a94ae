/// Tests that a provider inherits: extend the contract of what it provides and make the provider's object. Everything runs in the
/// thread of the test, on a host in memory, through the rings of the core.
package testudo.testing.tck;
