/// A clock whose time is a 64-bit number of nanoseconds, with one alarm.
///
/// Called under the core's lock for the device, by vCPUs and by the loop on which the alarm's timer runs. A timer is armed only while the
/// guest has set an alarm.
package testudo.plugin.rtc.goldfish;
