// SPDX-License-Identifier: Apache-2.0
#include "slot/meters.h"

#include <stdio.h>
#include <string.h>

#include "base/money.h"

#define SECOND  ((int64_t)1000000000)
#define FULL_NS (METER_SECONDS * SECOND)

#define ROW(id, k, u, low, high, given, limit, text)                                               \
    {.key = (k),                                                                                   \
     .unit = (u),                                                                                  \
     .preset = (given),                                                                            \
     .name = (limit),                                                                              \
     .doc = (text),                                                                                \
     .least = (low),                                                                               \
     .most = (high)},
const struct meter meters_all[METERS_N] = {METERS(ROW)};

static uint32_t rate_of(const uint32_t per_s[METERS_N], uint32_t id)
{
    return per_s[id] != 0 ? per_s[id] : meters_all[id].preset;
}

/* As time at that rate; what is more than a full bucket is one. */
static int64_t fills_ns(uint64_t n, uint32_t per_s)
{
    if (n >= (uint64_t)per_s * METER_SECONDS)
        return FULL_NS;
    return (int64_t)(n * (uint64_t)SECOND / per_s);
}

struct meters_found meters_look(struct meters *meters, const uint32_t per_s[METERS_N],
                                agon_ns_t elapsed_ns, int64_t wall_ns)
{
    struct meters_found found = {.over = -1};

    for (uint32_t id = 0; id < METERS_N; id++) {
        int64_t level_ns = meters->level_ns[id],
                empties_ns = id == METER_CPU ? wall_ns : elapsed_ns;
        uint32_t bit = (uint32_t)1 << id;

        meters->per_s[id] = rate_of(per_s, id);
        level_ns = level_ns > empties_ns ? level_ns - empties_ns : 0;
        level_ns += fills_ns(meters->n[id] - meters->judged[id], meters->per_s[id]);
        level_ns = level_ns < FULL_NS ? level_ns : FULL_NS;
        meters->judged[id] = meters->n[id];
        meters->level_ns[id] = level_ns;
        if (level_ns == 0)
            meters->told &= ~bit;
        if (level_ns >= FULL_NS / METER_TELLS && (meters->told & bit) == 0) {
            meters->told |= bit;
            found.told |= bit;
        }
        if (level_ns == FULL_NS && found.over < 0)
            found.over = (int)id;
    }
    return found;
}

void meters_clear(struct meters *meters)
{
    memcpy(meters->judged, meters->n, sizeof(meters->judged));
    memset(meters->level_ns, 0, sizeof(meters->level_ns));
    meters->told = 0;
}

uint64_t meters_level(const struct meters *meters, enum meter_id id)
{
    return (uint64_t)meters->level_ns[id] / 1000 * meters->per_s[id] / 1000000;
}

void meter_tell_text(uint32_t id, const char *agent, uint32_t per_s, uint64_t n, int is_ending,
                     char text[METER_SAID])
{
    const struct meter *meter = &meters_all[id];
    const char *becomes = is_ending ? "it is ended" : "it runs on";
    char rate[MONEY_TEXT], level[MONEY_TEXT], most[MONEY_TEXT], key[32];

    (void)money_count(per_s, rate);
    (void)money_count(n, level);
    (void)money_count((uint64_t)per_s * METER_SECONDS, most);
    snprintf(key, sizeof(key), " (meters.%s)", meter->key);
    // The first that has room: of the largest rates neither the roster's key nor all words have.
    for (int i = 0; i < 3; i++) {
        char whole[2 * METER_SAID];
        int length =
            snprintf(whole, sizeof(whole), "%.31s exceeds the %s of %s/s%s: %s of %s%s; %s", agent,
                     meter->name, rate, i == 0 ? key : "", level, most,
                     i < 2 ? " in its meter" : "", becomes);

        snprintf(text, METER_SAID, "%.*s", METER_SAID - 1, whole);
        if (length < METER_SAID)
            return;
    }
}
