/// The ACPI power-management register block: PM1 event and control registers, general-purpose event block 0.
///
/// Ports 0xC000 to 0xC047, interrupt 5 (SCI), level. By offset: 0 PM1_STS, 2 PM1_EN, 4 PM1_CNT, 8 GPE0_STS (32 bytes),
/// 40 GPE0_EN (32 bytes). There is no PM timer. Status bits are cleared by writing ones. Sleep type 0 (S5) ends the machine, type 1
/// (S1) suspends it; the values are those of the DSDT's `_S1_` and `_S5_` objects.
///
/// Everything runs under the core's lock for the device; nothing is allocated by register accesses; nothing is opened.
package testudo.plugin.acpi.pm;
