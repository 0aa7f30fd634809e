// SPDX-License-Identifier: Apache-2.0
/* table: the venues that can be simulated, and those whose recordings are played. */
#include "sim/dialect.h"
#include "sim/reel_impl.h"

extern const struct sim_dialect sim_binance_spot, sim_binance_um, sim_binance_cm, sim_kraken;

static const struct sim_dialect *const dialects[] = {&sim_binance_spot, &sim_binance_um,
                                                     &sim_binance_cm, &sim_kraken};

extern const struct reel_venue recording_of_binance;

static const struct reel_venue *const recordings[] = {&recording_of_binance};

const struct reel_venue *reel_venue_at(uint32_t i)
{
    return i < sizeof(recordings) / sizeof(recordings[0]) ? recordings[i] : NULL;
}

const struct sim_dialect *sim_dialect_at(uint32_t i)
{
    return i < sizeof(dialects) / sizeof(dialects[0]) ? dialects[i] : NULL;
}

const struct sim_dialect *sim_dialect_find(const char *name)
{
    for (uint32_t i = 0; sim_dialect_at(i); i++)
        if (strcmp(dialects[i]->name, name) == 0)
            return dialects[i];
    return NULL;
}
