/// Commands for a running machine. Requests and responses are JSON values, the same on the control socket (crosvm's protocol) and between processes.
package testudo.spi.command;
