/// Firmware tables from before ACPI and beside it: Intel MP, SMBIOS.
package testudo.arch.x86_64.tables;
