// SPDX-License-Identifier: Apache-2.0
/* table: the venues that can be simulated, and those whose recordings are played. */
#include "sim/dialect.h"
#include "sim/reel_impl.h"

#define SIM_TABLE(X)                                                                               \
    /* X(name): sim_NAME in its folder */                                                          \
    X(binance_spot)                                                                                \
    X(binance_um)                                                                                  \
    X(binance_cm)                                                                                  \
    X(kraken)                                                                                      \
    X(okx)                                                                                         \
    /* the next one stands above this line */

#define DECLARE(name) extern const struct sim_dialect sim_##name;
SIM_TABLE(DECLARE)

#define ENTRY(name) &sim_##name,
static const struct sim_dialect *const dialects[] = {SIM_TABLE(ENTRY)};

/* Who is asked whose a first line is: the last takes any JSON. */
extern const struct reel_venue recording_of_kraken, recording_of_okx, recording_of_binance;

static const struct reel_venue *const recordings[] = {&recording_of_kraken, &recording_of_okx,
                                                      &recording_of_binance};

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
