package testudo.hypervisor.soft.jit;

import java.util.List;
import java.util.NavigableMap;

/// Guest code that is translated as one method: a graph of blocks, and the memory it was read from.
///
/// All offsets are from a base, the start of the page of the instruction that the region was discovered from. The code does not depend
/// on the base itself: the same physical pages mapped elsewhere, at the same distances from each other, run the same translation.
///
/// @param blocks by offset
/// @param first offset of the block that the region was discovered from
/// @param returnPoints blocks behind calls, where a return may go
/// @param source the memory it was made of
record Region(NavigableMap<Integer, Block> blocks, int first, List<Block> returnPoints, CodeSource source) {}
