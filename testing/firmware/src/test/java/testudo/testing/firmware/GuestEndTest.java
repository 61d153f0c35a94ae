package testudo.testing.firmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The ways in which a guest can end its machine, and what the user is told.
class GuestEndTest {
    private static final int EXIT = 0;
    private static final int RESET = 32;
    private static final int CRASH = 33;
    private static final int PANIC = 34;
    private static final int PM1_CONTROL = 0xC004;
    private static final int SLEEP_ENABLE_HIGH_BYTE = 0x20;
    private static final int KEYBOARD_COMMAND = 0x64;
    private static final int PULSE_RESET_LINE = 0xFE;

    @TempDir Path folder;

    @BeforeEach
    void needs() {
        Product.assumeKvm();
    }

    @Test
    void resetRegister() throws Exception {
        Product.Ending ending = run(GuestCode.flat().print("multiboot").reset());

        assertEquals("multiboot", ending.serial(), ending::log);
        assertEquals(RESET, ending.status(), ending::log);
    }

    @Test
    void theKvmDeviceMayHaveAnotherName() throws Exception {
        Path kernel = GuestImage.elf32(folder.resolve("kernel"), GuestCode.flat().reset());
        Path link = Files.createSymbolicLink(folder.resolve("other"), Path.of("/dev/kvm"));

        assertEquals(RESET, Product.run(folder, "--kvm-device", link.toString(), kernel.toString()).status());
        Product.Ending wrong = Product.run(folder, "--kvm-device", "/dev/null", "--hypervisor", "kvm", kernel.toString());
        assertTrue(wrong.log().contains("/dev/null is no KVM device"), wrong::log);
        assertFalse(wrong.status() == RESET, wrong::log);
    }

    @Test
    void resetRegisterIn32BitElf() throws Exception {
        Path kernel = GuestImage.elf32(folder.resolve("kernel"), GuestCode.flat().print("32 bits").reset());

        Product.Ending ending = Product.run(folder, kernel.toString());

        assertEquals("32 bits", ending.serial(), ending::log);
        assertEquals(RESET, ending.status(), ending::log);
    }

    @Test
    void resetRegisterIn64BitElf() throws Exception {
        // In 32-bit mode 48 is "dec eax": only in long mode is this one instruction that leaves bit 32 set.
        GuestCode code = GuestCode.flat().raw(0x48, 0xB8, 0, 0, 0, 0, '6', 0, 0, 0); // mov rax, '6' << 32
        code.raw(0x48, 0xC1, 0xE8, 32).printAl(); // shr rax, 32
        Path kernel = GuestImage.elf64(folder.resolve("kernel"), code.print("4 bits").reset());

        Product.Ending ending = Product.run(folder, kernel.toString());

        assertEquals("64 bits", ending.serial(), ending::log);
        assertEquals(RESET, ending.status(), ending::log);
    }

    @Test
    void keyboardControllerReset() throws Exception {
        assertEquals(RESET, run(GuestCode.flat().out(KEYBOARD_COMMAND, PULSE_RESET_LINE).halt()).status());
    }

    @Test
    void powerOff() throws Exception {
        Product.Ending ending = run(GuestCode.flat().out(PM1_CONTROL + 1, SLEEP_ENABLE_HIGH_BYTE).reset());

        assertEquals(EXIT, ending.status(), ending::log);
    }

    @Test
    void panicThenReset() throws Exception {
        Product.Ending ending = run(reportPanic(1));

        assertEquals("found", ending.serial(), ending::log);
        assertEquals(PANIC, ending.status(), ending::log);
    }

    /// The control of the test above: another event of the same device does not count as a panic.
    @Test
    void crashKernelThenReset() throws Exception {
        Product.Ending ending = run(reportPanic(2));

        assertEquals("found", ending.serial(), ending::log);
        assertEquals(RESET, ending.status(), ending::log);
    }

    @Test
    void tripleFaultIsACrashWithRegisters() throws Exception {
        GuestCode code = GuestCode.flat().print("before").raw(0xB8).imm(0xFEEDC0DEL); // mov eax, 0xfeedc0de

        Product.Ending ending = run(code.raw(0x0F, 0x0B).reset()); // ud2, with an empty interrupt table

        assertEquals("before", ending.serial(), ending::log);
        assertEquals(CRASH, ending.status(), ending::log);
        assertTrue(ending.log().contains("triple fault"), ending::log);
        assertTrue(ending.log().matches("(?s).*rax 0*feedc0de\\b.*"), ending::log);
        assertTrue(ending.log().matches("(?s).*rip 0*10[0-9a-f]{4}\\b.*"), ending::log);
        assertFalse(ending.log().contains("\tat "), ending::log);
    }

    @Test
    void withoutExtendedStatusAnEndIsSuccess() throws Exception {
        Path kernel = GuestImage.multiboot(folder.resolve("kernel"), GuestCode.flat().reset());

        assertEquals(EXIT, Product.runPlainly(folder, kernel.toString()).status());
    }

    private Product.Ending run(byte[] code) throws Exception {
        return Product.run(folder, GuestImage.multiboot(folder.resolve("kernel"), code).toString());
    }

    /// Looks for 1b36:0011 on bus 0, switches its memory on, writes its first register, resets.
    private static byte[] reportPanic(int event) {
        GuestCode code = GuestCode.flat();
        code.raw(0xBB).imm(0x8000_0000L - 0x800); // mov ebx, the device before the first
        int next = code.sizeBytes();
        code.raw(0x81, 0xC3).imm(0x800).raw(0x89, 0xD8); // add ebx, one device; mov eax, ebx
        code.port(0xCF8).raw(0xEF).port(0xCFC).raw(0xED); // out dx, eax; in eax, dx
        code.raw(0x3D).imm(0x0011_1B36L); // cmp eax, id
        code.raw(0x75, next - code.sizeBytes() - 2 & 0xFF); // jne next
        code.print("found");
        code.raw(0x8D, 0x43, 0x04).port(0xCF8).raw(0xEF); // lea eax, [ebx+4]
        code.raw(0xB8).imm(2).port(0xCFC).raw(0xEF); // command: memory
        code.raw(0x8D, 0x43, 0x10).port(0xCF8).raw(0xEF).port(0xCFC).raw(0xED); // BAR 0
        code.raw(0x83, 0xE0, 0xF0, 0xC6, 0x00, event); // and eax, ~15; mov byte [eax], event
        return code.reset();
    }
}
