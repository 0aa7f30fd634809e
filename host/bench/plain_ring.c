// SPDX-License-Identifier: Apache-2.0
#include "bench/plain_ring.h"

#include <stdlib.h>
#include <string.h>

#include "bench/partner.h"

#define SLOTS 4096

struct plain {
    _Alignas(128) _Atomic uint64_t head;
    uint64_t tail_seen;
    _Alignas(128) _Atomic uint64_t tail;
    uint64_t head_seen;
    _Alignas(128) uint64_t slots[SLOTS][8];
};

struct plain_pair {
    struct plain there, back;
    struct partner partner;
    _Alignas(128) uint64_t n; /* of this turn; written between turns */
    uint64_t next;            /* number of the next message */
    uint64_t n_wrong;
    int is_echo;
};

static inline void put(struct plain *ring, uint64_t number)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint64_t *slot = ring->slots[tail % SLOTS];
    uint32_t idle = 0;

    while (tail - ring->head_seen >= SLOTS) {
        ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
        partner_yield(&idle);
    }
    slot[4] = number;
    slot[5] = number * 3;
    slot[6] = number ^ 7;
    slot[7] = ~number;
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
}

static inline uint64_t get(struct plain *ring)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    const uint64_t *slot = ring->slots[head % SLOTS];
    uint64_t number;
    uint32_t idle = 0;

    while (head == ring->tail_seen) {
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        partner_yield(&idle);
    }
    number = slot[7] == ~slot[4] ? slot[4] : UINT64_MAX;
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return number;
}

static void other(void *ctx)
{
    struct plain_pair *pair = ctx;
    uint64_t n = pair->n, next = pair->next, n_wrong = 0;

    if (pair->is_echo) {
        for (uint64_t i = 0; i < n; i++) {
            uint64_t number = get(&pair->there);

            n_wrong += number != next + i;
            put(&pair->back, number);
        }
    } else {
        for (uint64_t i = 0; i < n; i++)
            n_wrong += get(&pair->there) != next + i;
    }
    pair->n_wrong += n_wrong;
}

static uint64_t turn(struct plain_pair *pair, uint64_t n, int is_echo)
{
    uint64_t next = pair->next, n_wrong = 0;

    pair->n = n;
    pair->is_echo = is_echo;
    partner_ask(&pair->partner);
    if (is_echo) {
        for (uint64_t i = 0; i < n; i++) {
            put(&pair->there, next + i);
            n_wrong += get(&pair->back) != next + i;
        }
    } else {
        for (uint64_t i = 0; i < n; i++)
            put(&pair->there, next + i);
    }
    partner_wait(&pair->partner);
    pair->n_wrong += n_wrong;
    pair->next = next + n;
    return n;
}

uint64_t plain_ring_stream(struct plain_pair *pair, uint64_t n)
{
    return turn(pair, n, 0);
}

uint64_t plain_ring_echo(struct plain_pair *pair, uint64_t n)
{
    return turn(pair, n, 1);
}

uint64_t plain_ring_alone(struct plain_pair *pair, uint64_t n)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        put(&pair->there, i);
        sum += get(&pair->there);
    }
    return sum;
}

uint64_t plain_ring_wrong(const struct plain_pair *pair)
{
    return pair->n_wrong;
}

struct plain_pair *plain_pair_new(void)
{
    struct plain_pair *pair = aligned_alloc(128, sizeof(*pair));

    if (pair == NULL)
        return NULL;
    memset(pair, 0, sizeof(*pair));
    if (partner_start(&pair->partner, other, pair) < 0) {
        free(pair);
        return NULL;
    }
    return pair;
}

void plain_pair_free(struct plain_pair *pair)
{
    if (pair == NULL)
        return;
    partner_stop(&pair->partner);
    free(pair);
}
