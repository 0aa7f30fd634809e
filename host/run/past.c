// SPDX-License-Identifier: Apache-2.0
#include "run/past.h"

#include <stdlib.h>

#include "run/host_impl.h"

#define SECOND_NS ((agon_ns_t)1000000000)
#define MINUTE_NS (60 * SECOND_NS)

const int64_t past_lengths_s[CANDLE_LENGTHS] = {60, 900, 14400};

struct past *past_new(void)
{
    return calloc(1, sizeof(struct past));
}

void past_free(struct past *past)
{
    for (uint32_t id = 0; past != NULL && id < SLOTS_MAX; id++)
        free(past->fills[id]);
    free(past);
}

static void keep_candle(struct past_candles *candles, uint32_t length, agon_ns_t t, agon_px_t px)
{
    agon_ns_t begins = t - t % (past_lengths_s[length] * SECOND_NS);
    uint32_t n = candles->n[length];
    struct past_candle *last = n > 0 ? &candles->all[length][(n - 1) % CANDLES] : NULL;

    if (last == NULL || begins > last->t) {
        candles->all[length][candles->n[length]++ % CANDLES] = (struct past_candle){
            .t = begins, .open_px = px, .high_px = px, .low_px = px, .close_px = px};
        return;
    }
    last->close_px = px;
    if (px > last->high_px)
        last->high_px = px;
    if (px < last->low_px)
        last->low_px = px;
}

void past_keep_price(struct past_candles *candles, agon_ns_t t, agon_px_t px)
{
    for (uint32_t length = 0; px > 0 && length < CANDLE_LENGTHS; length++)
        keep_candle(candles, length, t, px);
}

void past_keep_fill(struct past_fills **of, const char *name, const struct host_view_fill *fill)
{
    struct past_fills *to = *of;

    if (to == NULL)
        to = *of = calloc(1, sizeof(*to));
    if (to == NULL)
        return;
    if (strncmp(to->name, name, SLOT_NAME) != 0)
        *to = (struct past_fills){0};
    memcpy(to->name, name, sizeof(to->name));
    to->all[to->n++ % HOST_VIEW_FILLS] = *fill;
    if (fill->is_closing)
        to->closing[to->n_closing++ % CLOSINGS] = *fill;
}

struct past *host_take_past(struct host *host)
{
    struct past *past = host->past;

    host->past = NULL;
    return past;
}

/* ---- while the state is rebuilt */

void host_past_begin(struct host *host)
{
    past_free(host->past);
    host->past = past_new(); // without memory there is no past to see, and the host begins
    host->fills_seen = engine_counters(host->engine)->n_fills;
    host->draft->n_fills = 0;
    host->draft->n_plans = 0;
}

void host_past_before(struct host *host, const struct agon_event_hdr *event)
{
    const struct record_report *report = (const struct record_report *)(const void *)event;

    // What else moved its result since is none of this fill's.
    if (event->type == EVENT_REPORT && ORDER_ID_SLOT(report->order_id) < SLOTS_MAX)
        host_note_result(host, ORDER_ID_SLOT(report->order_id));
}

static void keep_prices(struct host *host, const struct agon_event_hdr *event)
{
    struct past *past = host->past;
    uint32_t n = engine_instruments(host->engine)->n_instruments;
    agon_ns_t t = engine_t(host->engine);
    int is_all = t / MINUTE_NS != past->minute; // a candle begins for those that stand still too

    if (!is_all && (event->instrument == 0 || event->instrument > CANDLE_INSTRUMENTS))
        return;
    past->minute = t / MINUTE_NS;
    for (agon_instrument_t id = is_all ? 1 : event->instrument;
         id <= n && id <= (is_all ? CANDLE_INSTRUMENTS : event->instrument); id++)
        past_keep_price(&past->candles[id - 1], t, engine_mark_px(host->engine, id));
}

void host_past_after(struct host *host, const struct agon_event_hdr *event)
{
    const struct slots *slots = engine_slots(host->engine);
    uint64_t n = host->draft->n_fills;

    if (event->type == EVENT_REPORT)
        host_keep_fill(host, event);
    if (host->past == NULL)
        return;
    if (host->draft->n_fills > n) {
        const struct host_view_fill *fill = &host->draft->fills[n % HOST_VIEW_FILLS];

        if (fill->slot < slots->n && slots->all[fill->slot].is_used)
            past_keep_fill(&host->past->fills[fill->slot], slots->all[fill->slot].name, fill);
    }
    if (plan_read(&host->past->read, event))
        host->past->plans[host->past->n_plans++ % PLANS] = host->past->read;
    keep_prices(host, event);
}

/* The page has the newest tournament by itself. */
void host_past_end(struct host *host)
{
    if (host->past == NULL || host->past->n_plans == 0)
        return;
    host->draft->plan = host->past->plans[(host->past->n_plans - 1) % PLANS];
    host->draft->n_plans = host->draft->plan.plan.number;
}
