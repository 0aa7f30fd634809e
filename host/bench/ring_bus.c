// SPDX-License-Identifier: Apache-2.0
/* The bus's writer waits for nobody, so that here it is the bench that keeps it within half a ring
 * of its slowest reader: each of those says on a line of its own how far it is, once in 256
 * records. Every reader looks at every record: its number, and that it is whole. The yardstick is
 * the free-standing ring with one reader, which shows each message by itself. */
#include "bench/ring_bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/partner.h"
#include "market/bus.h"

#define READERS  4
#define GRANULES 65536u
#define SAY      256u           /* records between two words of a reader */
#define AHEAD    (GRANULES / 2) /* of the slowest */
#define BATCH    256u

struct buses;
struct reader {
    struct buses *buses;
    struct partner partner;
    struct bus_reader reader;
    uint64_t n_wrong;
    _Alignas(128) _Atomic uint64_t n; /* records that it has had */
};
struct buses {
    void *memory; /* owned */
    struct plain_pair *plain;
    struct reader readers[READERS];
    _Alignas(128) struct bus_writer writer;
    uint32_t n_readers;
    uint64_t next;    /* number of the next record */
    uint64_t n_least; /* that each reader has had, as last seen */
    uint64_t n_turn;  /* written between turns */
};

/* A reader's half of a turn. */
static void read_all(void *ctx)
{
    struct reader *reader = ctx;
    uint64_t n = reader->buses->n_turn;
    uint64_t at = atomic_load_explicit(&reader->n, memory_order_relaxed);

    for (uint64_t end = at + n; at < end; at++) {
        _Alignas(64) unsigned char record[EVENT_BYTES_MAX];
        const uint64_t *words = (const uint64_t *)(const void *)record;
        uint32_t idle = 0;
        int rc;

        while ((rc = bus_next(&reader->reader, (struct agon_event_hdr *)(void *)record)) == 0)
            partner_yield(&idle);
        reader->n_wrong += rc < 0 || words[4] != at || words[7] != ~at;
        if (at % SAY == 0)
            atomic_store_explicit(&reader->n, at, memory_order_release);
    }
    atomic_store_explicit(&reader->n, at, memory_order_release);
}

static void await_room(struct buses *buses)
{
    uint32_t idle = 0;

    while (buses->next - buses->n_least >= AHEAD) {
        uint64_t least = UINT64_MAX;

        for (uint32_t i = 0; i < buses->n_readers; i++) {
            uint64_t n = atomic_load_explicit(&buses->readers[i].n, memory_order_acquire);

            least = n < least ? n : least;
        }
        buses->n_least = least;
        if (buses->next - least >= AHEAD)
            partner_yield(&idle);
    }
}

static uint64_t turn(struct buses *buses, uint64_t n, uint32_t batch)
{
    buses->n_turn = n;
    for (uint32_t i = 0; i < buses->n_readers; i++)
        partner_ask(&buses->readers[i].partner);
    for (uint64_t i = 1; i <= n; i++) {
        _Alignas(64) uint64_t record[8] = {0};
        struct agon_event_hdr *hdr = (struct agon_event_hdr *)(void *)record;
        uint64_t number = buses->next;

        hdr->type = AGON_EVENT_TRADE;
        hdr->granules = 1;
        record[4] = number;
        record[5] = number * 3;
        record[6] = number ^ 7;
        record[7] = ~number;
        bus_write(&buses->writer, hdr);
        buses->next++;
        if (i % batch == 0 || i == n) {
            bus_publish(&buses->writer, number);
            await_room(buses);
        }
    }
    for (uint32_t i = 0; i < buses->n_readers; i++)
        partner_wait(&buses->readers[i].partner);
    return n;
}

static uint64_t each(void *ctx, uint64_t n)
{
    return turn(ctx, n, 1);
}

static uint64_t batches(void *ctx, uint64_t n)
{
    return turn(ctx, n, BATCH);
}

static uint64_t plain(void *ctx, uint64_t n)
{
    return plain_ring_stream(((struct buses *)ctx)->plain, n);
}

static int open_buses(struct buses *buses, uint32_t n_readers, struct error *err)
{
    uint64_t bytes = (bus_bytes(GRANULES) + 4095) & ~(uint64_t)4095;

    buses->memory = aligned_alloc(4096, bytes);
    if (buses->memory == NULL)
        return error_set(err, AGON_ENOMEM, "no memory");
    memset(buses->memory, 0, bytes);
    if (bus_format(buses->memory, GRANULES) < 0 ||
        bus_writer_attach(&buses->writer, buses->memory, GRANULES) < 0)
        return error_set(err, AGON_EINVAL, "no bus of %u granules", GRANULES);
    for (; buses->n_readers < n_readers; buses->n_readers++) {
        struct reader *reader = &buses->readers[buses->n_readers];

        reader->buses = buses;
        if (bus_reader_attach(&reader->reader, buses->memory, GRANULES) < 0 ||
            partner_start(&reader->partner, read_all, reader) < 0)
            return error_set(err, AGON_EIO, "no thread for reader %u", buses->n_readers + 1);
    }
    return AGON_OK;
}

static int run(struct bench *bench, struct plain_pair *yardstick, uint32_t n_readers,
               struct error *err)
{
    struct buses *buses = aligned_alloc(128, sizeof(*buses));
    char name[32], batched[48];
    struct bench_pair pair = {
        .ctx = buses,
        .op = "record",
        .n = 500000,
        .is_wall = 1,
        .yardstick = "a bare ring between two threads",
        .run_yardstick = plain,
        .goal_kind = BENCH_AT_MOST,
        .why = n_readers == 1
                   ? "each record is copied in, announced and copied out"
                   : "where there are fewer processors than threads each reader waits for one"};
    uint64_t n_wrong = 0;
    int rc;

    if (buses == NULL)
        return error_set(err, AGON_ENOMEM, "no memory");
    memset(buses, 0, sizeof(*buses));
    buses->plain = yardstick;
    rc = open_buses(buses, n_readers, err);
    if (rc < 0)
        goto done;
    snprintf(name, sizeof(name), "ring.bus.%u", n_readers);
    snprintf(batched, sizeof(batched), "%s.batch", name);
    pair.name = name;
    pair.product = n_readers == 1 ? "the bus to one reader, each record shown by itself"
                                  : "the bus to four readers, each record shown by itself";
    pair.run_product = each;
    pair.goal = 10;
    pair.goal_text = "at most 10 times a bare ring: twice as fast as FLOX's, at 19 to 22";
    rc = bench_compare(bench, &pair);
    pair.name = batched;
    pair.product = n_readers == 1 ? "the bus to one reader, shown by 256"
                                  : "the bus to four readers, shown by 256";
    pair.run_product = batches;
    pair.goal = 2.6;
    pair.goal_text = "at most 2.6 times a bare ring: as fast as FLOX's, at 2.2 to 3";
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
done:
    for (uint32_t i = 0; i < READERS; i++) {
        partner_stop(&buses->readers[i].partner);
        n_wrong += buses->readers[i].n_wrong;
    }
    if (rc >= 0)
        bench_check(bench, n_wrong == 0,
                    "ring.bus.%u: %llu records to each reader: none lost, torn, repeated or out of "
                    "order",
                    n_readers, (unsigned long long)buses->next);
    free(buses->memory);
    free(buses);
    return rc;
}

int bench_ring_bus(struct bench *bench, struct plain_pair *plain_pair, struct error *err)
{
    int rc = run(bench, plain_pair, 1, err);

    return rc < 0 ? rc : run(bench, plain_pair, READERS, err);
}
