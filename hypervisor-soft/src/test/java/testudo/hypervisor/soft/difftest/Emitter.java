package testudo.hypervisor.soft.difftest;

import java.util.random.RandomGenerator;

/// What the pieces of a program are written with: code, random choices, and the log.
final class Emitter {
    static final int SP = 2;
    static final int GP = 3;
    static final int TP = 4;
    /// Counts the rounds that are left.
    static final int ROUNDS = 31;
    /// Holds addresses and flags for a moment.
    static final int TEMPORARY = 30;

    final Code code = new Code(Layout.CODE);
    final RandomGenerator random;
    private int entries;
    private int pending;

    Emitter(RandomGenerator random) {
        this.random = random;
    }

    /// One of the registers that a piece may write: not the pointers, the counter or the temporary.
    int destination() {
        while (true) {
            int register = random.nextInt(30);
            if (register < SP || register > TP) {
                return register;
            }
        }
    }

    /// One of the registers that compressed forms have three bits for, as those bits.
    int small() {
        return random.nextInt(8);
    }

    int any() {
        return random.nextInt(32);
    }

    boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    <T> T pick(T[] choices) {
        return choices[random.nextInt(choices.length)];
    }

    int pick(int... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /// A 12-bit immediate, often near the ends.
    int immediate() {
        return oneIn(3) ? pick(-2048, 2047, -1, 0, 1, 31, 63, 64, 255) : random.nextInt(-2048, 2048);
    }

    /// Loads a fresh operand into an x register.
    int fresh(int register) {
        code.ld(register, GP, random.nextInt(-256, 256) * 8);
        return register;
    }

    /// Loads a fresh operand into an f register.
    int freshFloat(int register) {
        code.fld(register, GP, random.nextInt(-256, 256) * 8);
        return register;
    }

    /// An operand: mostly what some register happens to hold, else a fresh one.
    int operand() {
        return oneIn(2) ? fresh(destination()) : any();
    }

    int floatOperand() {
        return oneIn(2) ? freshFloat(any()) : any();
    }

    /// Logs an x register.
    void log(int register) {
        code.sd(register, TP, 8 * pending++);
    }

    /// Logs an f register.
    void logFloat(int register) {
        code.fsd(register, TP, 8 * pending++);
    }

    /// Logs the accrued exceptions, and mostly clears them.
    void logFlags() {
        if (oneIn(4)) {
            code.csr(2, TEMPORARY, 0x001, 0);
        } else {
            code.csr(1, TEMPORARY, 0x001, 0);
        }
        log(TEMPORARY);
    }

    /// Ends a piece: moves the log's pointer on. Branches never cross this.
    void endPiece() {
        if (pending > 0) {
            code.addi(TP, TP, 8 * pending);
            entries += pending;
            pending = 0;
        }
    }

    int entries() {
        return entries;
    }
}
