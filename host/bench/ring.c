// SPDX-License-Identifier: Apache-2.0
/* ring: the queues between threads. Two threads when there are two cores: messages a second, and
 * the time there and back. Each message carries its number, so that one that is lost, repeated or
 * out of order is seen. The yardstick is free-standing (plain_ring.h), and
 * neither side writes within a turn what the other's thread reads, but for the queue itself. */
#include <stdlib.h>
#include <string.h>

#include "base/ring.h"
#include "bench/partner.h"
#include "bench/plain_ring.h"
#include "bench/ring_bus.h"
#include "bench/table.h"
#include "market/bus.h"
#include "market/evring.h"

#define SLOTS       4096
#define GRANULES    4096
#define TRIPS_QUICK 60 /* fewer than 64 are left as they are */

enum kind { KIND_RING, KIND_EVRING, KIND_BUS, KINDS };

struct lane { /* one queue of each kind */
    struct ring ring;
    void *evring_memory;   /* owned */
    struct evring in, out; /* ends of the evring */
    void *bus_memory;      /* owned */
    struct bus_writer writer;
    struct bus_reader reader;
};
struct rings {
    struct lane there, back;
    struct plain_pair *plain; /* owned */
    struct partner partner;
    _Alignas(128) enum kind kind; /* this and what follows is written between turns */
    uint64_t n;                   /* messages of this turn */
    uint64_t next[KINDS];         /* number of the next message */
    uint64_t n_wrong;             /* lost, repeated or out of order */
    int is_echo;
};

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* kind is known where these are called, and no branch of theirs is left. */
ALWAYS_INLINE void put_bus(struct lane *lane, uint64_t number)
{
    _Alignas(64) uint64_t record[8] = {0};

    ((struct agon_event_hdr *)(void *)record)->type = AGON_EVENT_TRADE;
    ((struct agon_event_hdr *)(void *)record)->granules = 1;
    record[4] = number;
    record[7] = ~number;
    bus_write(&lane->writer, (const struct agon_event_hdr *)(void *)record);
    bus_publish(&lane->writer, number);
}

// The number stands behind the header, where every kind has room for it.
ALWAYS_INLINE void put(struct lane *lane, enum kind kind, uint64_t number)
{
    uint32_t idle = 0;
    uint64_t *slot;

    if (kind == KIND_BUS) {
        put_bus(lane, number);
        return;
    }
    while ((slot = kind == KIND_RING ? ring_claim(&lane->ring)
                                     : (void *)evring_claim(&lane->in, 1)) == NULL)
        partner_yield(&idle);
    if (kind == KIND_EVRING)
        ((struct agon_event_hdr *)(void *)slot)->type = AGON_EVENT_TRADE;
    slot[4] = number;
    slot[5] = number * 3;
    slot[6] = number ^ 7;
    slot[7] = ~number;
    if (kind == KIND_RING)
        ring_publish(&lane->ring);
    else
        evring_publish(&lane->in);
}

ALWAYS_INLINE uint64_t get_bus(struct lane *lane)
{
    _Alignas(64) unsigned char record[EVENT_BYTES_MAX];
    const uint64_t *slot = (const uint64_t *)(const void *)record;
    uint32_t idle = 0;

    while (bus_next(&lane->reader, (struct agon_event_hdr *)(void *)record) == 0)
        partner_yield(&idle);
    return slot[7] == ~slot[4] ? slot[4] : UINT64_MAX;
}

ALWAYS_INLINE uint64_t get(struct lane *lane, enum kind kind)
{
    uint32_t idle = 0;
    const uint64_t *slot;
    uint64_t number;

    if (kind == KIND_BUS)
        return get_bus(lane);
    while ((slot = kind == KIND_RING ? ring_peek(&lane->ring)
                                     : (const void *)evring_peek(&lane->out, NULL)) == NULL)
        partner_yield(&idle);
    number = slot[7] == ~slot[4] ? slot[4] : UINT64_MAX;
    if (kind == KIND_RING)
        ring_release(&lane->ring);
    else
        evring_release(&lane->out);
    return number;
}

/* The other thread's half: takes all messages of a turn, and with is_echo sends each back. */
ALWAYS_INLINE uint64_t take(struct rings *rings, enum kind kind)
{
    const uint64_t n = rings->n, next = rings->next[kind];
    const int is_echo = rings->is_echo;
    uint64_t n_wrong = 0;

    for (uint64_t i = 0; i < n; i++) {
        uint64_t number = get(&rings->there, kind);

        n_wrong += number != next + i;
        if (is_echo)
            put(&rings->back, kind, number);
    }
    return n_wrong;
}

static void other(void *ctx)
{
    struct rings *rings = ctx;

    rings->n_wrong += rings->kind == KIND_RING     ? take(rings, KIND_RING)
                      : rings->kind == KIND_EVRING ? take(rings, KIND_EVRING)
                                                   : take(rings, KIND_BUS);
}

ALWAYS_INLINE uint64_t turn(struct rings *rings, enum kind kind, uint64_t n, int is_echo)
{
    const uint64_t next = rings->next[kind];
    uint64_t n_wrong = 0;

    rings->kind = kind;
    rings->n = n;
    rings->is_echo = is_echo;
    partner_ask(&rings->partner);
    for (uint64_t i = 0; i < n; i++) {
        put(&rings->there, kind, next + i);
        if (is_echo)
            n_wrong += get(&rings->back, kind) != next + i;
    }
    partner_wait(&rings->partner);
    rings->n_wrong += n_wrong;
    rings->next[kind] = next + n;
    return n;
}

#define SIDE(name, kind, is_echo)                                                                  \
    static uint64_t name(void *ctx, uint64_t n)                                                    \
    {                                                                                              \
        return turn(ctx, kind, n, is_echo);                                                        \
    }
SIDE(stream_ring, KIND_RING, 0)
SIDE(stream_evring, KIND_EVRING, 0)
SIDE(echo_ring, KIND_RING, 1)
SIDE(echo_evring, KIND_EVRING, 1)
SIDE(echo_bus, KIND_BUS, 1)

/* The same on one thread: what the code costs, without two cores' caches. */
ALWAYS_INLINE uint64_t alone(struct rings *rings, enum kind kind, uint64_t n)
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

#define PLAIN(name)                                                                                \
    static uint64_t name##_bare(void *ctx, uint64_t n)                                             \
    {                                                                                              \
        return plain_ring_##name(((struct rings *)ctx)->plain, n);                                 \
    }
PLAIN(stream)
PLAIN(echo)
PLAIN(alone)

static void *aligned_zero(uint64_t bytes)
{
    void *memory = aligned_alloc(4096, (bytes + 4095) & ~(uint64_t)4095);

    if (memory != NULL)
        memset(memory, 0, (bytes + 4095) & ~(uint64_t)4095);
    return memory;
}

static int open_lane(struct lane *lane)
{
    lane->evring_memory = aligned_zero(evring_bytes(GRANULES));
    lane->bus_memory = aligned_zero(bus_bytes(GRANULES * 16));
    if (lane->evring_memory == NULL || lane->bus_memory == NULL)
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
    // Where each side waits for a turn of the processor a round trip takes milliseconds.
    pair.n = bench->is_quick ? TRIPS_QUICK : 20000;
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
    rings->plain = plain_pair_new();
    rc = rings->plain != NULL ? open_lane(&rings->there) : AGON_ENOMEM;
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
    if (partner_start(&rings->partner, other, rings) < 0) {
        rc = error_set(err, AGON_EIO, "no second thread");
        goto done;
    }
    rc = run_pair(bench, rings);
    partner_stop(&rings->partner);
    bench_check(bench, rings->n_wrong + plain_ring_wrong(rings->plain) == 0,
                "ring: %llu messages between two threads: none lost, repeated or out of order",
                (unsigned long long)(rings->next[KIND_RING] + rings->next[KIND_EVRING] +
                                     rings->next[KIND_BUS]));
    rc = rc < 0 ? rc : bench_ring_bus(bench, rings->plain, err);
done:
    close_lane(&rings->there);
    close_lane(&rings->back);
    plain_pair_free(rings->plain);
    free(rings);
    return rc;
}
