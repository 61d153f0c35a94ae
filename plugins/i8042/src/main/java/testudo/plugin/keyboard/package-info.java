/// Ports 0x60 (data) and 0x64 (status, command) of a keyboard controller that is not there, but resets the machine.
///
/// Guests reset PCs by command 0xFE, so somebody has to listen. Nothing else is: the status says "output full, input empty" for
/// ever. A driver that drains the output first (Linux, SeaBIOS) finds that it never ends and reports that there is no controller,
/// which is not an error; one that waits for room before it sends the reset command need not wait.
///
/// Everything runs under the core's lock for the device. Port 0x61 belongs to the timer.
package testudo.plugin.keyboard;
