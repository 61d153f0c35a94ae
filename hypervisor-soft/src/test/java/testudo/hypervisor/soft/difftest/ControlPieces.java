package testudo.hypervisor.soft.difftest;

/// Branches and jumps: only forward, over a few instructions, so that every program ends.
final class ControlPieces {
    private ControlPieces() {}

    static String branch(Emitter out) {
        int a = out.operand();
        int b = out.oneIn(3) ? a : out.operand();
        int rd = out.destination();
        out.code.word(Code.b(out.pick(0, 1, 4, 5, 6, 7), a, b, 8));
        out.code.addi(rd, rd, out.immediate());
        out.log(rd);
        return "branch";
    }

    static String jump(Emitter out) {
        int link = out.destination();
        int victim = out.destination();
        out.code.word(Code.jal(link, 8));
        out.code.addi(victim, victim, 1);
        out.log(link);
        out.log(victim);
        return "jal";
    }

    static String indirect(Emitter out) {
        int target;
        do {
            target = out.destination();
        } while (target == 0);
        int link = out.oneIn(4) ? target : out.destination();
        int victim = out.destination();
        out.code.word(0x17 | target << 7);
        // The lowest bit of the sum is ignored.
        out.code.word(Code.i(0x67, 0, link, target, 12 + out.random.nextInt(2)));
        out.code.addi(victim, victim, 1);
        out.log(link);
        out.log(victim);
        return "jalr";
    }

    /// A short loop backwards, with a count of its own.
    static String loop(Emitter out) {
        int sum = out.destination();
        int step = out.destination();
        out.code.addi(Emitter.TEMPORARY, 0, out.random.nextInt(1, 20));
        out.code.word(Code.r(0x33, 0, out.pick(0, 4), sum, sum, step));
        out.code.addi(Emitter.TEMPORARY, Emitter.TEMPORARY, -1);
        out.code.word(Code.b(1, Emitter.TEMPORARY, 0, -8));
        out.log(sum);
        return "loop";
    }
}
