package testudo.hypervisor.soft.jit;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/// Writes the class of one region.
///
/// Guest registers are [Locals]. A field of the hart says which instruction may be trapping and how many of its block have not retired, so
/// that the caller can leave the hart as if the interpreter had thrown the exception: the method itself has no handler.
final class RegionEmitter {
    private static final ClassDesc TRANSLATION = Translation.class.describeConstable().orElseThrow();
    private static final ClassDesc WARM = ClassDesc.of(Translation.class.getPackageName(), "Translated");
    private static final ClassDesc HOT = ClassDesc.of(Translation.class.getPackageName(), "Retranslated");
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(ConstantDescs.CD_int, HartFields.HART, ConstantDescs.CD_int,
            ConstantDescs.CD_long, ConstantDescs.CD_int);

    private final Region region;
    private final CodeBuilder code;
    private final Locals locals;
    private final InstructionEmitter instructions;
    /// Where blocks start.
    private final Map<Integer, Label> starts = new HashMap<>();
    /// Where the budget is looked at before a block.
    private final Map<Integer, Label> checks = new HashMap<>();
    /// Where the method is left because the budget did not do for a block.
    private final Map<Integer, Label> polls = new HashMap<>();
    private final Label exit;
    private final Label returns;

    private RegionEmitter(Region region, CodeBuilder code, boolean isHot) {
        this.region = region;
        this.code = code;
        this.locals = Locals.of(region);
        this.instructions = new InstructionEmitter(code, locals, isHot);
        this.exit = code.newLabel();
        this.returns = code.newLabel();
        for (Block block : region.blocks().values()) {
            starts.put(block.offset, code.newLabel());
            polls.put(block.offset, code.newLabel());
            if (block.checked) {
                checks.put(block.offset, code.newLabel());
            }
        }
    }

    /// Makes the class file of a region.
    /// @param isHot whether its accesses to memory are to be inlined; also selects its name, by which `bin/testudo` asks HotSpot for its second
    /// compiler soon
    static byte[] emit(Region region, boolean isHot) {
        return ClassFile.of().build(isHot ? HOT : WARM, type -> type.withSuperclass(TRANSLATION).withFlags(ClassFile.ACC_FINAL)
                .withMethodBody(ConstantDescs.INIT_NAME, ConstantDescs.MTD_void, 0,
                        code -> code.aload(0).invokespecial(TRANSLATION, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void).return_())
                .withMethodBody("run", RUN, 0, code -> new RegionEmitter(region, code, isHot).body()));
    }

    private void body() {
        locals.load(code);
        enter();
        for (Block block : region.blocks().values()) {
            emit(block);
        }
        if (!region.returnPoints().isEmpty()) {
            dispatchReturns();
        }
        code.labelBinding(exit);
        code.aload(Locals.HART).lload(Locals.PC).putfield(HartFields.HART, "pc", ConstantDescs.CD_long);
        code.iload(Locals.REASON).ireturn();
    }

    /// The ways in. Each looks at the budget only: attention was looked at by the caller.
    private void enter() {
        List<SwitchCase> cases = new ArrayList<>();
        List<Block> entries = region.blocks().values().stream().filter(block -> block.entry).toList();
        Label none = code.newLabel();
        for (int i = 0; i < entries.size(); i++) {
            cases.add(SwitchCase.of(i, code.newLabel()));
        }
        code.iload(Locals.ENTRY).tableswitch(none, cases);
        for (int i = 0; i < entries.size(); i++) {
            Block block = entries.get(i);
            code.labelBinding(cases.get(i).target());
            code.iload(Locals.BUDGET).loadConstant(block.need).if_icmplt(label(polls, block)).goto_(label(starts, block));
        }
        code.labelBinding(none);
        code.new_(ASSERTION).dup().invokespecial(ASSERTION, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void).athrow();
    }

    private static final ClassDesc ASSERTION = ClassDesc.of("java.lang.AssertionError");

    private static Label label(Map<Integer, Label> labels, Block block) {
        Label label = labels.get(block.offset);
        if (label == null) {
            throw new IllegalStateException("no label at offset " + block.offset);
        }
        return label;
    }

    private void emit(Block block) {
        if (block.checked) {
            code.labelBinding(label(checks, block));
            code.iload(Locals.BUDGET).loadConstant(block.need).if_icmplt(label(polls, block));
            HartFields.attention(code);
            code.ifeq(label(starts, block));
        }
        if (block.entry) {
            code.labelBinding(label(polls, block));
            leave(block.offset, Translation.POLL);
        }
        code.labelBinding(label(starts, block));
        if (block.count > 0) {
            instructions.start(block, () -> leave(block.offset, Translation.INTERPRET));
            code.iinc(Locals.BUDGET, -block.count);
            code.aload(Locals.HART).iload(Locals.BUDGET).putfield(HartFields.HART, "budget", ConstantDescs.CD_int);
        }
        boolean jumps = block.ending != Block.Ending.FALL_THROUGH && block.ending != Block.Ending.LEAVE;
        int plain = jumps ? block.count - 1 : block.count;
        for (int i = 0; i < plain; i++) {
            instructions.emit(block, i);
        }
        end(block);
    }

    private void end(Block block) {
        if (block.ending != Block.Ending.JUMP) {
            locals.sync(code);
        }
        switch (block.ending) {
            case FALL_THROUGH -> go(block.end);
            case LEAVE -> leave(block.end, Translation.INTERPRET);
            case BRANCH -> branch(block);
            case JUMP -> {
                link(block);
                locals.sync(code);
                go(block.target);
            }
            case RETURN, INDIRECT -> jumpRegister(block);
        }
    }

    private void branch(Block block) {
        int instruction = block.last();
        locals.get(code, Fields.rs1(instruction));
        locals.get(code, Fields.rs2(instruction));
        Label taken = code.newLabel();
        switch (Fields.funct3(instruction)) {
            case 0 -> code.lcmp().ifeq(taken);
            case 1 -> code.lcmp().ifne(taken);
            case 4 -> code.lcmp().iflt(taken);
            case 5 -> code.lcmp().ifge(taken);
            case 6 -> compareUnsigned().iflt(taken);
            default -> compareUnsigned().ifge(taken);
        }
        go(block.end);
        code.labelBinding(taken);
        go(block.target);
    }

    private CodeBuilder compareUnsigned() {
        return code.invokestatic(ConstantDescs.CD_Long, "compareUnsigned", MethodTypeDesc.ofDescriptor("(JJ)I"));
    }

    private void link(Block block) {
        int rd = Fields.rd(block.last());
        if (rd != 0) {
            locals.address(code, block.end);
            locals.set(code, rd);
        }
    }

    private void jumpRegister(Block block) {
        int instruction = block.last();
        locals.get(code, Fields.rs1(instruction));
        code.loadConstant((long) Fields.immediateI(instruction)).ladd().loadConstant(-2L).land().lstore(Locals.PC);
        link(block);
        locals.sync(code);
        if (block.ending == Block.Ending.RETURN && !region.returnPoints().isEmpty()) {
            code.goto_(returns);
        } else {
            code.loadConstant(Translation.CHAIN).istore(Locals.REASON).goto_(exit);
        }
    }

    /// Goes from one block to another, or out of the region.
    private void go(int offset) {
        Block to = region.blocks().get(offset);
        if (to == null) {
            leave(offset, Translation.CHAIN);
        } else {
            code.goto_(label(to.checked ? checks : starts, to));
        }
    }

    private void leave(int offset, int reason) {
        locals.address(code, offset);
        code.lstore(Locals.PC).loadConstant(reason).istore(Locals.REASON).goto_(exit);
    }

    /// To the return point whose address is in PC, or out of the region.
    private void dispatchReturns() {
        Label out = code.newLabel();
        List<SwitchCase> cases = new ArrayList<>();
        for (Block point : region.returnPoints()) {
            cases.add(SwitchCase.of(point.offset, label(checks, point)));
        }
        code.labelBinding(returns);
        code.lload(Locals.PC).lload(Locals.BASE).lsub().l2i().i2l().lload(Locals.BASE).ladd().lload(Locals.PC).lcmp().ifne(out);
        code.lload(Locals.PC).lload(Locals.BASE).lsub().l2i().lookupswitch(out, cases);
        code.labelBinding(out);
        code.loadConstant(Translation.CHAIN).istore(Locals.REASON).goto_(exit);
    }
}
