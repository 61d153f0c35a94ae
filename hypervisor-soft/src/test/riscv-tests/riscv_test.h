// The environment in which the programs of riscv-tests run on the software CPU: what its firmware starts is S-mode, there is no M-mode.
//
// A program ends with an ecall of S-mode: a0 is 1 when it has passed, gp has the number of the case that failed, a1 the cause of a trap that
// nobody expected. Programs for U-mode end with an ecall of theirs, which their trap handler below passes on.
#ifndef TESTUDO_RISCV_TEST_H
#define TESTUDO_RISCV_TEST_H

#include "encoding.h"

#define TESTNUM gp
#define DRAM_BASE 0x80000000

#define RVTEST_RV64U .macro environment; START_IN_U; .endm
#define RVTEST_RV64UF RVTEST_RV64U
#define RVTEST_RV64S .macro environment; .endm
#define RVTEST_RV64M .error "this program needs M-mode"

#define START_IN_U \
    la t0, 1f; \
    csrw sepc, t0; \
    li t0, SSTATUS_SPP; \
    csrc sstatus, t0; \
    sret; \
1:

#define RVTEST_CODE_BEGIN \
    .section .text.init; \
    .weak stvec_handler; \
    .globl _start; \
_start: \
    la t0, trapped; \
    csrw stvec, t0; \
    csrw sie, zero; \
    li t0, SSTATUS_FS; \
    csrs sstatus, t0; \
    csrw fcsr, zero; \
    li gp, 0; \
    j begin; \
    .align 2; \
trapped: \
    la t5, stvec_handler; \
    beqz t5, 1f; \
    jr t5; \
1:  csrr a1, scause; \
    li t5, CAUSE_USER_ECALL; \
    beq a1, t5, ended; \
    li a0, 0; \
ended: \
    ecall; \
    j ended; \
begin: \
    environment

#define RVTEST_CODE_END

#define RVTEST_PASS \
    fence; \
    li TESTNUM, 1; \
    li a0, 1; \
    ecall; \
    j .

#define RVTEST_FAIL \
    fence; \
    li a0, 0; \
    ecall; \
    j .

#define EXTRA_DATA
#define RVTEST_DATA_BEGIN EXTRA_DATA .align 4; .globl begin_signature; begin_signature:
#define RVTEST_DATA_END .align 4; .globl end_signature; end_signature:

#endif
