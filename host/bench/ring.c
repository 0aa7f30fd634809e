// SPDX-License-Identifier: Apache-2.0
/* ring: the queues between threads. Two threads when there are two cores: messages a second, and
 * the time there and back. Each message carries its number, so that one that is lost, repeated or
 * out of order is seen. The yardstick is a ring of 64-byte slots with cached peer indices and
 * nothing else, inlined. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/ring.h"
#include "bench/table.h"
#include "market/bus.h"
#include "market/evring.h"

#define SLOTS    4096
#define GRANULES 4096
#define PATIENCE 2000 /* empty looks before the core is given away */

struct bare {
    _Alignas(128) _Atomic uint64_t head;
    uint64_t tail_seen;
    _Alignas(128) _Atomic uint64_t tail;
    uint64_t head_seen;
    _Alignas(128) uint64_t slots[SLOTS][8];
};

static inline uint64_t *bare_claim(struct bare *bare)
{
    uint64_t tail = atomic_load_explicit(&bare->tail, memory_order_relaxed);

    if (tail - bare->head_seen >= SLOTS) {
        bare->head_seen = atomic_load_explicit(&bare->head, memory_order_acquire);
        if (tail - bare->head_seen >= SLOTS)
            return NULL;
    }
    return bare->slots[tail % SLOTS];
}

static inline void bare_publish(struct bare *bare)
{
    atomic_store_explicit(&bare->tail, atomic_load_explicit(&bare->tail, memory_order_relaxed) + 1,
                          memory_order_release);
}

static inline uint64_t *bare_peek(struct bare *bare)
{
    uint64_t head = atomic_load_explicit(&bare->head, memory_order_relaxed);

    if (head == bare->tail_seen) {
        bare->tail_seen = atomic_load_explicit(&bare->tail, memory_order_acquire);
        if (head == bare->tail_seen)
            return NULL;
    }
    return bare->slots[head % SLOTS];
}

static inline void bare_release(struct bare *bare)
{
    atomic_store_explicit(&bare->head, atomic_load_explicit(&bare->head, memory_order_relaxed) + 1,
                          memory_order_release);
}

enum kind { KIND_RING, KIND_EVRING, KIND_BUS, KIND_BARE };

struct lane { /* one queue of each kind */
    struct ring ring;
    struct bare *bare;     /* owned */
    void *evring_memory;   /* owned */
    struct evring in, out; /* ends of the evring */
    void *bus_memory;      /* owned */
    struct bus_writer writer;
    struct bus_reader reader;
};
struct rings {
    struct lane there, back;
    enum kind kind;
    uint64_t n;      /* messages of this turn */
    uint64_t n_next; /* number of the next message, of the kind in hand */
    uint64_t numbers[4];
    _Atomic uint64_t n_wrong; /* lost, repeated or out of order */
    int is_echo;
    pthread_t thread;
    pthread_barrier_t begin, end;
    _Atomic int is_over;
};

static void *claim(struct lane *lane, enum kind kind)
{
    switch (kind) {
    case KIND_RING:
        return ring_claim(&lane->ring);
    case KIND_EVRING:
        return evring_claim(&lane->in, 1);
    default:
        return bare_claim(lane->bare);
    }
}

static void wait_a_little(uint32_t *idle)
{
    if (++*idle % PATIENCE == 0)
        sched_yield();
}

// The number stands behind the header, where every kind has room for it.
static void put(struct lane *lane, enum kind kind, uint64_t number)
{
    uint32_t idle = 0;
    uint64_t *slot;

    if (kind == KIND_BUS) {
        _Alignas(64) uint64_t record[8] = {0};

        ((struct agon_event_hdr *)(void *)record)->type = AGON_EVENT_TRADE;
        ((struct agon_event_hdr *)(void *)record)->granules = 1;
        record[4] = number;
        bus_write(&lane->writer, (const struct agon_event_hdr *)(void *)record);
        bus_publish(&lane->writer, number);
        return;
    }
    while ((slot = claim(lane, kind)) == NULL)
        wait_a_little(&idle);
    if (kind == KIND_EVRING)
        ((struct agon_event_hdr *)(void *)slot)->type = AGON_EVENT_TRADE;
    slot[4] = number;
    slot[5] = number * 3;
    slot[6] = number ^ 7;
    slot[7] = ~number;
    if (kind == KIND_RING)
        ring_publish(&lane->ring);
    else if (kind == KIND_EVRING)
        evring_publish(&lane->in);
    else
        bare_publish(lane->bare);
}

static uint64_t get(struct lane *lane, enum kind kind)
{
    uint32_t idle = 0;
    const uint64_t *slot;
    uint64_t number;

    if (kind == KIND_BUS) {
        _Alignas(64) unsigned char record[EVENT_BYTES_MAX];

        while (bus_next(&lane->reader, (struct agon_event_hdr *)(void *)record) == 0)
            wait_a_little(&idle);
        memcpy(&number, record + 32, sizeof(number));
        return number;
    }
    for (;;) {
        slot = kind == KIND_RING     ? ring_peek(&lane->ring)
               : kind == KIND_EVRING ? (const uint64_t *)(const void *)evring_peek(&lane->out, NULL)
                                     : bare_peek(lane->bare);
        if (slot != NULL)
            break;
        wait_a_little(&idle);
    }
    number = slot[4];
    if (slot[7] != ~number)
        number = UINT64_MAX;
    if (kind == KIND_RING)
        ring_release(&lane->ring);
    else if (kind == KIND_EVRING)
        evring_release(&lane->out);
    else
        bare_release(lane->bare);
    return number;
}

/* The other thread: takes all messages of a turn, and with is_echo sends each back. */
static void *other(void *ctx)
{
    struct rings *rings = ctx;

    for (;;) {
        pthread_barrier_wait(&rings->begin);
        if (atomic_load(&rings->is_over))
            return NULL;
        for (uint64_t i = 0; i < rings->n; i++) {
            uint64_t number = get(&rings->there, rings->kind);

            rings->n_wrong += number != rings->n_next + i;
            if (rings->is_echo)
                put(&rings->back, rings->kind, number);
        }
        pthread_barrier_wait(&rings->end);
    }
}

static uint64_t turn(struct rings *rings, enum kind kind, uint64_t n, int is_echo)
{
    rings->kind = kind;
    rings->n = n;
    rings->n_next = rings->numbers[kind];
    rings->is_echo = is_echo;
    pthread_barrier_wait(&rings->begin);
    for (uint64_t i = 0; i < n; i++) {
        put(&rings->there, kind, rings->n_next + i);
        if (is_echo)
            rings->n_wrong += get(&rings->back, kind) != rings->n_next + i;
    }
    pthread_barrier_wait(&rings->end);
    rings->numbers[kind] += n;
    return n;
}

#define SIDE(name, kind, is_echo)                                                                  \
    static uint64_t name(void *ctx, uint64_t n)                                                    \
    {                                                                                              \
        return turn(ctx, kind, n, is_echo);                                                        \
    }
SIDE(stream_ring, KIND_RING, 0)
SIDE(stream_evring, KIND_EVRING, 0)
SIDE(stream_bare, KIND_BARE, 0)
SIDE(echo_ring, KIND_RING, 1)
SIDE(echo_evring, KIND_EVRING, 1)
SIDE(echo_bus, KIND_BUS, 1)
SIDE(echo_bare, KIND_BARE, 1)

/* The same on one thread: what the code costs, without two cores' caches. */
static uint64_t alone(struct rings *rings, enum kind kind, uint64_t n)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        put(&rings->there, kind, i);
        sum += get(&rings->there, kind);
    }
    return sum;
}

#define ALONE(name, kind)                                                                          \
    static uint64_t name(void *ctx, uint64_t n)                                                    \
    {                                                                                              \
        return alone(ctx, kind, n);                                                                \
    }
ALONE(alone_ring, KIND_RING)
ALONE(alone_evring, KIND_EVRING)
ALONE(alone_bus, KIND_BUS)
ALONE(alone_bare, KIND_BARE)

static void *aligned_zero(uint64_t bytes)
{
    void *memory = aligned_alloc(4096, (bytes + 4095) & ~(uint64_t)4095);

    if (memory != NULL)
        memset(memory, 0, (bytes + 4095) & ~(uint64_t)4095);
    return memory;
}

static int open_lane(struct lane *lane)
{
    lane->bare = aligned_zero(sizeof(*lane->bare));
    lane->evring_memory = aligned_zero(evring_bytes(GRANULES));
    lane->bus_memory = aligned_zero(bus_bytes(GRANULES * 16));
    if (lane->bare == NULL || lane->evring_memory == NULL || lane->bus_memory == NULL)
        return AGON_ENOMEM;
    if (ring_init(&lane->ring, SLOTS, 64) < 0 || evring_format(lane->evring_memory, GRANULES) < 0 ||
        evring_attach(&lane->in, lane->evring_memory, GRANULES) < 0 ||
        evring_attach(&lane->out, lane->evring_memory, GRANULES) < 0 ||
        bus_format(lane->bus_memory, GRANULES * 16) < 0 ||
        bus_writer_attach(&lane->writer, lane->bus_memory, GRANULES * 16) < 0 ||
        bus_reader_attach(&lane->reader, lane->bus_memory, GRANULES * 16) < 0)
        return AGON_ENOMEM;
    return AGON_OK;
}

static void close_lane(struct lane *lane)
{
    ring_deinit(&lane->ring);
    free(lane->bare);
    free(lane->evring_memory);
    free(lane->bus_memory);
}

static int run_alone(struct bench *bench, struct rings *rings)
{
    struct bench_pair pair = {.ctx = rings,
                              .op = "message",
                              .n = 2000000,
                              .batch = 256,
                              .yardstick = "a bare ring, inlined",
                              .run_yardstick = alone_bare,
                              .is_same = 1};
    int rc;

    pair.name = "ring.alone";
    pair.product = "ring_claim to ring_release on one thread";
    pair.run_product = alone_ring;
    rc = bench_compare(bench, &pair);
    pair.name = "ring.alone.evring";
    pair.product = "an event ring, which believes no cursor of the other side";
    pair.run_product = alone_evring;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    pair.name = "ring.alone.bus";
    pair.product = "the broadcast bus, one reader";
    pair.run_product = alone_bus;
    return rc < 0 ? rc : bench_compare(bench, &pair);
}

static int run_pair(struct bench *bench, struct rings *rings)
{
    struct bench_pair pair = {.ctx = rings,
                              .op = "message",
                              .n = 1000000,
                              .is_wall = 1,
                              .yardstick = "a bare ring, inlined",
                              .goal_kind = BENCH_AT_MOST,
                              .why = "calls instead of inlined code; on a busy machine the two "
                                     "threads share cores with others"};
    int rc;

    pair.name = "ring.stream";
    pair.product = "base/ring, each message published";
    pair.run_product = stream_ring;
    pair.run_yardstick = stream_bare;
    pair.goal = 1.25;
    pair.goal_text = "at least 0.8 of the bare ring's rate";
    rc = bench_compare(bench, &pair);
    pair.name = "ring.stream.evring";
    pair.product = "market/evring, each record published";
    pair.run_product = stream_evring;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    pair.op = "round trip";
    pair.n = 20000;
    pair.batch = 16;
    pair.goal = 1.2;
    pair.goal_text = "at most 1.2 times the bare ring's round trip";
    pair.run_yardstick = echo_bare;
    pair.name = "ring.pingpong";
    pair.product = "base/ring there and back";
    pair.run_product = echo_ring;
    pair.batch = 1000;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    pair.name = "ring.pingpong.evring";
    pair.product = "market/evring there and back";
    pair.run_product = echo_evring;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    pair.name = "ring.pingpong.bus";
    pair.product = "the bus there and back: what a process runner's event takes";
    pair.run_product = echo_bus;
    return rc < 0 ? rc : bench_compare(bench, &pair);
}

int bench_ring(struct bench *bench, struct error *err)
{
    struct rings *rings = aligned_zero(sizeof(*rings));
    int rc;

    if (rings == NULL)
        return AGON_ENOMEM;
    rc = open_lane(&rings->there);
    if (rc >= 0)
        rc = open_lane(&rings->back);
    if (rc >= 0)
        rc = run_alone(bench, rings);
    if (rc < 0)
        goto done;
    close_lane(&rings->there);
    memset(&rings->there, 0, sizeof(rings->there));
    rc = open_lane(&rings->there);
    if (rc < 0)
        goto done;
    pthread_barrier_init(&rings->begin, NULL, 2);
    pthread_barrier_init(&rings->end, NULL, 2);
    if (pthread_create(&rings->thread, NULL, other, rings) != 0) {
        rc = error_set(err, AGON_EIO, "no second thread");
        goto done;
    }
    rc = run_pair(bench, rings);
    atomic_store(&rings->is_over, 1);
    pthread_barrier_wait(&rings->begin);
    pthread_join(rings->thread, NULL);
    bench_check(bench, atomic_load(&rings->n_wrong) == 0,
                "ring: %llu messages between two threads: none lost, repeated or out of order",
                (unsigned long long)(rings->numbers[0] + rings->numbers[1] + rings->numbers[2] +
                                     rings->numbers[3]));
done:
    close_lane(&rings->there);
    close_lane(&rings->back);
    free(rings);
    return rc;
}
