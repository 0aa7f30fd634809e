// SPDX-License-Identifier: Apache-2.0
#include "run/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/host_impl.h"
#include "score/undone.h"

#define SECOND_NS ((agon_ns_t)1000000000)
#define MINUTE_NS (60 * SECOND_NS)
#define DAY_NS    (86400 * SECOND_NS)

const int64_t past_lengths_s[CANDLE_LENGTHS] = {60, 900, 14400};

struct past *past_new(void)
{
    struct past *past = calloc(1, sizeof(*past));

    if (past != NULL)
        past->every_ns = PAST_POINT_NS;
    return past;
}

void past_free(struct past *past)
{
    for (uint32_t id = 0; past != NULL && id < SLOTS_MAX; id++) {
        free(past->fills[id]);
        free(past->ended[id]);
        free(past->trades[id]);
        free(past->points[id]);
        free(past->samples[id]);
    }
    if (past != NULL)
        free(past->points[PAST_ALL]);
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

static struct past_candle *candle_of(struct past_candles *candles, uint32_t length, agon_ns_t t)
{
    agon_ns_t begins = t - t % (past_lengths_s[length] * SECOND_NS);
    uint32_t n = candles->n[length];

    for (uint32_t k = 1; k <= n && k <= CANDLES; k++) {
        struct past_candle *one = &candles->all[length][(n - k) % CANDLES];

        if (one->t <= begins)
            return one->t == begins ? one : NULL;
    }
    return NULL;
}

/* What a start tells of before it may have been counted. */
static int is_counted(struct past_candles *candles, uint32_t length, agon_ns_t t, uint32_t length_s)
{
    if (length_s == 0)
        return 0;
    if (t <= candles->bar_t[length])
        return 1;
    candles->bar_t[length] = t;
    return 0;
}

/* Another source than the one so far: all of it is of that alone. */
static void take_source(struct past_candles *candles, uint32_t length, uint32_t length_s)
{
    if (candles->bar_s[length] == length_s)
        return;
    if (candles->bar_s[length] != 0) {
        for (uint32_t i = 0; i < CANDLES; i++) {
            candles->all[length][i].volume_qty = 0;
            candles->all[length][i].has_volume = 0;
        }
    }
    candles->bar_s[length] = length_s;
    candles->bar_t[length] = 0;
}

void past_keep_volume(struct past_candles *candles, agon_ns_t t, agon_qty_t qty, uint32_t length_s)
{
    candles->has_trades |= length_s == 0;
    if (candles->has_trades && length_s != 0)
        return;
    for (uint32_t length = 0; length < CANDLE_LENGTHS; length++) {
        struct past_candle *candle;

        if (length_s != 0 && (past_lengths_s[length] % length_s != 0 ||
                              (candles->bar_s[length] != 0 && candles->bar_s[length] < length_s)))
            continue;
        take_source(candles, length, length_s);
        candle = candle_of(candles, length, t);
        if (is_counted(candles, length, t, length_s) || candle == NULL)
            continue;
        candle->volume_qty = num_add(candle->volume_qty, qty);
        candle->has_volume = 1;
    }
}

/* A table of an agent, made with the first row; another name begins it anew. NULL: no memory. */
static void *table_of(void *table, size_t size, const char *name)
{
    if (table == NULL)
        table = calloc(1, size);
    if (table == NULL)
        return NULL;
    if (strncmp(table, name, SLOT_NAME) != 0)
        memset(table, 0, size);
    (void)snprintf(table, SLOT_NAME, "%s", name);
    return table;
}

void past_forget(struct past_fills **fills, struct past_ended **ended, struct past_trades **trades)
{
    free(*fills);
    free(*ended);
    free(*trades);
    *fills = NULL;
    *ended = NULL;
    *trades = NULL;
}

static void sum_fills(struct past_order *order, const struct past_fills *fills)
{
    uint64_t n = fills == NULL ? 0 : fills->n < HOST_VIEW_FILLS ? fills->n : HOST_VIEW_FILLS;

    order->has_fee = 1;
    for (uint64_t k = 1; k <= n; k++) {
        const struct host_view_fill *fill = &fills->all[(fills->n - k) % HOST_VIEW_FILLS];

        if (fill->t < order->of.t_create)
            break;
        if (fill->order_id != order->of.id)
            continue;
        order->sum += (num128_t)fill->px * fill->qty;
        order->sum_qty = num_add(order->sum_qty, fill->qty);
        order->has_fee &=
            order->fee_name[0] == '\0' || strcmp(order->fee_name, fill->fee_name) == 0;
        order->fee_amt = num_add(order->fee_amt, fill->fee_amt);
        order->fee_exp = fill->fee_exp;
        memcpy(order->fee_name, fill->fee_name, sizeof(order->fee_name));
    }
}

void past_keep_ended(struct past_ended **of, const char *name, const struct host_view_ended *ended,
                     const struct past_fills *fills)
{
    struct past_ended *to = *of = table_of(*of, sizeof(**of), name);
    struct past_order *order = NULL;
    uint64_t n = to == NULL ? 0 : to->n < ENDED ? to->n : ENDED;

    if (to == NULL)
        return;
    for (uint64_t k = 1; k <= n && order == NULL; k++) { // said again
        order = &to->all[(to->n - k) % ENDED];
        order = order->of.id == ended->id ? order : NULL;
    }
    if (order == NULL)
        order = &to->all[to->n++ % ENDED];
    *order = (struct past_order){.of = *ended};
    sum_fills(order, fills);
}

/* The place of an instrument, of which a slot has as many as in the ledger, and keeps each. */
static struct trade_open *open_of(struct past_trades *trades, agon_instrument_t instrument)
{
    struct past_open *free_one = NULL;

    for (int i = 0; i < LEDGER_POSITIONS; i++) {
        struct past_open *one = &trades->open[i];

        if (one->instrument == instrument)
            return &one->open;
        if (one->instrument == 0 && free_one == NULL)
            free_one = one;
    }
    if (free_one == NULL)
        return NULL;
    *free_one = (struct past_open){.instrument = instrument};
    return &free_one->open;
}

const struct trade_open *past_open_of(const struct past_trades *trades,
                                      agon_instrument_t instrument)
{
    for (int i = 0; i < LEDGER_POSITIONS; i++) {
        if (trades->open[i].instrument == instrument)
            return &trades->open[i].open;
    }
    return NULL;
}

void past_keep_trade(struct past_trades **of, const char *name, const struct host_view_fill *fill)
{
    struct past_trades *to = *of = table_of(*of, sizeof(**of), name);
    struct trade_open *open = to != NULL ? open_of(to, fill->instrument) : NULL;
    struct trade_closed closed;

    if (open == NULL || !trades_add(open, &fill->trade, &closed))
        return;
    closed.instrument = fill->instrument;
    closed.slot = fill->slot;
    closed.seq = fill->seq;
    to->all[to->n++ % TRADES_CLOSED] = closed;
    trade_groups_add(&to->groups, &closed);
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

int past_has_halt(const struct host_view_halt *all, uint32_t n, const struct host_view_halt *it)
{
    for (uint32_t i = 0; i < n; i++) {
        if (all[i].scope == it->scope && all[i].id == it->id && all[i].cause == it->cause &&
            all[i].t == it->t)
            return 1;
    }
    return 0;
}

struct past *host_take_past(struct host *host)
{
    struct past *past = host->past;

    host->past = NULL;
    return past;
}

/* ---- while the state is rebuilt */

/* Of a state that was loaded: positions that were opened before what is read. */
static void find_trades(struct host *host)
{
    const struct slots *slots = engine_slots(host->engine);

    for (uint16_t id = 0; host->past != NULL && id < slots->n; id++) {
        uint32_t n;
        const struct position *all = ledger_positions(engine_ledger(host->engine), id, &n);

        for (uint32_t i = 0; slots->all[id].is_used && i < n; i++) {
            const struct agon_instrument *instrument =
                instruments_get(engine_instruments(host->engine), all[i].instrument);
            struct past_trades *to = host->past->trades[id] =
                table_of(host->past->trades[id], sizeof(*to), slots->all[id].name);
            struct trade_open *open = to != NULL ? open_of(to, all[i].instrument) : NULL;
            struct position_figures figures;

            if (open == NULL || instrument == NULL)
                continue;
            engine_position_figures(host->engine, &all[i], &figures);
            trades_found(open, &all[i], figures.entry_px, ENGINE_PRICE_EXP, instrument,
                         host_quote_exp(host, all[i].instrument));
        }
    }
}

/* Where the equity of one sample is not what the next is compared with, capital moved between
 * them. */
static void keep_samples(struct host *host, uint16_t id)
{
    const struct slot *slot = &engine_slots(host->engine)->all[id];
    const struct window *window = engine_window(host->engine, id);
    const struct window_sample *sample;
    int64_t every = (int64_t)engine_sample_s(host->engine) * SECOND_NS;
    agon_amt_t capital_amt = slot->limits.capital_amt;
    agon_amt_t base_amt = window->open.base_amt;
    struct past_samples *to = host->past->samples[id] =
        table_of(host->past->samples[id], sizeof(*to), slot->name);

    if (to == NULL)
        return;
    to->every_s = engine_sample_s(host->engine);
    to->t = engine_t(host->engine) / every * every;
    while (to->n < WINDOW_MAX && (sample = window_at(window, to->n)) != NULL) {
        capital_amt = num_add(capital_amt, sample->equity_amt - base_amt);
        to->equity_amt[to->n] = sample->equity_amt;
        to->capital_amt[to->n++] = capital_amt;
        base_amt = sample->base_amt;
    }
    to->equity_amt[to->n] = base_amt;
    to->capital_amt[to->n++] = capital_amt;
}

/* What happened may halt everything by itself: several crashes, sums beyond 64 bits. */
static uint32_t causes_now(const struct host *host)
{
    uint32_t causes = 0;

    for (uint32_t cause = 0; cause < HALT_CAUSES; cause++)
        causes |= (uint32_t)(engine_halt(host->engine, SCOPE_GLOBAL, cause) != NULL) << cause;
    return causes;
}

static void note_halts(struct host *host)
{
    struct past *past = host->past;

    host_show_halts(host);
    past->causes = causes_now(host);
    past->n_before = host->draft->n_halts;
    memcpy(past->before, host->draft->halts, past->n_before * sizeof(past->before[0]));
}

void host_past_begin(struct host *host)
{
    past_free(host->past);
    host->past = past_new(); // without memory there is no past to see, and the host begins
    host->fills_seen = engine_counters(host->engine)->n_fills;
    host->ended_seen = orders_settled(engine_orders(host->engine));
    host->draft->n_fills = 0;
    host->draft->n_ended = 0;
    host->draft->n_asked = 0;
    host->draft->n_plans = 0;
    find_trades(host);
    if (host->past != NULL) {
        struct figures left;

        (void)engine_figures_left(host->engine, &left);
        host->past->left_amt = left.result_amt;
    }
    for (uint16_t id = 0; host->past != NULL && id < engine_slots(host->engine)->n; id++) {
        host->past->was_there[id] = engine_slots(host->engine)->all[id].is_used;
        host->past->was_there[PAST_ALL] |= host->past->was_there[id];
        if (host->past->was_there[id])
            keep_samples(host, id);
    }
    if (host->past != NULL)
        note_halts(host);
}

static int is_halting(const struct agon_event_hdr *event)
{
    const struct record_command *command = (const struct record_command *)(const void *)event;

    return event->type == AGON_EVENT_COMMAND &&
           (command->kind == COMMAND_HALT || command->kind == COMMAND_RESUME ||
            command->kind == COMMAND_KILL || command->kind == COMMAND_STOP);
}

void host_past_before(struct host *host, const struct agon_event_hdr *event)
{
    const struct record_report *report = (const struct record_report *)(const void *)event;

    // What else moved its result since is none of this fill's.
    if (event->type == EVENT_REPORT && ORDER_ID_SLOT(report->order_id) < SLOTS_MAX)
        host_note_result(host, ORDER_ID_SLOT(report->order_id));
}

static void keep_halt(struct past *past, const struct host_view_halt *of, agon_ns_t t,
                      uint8_t is_lifted)
{
    // That a host ended, and that the next one began, is no halt of anybody's.
    if (of->scope == SCOPE_GLOBAL && of->cause == HALT_STOPPING)
        return;
    past->halts[past->n_halts++ % PAST_HALTS] =
        (struct past_halt){.of = *of, .t = t, .is_lifted = is_lifted};
}

static void keep_halts(struct host *host, const struct agon_event_hdr *event)
{
    struct past *past = host->past;
    const struct host_view *view = host->draft;

    if (!is_halting(event) && causes_now(host) == past->causes)
        return;
    host_show_halts(host);
    for (uint32_t i = 0; i < past->n_before; i++) {
        if (!past_has_halt(view->halts, view->n_halts, &past->before[i]))
            keep_halt(past, &past->before[i], engine_t(host->engine), 1);
    }
    for (uint32_t i = 0; i < view->n_halts; i++) {
        if (!past_has_halt(past->before, past->n_before, &view->halts[i]))
            keep_halt(past, &view->halts[i], view->halts[i].t, 0);
    }
    note_halts(host);
}

/* How many there are of it now. */
static uint32_t keep_point(struct past *past, uint32_t place, const char *name,
                           const struct figures *of, agon_ns_t t)
{
    struct past_point point = {t, of->equity_amt, of->capital_amt};
    struct past_points *to = past->points[place] = table_of(past->points[place], sizeof(*to), name);

    if (to == NULL)
        return 0;
    // Who began since the last points were taken began with what he was given.
    if (to->n == 0 && !past->was_there[place]) {
        to->all[to->n++] = (struct past_point){past->t_point, point.capital_amt, point.capital_amt};
    }
    past->was_there[place] = 0;
    to->all[to->n++] = point;
    return to->n;
}

static int ends_day(const struct past_point *points, uint32_t n, uint32_t i)
{
    return i + 1 == n || points[i].t / DAY_NS != points[i + 1].t / DAY_NS;
}

uint32_t past_thin(struct past_point *points, uint32_t n)
{
    uint32_t n_days = 0, n_kept = 0;

    for (uint32_t i = 0; i < n; i++)
        n_days += i % 2 == 1 && ends_day(points, n, i);
    for (uint32_t i = 0; i < n; i++) {
        if (i % 2 == 0 || (n_days <= n / 4 && ends_day(points, n, i)))
            points[n_kept++] = points[i];
    }
    return n_kept;
}

static void thin_points(struct past *past)
{
    for (uint32_t place = 0; place <= PAST_ALL; place++) {
        struct past_points *of = past->points[place];

        if (of != NULL)
            of->n = past_thin(of->all, of->n);
    }
    past->every_ns *= 2;
}

/* Equity of all agents at one moment, and of all together: as often as while a host runs. */
static void keep_points(struct host *host)
{
    const struct slots *slots = engine_slots(host->engine);
    struct past *past = host->past;
    agon_ns_t t = engine_t(host->engine);
    struct figures of;
    uint32_t n = 0, most = 0;

    if (t < DAY_NS || t < past->next_ns)
        return;
    if (past->t_point == 0)
        past->t_point = past->t_first = t;
    for (uint16_t id = 0; id < slots->n && past->next_ns > 0; id++) {
        if (!slots->all[id].is_used)
            continue;
        engine_figures(host->engine, id, &of);
        n = keep_point(past, id, slots->all[id].name, &of, t);
        most = n > most ? n : most;
    }
    if (most > 0) {
        engine_figures_all(host->engine, &of);
        n = keep_point(past, PAST_ALL, "(all)", &of, t);
        most = n > most ? n : most;
    }
    if (most >= PAST_POINTS - 2) // one that is new has two of them at once
        thin_points(past);
    past->t_point = t;
    past->next_ns = t + past->every_ns;
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

static void keep_volume(struct past *past, const struct agon_event_hdr *event)
{
    struct past_candles *candles;

    if (event->instrument == 0 || event->instrument > CANDLE_INSTRUMENTS)
        return;
    candles = &past->candles[event->instrument - 1];
    if (event->type == AGON_EVENT_TRADE) {
        past_keep_volume(candles, event->t, ((const struct agon_trade *)(const void *)event)->qty,
                         0);
    } else if (event->type == AGON_EVENT_BAR) {
        const struct agon_bar *bar = (const struct agon_bar *)(const void *)event;

        past_keep_volume(candles, bar->t_open, bar->volume_qty, bar->length_s);
    }
}

/* A place that is free: what was shown of who had it is not shown as the next one's, also where
 * both have one name. */
static void forget(struct host *host, const struct record_command *command)
{
    struct past *past = host->past;
    uint32_t id = command->id;

    if (command->kind != COMMAND_VACATE || id >= SLOTS_MAX ||
        engine_slots(host->engine)->all[id].is_used)
        return;
    host->freed_seq[id] = engine_seq(host->engine);
    for (uint32_t i = 0; i < HOST_VIEW_FILLS; i++) {
        if (host->draft->fills[i].slot == id)
            host->draft->fills[i].slot = UINT16_MAX;
    }
    for (uint32_t i = 0; i < HOST_VIEW_ENDED; i++) {
        if (host->draft->ended[i].slot == id)
            host->draft->ended[i].slot = UINT16_MAX;
    }
    past_forget(&past->fills[id], &past->ended[id], &past->trades[id]);
    free(past->points[id]);
    past->points[id] = NULL;
    past->was_there[id] = 0;
}

void host_past_after(struct host *host, const struct agon_event_hdr *event, int rc)
{
    const struct slots *slots = engine_slots(host->engine);
    uint64_t n = host->draft->n_fills, n_ended = host->draft->n_ended;

    host_keep_ended(host, event, event->type == EVENT_REPORT && host_keep_fill(host, event));
    if (rc >= 0)
        host_keep_asked(host, event);
    if (rc >= 0 && event->type == EVENT_BEGIN)
        host_show_tags(host, (const struct record_begin *)(const void *)event);
    if (host->past == NULL)
        return;
    if (host->draft->n_fills > n) {
        const struct host_view_fill *fill = &host->draft->fills[n % HOST_VIEW_FILLS];

        if (fill->slot < slots->n && slots->all[fill->slot].is_used) {
            past_keep_fill(&host->past->fills[fill->slot], slots->all[fill->slot].name, fill);
            past_keep_trade(&host->past->trades[fill->slot], slots->all[fill->slot].name, fill);
        }
    }
    for (; n_ended < host->draft->n_ended; n_ended++) {
        const struct host_view_ended *ended = &host->draft->ended[n_ended % HOST_VIEW_ENDED];

        if (ended->slot < slots->n && slots->all[ended->slot].is_used)
            past_keep_ended(&host->past->ended[ended->slot], slots->all[ended->slot].name, ended,
                            host->past->fills[ended->slot]);
    }
    if (plan_read(&host->past->read, event))
        host->past->plans[host->past->n_plans++ % PLANS] = host->past->read;
    if (rc >= 0 && host->past->n_plans > 0)
        (void)plan_undo(&host->past->plans[(host->past->n_plans - 1) % PLANS], event,
                        engine_undone_amt(host->engine));
    if (rc >= 0 && event->type == AGON_EVENT_COMMAND)
        forget(host, (const struct record_command *)(const void *)event);
    keep_halts(host, event);
    keep_prices(host, event);
    keep_volume(host->past, event);
    keep_points(host);
}

/* The page has the newest tournament by itself. */
void host_past_end(struct host *host)
{
    if (host->past != NULL) {
        host->past->n_fills = host->draft->n_fills;
        host->past->n_ended = host->draft->n_ended;
    }
    if (host->past == NULL || host->past->n_plans == 0)
        return;
    host->draft->plan = host->past->plans[(host->past->n_plans - 1) % PLANS];
    host->draft->n_plans = host->draft->plan.plan.number;
}
