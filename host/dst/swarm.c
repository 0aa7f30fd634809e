// SPDX-License-Identifier: Apache-2.0
/* swarm: what kind of run a seed is. Each kind of fault is on in half of the runs, its rate drawn
 * evenly on a scale of powers, so that some runs have one fault only and that one often. */
#include "dst/world.h"

static const struct {
    const char *name;
    uint32_t least_ppm, most_ppm; /* of the chances that it has */
} kinds[FAULTS] = {
    [FAULT_REQUEST_LOST] = {"request-lost", 1000, 200000},
    [FAULT_REPLY_LOST] = {"reply-lost", 1000, 300000},
    [FAULT_ERROR] = {"error", 1000, 200000},
    [FAULT_DELAY] = {"delay", 500, 100000},
    [FAULT_DUPLICATE] = {"duplicate", 1000, 300000},
    [FAULT_REORDER] = {"reorder", 1000, 200000},
    [FAULT_STREAM_LOST] = {"stream-lost", 500, 50000},
    [FAULT_QUERY_LAG] = {"query-lag", 10000, 900000},
    [FAULT_FOREIGN] = {"foreign", 1000000, 1000000},
    [FAULT_DATA_LOST] = {"data-lost", 1000, 50000},
    [FAULT_DATA_DUPLICATE] = {"data-duplicate", 1000, 100000},
    [FAULT_DATA_REORDER] = {"data-reorder", 1000, 50000},
    [FAULT_DISCONNECT] = {"disconnect", 1000000, 1000000},
    [FAULT_CRASH] = {"crash", 1000000, 1000000},
    [FAULT_POWER] = {"power", 200, 5000},
    [FAULT_SLOW_DISK] = {"slow-disk", 1000, 100000},
    [FAULT_SYNC] = {"sync", 100, 2000},
    [FAULT_CLOCK] = {"clock", 100, 10000},
    [FAULT_OPERATOR] = {"operator", 1000000, 1000000},
    [FAULT_BUSY] = {"busy", 1000, 100000},
};

const char *dst_fault_name(enum fault fault)
{
    return fault < FAULTS ? kinds[fault].name : "?";
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

void swarm_draw(struct swarm *swarm, const struct dst_config *config)
{
    struct rng rng;
    uint32_t most_agents = config->agents_max != 0 ? config->agents_max : WORLD_AGENTS;
    uint32_t most_instruments =
        config->instruments_max != 0 ? config->instruments_max : WORLD_INSTRUMENTS;

    memset(swarm, 0, sizeof(*swarm));
    rng_init(&rng, swarm_stream(config->seed, STREAM_SWARM));
    for (int i = 0; i < FAULTS; i++) {
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
    swarm->is_amending = (uint8_t)rng_below(&rng, 2);
    swarm->cancel_ns = (agon_ns_t)(rng_below(&rng, 2) * log_uniform(&rng, 1, 1000)) * MS;
    swarm->eager_ppm = (uint32_t)log_uniform(&rng, 5000, 200000);
}
