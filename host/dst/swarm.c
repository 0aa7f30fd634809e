// SPDX-License-Identifier: Apache-2.0
/* swarm: what kind of run a seed is. Each kind of fault is on in half of the runs, its rate drawn
 * evenly on a scale of powers, so that some runs have one fault only and that one often. */
#include "dst/world.h"

static const struct {
    const char *name;
    uint32_t least_ppm, most_ppm; /* of the chances that it has */
} kinds[DST_FAULTS] = {
    [DST_REQUEST_LOST] = {"request-lost", 1000, 200000},
    [DST_REPLY_LOST] = {"reply-lost", 1000, 300000},
    [DST_ERROR] = {"error", 1000, 200000},
    [DST_DELAY] = {"delay", 500, 100000},
    [DST_DUPLICATE] = {"duplicate", 1000, 300000},
    [DST_REORDER] = {"reorder", 1000, 200000},
    [DST_STREAM_LOST] = {"stream-lost", 500, 50000},
    [DST_QUERY_LAG] = {"query-lag", 10000, 900000},
    [DST_FOREIGN] = {"foreign", 1000000, 1000000},
    [DST_DATA_LOST] = {"data-lost", 1000, 50000},
    [DST_DATA_DUPLICATE] = {"data-duplicate", 1000, 100000},
    [DST_DATA_REORDER] = {"data-reorder", 1000, 50000},
    [DST_DISCONNECT] = {"disconnect", 1000000, 1000000},
    [DST_CRASH] = {"crash", 1000000, 1000000},
    [DST_POWER] = {"power", 200, 5000},
    [DST_SLOW_DISK] = {"slow-disk", 1000, 100000},
    [DST_SYNC] = {"sync", 100, 2000},
    [DST_CLOCK] = {"clock", 100, 10000},
    [DST_OPERATOR] = {"operator", 1000000, 1000000},
    [DST_BUSY] = {"busy", 1000, 100000},
    [DST_HOLD] = {"hold", 1000, 100000},
};

const char *dst_fault_name(enum dst_fault fault)
{
    return fault < DST_FAULTS ? kinds[fault].name : "?";
}

uint64_t swarm_stream(uint64_t seed, uint64_t stream)
{
    return rng_at(seed, stream, 0x647374, 0, 0);
}

/* Even on a scale of powers of two, by integers alone. */
static uint64_t log_uniform(struct rng *rng, uint64_t least, uint64_t most)
{
    uint64_t n_doublings = 0;
    uint64_t from;

    while (least << (n_doublings + 1) <= most)
        n_doublings++;
    from = least << rng_below(rng, n_doublings + 1);
    from += rng_below(rng, from);
    return from < most ? from : most;
}

/* An eighth of the worlds, where requests come late as well, and the stream is silent of that: a
 * copy that answers of long ago is then all that stands between an order and its end. */
static void draw_behind(struct swarm *swarm, const struct dst_config *config)
{
    const uint32_t needs = (uint32_t)1 << DST_QUERY_LAG | (uint32_t)1 << DST_HOLD;

    if ((swarm_stream(config->seed, STREAM_BEHIND) & 7) != 0 || (config->faults_off & needs) != 0)
        return;
    swarm->is_behind = 1;
    swarm->faults |= needs;
    if (swarm->rate_ppm[DST_HOLD] < 100000)
        swarm->rate_ppm[DST_HOLD] = 100000;
}

void swarm_draw(struct swarm *swarm, const struct dst_config *config)
{
    struct rng rng;
    uint32_t most_agents = config->agents_max != 0 ? config->agents_max : WORLD_AGENTS;
    uint32_t most_instruments =
        config->instruments_max != 0 ? config->instruments_max : WORLD_INSTRUMENTS;

    memset(swarm, 0, sizeof(*swarm));
    rng_init(&rng, swarm_stream(config->seed, STREAM_SWARM));
    for (int i = 0; i < DST_FAULTS; i++) {
        // Drawn whether it is on or not: leaving a kind out changes nothing else.
        uint64_t is_on = rng_below(&rng, 2);

        swarm->rate_ppm[i] = (uint32_t)log_uniform(&rng, kinds[i].least_ppm, kinds[i].most_ppm);
        if (is_on)
            swarm->faults |= (uint32_t)1 << i;
    }
    swarm->faults &= ~config->faults_off;
    swarm->n_instruments = 1 + (uint32_t)rng_below(&rng, WORLD_INSTRUMENTS);
    swarm->n_agents = 1 + (uint32_t)rng_below(&rng, WORLD_AGENTS);
    if (swarm->n_instruments > most_instruments)
        swarm->n_instruments = most_instruments;
    if (swarm->n_agents > most_agents)
        swarm->n_agents = most_agents;
    for (int i = 0; i < WORLD_AGENTS; i++)
        swarm->agent_kinds[i] = (uint8_t)rng_below(&rng, 8);
    swarm->latency_ns = (agon_ns_t)log_uniform(&rng, 100, 20000) * US;
    swarm->jitter_ns = (agon_ns_t)log_uniform(&rng, 10, 20000) * US;
    swarm->tick_ns = (agon_ns_t)log_uniform(&rng, 15, 200) * MS;
    swarm->timeout_ns = (agon_ns_t)log_uniform(&rng, 100, 1500) * MS;
    swarm->window_ns = (agon_ns_t)log_uniform(&rng, 500, 10000) * MS;
    swarm->hold_ns = (agon_ns_t)log_uniform(&rng, 50, 1000) * MS;
    swarm->reconcile_ns = (agon_ns_t)log_uniform(&rng, 500, 8000) * MS;
    swarm->crash_ns = (agon_ns_t)log_uniform(&rng, 3000, 60000) * MS;
    swarm->cut_ns = (agon_ns_t)log_uniform(&rng, 1000, 20000) * MS;
    swarm->operator_ns = (agon_ns_t)log_uniform(&rng, 300, 10000) * MS;
    swarm->foreign_ns = (agon_ns_t)log_uniform(&rng, 500, 10000) * MS;
    swarm->cancel_ns = (agon_ns_t)(rng_below(&rng, 2) * log_uniform(&rng, 1, 1000)) * MS;
    swarm->eager_ppm = (uint32_t)log_uniform(&rng, 5000, 200000);
    swarm->weight_1m = (uint32_t)log_uniform(&rng, 6000, 96000);
    swarm->orders_10s = (uint32_t)log_uniform(&rng, 20, 2000);
    // A quarter of the worlds, whatever else they are.
    swarm->is_in_place = (swarm_stream(config->seed, STREAM_IN_PLACE) & 3) == 0;
    draw_behind(swarm, config);
}
