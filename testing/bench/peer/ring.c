// The device's side of a virtqueue in C, with the checks that the Java queues make: the peer of the queue benchmark.
//
//   ring split|packed MILLISECONDS
//
// Prints nanoseconds for each chain, by the clock and of processor time. The work is that of QueueBenchmark: a ring of 256, chains of two descriptors (16 bytes readable,
// 4096 writable), 64 chains made available at a time; the guest's part is one index store, or for packed rings the flags.
#define _GNU_SOURCE
#include <err.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define RAM_BYTES (16u << 20)
#define RAM_BASE 0x40000000ull
#define SIZE 256u
#define CHAINS (SIZE / 2)
#define BATCH 64u
#define AVAIL_AT 0x1000u
#define USED_AT 0x2000u
#define HEADERS_AT 0x4000u
#define DATA_AT 0x100000u
#define HEADER_BYTES 16u
#define DATA_BYTES 4096u
#define NEXT 1u
#define WRITE 2u
#define INDIRECT 4u
#define PACKED_AVAIL 0x80u
#define PACKED_USED 0x8000u

struct region { uint64_t base, size; uint8_t *bytes; };
struct piece { uint8_t *at; uint32_t length; uint64_t address; };
struct chain { struct piece readable[8], writable[8]; unsigned readables, writables; uint64_t writable_bytes; int head; unsigned slots; };

static struct region regions[2];
static unsigned region_count = 1;
static uint64_t in_flight[1024];
static uint8_t *ram;
static uint16_t next_avail, next_used;
static unsigned packed_avail, packed_used, driver_at;
static bool avail_wrap = true, used_wrap = true, driver_wrap = true;

static void fault(const char *what) { errx(1, "queue fault: %s", what); }

static uint64_t load64(unsigned at) { return *(volatile uint64_t *)(ram + at); }

static uint8_t *find(uint64_t address, uint64_t length) {
    for (unsigned i = 0; i < region_count; i++) {
        uint64_t offset = address - regions[i].base;
        if (offset <= regions[i].size && length <= regions[i].size - offset) {
            return regions[i].bytes + offset;
        }
    }
    return NULL;
}

static void add(struct chain *chain, uint64_t address, uint32_t length, bool writable) {
    if ((int32_t)length < 0) fault("length");
    if (!writable && chain->writables > 0) fault("order");
    uint8_t *at = find(address, length);
    if (at == NULL) fault("address");
    unsigned *count = writable ? &chain->writables : &chain->readables;
    if (*count == 8) fault("pieces");
    struct piece *piece = writable ? &chain->writable[*count] : &chain->readable[*count];
    *piece = (struct piece){at, length, address};
    ++*count;
    if (writable) chain->writable_bytes += length;
}

static void clear(struct chain *chain) {
    chain->readables = chain->writables = 0;
    chain->writable_bytes = 0;
    chain->head = -1;
}

static void mark_in_flight(unsigned id) {
    if (in_flight[id >> 6] & 1ull << (id & 63)) fault("under way");
    in_flight[id >> 6] |= 1ull << (id & 63);
}

static bool split_pending(void) {
    uint16_t idx = atomic_load_explicit((_Atomic uint16_t *)(ram + AVAIL_AT + 2), memory_order_acquire);
    uint16_t count = idx - next_avail;
    if (count > SIZE) fault("avail");
    return count > 0;
}

static bool split_next(struct chain *chain) {
    if (!split_pending()) {
        *(volatile uint16_t *)(ram + USED_AT + 4 + 8 * SIZE) = next_avail;
        atomic_thread_fence(memory_order_seq_cst);
        if (!split_pending()) return false;
    }
    unsigned head = *(volatile uint16_t *)(ram + AVAIL_AT + 4 + 2 * (next_avail & (SIZE - 1)));
    if (head >= SIZE) fault("head");
    clear(chain);
    unsigned at = head;
    for (unsigned count = 0;; count++) {
        if (count == SIZE) fault("loop");
        uint64_t address = load64(16 * at), rest = load64(16 * at + 8);
        unsigned flags = rest >> 32 & 0xFFFF;
        if (flags & INDIRECT) fault("indirect");
        add(chain, address, (uint32_t)rest, flags & WRITE);
        if (!(flags & NEXT)) break;
        at = rest >> 48;
        if (at >= SIZE) fault("next");
    }
    mark_in_flight(head);
    chain->head = (int)head;
    next_avail++;
    return true;
}

static void split_complete(struct chain *chain, uint32_t written) {
    unsigned head = (unsigned)chain->head;
    in_flight[head >> 6] &= ~(1ull << (head & 63));
    uint8_t *element = ram + USED_AT + 4 + 8 * (next_used & (SIZE - 1));
    *(volatile uint32_t *)element = head;
    *(volatile uint32_t *)(element + 4) = written < chain->writable_bytes ? written : (uint32_t)chain->writable_bytes;
    next_used++;
    clear(chain);
}

static bool split_publish(uint16_t old) {
    atomic_store_explicit((_Atomic uint16_t *)(ram + USED_AT + 2), next_used, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    uint16_t event = *(volatile uint16_t *)(ram + AVAIL_AT + 4 + 2 * SIZE);
    return (uint16_t)(next_used - event - 1) < (uint16_t)(next_used - old);
}

static bool packed_is_available(void) {
    uint64_t rest = atomic_load_explicit((_Atomic uint64_t *)(ram + 16 * packed_avail + 8), memory_order_acquire);
    unsigned flags = rest >> 48;
    return !!(flags & PACKED_AVAIL) == avail_wrap && !!(flags & PACKED_USED) != avail_wrap;
}

static bool packed_next(struct chain *chain) {
    if (!packed_is_available()) {
        *(volatile uint16_t *)(ram + USED_AT) = packed_avail | (avail_wrap ? 0x8000 : 0);
        *(volatile uint16_t *)(ram + USED_AT + 2) = 2;
        atomic_thread_fence(memory_order_seq_cst);
        if (!packed_is_available()) return false;
    }
    clear(chain);
    unsigned at = packed_avail, slots = 0, id = 0;
    for (;;) {
        if (++slots > SIZE) fault("loop");
        uint64_t rest = atomic_load_explicit((_Atomic uint64_t *)(ram + 16 * at + 8), memory_order_acquire);
        uint64_t address = load64(16 * at);
        unsigned flags = rest >> 48;
        if (flags & INDIRECT) fault("indirect");
        add(chain, address, (uint32_t)rest, flags & WRITE);
        if (++at == SIZE) {
            at = 0;
            avail_wrap = !avail_wrap;
        }
        if (!(flags & NEXT)) {
            id = rest >> 32 & 0xFFFF;
            break;
        }
    }
    mark_in_flight(id);
    chain->head = (int)id;
    chain->slots = slots;
    packed_avail = at;
    return true;
}

static void packed_complete(struct chain *chain, uint32_t written) {
    unsigned id = (unsigned)chain->head;
    in_flight[id >> 6] &= ~(1ull << (id & 63));
    if (written > chain->writable_bytes) written = (uint32_t)chain->writable_bytes;
    unsigned flags = (used_wrap ? PACKED_AVAIL | PACKED_USED : 0) | (written > 0 ? WRITE : 0);
    *(volatile uint32_t *)(ram + 16 * packed_used + 8) = written;
    atomic_store_explicit((_Atomic uint32_t *)(ram + 16 * packed_used + 12), id | flags << 16, memory_order_release);
    packed_used += chain->slots;
    if (packed_used >= SIZE) {
        packed_used -= SIZE;
        used_wrap = !used_wrap;
    }
    clear(chain);
}

static bool packed_publish(unsigned added) {
    atomic_thread_fence(memory_order_seq_cst);
    uint32_t event = *(volatile uint32_t *)(ram + AVAIL_AT);
    if ((event >> 16 & 3) != 2) return (event >> 16 & 3) != 1;
    int wanted = event & 0x7FFF;
    if (!!(event & 0x8000) != used_wrap) wanted -= SIZE;
    return (uint16_t)((int)packed_used - wanted - 1) < added;
}

static void store_descriptor(unsigned at, uint64_t address, uint32_t length, uint64_t high) {
    memcpy(ram + 16 * at, &address, 8);
    uint64_t rest = length | high << 32;
    memcpy(ram + 16 * at + 8, &rest, 8);
}

static void prepare_split(void) {
    for (unsigned i = 0; i < CHAINS; i++) {
        store_descriptor(2 * i, RAM_BASE + HEADERS_AT + HEADER_BYTES * i, HEADER_BYTES, NEXT | (uint64_t)(2 * i + 1) << 16);
        store_descriptor(2 * i + 1, RAM_BASE + DATA_AT + DATA_BYTES * i, DATA_BYTES, WRITE);
    }
    for (unsigned i = 0; i < SIZE; i++) {
        uint16_t head = 2 * (i % CHAINS);
        memcpy(ram + AVAIL_AT + 4 + 2 * i, &head, 2);
    }
}

static void split_offer(void) {
    _Atomic uint16_t *idx = (_Atomic uint16_t *)(ram + AVAIL_AT + 2);
    atomic_store_explicit(idx, (uint16_t)(atomic_load_explicit(idx, memory_order_relaxed) + BATCH), memory_order_release);
}

static void packed_offer(void) {
    for (unsigned i = 0; i < BATCH; i++) {
        unsigned id = driver_at / 2;
        uint64_t wrap = driver_wrap ? PACKED_AVAIL : PACKED_USED;
        store_descriptor(driver_at + 1, RAM_BASE + DATA_AT + DATA_BYTES * id, DATA_BYTES, id | (WRITE | wrap) << 16);
        store_descriptor(driver_at, RAM_BASE + HEADERS_AT + HEADER_BYTES * id, HEADER_BYTES, id | (NEXT | wrap) << 16);
        driver_at += 2;
        if (driver_at == SIZE) {
            driver_at = 0;
            driver_wrap = !driver_wrap;
        }
    }
    atomic_thread_fence(memory_order_release);
}

static unsigned long batch(bool packed) {
    struct chain chain;
    clear(&chain);
    unsigned taken = 0;
    if (packed) {
        packed_offer();
        while (packed_next(&chain)) {
            packed_complete(&chain, DATA_BYTES);
            taken++;
        }
        return taken + packed_publish(2 * taken);
    }
    split_offer();
    uint16_t old = next_used;
    while (split_next(&chain)) {
        split_complete(&chain, DATA_BYTES);
        taken++;
    }
    return taken + split_publish(old);
}

static uint64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000ull + time.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc != 3) errx(2, "usage: ring split|packed MILLISECONDS");
    bool packed = strcmp(argv[1], "packed") == 0;
    ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ram == MAP_FAILED) err(1, "mmap");
    regions[0] = (struct region){RAM_BASE, RAM_BYTES, ram};
    if (!packed) prepare_split();
    for (unsigned i = 0; i < 10000; i++) {
        if (batch(packed) < BATCH) errx(1, "chains were lost");
    }
    uint64_t processor = now(CLOCK_THREAD_CPUTIME_ID), start = now(CLOCK_MONOTONIC), end = start + strtoull(argv[2], NULL, 10) * 1000000ull, chains = 0;
    while (now(CLOCK_MONOTONIC) < end) {
        for (unsigned i = 0; i < 1000; i++) batch(packed);
        chains += 1000 * BATCH;
    }
    printf("%.3f %.3f\n", (double)(now(CLOCK_MONOTONIC) - start) / chains, (double)(now(CLOCK_THREAD_CPUTIME_ID) - processor) / chains);
    return 0;
}
