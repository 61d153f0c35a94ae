/// Event loops: the threads that own devices.
package testudo.core.loop;
