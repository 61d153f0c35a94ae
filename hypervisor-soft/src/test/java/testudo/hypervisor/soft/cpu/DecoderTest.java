package testudo.hypervisor.soft.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static testudo.hypervisor.soft.Rv.*;

import org.junit.jupiter.api.Test;
import testudo.hypervisor.soft.Rv;

/// 16-bit instructions; the encodings on the left are what the GNU assembler emits.
class DecoderTest {
    private static void stands(int half, int instruction) {
        assertEquals(Integer.toHexString(instruction), Integer.toHexString(Decoder.expand(half)), () -> Integer.toHexString(half));
    }

    @Test
    void loadsAndStores() {
        stands(0x4108, lw(A0, A0, 0));
        stands(0x5d6c, lw(A1, A0, 124));
        stands(0x6568, ld(A0, A0, 200));
        stands(0xc14c, sw(A1, A0, 4));
        stands(0xed6c, sd(A1, A0, 216));
        stands(0x50fe, lw(RA, SP, 252));
        stands(0x70fe, ld(RA, SP, 504));
        stands(0xdf86, sw(RA, SP, 252));
        stands(0xff86, sd(RA, SP, 504));
        stands(0x2108, i(0x07, 3, 10, A0, 0));
        stands(0xbf86, s(0x27, 3, SP, 1, 504));
    }

    @Test
    void arithmetic() {
        stands(0x0808, addi(A0, SP, 16));
        stands(0x157d, addi(A0, A0, -1));
        stands(0x2505, addiw(A0, A0, 1));
        stands(0x5541, li(A0, -16));
        stands(0x7139, addi(SP, SP, -64));
        stands(0x617d, addi(SP, SP, 496));
        stands(0x757d, lui(A0, 0xFFFFF));
        stands(0x917d, srli(A0, A0, 63));
        stands(0x957d, srai(A0, A0, 63));
        stands(0x893d, andi(A0, A0, 15));
        stands(0x8d0d, sub(A0, A0, A1));
        stands(0x8d2d, xor(A0, A0, A1));
        stands(0x9d0d, r(0x3B, 0, 0x20, A0, A0, A1));
        stands(0x157e, slli(A0, A0, 63));
        stands(0x852e, add(A0, ZERO, A1));
        stands(0x952e, add(A0, A0, A1));
    }

    @Test
    void jumps() {
        stands(0xa001, jal(ZERO, 0));
        stands(0xbffd, jal(ZERO, -2));
        stands(0xdd7d, beq(A0, ZERO, -2));
        stands(0xe111, bne(A0, ZERO, 4));
        stands(0x8082, jalr(ZERO, RA, 0));
        stands(0x9502, jalr(RA, A0, 0));
        stands(0x9002, EBREAK);
    }

    @Test
    void reservedEncodingsAreIllegal() {
        for (int half : new int[]{0x0000, 0x0004, 0x8000, 0x2001, 0x6101, 0x6501, 0x9c41, 0x4002, 0x6002, 0x8002}) {
            stands(half, Decoder.ILLEGAL);
        }
    }

    @Test
    void immediates() {
        assertEquals(-4096, Decoder.immediateB(Rv.beq(1, 2, -4096)));
        assertEquals(4094, Decoder.immediateB(Rv.beq(1, 2, 4094)));
        assertEquals(-(1 << 20), Decoder.immediateJ(Rv.jal(1, -(1 << 20))));
        assertEquals(0xFFFFE, Decoder.immediateJ(Rv.jal(1, 0xFFFFE)));
        assertEquals(-2048, Decoder.immediateS(Rv.sd(1, 2, -2048)));
        assertEquals(-1, Decoder.immediateI(Rv.li(1, -1)));
        assertEquals(-4096, Decoder.immediateU(Rv.lui(1, 0xFFFFF)));
    }
}
