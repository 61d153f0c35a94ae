/// Memory as a hart sees it: physical memory, page tables, the software TLB.
package testudo.hypervisor.soft.mmu;
