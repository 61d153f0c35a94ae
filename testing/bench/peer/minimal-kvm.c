// The least that runs a firmware image on KVM: memory, one vCPU, an exit loop that knows one serial port. The floor for the other monitors.
//
//   minimal-kvm IMAGE MEMORY_MIB
//
// Guest memory is a memfd, as in the other subjects, so that a reader of /proc can tell it from the rest.
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOP_OF_ROM 0x100000000ull
#define SERIAL_DATA 0x3F8
#define SERIAL_LINE_STATUS 0x3FD
#define TRANSMITTER_EMPTY 0x60

static int vm;

static int check(int result, const char *what) {
    if (result < 0) {
        err(1, "%s", what);
    }
    return result;
}

static uint8_t *memory(const char *name, uint32_t slot, uint64_t gpa, uint64_t size) {
    int fd = check(memfd_create(name, MFD_CLOEXEC), "memfd_create");
    check(ftruncate(fd, size), "ftruncate");
    uint8_t *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (bytes == MAP_FAILED) {
        err(1, "mmap");
    }
    struct kvm_userspace_memory_region region = {
        .slot = slot, .guest_phys_addr = gpa, .memory_size = size, .userspace_addr = (uintptr_t)bytes};
    check(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
    return bytes;
}

static void load(const char *path) {
    int fd = check(open(path, O_RDONLY | O_CLOEXEC), path);
    struct stat status;
    check(fstat(fd, &status), path);
    uint8_t *rom = memory("rom", 1, TOP_OF_ROM - status.st_size, status.st_size);
    if (read(fd, rom, status.st_size) != status.st_size) {
        errx(1, "%s: short read", path);
    }
    close(fd);
}

static void exit_io(struct kvm_run *run) {
    uint8_t *data = (uint8_t *)run + run->io.data_offset;
    if (run->io.direction == KVM_EXIT_IO_OUT) {
        if (run->io.port == SERIAL_DATA && write(STDOUT_FILENO, data, 1) != 1) {
            err(1, "write");
        }
        return;
    }
    for (uint32_t i = 0; i < run->io.size * run->io.count; i++) {
        data[i] = run->io.port == SERIAL_LINE_STATUS ? TRANSMITTER_EMPTY : 0xFF;
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        errx(2, "usage: minimal-kvm IMAGE MEMORY_MIB");
    }
    int kvm = check(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
    vm = check(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    check(ioctl(vm, KVM_SET_TSS_ADDR, 0xFEFFD000), "KVM_SET_TSS_ADDR");
    check(ioctl(vm, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
    memory("ram", 0, 0, strtoull(argv[2], NULL, 10) << 20);
    load(argv[1]);
    int vcpu = check(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
    int size = check(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
    struct kvm_run *run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    if (run == MAP_FAILED) {
        err(1, "mmap of kvm_run");
    }
    for (;;) {
        check(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
        switch (run->exit_reason) {
            case KVM_EXIT_IO: exit_io(run); break;
            case KVM_EXIT_MMIO: break;
            default: errx(1, "exit reason %u", run->exit_reason);
        }
    }
}
