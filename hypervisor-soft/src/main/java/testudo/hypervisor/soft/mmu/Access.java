package testudo.hypervisor.soft.mmu;

/// What memory is accessed for, and how it fails.
enum Access {
    READ(GuestTrap.LOAD_PAGE, GuestTrap.LOAD_ACCESS, PageTable.READ), WRITE(GuestTrap.STORE_PAGE, GuestTrap.STORE_ACCESS,
            PageTable.WRITE), FETCH(GuestTrap.FETCH_PAGE, GuestTrap.FETCH_ACCESS, PageTable.EXECUTE);

    final int pageFault;
    final int accessFault;
    final long permission;

    Access(int pageFault, int accessFault, long permission) {
        this.pageFault = pageFault;
        this.accessFault = accessFault;
        this.permission = permission;
    }
}
