// SPDX-License-Identifier: Apache-2.0
/* Which leases of a roster wait from the start on. The allocator is asked as a host asks it: each
 * in the roster's order, all cards there and cool, the market calm. */
#include <stdio.h>

#include "roster/leases.h"

#define SHARE_TEXT 32

struct trial {
    struct gpu gpu;
    struct gpu_out out;
};

/* The lease's number there; 0: refused. */
static uint64_t ask(struct trial *trial, const struct crew_lease *lease, uint16_t slot)
{
    struct gpu_event event;
    uint64_t id = trial->gpu.next_lease;

    leases_request(lease, slot, 1, &event);
    gpu_step(&trial->gpu, &event, &trial->out);
    return trial->gpu.next_lease > id ? id : 0;
}

int leases_is_held(const struct gpu_rules *rules, const struct crew_lease *lease, uint32_t split)
{
    static _Thread_local struct trial trial;
    const struct gpu_lease *is;

    gpu_init(&trial.gpu, rules, 1);
    if (split == GPU_WEEKLY)
        trial.gpu.is_tournament = 1;
    else
        trial.gpu.volatility = trial.gpu.wanted = (uint8_t)split;
    is = gpu_lease_of(&trial.gpu, ask(&trial, lease, 0));
    return is != NULL && is->state == GPU_HELD;
}

static void say_share(uint32_t ppm, char text[SHARE_TEXT])
{
    (void)snprintf(text, SHARE_TEXT, "%.6g%%", ppm / 10000.0);
}

/* By itself, whatever the others ask for: what its class has in each split, and where it fits. 0:
 * it fits in a calm market. */
static int says_of_split(const struct gpu_rules *rules, const struct crew_lease *lease,
                         char text[LEASES_WAITS_TEXT])
{
    static const char *const names[GPU_SPLITS] = {"in a calm market", "at high volatility",
                                                  "at extreme volatility",
                                                  "in the weekly tournament"};
    int is_inference = rules->budgets[lease->budget].class == GPU_INFERENCE;
    char asked[SHARE_TEXT], has[GPU_SPLITS][SHARE_TEXT];
    const char *granted = "never";

    for (uint32_t split = 0; split < GPU_SPLITS; split++) {
        const struct gpu_split *of = &rules->splits[split];

        say_share(is_inference ? of->inference_ppm : of->training_ppm, has[split]);
        if (!leases_is_held(rules, lease, split))
            continue;
        if (split == GPU_NORMAL)
            return 0;
        granted = names[split];
    }
    say_share(lease->share_ppm, asked);
    (void)snprintf(text, LEASES_WAITS_TEXT,
                   "asks for %s of its card, and its class has %s in a calm market (%s at high "
                   "volatility, %s at extreme, %s in the weekly tournament): it waits, and is "
                   "granted %s alone; ask for %s at most",
                   asked, has[GPU_NORMAL], has[GPU_HIGH], has[GPU_EXTREME], has[GPU_WEEKLY],
                   granted, has[GPU_NORMAL]);
    return 1;
}

uint32_t leases_waits(const struct roster_cards *cards, const struct crew_slot *slots,
                      uint32_t n_slots, leases_waits_fn *say, void *ctx)
{
    static _Thread_local struct trial trial;
    static _Thread_local uint64_t ids[SLOTS_MAX][CREW_LEASES_MAX];
    uint32_t n = 0;

    if (cards->rules.n_cards == 0)
        return 0;
    gpu_init(&trial.gpu, &cards->rules, 1);
    for (uint32_t i = 0; i < n_slots && i < SLOTS_MAX; i++) {
        for (uint32_t k = 0; k < slots[i].n_leases; k++)
            ids[i][k] = ask(&trial, &slots[i].leases[k], (uint16_t)i);
    }
    for (uint32_t i = 0; i < n_slots && i < SLOTS_MAX; i++) {
        for (uint32_t k = 0; k < slots[i].n_leases; k++) {
            const struct gpu_lease *lease = gpu_lease_of(&trial.gpu, ids[i][k]);
            char text[LEASES_WAITS_TEXT];

            if (lease == NULL || lease->state == GPU_HELD)
                continue;
            if (!says_of_split(&cards->rules, &slots[i].leases[k], text))
                (void)snprintf(text, sizeof(text),
                               "waits from the start on, for %s; ask for less, or of another "
                               "budget, or let another agent ask for less",
                               gpu_wait_doc(gpu_waits(&trial.gpu, lease)));
            say(ctx, &slots[i], &slots[i].leases[k], text);
            n++;
        }
    }
    return n;
}
