// SPDX-License-Identifier: Apache-2.0
/* What is seen of a run's orders: the same eyes for the journal's and for one that runs again. */
#include <stdlib.h>

#include "lab/free.h"

#include "base/num.h"

#define FIRST_ORDERS 1024u

const char *free_cause_name(uint32_t cause)
{
    static const char *const names[] = {"inputs", "latency", "queue", "reject",
                                        "rate",   "stale",   "clock"};

    return cause < FREE_CAUSES ? names[cause] : "unknown";
}

const char *free_figure_name(uint32_t figure)
{
    static const char *const names[] = {"decision", "leaving",     "entry",     "report",
                                        "slippage", "ahead_entry", "ahead_fill"};

    return figure < FREE_FIGURES ? names[figure] : "?";
}

const char *free_figure_label(uint32_t figure)
{
    static const char *const labels[] = {"decision, ms",    "leaving, ms",  "to the exchange, ms",
                                         "back, ms",        "slippage, bp", "ahead at entry, x",
                                         "ahead at fill, x"};

    return figure < FREE_FIGURES ? labels[figure] : "?";
}

double free_figure_unit(uint32_t figure)
{
    return figure <= FREE_REPORT ? 1e6 : 1e3;
}

int free_sample(struct free_samples *samples, int64_t value)
{
    if (samples->n == samples->room) {
        uint64_t room = samples->room == 0 ? 1024 : samples->room * 2;
        int64_t *more = realloc(samples->at, room * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        samples->at = more;
        samples->room = room;
    }
    samples->at[samples->n++] = value;
    return AGON_OK;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

void free_spread(struct free_samples *samples, struct free_spread *spread)
{
    uint64_t n = samples->n;

    memset(spread, 0, sizeof(*spread));
    if (n == 0)
        return;
    qsort(samples->at, n, sizeof(*samples->at), by_value);
    spread->n = n;
    spread->p50 = samples->at[(n - 1) / 2];
    spread->p90 = samples->at[(n - 1) * 9 / 10];
    spread->p99 = samples->at[(n - 1) * 99 / 100];
}

// Capital that is given or taken is no gain.
static agon_amt_t won(struct engine *engine, uint16_t slot)
{
    return engine_equity(engine, slot) - engine_slots(engine)->all[slot].limits.capital_amt;
}

int free_watch_init(struct free_watch *watch, struct engine *engine)
{
    memset(watch, 0, sizeof(*watch));
    for (uint16_t slot = 0; slot < engine_slots(engine)->n; slot++) {
        watch->equity_amt[slot] = won(engine, slot);
        watch->volume_amt[slot] = engine_score(engine, slot)->volume_amt;
    }
    watch->fills_seen = engine_counters(engine)->n_fills;
    return map_init(&watch->by_order, FIRST_ORDERS);
}

void free_watch_deinit(struct free_watch *watch)
{
    free(watch->orders);
    free(watch->fills);
    for (uint32_t i = 0; i < FREE_FIGURES; i++)
        free(watch->samples[i].at);
    map_deinit(&watch->by_order);
    memset(watch, 0, sizeof(*watch));
}

struct free_order *free_watch_find(const struct free_watch *watch, uint64_t order_id)
{
    uint64_t at;

    return watch->n_orders > 0 && map_get(&watch->by_order, order_id, &at) ? &watch->orders[at]
                                                                           : NULL;
}

static int grow_orders(struct free_watch *watch)
{
    uint32_t room = watch->room_orders == 0 ? FIRST_ORDERS : watch->room_orders * 2;
    struct free_order *orders;
    struct map by_order;

    if (watch->n_orders < watch->room_orders)
        return AGON_OK;
    orders = realloc(watch->orders, room * sizeof(*orders));
    if (orders == NULL)
        return AGON_ENOMEM;
    watch->orders = orders;
    if (map_init(&by_order, room) < 0)
        return AGON_ENOMEM;
    for (uint32_t i = 0; i < watch->n_orders; i++)
        (void)map_put(&by_order, orders[i].id, i);
    map_deinit(&watch->by_order);
    watch->by_order = by_order;
    watch->room_orders = room;
    return AGON_OK;
}

static agon_px_t middle(struct engine *engine, agon_instrument_t instrument)
{
    const struct book *book = engine_book(engine, instrument);
    struct agon_level bid = {0}, ask = {0};

    if (book == NULL)
        return 0;
    book_best(book, AGON_BUY, &bid);
    book_best(book, AGON_SELL, &ask);
    return bid.px > 0 && ask.px > 0 ? num_add(bid.px, ask.px) : 0;
}

struct free_order *free_watch_command(struct free_watch *watch, struct engine *engine,
                                      const struct order_cmd *cmd)
{
    struct free_order *order = free_watch_find(watch, cmd->order_id);

    if (order == NULL && cmd->kind == CMD_NEW) {
        if (grow_orders(watch) < 0)
            return NULL;
        order = &watch->orders[watch->n_orders];
        *order = (struct free_order){.id = cmd->order_id,
                                     .px = cmd->px,
                                     .qty = cmd->qty,
                                     .t_decided = cmd->t,
                                     .instrument = cmd->instrument,
                                     .slot = ORDER_ID_SLOT(cmd->order_id),
                                     .side = cmd->side,
                                     .trouble = FREE_QUEUE};
        (void)map_put(&watch->by_order, cmd->order_id, watch->n_orders++);
    }
    if (order == NULL)
        return NULL;
    if (cmd->kind == CMD_NEW || cmd->kind == CMD_REPLACE)
        order->mid_px[cmd->rev & 1] = middle(engine, cmd->instrument);
    return order;
}

/* What the book shows at the order's price, in 10^-3 of its quantity. */
static int64_t ahead_of(struct engine *engine, const struct free_order *order)
{
    const struct book *book = engine_book(engine, order->instrument);
    agon_qty_t qty = book != NULL ? book_qty(book, order->side, order->px) : 0;

    return order->qty > 0 ? num_mul_div(qty, 1000, order->qty, NUM_ZERO) : 0;
}

static int keep_fill(struct free_watch *watch, const struct free_order *order,
                     const struct record_report *report, int64_t offset_ns)
{
    if (watch->n_fills == watch->room_fills) {
        uint64_t room = watch->room_fills == 0 ? 1024 : watch->room_fills * 2;
        struct free_fill *more = realloc(watch->fills, room * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        watch->fills = more;
        watch->room_fills = room;
    }
    watch->fills[watch->n_fills++] = (struct free_fill){
        .order_id = order->id,
        .twin = order->twin,
        .t = report->hdr.t,
        .t_venue = report->hdr.t_venue != 0 ? report->hdr.t_venue - offset_ns : report->hdr.t,
        .px = report->px,
        .qty = report->qty,
        .instrument = report->hdr.instrument,
        .slot = order->slot,
        .side = order->side,
        .liquidity = report->liquidity};
    return AGON_OK;
}

int free_watch_report(struct free_watch *watch, struct engine *engine,
                      const struct record_report *report, int64_t offset_ns)
{
    struct free_order *order = free_watch_find(watch, report->order_id);
    uint64_t n_fills = engine_counters(engine)->n_fills;
    int is_fill = report->kind == REPORT_FILL && n_fills != watch->fills_seen;
    agon_px_t mid_px;
    int rc = AGON_OK;

    watch->fills_seen = n_fills;
    if (order == NULL)
        return AGON_OK;
    if (report->kind == REPORT_ACK || report->kind == REPORT_REPLACED) {
        order->rev = report->rev;
        if (report->px > 0)
            order->px = report->px;
        if (report->qty > 0)
            order->qty = report->qty;
        rc = free_sample(&watch->samples[FREE_AHEAD_ENTRY], ahead_of(engine, order));
    }
    if (!is_fill)
        return rc;
    mid_px = order->mid_px[report->rev & 1];
    if (order->n_fills++ == 0 && report->liquidity == LIQUIDITY_MAKER)
        rc = free_sample(&watch->samples[FREE_AHEAD_FILL], ahead_of(engine, order));
    if (mid_px > 0 && rc >= 0) {
        int64_t worse = num_add(num_mul(report->px, 2), -mid_px);

        rc = free_sample(
            &watch->samples[FREE_SLIPPAGE],
            num_mul_div(order->side == AGON_BUY ? worse : -worse, 10000000, mid_px, NUM_ZERO));
    }
    return rc < 0 ? rc : keep_fill(watch, order, report, offset_ns);
}

void free_watch_back(struct free_watch *watch, const struct record_report *report)
{
    if (report->kind == REPORT_ACK || report->kind == REPORT_REPLACED ||
        report->kind == REPORT_CANCELLED)
        (void)free_sample(&watch->samples[FREE_REPORT], report->hdr.t - report->hdr.t_venue);
}

void free_watch_money(const struct free_watch *watch, struct engine *engine,
                      struct free_money money[SLOTS_MAX])
{
    memset(money, 0, SLOTS_MAX * sizeof(*money));
    for (uint16_t slot = 0; slot < engine_slots(engine)->n; slot++) {
        money[slot].pnl_amt = won(engine, slot) - watch->equity_amt[slot];
        money[slot].volume_amt = engine_score(engine, slot)->volume_amt - watch->volume_amt[slot];
    }
}
