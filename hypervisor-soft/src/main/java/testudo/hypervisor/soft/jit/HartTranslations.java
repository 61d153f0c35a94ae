package testudo.hypervisor.soft.jit;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;

import org.jspecify.annotations.Nullable;

import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.cpu.Interpreter;
import testudo.hypervisor.soft.cpu.JumpTargets;
import testudo.hypervisor.soft.mmu.GuestTrap;

/// Runs translated code on one hart: finds the translation of an address, and goes from one region to the next.
///
/// What it has found it keeps in a direct-mapped cache, by virtual address and privilege. After the hart has forgotten translations of addresses
/// or executed a `fence.i`, what is in it is checked once more before it is used. Only the hart's thread uses it, but for {@link #published}.
public final class HartTranslations {
    private static final int SLOTS = JumpTargets.ENTRIES;
    private static final int PUBLISHED = 256;

    private final Translator translator;
    private final Hart hart;
    private final HartCode code;
    /// A hart that executes nothing; the translator's thread.
    final Hart idle;
    /// For each slot the address, with the privilege in bit 0, or -1 for none; and the [#epoch] in which it was checked.
    private final long[] slots = new long[2 * SLOTS];
    /// What a slot with a tag leads to.
    private final Installed.@Nullable Entry[] entries = new Installed.@Nullable Entry[SLOTS];
    private final Queue<Long> published = new ArrayBlockingQueue<>(PUBLISHED);
    private volatile boolean news;
    /// Whether the last run ended because of the budget, or because something asked for attention.
    private boolean polled;
    /// Whether the last run ended in front of an instruction that is not translated.
    private boolean untranslated;
    /// Counts what makes another check necessary.
    private long epoch;
    private int addressEpoch;
    private int fetchEpoch;
    private int generation;
    /// Translations compared with memory before so many fences may be stale for this hart.
    private long fences;

    HartTranslations(Translator translator, Hart hart) {
        this.translator = translator;
        this.hart = hart;
        this.idle = new Hart(hart.id(), hart.mmu, 1, () -> 0, caller -> {});
        this.code = new HartCode(hart.mmu, translator.table);
        hart.targets.threshold = translator.limits.threshold();
        forget();
    }

    /// Executes instructions, translated where they are and one at a time where they are not, until the budget is used up or something
    /// asks for attention. Traps of the guest are entered, and count as an instruction.
    ///
    /// Behind an instruction that translated code leaves out, and where it leads if it jumps, there usually is translated code again: the
    /// interpreter executes that instruction alone. It would otherwise go on to the next jump, through most of a trap handler.
    ///
    /// @param budget how many instructions at most, 1 or more
    /// @return how many were executed; they have been added to [Hart#retired]
    public int execute(int budget) {
        int done = run(budget);
        // What is left of a budget that did not do for a block is not worth interpreting.
        while (done < budget && (done == 0 || (hart.attention() == 0 && !polled))) {
            boolean one = untranslated;
            done += Interpreter.run(hart, one ? 1 : budget - done);
            if (done < budget) {
                done += run(budget - done, one);
            }
        }
        return done;
    }

    /// Runs translated code from the hart's `pc` on, if there is any. Traps of the guest are entered, and count as an instruction.
    ///
    /// Returns where the interpreter has to go on for at least an instruction, when something asks for attention, or when the budget does
    /// not do for what comes next. Never executes more than the budget.
    ///
    /// @param budget how many instructions at most
    /// @return how many were executed; they have been added to [Hart#retired]
    int run(int budget) {
        return run(budget, false);
    }

    private int run(int budget, boolean stepped) {
        if (news) {
            takeNews();
        }
        return chain(budget, stepped);
    }

    /// @param stepped whether an instruction was executed alone: where it led is worth counting
    private int chain(int budget, boolean stepped) {
        int left = budget;
        int reason = Translation.CHAIN;
        boolean jumped = stepped;
        while (reason == Translation.CHAIN && hart.attention() == 0) {
            long pc = hart.pc;
            int slot = JumpTargets.slot(pc);
            if (isStale()) {
                refresh();
            }
            boolean isChecked = slots[2 * slot] == (pc | hart.privilege()) && slots[2 * slot + 1] == epoch;
            Installed.Entry entry = isChecked ? entries[slot] : find(pc, slot);
            if (entry == null) {
                miss(pc, jumped);
                break;
            }
            jumped = true;
            hart.budget = left;
            Translation translation = entry.region().code;
            try {
                reason = translation.run(hart, entry.index(), pc - entry.distance(), left);
                int executed = left - hart.budget;
                hart.retired += executed;
                left = hart.budget;
                translation.heat -= executed;
                if (translation.heat < 0) {
                    improve(entry.region(), translation, pc - entry.distance());
                }
            } catch (GuestTrap trap) {
                settle(left, pc - entry.distance());
                hart.retired++;
                left = hart.budget - 1;
                enter(trap);
            } catch (RuntimeException | Error failure) {
                settle(left, pc - entry.distance());
                throw failure;
            }
        }
        polled = reason == Translation.POLL;
        untranslated = reason == Translation.INTERPRET;
        return budget - left;
    }

    /// Finds `pc` and the count of instructions after a region has ended with an exception.
    private void settle(int given, long base) {
        hart.pc = base + (hart.trapping >> 8);
        hart.budget += hart.trapping & 0xFF;
        hart.retired += given - hart.budget;
    }

    /// Enters the guest's handler as the interpreter would: an illegal instruction is the trap's value. A store that has ended the run is
    /// done instead.
    private void enter(GuestTrap trap) {
        int cause = trap.cause;
        if (cause == GuestTrap.STOPPED) {
            hart.stop(instruction());
            return;
        }
        if (cause == GuestTrap.ILLEGAL) {
            trap.of(cause, instruction());
        }
        hart.enter(trap);
    }

    /// The instruction at `pc`; 0 when another hart has just taken its page away.
    private long instruction() {
        long low = code.physical(hart.pc);
        long high = code.physical(hart.pc + 2);
        if (low < 0 || high < 0) {
            return 0;
        }
        int half = code.parcel(low);
        return (half & 3) != 3 ? half : (long) code.parcel(high) << 16 | half;
    }

    MemorySegment ram() {
        return hart.mmu.ram;
    }

    private boolean isStale() {
        return addressEpoch != hart.mmu.epoch || fetchEpoch != hart.fetchEpoch;
    }

    private void takeNews() {
        news = false;
        for (Long pc = published.poll(); pc != null; pc = published.poll()) {
            hart.targets.translated(pc);
        }
        if (generation != translator.table.generation()) {
            generation = translator.table.generation();
            forget();
        }
    }

    /// Tells the hart that a translation it asked for is there. Any thread; a full queue loses the news, and the hart will ask again.
    void published(long pc) {
        published.offer(pc);
        news = true;
    }

    /// Also lets go of what was found.
    private void forget() {
        Arrays.fill(slots, -1);
        Arrays.fill(entries, null);
    }

    /// Checks what the cache has for an address, or looks it up in the machine's table.
    private Installed.@Nullable Entry find(long pc, int slot) {
        long offset = code.physical(pc);
        if (offset < 0) {
            return null;
        }
        Installed.Entry known = slots[2 * slot] == (pc | hart.privilege()) ? entries[slot] : null;
        Installed.Entry entry = known != null && known.offset() == offset ? known : translator.table.find(offset);
        if (entry == null || !isCurrent(entry.region()) || !entry.region().source.isMapped(code, pc - entry.distance())) {
            slots[2 * slot] = -1;
            return null;
        }
        slots[2 * slot] = pc | hart.privilege();
        slots[2 * slot + 1] = epoch;
        entries[slot] = entry;
        hart.targets.translated(pc);
        return entry;
    }

    private void refresh() {
        if (fetchEpoch != hart.fetchEpoch) {
            fetchEpoch = hart.fetchEpoch;
            fences = translator.fences.incrementAndGet();
        }
        addressEpoch = hart.mmu.epoch;
        epoch++;
    }

    /// Whether a region is what memory holds, as far as this hart has to know: if not, it is removed.
    private boolean isCurrent(Installed region) {
        if (region.comparedAt >= fences) {
            return true;
        }
        long now = translator.fences.get();
        if (region.source.isUnchanged(code)) {
            region.comparedAt = now;
            return true;
        }
        translator.table.remove(region);
        translator.penalties.stale(region.source.physical(0));
        return false;
    }

    /// There is no translation: asks for one where it is worth while. Where a run begins is no reason, unless the interpreter has ended
    /// there for that: budgets end anywhere, and regions from everywhere would cover the same code again and again.
    private void miss(long pc, boolean jumped) {
        if (hart.targets.forget(pc)) {
            return;
        }
        if (hart.targets.hot == pc || (jumped && hart.targets.stopsAt(pc))) {
            hart.targets.hot = -1;
            ask(pc);
        }
    }

    private void ask(long pc) {
        long offset = code.physical(pc);
        if (offset < 0 || !translator.penalties.accepts(offset)) {
            return;
        }
        long now = translator.fences.get();
        Region region = RegionScanner.scan(code, pc);
        if (region != null) {
            translator.request(new Translator.Request(this, pc, region, now, null));
        }
    }

    /// A region is hot: asks for a better translation, unless its code is not what it was. Then, and when it is refused, it has to get hot once more.
    private void improve(Installed region, Translation translation, long base) {
        long pc = base + region.first;
        Region again = RegionScanner.again(code, pc, region.source);
        boolean accepted = again != null && region.isEnteredAs(again) && translator.request(new Translator.Request(this, pc, again,
                region.comparedAt, region));
        translation.heat = accepted ? Long.MAX_VALUE : translator.limits.hot();
    }
}
