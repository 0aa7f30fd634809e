// SPDX-License-Identifier: Apache-2.0
#include "report/trail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/instrument_kind.h"

#define SECOND_NS ((agon_ns_t)1000000000)
#define MINUTE_NS (60 * SECOND_NS)
#define HOUR_NS   (60 * MINUTE_NS)
#define DAY_NS    (24 * HOUR_NS)

const uint32_t trail_held_s[7] = {10, 60, 600, 3600, 21600, 86400, 604800};

struct trail *trail_new(void)
{
    struct trail *trail = calloc(1, sizeof(*trail));

    if (trail != NULL)
        trail->every_ns = 5 * SECOND_NS;
    return trail;
}

void trail_free(struct trail *trail)
{
    if (trail == NULL)
        return;
    for (uint32_t i = 0; i < trail->n_prices; i++)
        free(trail->prices[i]);
    for (uint32_t i = 0; i < trail->n_pairs; i++)
        free(trail->pairs[i]);
    free(trail->hours);
    free(trail->days);
    free(trail);
}

static double unit_of(struct engine *engine)
{
    const struct instruments *table = engine_instruments(engine);
    const struct asset *base = instruments_asset(table, table->base_currency);

    return (double)num_pow10(base != NULL ? base->exp : 8);
}

/* --- prices --- */

static void add_fills(struct trail_fills *to, const struct trail_fills *from)
{
    to->qty += from->qty;
    to->value += from->value;
    to->n += from->n;
}

/* Each a multiple of the one before, so that candles can be merged; wider ones are doubled. */
static agon_ns_t wider(agon_ns_t width_ns)
{
    static const int64_t lengths_s[] = {1, 5, 15, 60, 300, 900, 3600, 14400, 86400, 604800};

    for (size_t i = 0; i < sizeof(lengths_s) / sizeof(lengths_s[0]); i++) {
        if (lengths_s[i] * SECOND_NS > width_ns)
            return lengths_s[i] * SECOND_NS;
    }
    return 2 * width_ns;
}

/* Some candles become one, and what agents traded in them. */
static void widen(struct trail *trail, uint32_t number)
{
    struct trail_price *price = trail->prices[number];
    uint32_t to = 0;

    price->width_ns = wider(price->width_ns);
    for (uint32_t i = 0; i < price->n; i++) {
        struct trail_candle candle = price->candles[i];
        agon_ns_t t = candle.t - candle.t % price->width_ns;
        int is_more = to > 0 && price->candles[to - 1].t == t;

        if (is_more) {
            struct trail_candle *into = &price->candles[to - 1];

            into->high = fmax(into->high, candle.high);
            into->low = fmin(into->low, candle.low);
            into->close = candle.close;
        } else {
            candle.t = t;
            price->candles[to++] = candle;
        }
        for (uint32_t k = 0; k < trail->n_pairs; k++) {
            struct trail_pair *pair = trail->pairs[k];
            struct trail_fills fills[2];

            if (pair->price != number)
                continue;
            memcpy(fills, pair->fills[i], sizeof(fills));
            memset(pair->fills[i], 0, sizeof(fills));
            add_fills(&pair->fills[to - 1][0], &fills[0]);
            add_fills(&pair->fills[to - 1][1], &fills[1]);
        }
    }
    price->n = to;
}

static int find_price(struct trail *trail, agon_instrument_t instrument)
{
    for (uint32_t i = 0; i < trail->n_prices; i++) {
        if (trail->prices[i]->instrument == instrument)
            return (int)i;
    }
    return -1;
}

/* -1: there is no room, or no memory. */
static int make_price(struct trail *trail, agon_instrument_t instrument)
{
    int number = find_price(trail, instrument);
    struct trail_price *price;

    if (number >= 0 || trail->n_prices == TRAIL_PRICES)
        return number;
    price = calloc(1, sizeof(*price));
    if (price == NULL)
        return -1;
    price->instrument = instrument;
    price->width_ns = SECOND_NS;
    trail->prices[trail->n_prices] = price;
    return (int)trail->n_prices++;
}

/* The candle of a time, made where there is none. */
static struct trail_candle *candle_at(struct trail *trail, uint32_t number, agon_ns_t t, double at)
{
    struct trail_price *price = trail->prices[number];

    while (price->n == TRAIL_CANDLES && price->candles[price->n - 1].t < t - t % price->width_ns)
        widen(trail, number);
    if (price->n == 0 || price->candles[price->n - 1].t < t - t % price->width_ns)
        price->candles[price->n++] = (struct trail_candle){t - t % price->width_ns, at, at, at, at};
    return &price->candles[price->n - 1];
}

static void note_price(struct trail *trail, uint32_t number, agon_ns_t t, double at)
{
    struct trail_price *price = trail->prices[number];
    struct trail_candle *candle;

    if (at <= 0)
        return;
    candle = candle_at(trail, number, t, at);
    candle->high = fmax(candle->high, at);
    candle->low = fmin(candle->low, at);
    candle->close = at;
    price->first = price->first > 0 ? price->first : at;
    price->last = at;
}

static void on_market(struct trail *trail, struct engine *engine,
                      const struct agon_event_hdr *event)
{
    const struct agon_instrument *instrument =
        instruments_get(engine_instruments(engine), event->instrument);
    int number = instrument != NULL ? make_price(trail, event->instrument) : -1;
    double unit;

    if (number < 0)
        return;
    unit = (double)num_pow10(instrument->px_exp);
    if (event->type == AGON_EVENT_TRADE) {
        trail->prices[number]->has_trades = 1;
        note_price(trail, (uint32_t)number, event->t,
                   (double)((const struct agon_trade *)(const void *)event)->px / unit);
    } else if (event->type == AGON_EVENT_BAR) {
        const struct agon_bar *bar = (const void *)event;
        agon_ns_t t = bar->t_open < event->t ? event->t - 1 : event->t;
        agon_ns_t t_end = bar->t_open + (agon_ns_t)bar->length_s * SECOND_NS;
        const agon_px_t path[] = {bar->open_px, bar->high_px, bar->low_px, bar->close_px};

        // Told at a start of what was before it: history, for agents and not of this run.
        if (t_end < trail->t_run)
            return;
        // Of bars that come of trades all is known.
        for (int i = trail->prices[number]->has_trades ? 4 : 0; i < 4; i++)
            note_price(trail, (uint32_t)number, t, (double)path[i] / unit);
    } else if (!trail->prices[number]->has_trades) {
        const struct agon_quote *quote = (const void *)event;

        if (quote->bid_px > 0 && quote->ask_px > 0)
            note_price(trail, (uint32_t)number, event->t,
                       ((double)quote->bid_px + (double)quote->ask_px) / 2.0 / unit);
    }
}

/* --- trades --- */

static struct trail_pair *pair_of(struct trail *trail, uint16_t slot, agon_instrument_t instrument)
{
    int number = make_price(trail, instrument);
    struct trail_pair *pair;

    if (number < 0)
        return NULL;
    for (uint32_t i = 0; i < trail->n_pairs; i++) {
        if (trail->pairs[i]->slot == slot && trail->pairs[i]->price == number)
            return trail->pairs[i];
    }
    if (trail->n_pairs == TRAIL_PAIRS || (pair = calloc(1, sizeof(*pair))) == NULL)
        return NULL;
    pair->slot = slot;
    pair->price = (uint8_t)number;
    trail->pairs[trail->n_pairs++] = pair;
    return pair;
}

static void keep_trade(struct trail *trail, const struct trade_closed *trade, double worth)
{
    struct trail_slot *slot = &trail->slots[trade->slot];
    double seconds = (double)(trade->t_close - trade->t_open) / 1e9;
    double result = (double)trade->result_amt * worth;
    struct trade_closed plain = *trade;
    uint32_t k = 0;

    trail->trades[trail->n_trades++ % TRAIL_TRADES] = *trade;
    plain.entry_tag = 0; // two agents' tags are not the same, though their numbers are
    trade_groups_add(&trail->groups, &plain);
    slot->n_trades++;
    slot->n_won += result > 0;
    slot->won += result > 0 ? result : 0;
    slot->lost += result < 0 ? -result : 0;
    if (trade->t_open == 0) // how long it was held is not known
        return;
    slot->n_timed++;
    slot->held_s += seconds;
    while (k < 7 && seconds > trail_held_s[k])
        k++;
    slot->held[k]++;
}

static int quote_exp(struct engine *engine, const struct agon_instrument *instrument)
{
    const struct asset *quote = instruments_asset(engine_instruments(engine), instrument->quote);

    return quote != NULL ? quote->exp : 8;
}

/* Positions that are there already were opened before it. */
static void find_trades(struct trail *trail, struct engine *engine)
{
    for (uint16_t id = 0; id < engine_slots(engine)->n; id++) {
        uint32_t n;
        const struct position *all = ledger_positions(engine_ledger(engine), id, &n);

        for (uint32_t i = 0; i < n; i++) {
            const struct agon_instrument *instrument =
                instruments_get(engine_instruments(engine), all[i].instrument);
            struct trail_pair *pair = instrument != NULL && all[i].n_fills != 0
                                          ? pair_of(trail, id, all[i].instrument)
                                          : NULL;
            struct position_figures figures;

            if (pair == NULL)
                continue;
            engine_position_figures(engine, &all[i], &figures);
            trades_found(&pair->open, &all[i], figures.entry_px, ENGINE_PRICE_EXP, instrument,
                         quote_exp(engine, instrument));
        }
    }
}

/* What was traded before the trail begins is not in it. */
static void begin(struct trail *trail, struct engine *engine)
{
    for (uint16_t id = 0; id < SLOTS_MAX; id++) {
        const struct score *score = engine_score(engine, id);

        trail->seen[id] = (struct trail_seen){score->n_fills, score->volume_amt};
    }
    trail->is_begun = 1;
    find_trades(trail, engine);
}

static void on_fill(struct trail *trail, struct engine *engine, const struct record_report *report)
{
    const uint16_t id = (uint16_t)ORDER_ID_SLOT(report->order_id);
    const struct instruments *table = engine_instruments(engine);
    const struct agon_instrument *instrument = instruments_get(table, report->hdr.instrument);
    const struct score *score = id < SLOTS_MAX ? engine_score(engine, id) : NULL;
    struct trail_seen *seen = score != NULL ? &trail->seen[id] : NULL;
    double unit = unit_of(engine);
    const struct position *pos;
    struct trail_pair *pair;
    struct trade_closed closed;
    struct trade_fill fill = {.t = report->hdr.t,
                              .seq = report->hdr.seq,
                              .px = report->px,
                              .qty = report->qty,
                              .side = report->side,
                              .why = orders_exit_reason(engine_orders(engine), report),
                              .tag = orders_tag(engine_orders(engine), report)};
    double value, qty, at;
    agon_amt_t notional_amt;

    // A fill that the venue says twice is booked once.
    if (instrument == NULL || seen == NULL || score->n_fills == seen->n_fills)
        return;
    value = (double)(score->volume_amt - seen->volume_amt) / unit;
    *seen = (struct trail_seen){score->n_fills, score->volume_amt};
    trail->slots[id].volume += value;
    pair = pair_of(trail, id, report->hdr.instrument);
    if (pair == NULL || report->qty <= 0) {
        trail->n_lost++;
        return;
    }
    qty = (double)report->qty / (double)num_pow10(instrument->qty_exp);
    at = (double)report->px / (double)num_pow10(instrument->px_exp);
    (void)candle_at(trail, pair->price, report->hdr.t, at);
    add_fills(&pair->fills[trail->prices[pair->price]->n - 1][report->side != AGON_BUY],
              &(struct trail_fills){qty, at * qty, 1});
    pos = ledger_position(engine_ledger(engine), id, report->hdr.instrument, 0);
    trades_fill_of(&fill, instrument, pos, quote_exp(engine, instrument));
    if (!trades_add(&pair->open, &fill, &closed))
        return;
    closed.instrument = report->hdr.instrument;
    closed.slot = id;
    closed.seq = report->hdr.seq;
    notional_amt = instruments_notional(table, instrument, report->px, report->qty, NUM_EVEN);
    // What a unit of its results was worth at that fill.
    keep_trade(trail, &closed, notional_amt > 0 ? value / (double)notional_amt : 0.0);
}

/* --- the whole --- */

static int deeper(const void *a, const void *b)
{
    double x = ((const struct trail_fall *)a)->depth, y = ((const struct trail_fall *)b)->depth;

    return x > y ? -1 : x < y;
}

/* The fall that was under way is over, or the run is. */
static void keep_fall(struct trail *trail)
{
    struct trail_fall all[TRAIL_FALLS + 1];

    if (trail->fall.depth <= 0)
        return;
    memcpy(all, trail->falls, trail->n_falls * sizeof(all[0]));
    all[trail->n_falls] = trail->fall;
    qsort(all, trail->n_falls + 1, sizeof(all[0]), deeper);
    trail->n_falls += trail->n_falls < TRAIL_FALLS;
    memcpy(trail->falls, all, trail->n_falls * sizeof(all[0]));
    trail->fall.depth = 0;
}

static void follow(struct trail *trail, agon_ns_t t)
{
    if (trail->index >= trail->high) {
        trail->fall.t_back = t;
        keep_fall(trail);
        trail->high = trail->index;
        trail->fall = (struct trail_fall){.t_high = t};
    } else if (1.0 - trail->index / trail->high > trail->fall.depth) {
        trail->fall.depth = 1.0 - trail->index / trail->high;
        trail->fall.t_low = t;
    }
}

static int keep_hour(struct trail *trail)
{
    if (trail->n_hours == trail->room_hours) {
        uint64_t room = 2 * trail->room_hours + 256;
        double *more = realloc(trail->hours, room * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        trail->hours = more;
        trail->room_hours = room;
    }
    trail->hours[trail->n_hours++] = trail->index / trail->hour_index - 1.0;
    trail->hour_index = trail->index;
    return AGON_OK;
}

/* At a midnight the day that ends is looked at. */
static int keep_day(struct trail *trail, agon_ns_t t)
{
    agon_ns_t day = (t - 1) - (t - 1) % DAY_NS;

    if (trail->n_days == 0 || trail->days[trail->n_days - 1].t != day) {
        if (trail->n_days == trail->room_days) {
            uint64_t room = 2 * trail->room_days + 64;
            struct trail_day *more = realloc(trail->days, room * sizeof(*more));

            if (more == NULL)
                return AGON_ENOMEM;
            trail->days = more;
            trail->room_days = room;
        }
        trail->days[trail->n_days++].t = day;
        trail->day_end_ns = day + DAY_NS;
    }
    trail->days[trail->n_days - 1].index = trail->index;
    trail->days[trail->n_days - 1].won = trail->won;
    return AGON_OK;
}

/* Adds what a slot holds long and short. */
static void add_held(struct engine *engine, uint16_t id, double held[2])
{
    const struct instruments *table = engine_instruments(engine);
    double unit = unit_of(engine);
    uint32_t n;
    const struct position *all = ledger_positions(engine_ledger(engine), id, &n);

    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *instrument = instruments_get(table, all[i].instrument);
        struct position_figures of;

        if (instrument == NULL || all[i].qty == 0)
            continue;
        engine_position_figures(engine, &all[i], &of);
        // In the unit of its results: the base currency, or one that is worth about as much here.
        held[all[i].qty < 0] += fabs((double)of.notional_amt) / unit;
    }
}

static void look_at_slot(struct trail *trail, struct engine *engine, uint16_t id, double equity)
{
    struct trail_slot *slot = &trail->slots[id];
    double held[2] = {0, 0};

    if (equity <= 0)
        return;
    add_held(engine, id, held);
    slot->n_looks++;
    slot->n_held += (held[0] + held[1]) / equity > 0.001;
    slot->exposed += (held[0] + held[1]) / equity;
}

/* A place that is free: the next one begins with nothing of who had it. */
static void forget(struct trail *trail, struct engine *engine, const struct record_command *command)
{
    uint32_t id = command->id;

    if (command->kind != COMMAND_VACATE || id >= SLOTS_MAX || engine_slots(engine)->all[id].is_used)
        return;
    trail->slots[id] = (struct trail_slot){.t_begin = command->hdr.t};
    trail->seen[id] = (struct trail_seen){0};
    for (uint32_t i = 0; i < trail->n_pairs; i++) {
        if (trail->pairs[i]->slot == id)
            trail->pairs[i]->slot = SLOTS_MAX;
    }
}

/* What all are worth now, and what was given them for it. */
static void take_whole(struct trail *trail, struct engine *engine)
{
    const struct slots *slots = engine_slots(engine);
    double gain;
    struct figures left;
    double unit = unit_of(engine);
    double equity = (double)engine_pool_amt(engine) / unit, capital = equity;

    for (uint16_t id = 0; id < slots->n; id++) {
        if (!slots->all[id].is_used)
            continue;
        equity += (double)engine_equity(engine, id) / unit;
        capital += (double)slots->all[id].limits.capital_amt / unit;
    }
    // Capital that comes or goes is neither gain nor loss; nor is what who leaves takes along.
    (void)engine_figures_left(engine, &left);
    gain = equity - trail->equity - (capital - trail->capital) +
           ((double)left.equity_amt / unit - trail->left_equity) -
           ((double)left.capital_amt / unit - trail->left_capital);
    trail->left_equity = (double)left.equity_amt / unit;
    trail->left_capital = (double)left.capital_amt / unit;
    if (trail->index > 0 && trail->equity > 0) {
        trail->index *= 1.0 + gain / trail->equity;
        trail->won += gain;
    } else if (trail->index <= 0 && equity > 0 && capital > 0) {
        trail->index = equity / capital;
        trail->won = equity - capital;
    }
    trail->equity = equity;
    trail->capital = capital;
}

/* As the figures look, at each full minute and at the end. */
static int look(struct trail *trail, struct engine *engine, agon_ns_t t)
{
    const struct slots *slots = engine_slots(engine);
    double unit = unit_of(engine);

    take_whole(trail, engine);
    if (trail->index <= 0)
        return AGON_OK;
    if (trail->high <= 0) {
        trail->t_first = trail->t_first != 0 ? trail->t_first : t;
        trail->high = trail->hour_index = 1.0;
        trail->next_hour_ns = t - t % HOUR_NS + HOUR_NS;
        trail->fall.t_high = trail->t_first;
    }
    for (uint16_t id = 0; id < slots->n; id++) {
        if (slots->all[id].is_used && slots->all[id].agent_kind == AGON_STRATEGY)
            look_at_slot(trail, engine, id, (double)engine_equity(engine, id) / unit);
    }
    if (keep_day(trail, t) < 0)
        return AGON_ENOMEM;
    trail->t_last = t;
    follow(trail, t);
    if (t < trail->next_hour_ns)
        return AGON_OK;
    trail->next_hour_ns = t - t % HOUR_NS + HOUR_NS;
    return keep_hour(trail);
}

/* Of a day at whose end nothing ran: what there was then is what there is at the first event
 * behind it, which is a start and moves no price. */
static void end_day(struct trail *trail, struct engine *engine)
{
    struct trail_day *day = &trail->days[trail->n_days - 1];

    if (trail->t_last < trail->day_end_ns) {
        take_whole(trail, engine);
        day->index = trail->index;
        day->won = trail->won;
    }
    trail->day_end_ns = INT64_MAX; // until another one begins
}

static void thin(struct trail *trail)
{
    uint32_t n = (trail->n_points + 1) / 2;

    for (uint32_t i = 0; i < n; i++) {
        trail->points[i] = trail->points[2 * i];
        for (uint32_t k = 0; k < trail->n_prices; k++)
            trail->prices[k]->points[i] = trail->prices[k]->points[2 * i];
    }
    trail->n_points = n;
    trail->every_ns *= 2;
}

static void keep_point(struct trail *trail, struct engine *engine, agon_ns_t t)
{
    const struct slots *slots = engine_slots(engine);
    double held[2] = {0, 0};

    take_whole(trail, engine);
    if (trail->index <= 0)
        return;
    trail->t_first = trail->t_first != 0 ? trail->t_first : t;
    if (trail->n_points == TRAIL_POINTS)
        thin(trail);
    for (uint16_t id = 0; id < slots->n && trail->equity > 0; id++) {
        if (slots->all[id].is_used)
            add_held(engine, id, held);
    }
    trail->points[trail->n_points] = (struct trail_point){t, trail->index, trail->equity, {0, 0}};
    for (int side = 0; side < 2 && trail->equity > 0; side++)
        trail->points[trail->n_points].held[side] = (float)(held[side] / trail->equity);
    for (uint32_t k = 0; k < trail->n_prices; k++)
        trail->prices[k]->points[trail->n_points] = (float)trail->prices[k]->last;
    trail->n_points++;
    trail->next_point_ns = t - t % trail->every_ns + trail->every_ns;
}

int trail_event(struct trail *trail, struct engine *engine, const struct agon_event_hdr *event)
{
    if (!trail->is_begun)
        begin(trail, engine);
    if (event->type == EVENT_START)
        trail->t_run = 0;
    if (event->t < DAY_NS) // before the clock of the market is known
        return AGON_OK;
    if (trail->t_run == 0)
        trail->t_run = event->t;
    if (event->t > trail->day_end_ns && trail->n_days > 0)
        end_day(trail, engine);
    switch (event->type) {
    case AGON_EVENT_TRADE:
    case AGON_EVENT_BAR:
    case AGON_EVENT_QUOTE:
        on_market(trail, engine, event);
        break;
    case EVENT_REPORT:
        if (((const struct record_report *)(const void *)event)->kind == REPORT_FILL)
            on_fill(trail, engine, (const void *)event);
        break;
    case AGON_EVENT_COMMAND:
        forget(trail, engine, (const void *)event);
        break;
    default:
        break;
    }
    if (event->t >= trail->next_point_ns)
        keep_point(trail, engine, event->t);
    return AGON_OK;
}

int trail_sample(struct trail *trail, struct engine *engine, agon_ns_t t)
{
    return t < DAY_NS ? AGON_OK : look(trail, engine, t);
}

int trail_end(struct trail *trail, struct engine *engine)
{
    agon_ns_t t = engine_t(engine);
    int rc = trail->index > 0 ? look(trail, engine, t) : AGON_OK;

    if (rc < 0)
        return rc;
    keep_point(trail, engine, t);
    keep_fall(trail);
    return AGON_OK;
}

/* --- what it comes to --- */

static int is_traded(const struct trail *trail, uint32_t price)
{
    for (uint32_t i = 0; i < trail->n_pairs; i++) {
        if (trail->pairs[i]->price == price)
            return 1;
    }
    return 0;
}

double trail_hold(const struct trail *trail, uint32_t point)
{
    double sum = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < trail->n_prices; i++) {
        const struct trail_price *price = trail->prices[i];

        if (price->first <= 0 || !is_traded(trail, i))
            continue;
        sum += price->points[point] > 0 ? (double)price->points[point] / price->first : 1.0;
        n++;
    }
    return n > 0 ? sum / n : 1.0;
}

const struct trade_closed *trail_trade(const struct trail *trail, uint64_t k)
{
    if (k >= trail->n_trades || k >= TRAIL_TRADES)
        return NULL;
    return &trail->trades[(trail->n_trades - 1 - k) % TRAIL_TRADES];
}

double trail_exposure(const struct trail *trail, uint16_t slot)
{
    const struct trail_slot *of = &trail->slots[slot];

    return of->n_looks > 0 ? of->exposed / (double)of->n_looks : 0.0;
}

double trail_time_held(const struct trail *trail, uint16_t slot)
{
    const struct trail_slot *of = &trail->slots[slot];

    return of->n_looks > 0 ? (double)of->n_held / (double)of->n_looks : 0.0;
}

double trail_mean_s(const struct trail *trail, uint16_t slot)
{
    const struct trail_slot *of = &trail->slots[slot];

    return of->n_timed > 0 ? of->held_s / (double)of->n_timed : 0.0;
}

double trail_turnover(const struct trail *trail, uint16_t slot, double capital)
{
    agon_ns_t t_begin = trail->slots[slot].t_begin;
    double days = (double)(trail->t_last - (t_begin > trail->t_first ? t_begin : trail->t_first)) /
                  (double)DAY_NS;

    return capital > 0 && days > 0 ? trail->slots[slot].volume / capital / days : 0.0;
}
