/// ACPI 6.5 tables. Nothing here knows a device by name: the tables follow the neutral nodes of the machine's layout.
package testudo.arch.x86_64.acpi;
