package testudo.platform.linux.call;

/// The system calls that are used, with their numbers on each machine type.
///
/// Sources: `arch/x86/entry/syscalls/syscall_64.tbl` and `include/uapi/asm-generic/unistd.h`, which aarch64 and riscv64 share.
/// Only calls that exist in both tables are here.
public enum SystemCall {
    /// `read(2)`.
    READ(0, 63),
    /// `write(2)`.
    WRITE(1, 64),
    /// `close(2)`.
    CLOSE(3, 57),
    /// `lseek(2)`.
    LSEEK(8, 62),
    /// `mmap(2)`.
    MMAP(9, 222),
    /// `munmap(2)`.
    MUNMAP(11, 215),
    /// `rt_sigprocmask(2)`.
    RT_SIGPROCMASK(14, 135),
    /// `rt_sigtimedwait(2)`.
    RT_SIGTIMEDWAIT(128, 137),
    /// `ioctl(2)`.
    IOCTL(16, 29),
    /// `pread64(2)`.
    PREAD64(17, 67),
    /// `pwrite64(2)`.
    PWRITE64(18, 68),
    /// `preadv(2)`.
    PREADV(295, 69),
    /// `pwritev(2)`.
    PWRITEV(296, 70),
    /// `madvise(2)`.
    MADVISE(28, 233),
    /// `socket(2)`.
    SOCKET(41, 198),
    /// `connect(2)`.
    CONNECT(42, 203),
    /// `accept4(2)`.
    ACCEPT4(288, 242),
    /// `sendto(2)`.
    SENDTO(44, 206),
    /// `recvfrom(2)`.
    RECVFROM(45, 207),
    /// `sendmsg(2)`.
    SENDMSG(46, 211),
    /// `recvmsg(2)`.
    RECVMSG(47, 212),
    /// `shutdown(2)`.
    SHUTDOWN(48, 210),
    /// `socketpair(2)`.
    SOCKETPAIR(53, 199),
    /// `bind(2)`.
    BIND(49, 200),
    /// `listen(2)`.
    LISTEN(50, 201),
    /// `getsockopt(2)`.
    GETSOCKOPT(55, 209),
    /// `fcntl(2)`.
    FCNTL(72, 25),
    /// `flock(2)`.
    FLOCK(73, 32),
    /// `fdatasync(2)`.
    FDATASYNC(75, 83),
    /// `ftruncate(2)`.
    FTRUNCATE(77, 46),
    /// `fallocate(2)`.
    FALLOCATE(285, 47),
    /// `openat(2)`.
    OPENAT(257, 56),
    /// `unlinkat(2)`.
    UNLINKAT(263, 35),
    /// `ppoll(2)`.
    PPOLL(271, 73),
    /// `statx(2)`.
    STATX(332, 291),
    /// `getpid(2)`.
    GETPID(39, 172),
    /// `geteuid(2)`.
    GETEUID(107, 175),
    /// `getegid(2)`.
    GETEGID(108, 177),
    /// `gettid(2)`.
    GETTID(186, 178),
    /// `tgkill(2)`.
    TGKILL(234, 131),
    /// `epoll_create1(2)`.
    EPOLL_CREATE1(291, 20),
    /// `epoll_ctl(2)`.
    EPOLL_CTL(233, 21),
    /// `epoll_pwait(2)`.
    EPOLL_PWAIT(281, 22),
    /// `epoll_pwait2(2)`.
    EPOLL_PWAIT2(441, 441),
    /// `eventfd2(2)`.
    EVENTFD2(290, 19),
    /// `timerfd_create(2)`.
    TIMERFD_CREATE(283, 85),
    /// `timerfd_settime(2)`.
    TIMERFD_SETTIME(286, 86),
    /// `memfd_create(2)`.
    MEMFD_CREATE(319, 279),
    /// `getrandom(2)`.
    GETRANDOM(318, 278),
    /// `prctl(2)`.
    PRCTL(157, 167),
    /// `waitid(2)`.
    WAITID(247, 95),
    /// `seccomp(2)`.
    SECCOMP(317, 277),
    /// `pidfd_send_signal(2)`.
    PIDFD_SEND_SIGNAL(424, 424),
    /// `pidfd_open(2)`.
    PIDFD_OPEN(434, 434),
    /// `landlock_create_ruleset(2)`.
    LANDLOCK_CREATE_RULESET(444, 444),
    /// `landlock_add_rule(2)`.
    LANDLOCK_ADD_RULE(445, 445),
    /// `io_uring_setup(2)`.
    IO_URING_SETUP(425, 425),
    /// `io_uring_enter(2)`.
    IO_URING_ENTER(426, 426),
    /// `io_uring_register(2)`.
    IO_URING_REGISTER(427, 427);

    private static final boolean X86_64 = System.getProperty("os.arch").equals("amd64");

    private final int x86Number;
    private final int genericNumber;

    SystemCall(int x86Number, int genericNumber) {
        this.x86Number = x86Number;
        this.genericNumber = genericNumber;
    }

    /// The number on x86-64.
    /// @return a number
    public int x86Number() {
        return x86Number;
    }

    /// The number on the machine types that use the generic table.
    /// @return a number
    public int genericNumber() {
        return genericNumber;
    }

    /// The number on this machine.
    /// @return a number
    long number() {
        return X86_64 ? x86Number : genericNumber;
    }
}
