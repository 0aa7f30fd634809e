// SPDX-License-Identifier: Apache-2.0
/* set: a set of slots. Looking at one costs by the words that have a slot in them, and not by
 * SLOTS_MAX: of a host with up to 64 slots it is one. [any; one thread at a time] */
#ifndef SLOT_SET_H
#define SLOT_SET_H

#include <stdatomic.h>
#include <stdint.h>

#include "market/ceilings.h"

#define SLOT_WORDS (SLOTS_MAX / 64)

struct slot_set {
    uint64_t words; /* those that are not 0, a bit each */
    uint64_t bits[SLOT_WORDS];
};
static inline int slot_set_has(const struct slot_set *set, uint32_t slot) /* below SLOTS_MAX */
{
    return (set->bits[slot / 64] >> slot % 64 & 1) != 0;
}

static inline int slot_set_is_empty(const struct slot_set *set)
{
    return set->words == 0;
}

static inline void slot_set_add(struct slot_set *set, uint32_t slot) /* below SLOTS_MAX */
{
    set->bits[slot / 64] |= (uint64_t)1 << slot % 64;
    set->words |= (uint64_t)1 << slot / 64;
}

static inline void slot_set_remove(struct slot_set *set, uint32_t slot) /* below SLOTS_MAX */
{
    set->bits[slot / 64] &= ~((uint64_t)1 << slot % 64);
    set->words &= ~((uint64_t)(set->bits[slot / 64] == 0) << slot / 64);
}

/* Those of a word of 64. */
static inline void slot_set_add_word(struct slot_set *set, uint32_t word, uint64_t bits)
{
    set->bits[word] |= bits;
    set->words |= (uint64_t)(set->bits[word] != 0) << word;
}

/* The lowest; SLOTS_MAX: there is none. */
static inline uint32_t slot_set_first(const struct slot_set *set)
{
    uint32_t word;

    if (set->words == 0)
        return SLOTS_MAX;
    word = (uint32_t)__builtin_ctzll(set->words);
    return word * 64 + (uint32_t)__builtin_ctzll(set->bits[word]);
}

/* Is that one in it, of the first 64, and no other? */
static inline int slot_set_is_only(const struct slot_set *set, uint32_t slot)
{
    return slot < 64 && set->words == 1 && set->bits[0] == (uint64_t)1 << slot;
}

/* Takes the lowest out. 0: there was none. */
static inline int slot_set_take(struct slot_set *set, uint16_t *slot)
{
    uint32_t word;

    if (set->words == 0)
        return 0;
    word = (uint32_t)__builtin_ctzll(set->words);
    *slot = (uint16_t)(word * 64 + (uint32_t)__builtin_ctzll(set->bits[word]));
    set->bits[word] &= set->bits[word] - 1;
    if (set->bits[word] == 0)
        set->words &= set->words - 1;
    return 1;
}

/* The same for several threads: who takes all has what was added before. */
struct slot_shared {
    _Atomic uint64_t bits[SLOT_WORDS];
};
static inline void slot_shared_add(struct slot_shared *set, uint32_t slot)
{
    (void)atomic_fetch_or(&set->bits[slot / 64], (uint64_t)1 << slot % 64);
}

static inline void slot_shared_remove(struct slot_shared *set, uint32_t slot)
{
    (void)atomic_fetch_and(&set->bits[slot / 64], ~((uint64_t)1 << slot % 64));
}

static inline struct slot_set slot_shared_look(const struct slot_shared *set)
{
    struct slot_set all = {0};

    for (uint32_t word = 0; word < SLOT_WORDS; word++)
        slot_set_add_word(&all, word, atomic_load_explicit(&set->bits[word], memory_order_acquire));
    return all;
}

static inline struct slot_set slot_shared_take(struct slot_shared *set)
{
    struct slot_set all = {0};

    for (uint32_t word = 0; word < SLOT_WORDS; word++) {
        if (atomic_load_explicit(&set->bits[word], memory_order_relaxed) != 0)
            slot_set_add_word(&all, word, atomic_exchange(&set->bits[word], 0));
    }
    return all;
}

#endif
