package testudo.arch.riscv64;

import java.util.Optional;
import testudo.arch.riscv64.layout.MemoryMap;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachinePlan.Window;

/// What stands behind the kernel: the initial ramdisk, then the device tree.
/// @param initrd the ramdisk's file and place
/// @param tree room for the device tree
record Placement(Optional<Initrd> initrd, Window tree) {
    /// Linux keeps its image to itself up to a border of its large pages, and gives up an initial ramdisk that lies there.
    private static final long KERNEL_BORDER = 2L << 20;
    /// Kernels map the tree by large pages before they know memory.
    private static final long TREE_ALIGNMENT = 4L << 20;
    private static final long TREE_BYTES = 0x1_0000;
    private static final long TREE_BYTES_PER_HART = 1024;

    /// An initial ramdisk.
    /// @param file the file
    /// @param gpa its first address
    record Initrd(KernelImage file, long gpa) {
        Window window() {
            return new Window(gpa, file.sizeBytes());
        }
    }

    static Placement behind(long kernelEnd, Optional<KernelImage> initrd, MemoryMap map) {
        Optional<Initrd> placed = initrd.map(file -> new Initrd(file, align(kernelEnd, KERNEL_BORDER)));
        long end = kernelEnd;
        if (placed.isPresent()) {
            Initrd found = placed.get();
            if (!map.holds(found.gpa(), found.file().sizeBytes())) {
                throw new VmmException.Config(
                        "initrd %s of %d bytes does not fit between the kernel's end, 0x%x, and the end of memory, 0x%x; give more (--mem)"
                                .formatted(found.file().path(), found.file().sizeBytes(), found.gpa(), map.ramEnd()));
            }
            end = found.window().end();
        }
        long treeBytes = TREE_BYTES + TREE_BYTES_PER_HART * map.vcpus();
        long tree = align(end, TREE_ALIGNMENT);
        if (!map.holds(tree, treeBytes)) {
            throw new VmmException.Config(
                    "no room for the device tree, %d bytes, between 0x%x and the end of memory, 0x%x; give more (--mem)"
                            .formatted(treeBytes, tree, map.ramEnd()));
        }
        return new Placement(placed, new Window(tree, treeBytes));
    }

    private static long align(long address, long alignment) {
        return (address + alignment - 1) & -alignment;
    }
}
