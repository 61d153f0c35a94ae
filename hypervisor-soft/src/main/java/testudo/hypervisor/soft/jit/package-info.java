/// Translates hot guest code to Java classes.
///
/// A hart counts where jumps lead ([testudo.hypervisor.soft.cpu.JumpTargets]). When a target is hot, the hart's thread discovers the region around it:
/// loops, both ways of branches, calls and the code behind them, within bounds (`RegionScanner`). The [Translator]'s thread writes a
/// hidden class for the region (`RegionEmitter`), in which guest registers are locals, and puts it into the machine's table.
/// From then on [HartTranslations] enters it instead of interpreting, and goes from region to region as long as there are translations.
///
/// # Key and invalidation
///
/// A translation is found by the offset in RAM of the instruction it is entered at, and contains no virtual address. Three things are
/// checked when a hart meets an address that is not in its cache: that the address may be fetched, that all pages of the region are
/// mapped as they were when it was discovered, and, once after each `fence.i`, that memory still holds the code it was made of. The cache is
/// emptied when the hart forgets translations of addresses ([testudo.hypervisor.soft.mmu.Mmu#epoch]) or fences ([testudo.hypervisor.soft.cpu.Hart#fetchEpoch]).
/// Stores are not watched: stores by this hart, by others and by devices become code at `fence.i` alone, as the specification has it.
/// Why, and what it costs: ADR 007.
///
/// # Bounds
///
/// The table has a maximum of regions and of bytes. What a hart keeps besides is one reference for each slot of its cache, which it lets go
/// of after an eviction. Code that changes again and again is refused more and more often (`Penalties`). A full queue refuses too.
/// A region executes no more instructions than it is given, and looks at attention at least every `RegionScanner.MAX_UNCHECKED` of them.
package testudo.hypervisor.soft.jit;
