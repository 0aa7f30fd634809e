// SPDX-License-Identifier: Apache-2.0
/* metered AGENT backtest OPTION...: `agon backtest` as a live host has it around one agent. The
 * meters of slot/meters.h are judged each second of engine time, for refused intents at 20 a
 * second; who fills one is ended, begins again a minute later, and the third time in ten minutes
 * not. Its plugin runs on meanwhile, and is heard again when its slot may trade. With --runner
 * process that agent alone has a process: what others do there costs time and shows nothing. */
#include "agent/child_main.h"
#include "lab/backtest.h"
#include "market/records.h"
#include "slot/meters.h"

static int run_metered(const struct backtest_config *config, struct backtest *result,
                       struct error *err);

#define backtest_run run_metered
#define cmd_backtest cmd_backtest_metered
#include "../../../host/cli/cmd_backtest.c"
#undef backtest_run

#define LOOK_NS  ((agon_ns_t)1000000000)
#define AGAIN_NS (60 * LOOK_NS)

static struct {
    const char *agent;
    struct backtest *result;
    struct lockstep_source inner;
    const struct agon_event_hdr *head; /* of it, that was not given yet; NULL: none */
    struct meters meters;
    agon_ns_t t_look, t_again; /* 0: nothing was looked at; it need not begin again */
    union {
        struct agon_event_hdr hdr;
        struct record_crash crash;
        struct record_generation generation;
    } said;
} t_metered;

static const struct agon_event_hdr *ends(const struct slot *slot, agon_ns_t t)
{
    struct record_crash *crash = &t_metered.said.crash;

    *crash = (struct record_crash){
        .hdr = {.type = EVENT_CRASH, .granules = sizeof(*crash) / EVENT_GRANULE, .t = t},
        .slot = slot->id,
        .generation = slot->generation,
        .generation_hash = slot->generation_hash,
        .kind = CRASH_FLOODED,
        .orders = ORDERS_CANCEL_ALL,
        .text = "exceeds the refused-intent limit"};
    meters_clear(&t_metered.meters);
    t_metered.t_again = t + AGAIN_NS;
    return &crash->hdr;
}

static const struct agon_event_hdr *begins(const struct slot *slot, agon_ns_t t)
{
    struct record_generation *generation = &t_metered.said.generation;

    *generation = (struct record_generation){
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(*generation) / EVENT_GRANULE, .t = t},
        .kind = CONFIG_GENERATION,
        .slot = slot->id,
        .generation = slot->generation,
        .generation_hash = slot->generation_hash,
        .event_mask = slot->subscription.event_mask,
        .event_more = slot->subscription.event_more,
        .why = GENERATION_RESTORE,
        .agent_kind = slot->agent_kind,
        .signals = slot->signals};
    t_metered.t_again = 0;
    return &generation->hdr;
}

// What the host has to say at t, before the market's event of then; NULL: nothing.
static const struct agon_event_hdr *look(agon_ns_t t)
{
    static const uint32_t per_s[METERS_N] = {[METER_REFUSED] = 20};
    struct engine *engine = t_metered.result->engine;
    const struct slot *slot = slots_find(engine_slots(engine), t_metered.agent);
    struct meters *meters = &t_metered.meters;
    agon_ns_t elapsed_ns = t_metered.t_look == 0 ? LOOK_NS : t - t_metered.t_look;

    if (slot == NULL || elapsed_ns < LOOK_NS)
        return NULL;
    t_metered.t_look = t;
    meters->n[METER_REFUSED] = slot->n_refused;
    for (uint16_t reason = 0; reason < REASONS_MAX; reason++)
        meters->n[METER_REFUSED] -=
            reason_is_outside(reason) ? engine_refused(engine, slot->id, reason) : 0;
    if (slot->condition != CONDITION_ACTIVE) {
        meters_clear(meters);
        return slot->condition == CONDITION_SUSPENDED && t_metered.t_again != 0 &&
                       t >= t_metered.t_again
                   ? begins(slot, t)
                   : NULL;
    }
    return meters_look(meters, per_s, elapsed_ns, 0).over >= 0 ? ends(slot, t) : NULL;
}

static const struct agon_event_hdr *next(void *ctx)
{
    const struct agon_event_hdr *said;

    (void)ctx;
    if (t_metered.head == NULL)
        t_metered.head = t_metered.inner.next(t_metered.inner.ctx);
    if (t_metered.head == NULL)
        return NULL;
    said = look(t_metered.head->t);
    if (said == NULL) {
        said = t_metered.head;
        t_metered.head = NULL;
    }
    return said;
}

static void feed(void *ctx, struct lockstep_source *sources, uint32_t n)
{
    (void)ctx;
    REQUIRE(n == 1);
    t_metered.inner = sources[0];
    sources[0].next = next;
}

static int run_metered(const struct backtest_config *config, struct backtest *result,
                       struct error *err)
{
    struct backtest_config metered = *config;

    t_metered.result = result;
    for (uint32_t i = 0; i < metered.n_slots; i++) {
        if (strcmp(metered.slots[i].record.name, t_metered.agent) != 0)
            metered.slots[i].record.runner = CREW_INPROC;
    }
    if (!metered.has_processes)
        metered.feed = feed;
    return backtest_run(&metered, result, err);
}

int commands_printed(int rc)
{
    return rc;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], CHILD_COMMAND) == 0)
        return child_main(argc, argv);
    if (argc < 3) {
        fprintf(stderr, "usage: metered AGENT backtest OPTION...\n");
        return EXIT_FLAGS;
    }
    t_metered.agent = argv[1];
    return cmd_backtest_metered(argc - 2, argv + 2);
}
