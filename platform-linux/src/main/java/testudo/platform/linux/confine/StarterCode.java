package testudo.platform.linux.confine;

import java.io.ByteArrayOutputStream;

/// The machine code of [StarterProgram]: it walks a table of system calls. Position and layout are fixed, so it needs no relocation and no library.
///
/// A row of the table is ten 64-bit words: number, six arguments, kind, link, message. Kinds: 0 the call must succeed, its result is stored at
/// `link` unless that is 0; 1 the result does not matter; 2 `clone`, the parent goes on at row `link`; 3 no call, but an exit with the
/// wait status at the first argument. A failure writes the message (a length word, then text) and the error's name to descriptor 2 and exits with 126.
///
/// Each line below is an instruction: its bytes, then what an assembler makes them from. Table at 0x10010000, error names at 0x10008000.
final class StarterCode {
    private static final String X86_64 = """
            bb 00 00 01 10          ; mov ebx, 0x10010000
            48 8b 4b 38             ; loop: mov rcx, [rbx+56]
            48 83 f9 03             ; cmp rcx, 3
            0f 84 a1 00 00 00       ; je status
            48 8b 03                ; mov rax, [rbx]
            48 8b 7b 08             ; mov rdi, [rbx+8]
            48 8b 73 10             ; mov rsi, [rbx+16]
            48 8b 53 18             ; mov rdx, [rbx+24]
            4c 8b 53 20             ; mov r10, [rbx+32]
            4c 8b 43 28             ; mov r8, [rbx+40]
            4c 8b 4b 30             ; mov r9, [rbx+48]
            0f 05                   ; syscall
            48 8b 4b 38             ; mov rcx, [rbx+56]
            48 83 f9 01             ; cmp rcx, 1
            74 17                   ; je next
            48 85 c0                ; test rax, rax
            78 22                   ; js fail
            48 8b 53 40             ; mov rdx, [rbx+64]
            48 83 f9 02             ; cmp rcx, 2
            74 0e                   ; je fork
            48 85 d2                ; test rdx, rdx
            74 03                   ; je next
            48 89 02                ; mov [rdx], rax
            48 83 c3 50             ; next: add rbx, 80
            eb ae                   ; jmp loop
            48 85 c0                ; fork: test rax, rax
            74 f5                   ; je next
            48 89 d3                ; mov rbx, rdx
            eb a4                   ; jmp loop
            48 f7 d8                ; fail: neg rax
            49 89 c4                ; mov r12, rax
            48 8b 73 48             ; mov rsi, [rbx+72]
            48 8b 16                ; mov rdx, [rsi]
            48 83 c6 08             ; add rsi, 8
            bf 02 00 00 00          ; mov edi, 2
            b8 01 00 00 00          ; mov eax, 1
            0f 05                   ; syscall
            31 c0                   ; xor eax, eax
            49 81 fc 86 00 00 00    ; cmp r12, 134
            4c 0f 43 e0             ; cmovae r12, rax
            49 c1 e4 04             ; shl r12, 4
            49 8d b4 24 00 80 00 10 ; lea rsi, [r12+0x10008000]
            ba 10 00 00 00          ; mov edx, 16
            bf 02 00 00 00          ; mov edi, 2
            b8 01 00 00 00          ; mov eax, 1
            0f 05                   ; syscall
            bf 7e 00 00 00          ; mov edi, 126
            b8 e7 00 00 00          ; exit: mov eax, 231
            0f 05                   ; syscall
            48 8b 73 08             ; status: mov rsi, [rbx+8]
            8b 06                   ; mov eax, [rsi]
            89 c7                   ; mov edi, eax
            83 e7 7f                ; and edi, 127
            74 08                   ; je normal
            81 c7 80 00 00 00       ; add edi, 128
            eb e4                   ; jmp exit
            c1 e8 08                ; normal: shr eax, 8
            0f b6 f8                ; movzx edi, al
            eb dc                   ; jmp exit
            """;

    private static final String AARCH64 = """
            33 00 a2 d2 ; mov x19, #0x10010000
            69 1e 40 f9 ; loop: ldr x9, [x19, #56]
            3f 0d 00 f1 ; cmp x9, #3
            a0 04 00 54 ; b.eq status
            68 02 40 f9 ; ldr x8, [x19]
            60 86 40 a9 ; ldp x0, x1, [x19, #8]
            62 8e 41 a9 ; ldp x2, x3, [x19, #24]
            64 96 42 a9 ; ldp x4, x5, [x19, #40]
            01 00 00 d4 ; svc #0
            69 aa 43 a9 ; ldp x9, x10, [x19, #56]
            3f 05 00 f1 ; cmp x9, #1
            c0 00 00 54 ; b.eq next
            40 01 f8 b7 ; tbnz x0, #63, fail
            3f 09 00 f1 ; cmp x9, #2
            a0 00 00 54 ; b.eq fork
            4a 00 00 b4 ; cbz x10, next
            40 01 00 f9 ; str x0, [x10]
            73 42 01 91 ; next: add x19, x19, #80
            ef ff ff 17 ; b loop
            c0 ff ff b4 ; fork: cbz x0, next
            f3 03 0a aa ; mov x19, x10
            ec ff ff 17 ; b loop
            f4 03 00 cb ; fail: neg x20, x0
            61 26 40 f9 ; ldr x1, [x19, #72]
            22 84 40 f8 ; ldr x2, [x1], #8
            40 00 80 d2 ; mov x0, #2
            08 08 80 d2 ; mov x8, #64
            01 00 00 d4 ; svc #0
            9f 1a 02 f1 ; cmp x20, #134
            94 32 9f 9a ; csel x20, x20, xzr, lo
            01 00 90 52 ; mov w1, #0x8000
            01 00 a2 72 ; movk w1, #0x1000, lsl #16
            21 10 14 8b ; add x1, x1, x20, lsl #4
            02 02 80 d2 ; mov x2, #16
            40 00 80 d2 ; mov x0, #2
            08 08 80 d2 ; mov x8, #64
            01 00 00 d4 ; svc #0
            c0 0f 80 d2 ; mov x0, #126
            c8 0b 80 d2 ; exit: mov x8, #94
            01 00 00 d4 ; svc #0
            61 06 40 f9 ; status: ldr x1, [x19, #8]
            22 00 40 b9 ; ldr w2, [x1]
            40 18 00 72 ; ands w0, w2, #127
            60 00 00 54 ; b.eq normal
            00 00 02 11 ; add w0, w0, #128
            f9 ff ff 17 ; b exit
            40 3c 08 53 ; normal: ubfx w0, w2, #8, #8
            f7 ff ff 17 ; b exit
            """;

    private static final String RISCV64 = """
            b7 04 01 10 ; lui s1, 0x10010
            83 b2 84 03 ; loop: ld t0, 56(s1)
            13 03 30 00 ; li t1, 3
            63 86 62 0a ; beq t0, t1, status
            83 b8 04 00 ; ld a7, 0(s1)
            03 b5 84 00 ; ld a0, 8(s1)
            83 b5 04 01 ; ld a1, 16(s1)
            03 b6 84 01 ; ld a2, 24(s1)
            83 b6 04 02 ; ld a3, 32(s1)
            03 b7 84 02 ; ld a4, 40(s1)
            83 b7 04 03 ; ld a5, 48(s1)
            73 00 00 00 ; ecall
            83 b2 84 03 ; ld t0, 56(s1)
            13 03 10 00 ; li t1, 1
            63 8e 62 00 ; beq t0, t1, next
            63 46 05 02 ; blt a0, zero, fail
            83 b3 04 04 ; ld t2, 64(s1)
            13 03 20 00 ; li t1, 2
            63 8a 62 00 ; beq t0, t1, fork
            63 84 03 00 ; beq t2, zero, next
            23 b0 a3 00 ; sd a0, 0(t2)
            93 84 04 05 ; next: addi s1, s1, 80
            6f f0 df fa ; j loop
            e3 0c 05 fe ; fork: beq a0, zero, next
            93 84 03 00 ; mv s1, t2
            6f f0 1f fa ; j loop
            33 09 a0 40 ; fail: neg s2, a0
            83 b2 84 04 ; ld t0, 72(s1)
            03 b6 02 00 ; ld a2, 0(t0)
            93 85 82 00 ; addi a1, t0, 8
            13 05 20 00 ; li a0, 2
            93 08 00 04 ; li a7, 64
            73 00 00 00 ; ecall
            93 02 60 08 ; li t0, 134
            63 64 59 00 ; bltu s2, t0, known
            13 09 00 00 ; li s2, 0
            13 19 49 00 ; known: slli s2, s2, 4
            b7 85 00 10 ; lui a1, 0x10008
            b3 85 25 01 ; add a1, a1, s2
            13 06 00 01 ; li a2, 16
            13 05 20 00 ; li a0, 2
            93 08 00 04 ; li a7, 64
            73 00 00 00 ; ecall
            13 05 e0 07 ; li a0, 126
            93 08 e0 05 ; exit: li a7, 94
            73 00 00 00 ; ecall
            83 b2 84 00 ; status: ld t0, 8(s1)
            03 a3 02 00 ; lw t1, 0(t0)
            13 75 f3 07 ; andi a0, t1, 127
            63 06 05 00 ; beq a0, zero, normal
            13 05 05 08 ; addi a0, a0, 128
            6f f0 5f fe ; j exit
            13 55 83 00 ; normal: srli a0, t1, 8
            13 75 f5 0f ; andi a0, a0, 255
            6f f0 9f fd ; j exit
            """;

    private StarterCode() {}

    /// The code for a machine.
    /// @return bytes
    static byte[] of(Machine machine) {
        String listing = switch (machine) {
            case X86_64 -> X86_64;
            case AARCH64 -> AARCH64;
            case RISCV64 -> RISCV64;
        };
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        listing.lines().forEach(line -> {
            for (String value : line.substring(0, line.indexOf(';')).strip().split(" ", -1)) {
                code.write(Integer.parseInt(value, 16));
            }
        });
        return code.toByteArray();
    }
}
