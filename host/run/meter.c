// SPDX-License-Identifier: Apache-2.0
/* What each slot causes is counted here, and judged: slot/meters.h. [core] */
#include "run/host_impl.h"

/* A slot whose plugin is put away for good keeps no timers: nobody would hear them. */
#define DISARMS 64 /* in a look */

static void count(struct host *host, uint16_t slot, int id, const struct agon_event_hdr *event)
{
    struct meters *meters;

    if (slot >= SLOTS_MAX)
        return;
    meters = &host->meters[slot];
    if (id >= 0)
        meters->n[id]++;
    meters->n[METER_RECORDS]++;
    meters->n[METER_BYTES] += event_bytes(event);
}

void host_meter(struct host *host, const struct agon_event_hdr *event)
{
    const struct agon_intent_event *intent = (const void *)event;
    const struct record_due *due = (const void *)event;
    const struct record_report *report = (const void *)event;
    int is_cancel;

    switch (event->type) {
    case AGON_EVENT_INTENT:
        is_cancel = intent->intent.kind == AGON_INTENT_CANCEL ||
                    intent->intent.kind == AGON_INTENT_CANCEL_ALL;
        count(host, intent->origin.slot, is_cancel ? METER_CANCELS : -1, event);
        break;
    case AGON_EVENT_EXIT_PLAN:
    case EVENT_JOB_WISH:
        count(host, intent->origin.slot, -1, event); // the origin stands at one place in all
        break;
    case AGON_EVENT_SIGNAL:
        count(host, intent->origin.slot, METER_SIGNALS, event);
        break;
    case EVENT_ARM:
        count(host, intent->origin.slot, METER_TIMERS, event);
        break;
    case EVENT_DUE:
        if (due->kind == DUE_TIMER)
            count(host, due->slot, METER_TIMERS, event);
        break;
    case EVENT_JOB_PART:
        count(host, ((const struct record_job_part *)(const void *)event)->slot, -1, event);
        break;
    case EVENT_JOB_DONE:
        count(host, ((const struct record_job_done *)(const void *)event)->slot, -1, event);
        break;
    case EVENT_REPORT:
        if (report->order_id != 0)
            count(host, ORDER_ID_SLOT(report->order_id), -1, event);
        break;
    default:
        break;
    }
}

/* Refused for what the slot itself has done: not for a market or a host that stands still. */
static uint64_t own_refusals(const struct host *host, uint16_t id)
{
    uint64_t n = engine_slots(host->engine)->all[id].n_refused;

    for (uint16_t reason = 0; reason < REASONS_MAX; reason++)
        n -= reason_is_outside(reason) ? engine_refused(host->engine, id, reason) : 0;
    return n;
}

// A plugin's own count, which begins anew with each, and is no more than its word.
static void take_errors(struct host *host, uint16_t id)
{
    uint64_t n = crew_errors(host->crew, id);

    if (n > host->errors_seen[id])
        host->meters[id].n[METER_ERRORS] += n - host->errors_seen[id];
    host->errors_seen[id] = n;
}

/* The kernel's count, which begins anew with each process. */
static void take_cpu(struct host *host, uint16_t id)
{
    uint64_t ms = crew_cpu_ms(host->crew, id);

    if (ms < host->cpu_seen_ms[id])
        host->cpu_seen_ms[id] = 0;
    host->meters[id].n[METER_CPU] += ms - host->cpu_seen_ms[id];
    host->cpu_seen_ms[id] = ms;
}

static void disarm(struct host *host, uint16_t slot)
{
    uint32_t id;

    for (int i = 0; i < DISARMS && (id = engine_timer_of(host->engine, slot)) != 0; i++) {
        struct record_arm arm = {
            .hdr = {.type = EVENT_ARM,
                    .granules = sizeof(arm) / EVENT_GRANULE,
                    .t = host_now(host)},
            .origin = {.slot = slot,
                       .generation = engine_slots(host->engine)->all[slot].generation},
            .id = id,
            .is_disarm = 1};

        if (host_step(host, &arm.hdr) != AGON_OK)
            return; // the next look goes on
    }
}

static void tell(struct host *host, uint16_t slot, uint32_t id, int is_ending)
{
    const struct meters *meters = &host->meters[slot];
    uint64_t n = meters_level(meters, id);
    char text[METER_SAID];

    meter_tell_text(id, engine_slots(host->engine)->all[slot].name, meters->per_s[id], n, is_ending,
                    text);
    host_alert(host, ALERT_FLOOD, slot, 0, (int64_t)n, (int64_t)meters->per_s[id] * METER_SECONDS,
               "%s", text);
}

/* Who fills a bucket is broken, and costs the others time: it ends like one that crashed. */
static void end_flood(struct host *host, uint16_t slot, int id)
{
    const struct meters *meters = &host->meters[slot];
    char why[160];

    snprintf(why, sizeof(why), "exceeds the %s: %llu %s%s at once, faster than %u a second",
             meters_all[id].name, (unsigned long long)meters->per_s[id] * METER_SECONDS,
             id == METER_REFUSED ? "refused " : "", meters_all[id].unit, meters->per_s[id]);
    host_lose_slot(host, slot, why);
    host->crashes[slot].kind = CRASH_FLOODED;
    if (id == METER_TIMERS || id == METER_RECORDS || id == METER_BYTES)
        disarm(host, slot);
    meters_clear(&host->meters[slot]);
}

void host_judge_meters(struct host *host)
{
    const struct slots *slots = engine_slots(host->engine);
    agon_ns_t elapsed_ns = engine_t(host->engine) - host->meters_t;
    int64_t mono_ns = clock_mono(), wall_ns = mono_ns - host->meters_mono_ns;
    int is_first = host->meters_t == 0; // what was counted is an earlier run's

    host->meters_t = engine_t(host->engine);
    host->meters_mono_ns = mono_ns;
    for (uint16_t id = 0; id < slots->n; id++) {
        struct meters *meters = &host->meters[id];
        int is_played = crew_info(host->crew, id) != NULL && host->failures[id][0] == '\0';
        struct meters_found found;

        if (slots->all[id].condition == CONDITION_QUARANTINED)
            disarm(host, id);
        meters->n[METER_REFUSED] = own_refusals(host, id);
        take_errors(host, id);
        take_cpu(host, id);
        // What one that was ended had still wished is counted, and is no fault of the next one.
        if (is_first || !is_played)
            meters_clear(meters);
        found = meters_look(meters, host->config.slots[id].meters, elapsed_ns, wall_ns);
        for (uint32_t k = 0; k < METERS_N; k++) {
            if (found.told >> k & 1)
                tell(host, id, k, found.over >= 0 && is_played);
        }
        if (found.over >= 0 && is_played)
            end_flood(host, id, found.over);
    }
}
