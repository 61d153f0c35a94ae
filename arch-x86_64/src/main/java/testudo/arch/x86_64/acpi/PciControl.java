package testudo.arch.x86_64.acpi;

import static testudo.arch.x86_64.acpi.Aml.ARG0;
import static testudo.arch.x86_64.acpi.Aml.ARG1;
import static testudo.arch.x86_64.acpi.Aml.ARG3;
import static testudo.arch.x86_64.acpi.Aml.LOCAL0;
import static testudo.arch.x86_64.acpi.Aml.and;
import static testudo.arch.x86_64.acpi.Aml.createDwordField;
import static testudo.arch.x86_64.acpi.Aml.equal;
import static testudo.arch.x86_64.acpi.Aml.giveBack;
import static testudo.arch.x86_64.acpi.Aml.integer;
import static testudo.arch.x86_64.acpi.Aml.not;
import static testudo.arch.x86_64.acpi.Aml.or;
import static testudo.arch.x86_64.acpi.Aml.otherwise;
import static testudo.arch.x86_64.acpi.Aml.path;
import static testudo.arch.x86_64.acpi.Aml.store;
import static testudo.arch.x86_64.acpi.Aml.uuid;
import static testudo.arch.x86_64.acpi.Aml.when;

/// The method by which a guest asks for control of PCI features (PCI Firmware Specification 3.3, 4.5 "_OSC").
final class PciControl {
    private static final String PCI_HOST_BRIDGE = "33db4d5b-1ff7-401c-9657-7441c03dd766";
    /// Native hot-plug, power events and capability structure; not SHPC hot-plug, not error reporting.
    private static final int GRANTED = 0x15;
    private static final int UNKNOWN_UUID = 4;
    private static final int UNKNOWN_REVISION = 8;
    private static final int MASKED = 0x10;

    private PciControl() {}

    static byte[] method() {
        byte[] status = path("CDW1");
        byte[] control = path("CDW3");
        return Aml.method(
                "_OSC",
                4,
                createDwordField(ARG3, 0, "CDW1"),
                when(
                        equal(ARG0, uuid(PCI_HOST_BRIDGE)),
                        createDwordField(ARG3, 8, "CDW3"),
                        and(control, integer(GRANTED), LOCAL0),
                        when(not(equal(ARG1, integer(1))), or(status, integer(UNKNOWN_REVISION), status)),
                        when(not(equal(control, LOCAL0)), or(status, integer(MASKED), status)),
                        store(LOCAL0, control)),
                otherwise(or(status, integer(UNKNOWN_UUID), status)),
                giveBack(ARG3));
    }
}
