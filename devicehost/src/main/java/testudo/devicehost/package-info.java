/// The program of every device process: one device of a machine that is another process.
package testudo.devicehost;
