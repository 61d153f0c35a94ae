package testudo.hypervisor.soft.difftest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/// Runs privileged programs under `qemu-system-riscv64` with OpenSBI, of the Debian packages `qemu-system-misc` and `opensbi`.
final class QemuSystem {
    private static final String COMMAND = "qemu-system-riscv64";
    private static final String PROCESSOR = "rv64,h=false,zbc=false,svinval=on,svpbmt=on,sstc=on";
    private static final Path FIRMWARE = Path.of("/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin");
    private static final int UART = 0x1000_0000;
    private static final int LINE_STATUS = 5;
    private static final int TRANSMITTER_EMPTY = 0x20;
    private static final int TEST_DEVICE = 0x0010_0000;
    private static final int PASS = 0x5555;
    private static final byte[] MARK = "\0\1<memory>\2\3".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    private static final long LIMIT_SECONDS = 300;

    private final Path directory;

    QemuSystem(Path directory) {
        this.directory = directory;
    }

    static boolean isInstalled() {
        return QemuUser.find(COMMAND).isPresent() && Files.exists(FIRMWARE);
    }

    /// Runs a program and returns what it left from [Layout#STATE] on, [Program#dumpBytes()] bytes.
    byte[] run(Program program) {
        Path image = directory.resolve("program.bin");
        Path serial = directory.resolve("serial");
        Path errors = directory.resolve("qemu.stderr");
        try {
            Files.write(image, program.memory(finish(program.dumpBytes())));
            Process process = new ProcessBuilder(COMMAND, "-M", "virt", "-cpu", PROCESSOR, "-smp", "1,maxcpus=2", "-m", "64M", "-display",
                    "none", "-monitor", "none",
                    "-serial", "file:" + serial, "-kernel", image.toString()).redirectErrorStream(true).redirectOutput(errors.toFile())
                    .start();
            boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly().waitFor();
            byte[] output = Files.readAllBytes(serial);
            int mark = find(output, MARK);
            if (!ended || mark < 0 || output.length < mark + program.dumpBytes()) {
                throw new AssertionError("seed %dL: %s %s: %s".formatted(program.seed(), COMMAND, ended ? "ended" : "hangs", Files
                        .readString(errors)));
            }
            return Arrays.copyOfRange(output, mark, mark + program.dumpBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// Where the bytes behind the mark begin, or -1.
    private static int find(byte[] bytes, byte[] mark) {
        for (int at = 0; at + mark.length <= bytes.length; at++) {
            if (Arrays.equals(bytes, at, at + mark.length, mark, 0, mark.length)) {
                return at + mark.length;
            }
        }
        return -1;
    }

    /// Writes the mark and the memory to the serial port, then ends the machine.
    private static byte[] finish(int bytes) {
        Code code = new Code(Layout.FINISH);
        code.li(5, UART);
        long mark = Layout.FINISH + 0x800;
        for (long[] range : new long[][]{{mark, MARK.length}, {Layout.STATE, bytes}}) {
            code.la(10, range[0]);
            code.la(11, range[0] + range[1]);
            code.word(Code.i(0x03, 4, 6, 5, LINE_STATUS));
            code.word(Code.i(0x13, 7, 6, 6, TRANSMITTER_EMPTY));
            code.word(Code.b(0, 6, 0, -8));
            code.word(Code.i(0x03, 4, 6, 10, 0));
            code.word(Code.s(0x23, 0, 5, 6, 0));
            code.addi(10, 10, 1);
            code.word(Code.b(1, 10, 11, -24));
        }
        code.li(5, TEST_DEVICE);
        code.li(6, PASS);
        code.word(Code.s(0x23, 2, 5, 6, 0));
        code.word(Code.jal(0, 0));
        byte[] bytecode = Arrays.copyOf(code.toByteArray(), 0x800 + MARK.length);
        System.arraycopy(MARK, 0, bytecode, 0x800, MARK.length);
        return bytecode;
    }
}
