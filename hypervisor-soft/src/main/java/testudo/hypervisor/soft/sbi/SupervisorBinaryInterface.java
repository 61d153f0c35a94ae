package testudo.hypervisor.soft.sbi;

import java.util.ArrayList;
import java.util.List;
import testudo.hypervisor.soft.cpu.Firmware;
import testudo.hypervisor.soft.cpu.Hart;
import testudo.spi.hypervisor.VmExitHandler.SystemEvent;

/// The firmware of the machine: answers `ecall` of S-mode.
///
/// Source: RISC-V Supervisor Binary Interface 2.0. An extension that is not known here is offered to the machine
/// ([testudo.spi.hypervisor.VmExitHandler#hypercall]: extension, function, a0 to a4; back come error and value).
public final class SupervisorBinaryInterface implements Firmware {
    private static final int BASE = 0x10;
    private static final int TIME = 0x54494D45;
    private static final int IPI = 0x735049;
    private static final int RFENCE = 0x52464E43;
    private static final int HSM = 0x48534D;
    private static final int SYSTEM_RESET = 0x53525354;
    private static final int SYSTEM_SUSPEND = 0x53555350;
    private static final int PERFORMANCE_MONITOR = 0x504D55;

    private static final long SUCCESS = 0;
    private static final long NOT_SUPPORTED = -2;
    private static final long INVALID_PARAMETER = -3;
    private static final long DENIED = -4;
    private static final long ALREADY_AVAILABLE = -6;

    private static final long SPECIFICATION = 2L << 24;
    /// Not one of the registered numbers: those belong to other programs.
    private static final long IMPLEMENTATION = 0x5445_5354;
    private static final long IMPLEMENTATION_VERSION = 1;
    private static final int PROBE = 3;
    private static final long SUSPEND_RETENTIVE = 0;
    private static final long SUSPEND_NON_RETENTIVE = 0x80000000L;
    private static final int CALL_ARGUMENTS = 5;
    private static final int A0 = 10;
    private static final int A1 = 11;
    private static final int A2 = 12;
    private static final int A6 = 16;
    private static final int A7 = 17;

    private final List<HartLife> harts = new ArrayList<>();

    /// Makes a firmware that knows no hart yet.
    public SupervisorBinaryInterface() {}

    /// Adds a hart. Before any of them runs, in the order of their numbers.
    /// @param life the next hart
    public void add(HartLife life) {
        harts.add(life);
    }

    @Override
    public void call(Hart hart) {
        long[] x = hart.x;
        long extension = x[A7];
        if (extension != (int) extension) {
            answer(hart, NOT_SUPPORTED, 0);
            return;
        }
        switch ((int) extension) {
            case BASE -> base(hart, x[A6]);
            case TIME -> time(hart, x[A6]);
            case IPI -> answer(hart, x[A6] == 0 ? interrupt(x[A0], x[A1]) : NOT_SUPPORTED, 0);
            case RFENCE -> answer(hart, fence(hart, x[A6]), 0);
            case HSM -> state(hart, x[A6]);
            case SYSTEM_RESET -> answer(hart, x[A6] == 0 ? reset(hart) : NOT_SUPPORTED, 0);
            case SYSTEM_SUSPEND -> answer(hart, x[A6] == 0 ? suspendSystem(hart) : NOT_SUPPORTED, 0);
            case PERFORMANCE_MONITOR -> answer(hart, monitor(x[A6], x[A1]), 0);
            default -> forward(hart);
        }
    }

    private static void answer(Hart hart, long error, long value) {
        hart.x[A0] = error;
        hart.x[A1] = value;
    }

    private static void base(Hart hart, long function) {
        if (function == PROBE) {
            probe(hart);
        } else if (function < 0 || function > 6) {
            answer(hart, NOT_SUPPORTED, 0);
        } else {
            answer(hart, SUCCESS, switch ((int) function) {
                case 0 -> SPECIFICATION;
                case 1 -> IMPLEMENTATION;
                case 2 -> IMPLEMENTATION_VERSION;
                default -> 0; // vendor, architecture and implementation of the processor: not given
            });
        }
    }

    private static void probe(Hart hart) {
        long extension = hart.x[A0];
        if (extension != (int) extension) {
            answer(hart, SUCCESS, 0);
            return;
        }
        switch ((int) extension) {
            case BASE, TIME, IPI, RFENCE, HSM, SYSTEM_RESET, SYSTEM_SUSPEND, PERFORMANCE_MONITOR -> answer(hart, SUCCESS, 1);
            default -> answer(hart, SUCCESS, hart.exits().hypercallKnown(extension) ? 1 : 0);
        }
    }

    /// Offers a call to the machine.
    private static void forward(Hart hart) {
        long[] call = hart.call;
        call[0] = hart.x[A7];
        call[1] = hart.x[A6];
        System.arraycopy(hart.x, A0, call, 2, CALL_ARGUMENTS);
        if (hart.exits().hypercall(call)) {
            answer(hart, call[0], call[1]);
        } else {
            answer(hart, NOT_SUPPORTED, 0);
        }
    }

    private static void time(Hart hart, long function) {
        if (function != 0) {
            answer(hart, NOT_SUPPORTED, 0);
            return;
        }
        hart.registers().timeCompare(hart.x[A0]);
        answer(hart, SUCCESS, 0);
    }

    /// Whether a hart is in a mask: bit n stands for hart `base + n`, and a base of -1 for all harts.
    private static boolean selected(int hart, long mask, long base) {
        if (base == -1) {
            return true;
        }
        long bit = hart - base;
        return bit >= 0 && bit < Long.SIZE && (mask >>> bit & 1) != 0;
    }

    private boolean valid(long mask, long base) {
        if (base == -1) {
            return true;
        }
        int highest = Long.SIZE - Long.numberOfLeadingZeros(mask);
        return base >= 0 && base <= harts.size() && highest <= harts.size() - base;
    }

    private long interrupt(long mask, long base) {
        if (!valid(mask, base)) {
            return INVALID_PARAMETER;
        }
        for (int i = 0; i < harts.size(); i++) {
            if (selected(i, mask, base)) {
                harts.get(i).hart().registers().raiseSoftware();
                harts.get(i).wake();
            }
        }
        return SUCCESS;
    }

    private long fence(Hart caller, long function) {
        if (function < 0 || function > 2) {
            return NOT_SUPPORTED;
        }
        long mask = caller.x[A0];
        long base = caller.x[A1];
        if (!valid(mask, base)) {
            return INVALID_PARAMETER;
        }
        int which = function == 0 ? HartLife.FENCE_INSTRUCTIONS : HartLife.FENCE_TRANSLATIONS;
        HartLife own = harts.get(caller.id());
        for (int i = 0; i < harts.size(); i++) {
            if (selected(i, mask, base)) {
                harts.get(i).demandFence(which);
            }
        }
        own.serveFences();
        for (int i = 0; i < harts.size(); i++) {
            if (i != caller.id() && selected(i, mask, base)) {
                harts.get(i).awaitFence(own);
            }
        }
        return SUCCESS;
    }

    private void state(Hart hart, long function) {
        long[] x = hart.x;
        if (function == 0) {
            answer(hart, start(x[A0], x[A1], x[A2]), 0);
        } else if (function == 1) {
            harts.get(hart.id()).stop(); // does not return to the caller
        } else if (function == 2) {
            boolean known = x[A0] >= 0 && x[A0] < harts.size();
            answer(hart, known ? SUCCESS : INVALID_PARAMETER, known ? harts.get((int) x[A0]).state() : 0);
        } else if (function == 3) {
            suspend(hart, x[A0] & 0xFFFFFFFFL);
        } else {
            answer(hart, NOT_SUPPORTED, 0);
        }
    }

    private long start(long id, long address, long opaque) {
        if (id < 0 || id >= harts.size()) {
            return INVALID_PARAMETER;
        }
        return harts.get((int) id).start(address, opaque) ? SUCCESS : ALREADY_AVAILABLE;
    }

    private void suspend(Hart hart, long type) {
        HartLife own = harts.get(hart.id());
        if (type == SUSPEND_RETENTIVE) {
            answer(hart, SUCCESS, 0);
            own.suspend();
        } else if (type == SUSPEND_NON_RETENTIVE) {
            own.suspend(hart.x[A1], hart.x[A2]);
        } else {
            answer(hart, INVALID_PARAMETER, 0);
        }
    }

    /// There are no counters ("Performance Monitoring Unit Extension"): every one that is named is the wrong one, and an empty set of them can
    /// be started and stopped but counts nothing.
    private static long monitor(long function, long mask) {
        if (function < 0 || function > 6) {
            return NOT_SUPPORTED; // a snapshot in shared memory among them
        }
        return switch ((int) function) {
            case 0 -> SUCCESS;
            case 2 -> mask == 0 ? NOT_SUPPORTED : INVALID_PARAMETER;
            case 3, 4 -> mask == 0 ? SUCCESS : INVALID_PARAMETER;
            default -> INVALID_PARAMETER;
        };
    }

    private static long reset(Hart hart) {
        long type = hart.x[A0] & 0xFFFFFFFFL;
        long reason = hart.x[A1] & 0xFFFFFFFFL;
        if (type > 2 || reason > 1) {
            return INVALID_PARAMETER;
        }
        hart.exits().systemEvent(type == 0 ? SystemEvent.SHUTDOWN : SystemEvent.RESET, reason);
        hart.demand(Hart.EVENT);
        return SUCCESS;
    }

    private long suspendSystem(Hart hart) {
        if ((hart.x[A0] & 0xFFFFFFFFL) != 0) {
            return INVALID_PARAMETER;
        }
        for (HartLife life : harts) {
            if (life.hart() != hart && life.state() != HartLife.STOPPED) {
                return DENIED;
            }
        }
        harts.get(hart.id()).suspend(hart.x[A1], hart.x[A2]);
        hart.exits().systemEvent(SystemEvent.SUSPEND, 0);
        hart.demand(Hart.EVENT);
        return SUCCESS;
    }
}
