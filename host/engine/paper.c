// SPDX-License-Identifier: Apache-2.0
#include "base/hot.h"
#include "engine/paper_impl.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/map.h"
#include "base/num.h"
#include "exec/orders.h"
#include "market/instrument_kind.h"
#include "match/answers.h"

#define ENTRIES     65536u
#define ENTRIES_FEW 4096u /* under way at once, but in a flood: paper_spare */

agon_ns_t paper_arrival(struct paper *paper, enum latency_leg leg, agon_ns_t t)
{
    if (!paper->config.has_latency)
        return t + (leg == LATENCY_ENTRY ? paper->config.entry_ns : paper->config.report_ns);
    paper->t_sent[leg] =
        latency_arrival(&paper->config.latency, leg, paper->n_sent[leg]++, t, paper->t_sent[leg]);
    return paper->t_sent[leg];
}

/* Makes room for one more at the end of a queue whose first items are gone. The paper venue is an
 * edge: it may allocate, and grows to the largest number that was ever on its way. */
static void *grow(void *items, uint32_t *n, uint32_t *first, uint32_t *room, size_t size)
{
    if (*n < *room)
        return items;
    if (*first > *room / 2) {
        memmove(items, (char *)items + (size_t)*first * size, (size_t)(*n - *first) * size);
        *n -= *first;
        *first = 0;
        return items;
    }
    *room = *room == 0 ? 256 : *room * 2;
    return realloc(items, (size_t)*room * size);
}

// Room for one of t at its place in time.
static struct record_report *insert(struct paper *paper, agon_ns_t t)
{
    uint32_t at;

    paper->reports = grow(paper->reports, &paper->n_reports, &paper->first_report,
                          &paper->room_reports, sizeof(*paper->reports));
    REQUIRE(paper->reports != NULL);
    for (at = paper->n_reports++; at > paper->first_report && paper->reports[at - 1].hdr.t > t;
         at--)
        paper->reports[at] = paper->reports[at - 1];
    return &paper->reports[at];
}

struct record_report *paper_report(struct paper *paper, agon_ns_t t, const struct entry *entry,
                                   uint8_t kind)
{
    agon_ns_t t_told =
        paper->walk.bar != NULL ? paper->walk.t : paper_arrival(paper, LATENCY_ACK, t);
    struct record_report *made = insert(paper, t_told);

    *made = (struct record_report){
        .hdr = {.type = EVENT_REPORT,
                .granules = 2,
                .instrument = entry->instrument,
                .t_venue = t,
                .t = t_told},
        .order_id = entry->order_id,
        .venue_order = entry->match_id,
        .account = paper->config.account,
        .kind = kind,
        .side = entry->side,
        .rev = entry->rev,
    };
    return made;
}

/* As a gateway reads the venue's answer. */
static uint16_t reason_of(uint8_t reject)
{
    switch (reject) {
    case MATCH_BAD_PRICE:
    case MATCH_BAD_QTY:
    case MATCH_BAD_NOTIONAL:
    case MATCH_BAD_MARKET_QTY:
    case MATCH_BAD_BAND:
    case MATCH_MANY_ORDERS:
    case MATCH_MANY_STOPS:
        return REASON_VENUE_FILTER;
    case MATCH_NO_FUNDS:
        return REASON_VENUE_FUNDS;
    case MATCH_WOULD_TAKE:
        return REASON_VENUE_POST_ONLY;
    case MATCH_NO_ROOM:
        return REASON_VENUE_DOWN;
    case MATCH_UNKNOWN_ORDER:
        return REASON_VENUE_UNKNOWN_ORDER;
    default:
        return REASON_VENUE_REJECT;
    }
}

static void answer(const struct paper *paper, struct record_report *made,
                   const struct match_order *order, uint8_t reject)
{
    const struct agon_instrument *instrument = instruments_get(paper->table, order->instrument);
    enum rules_market market = rules_market_of(instrument->kind);

    made->reason = reason_of(reject);
    made->venue_code = match_answer(market, instrument, order, reject).code;
}

static struct entry *find(struct paper *paper, uint64_t order_id)
{
    uint64_t at;

    return map_get(&paper->by_order, order_id, &at) ? &paper->entries[at] : NULL;
}

static void forget(struct paper *paper, struct entry *entry)
{
    map_remove(&paper->by_order, entry->order_id);
    paper->free[paper->n_free++] = (uint32_t)(entry - paper->entries);
}

/* What the order's own size does to a price that a made-up book gave it, on the tick and against
 * the order. */
static agon_px_t paid_px(const struct paper *paper, const struct match_order *order, agon_px_t px)
{
    const struct agon_instrument *instrument = instruments_get(paper->table, order->instrument);
    int is_buy = order->side == AGON_BUY;
    agon_px_t worse;

    if (paper->impacts == NULL || paper->impacts[order->instrument].kind == IMPACT_NONE)
        return px;
    worse = impact_px(&paper->impacts[order->instrument], order->side, px, order->qty);
    worse = num_to_step(worse, instrument->tick_px, is_buy ? NUM_UP : NUM_DOWN);
    if (order->px != 0 && (is_buy ? worse > order->px : worse < order->px))
        return order->px;
    return worse >= instrument->tick_px ? worse : instrument->tick_px;
}

static agon_asset_t base_of(const struct paper *paper, agon_instrument_t instrument)
{
    return instruments_get(paper->table, instrument)->base;
}

static void on_event(void *ctx, const struct match_event *event)
{
    struct paper *paper = ctx;
    const struct match_order *order = event->order;
    struct entry *entry = find(paper, order->tag);
    struct record_report *made;

    if (entry == NULL)
        return;
    entry->match_id = order->id;
    switch (event->kind) {
    case MATCH_ACCEPTED:
        made = paper_report(paper, event->t, entry,
                            paper->is_replacing ? REPORT_REPLACED : REPORT_ACK);
        made->px = order->px;
        made->qty = entry->qty;
        made->cum_qty = entry->before_qty;
        break;
    case MATCH_REJECTED:
        // A replacement that the venue refuses leaves nothing: the old order is gone by then.
        made = paper_report(paper, event->t, entry,
                            paper->is_replacing ? REPORT_CANCELLED : REPORT_REJECTED);
        answer(paper, made, order, event->reason);
        made->cum_qty = entry->before_qty;
        forget(paper, entry);
        break;
    case MATCH_TRADE:
        made = paper_report(paper, event->t, entry, REPORT_FILL);
        made->px = event->is_maker ? event->px : paid_px(paper, order, event->px);
        made->qty = event->qty;
        made->cum_qty = entry->before_qty + order->filled_qty;
        made->fee_amt = event->fee_amt;
        if (event->px != made->px && event->fee_asset != base_of(paper, order->instrument))
            made->fee_amt = num_mul_div(event->fee_amt, made->px, event->px, NUM_UP);
        made->fee_asset = event->fee_asset;
        made->liquidity = event->is_maker ? LIQUIDITY_MAKER : LIQUIDITY_TAKER;
        // Both sides of an own trade have one trade id; the fill's must be unique.
        made->venue_fill = paper->config.first_fill + event->trade_id * 2 + event->is_maker;
        if (order->state == AGON_ORDER_FILLED)
            forget(paper, entry);
        break;
    case MATCH_CANCELLED:
        if (paper->is_replacing)
            break;
        made = paper_report(paper, event->t, entry, REPORT_CANCELLED);
        made->cum_qty = entry->before_qty + order->filled_qty;
        forget(paper, entry);
        break;
    case MATCH_EXPIRED:
        made = paper_report(paper, event->t, entry, REPORT_EXPIRED);
        made->reason = REASON_VENUE_EXPIRED;
        made->cum_qty = entry->before_qty + order->filled_qty;
        forget(paper, entry);
        break;
    default:
        break;
    }
}

struct paper *paper_new(const struct paper_config *config, const struct instruments *table)
{
    struct paper *paper = calloc(1, sizeof(*paper));
    struct match_sink sink = {.ctx = paper, .on_event = on_event};

    if (paper == NULL)
        return NULL;
    paper->config = *config;
    paper->config.match.is_one_account = 1;
    paper->t_held = INT64_MAX;
    paper->table = table;
    paper->parked_end = &paper->parked;
    paper->put_off_end = &paper->put_off;
    paper->match = match_new(&paper->config.match, table, &sink);
    paper->entries = calloc(ENTRIES, sizeof(*paper->entries));
    paper->free = calloc(ENTRIES, sizeof(*paper->free));
    if (paper->match == NULL || paper->entries == NULL || paper->free == NULL ||
        map_init(&paper->by_order, ENTRIES) < 0) {
        paper_free(paper);
        return NULL;
    }
    for (uint32_t i = 0; i < ENTRIES; i++)
        paper->free[i] = ENTRIES - 1 - i;
    paper->n_free = ENTRIES;
    return paper;
}

static void free_parked(struct parked *list)
{
    while (list != NULL) {
        struct parked *parked = list;

        list = parked->next;
        free(parked);
    }
}

static void free_put_off(struct put_off *list)
{
    while (list != NULL) {
        struct put_off *item = list;

        list = item->next;
        free(item);
    }
}

void paper_free(struct paper *paper)
{
    if (paper == NULL)
        return;
    match_free(paper->match);
    map_deinit(&paper->by_order);
    free(paper->entries);
    free(paper->impacts);
    free_parked(paper->parked);
    free_parked(paper->spare_parked);
    free_put_off(paper->put_off);
    free_put_off(paper->spare_put_off);
    free(paper->free);
    free(paper->cmds);
    free(paper->held);
    free(paper->reports);
    free(paper);
}

int paper_add(struct paper *paper, agon_instrument_t instrument)
{
    return match_add(paper->match, instrument);
}

// It leaves at t.
static void send_on(struct paper *paper, agon_ns_t t, const struct order_cmd *cmd)
{
    agon_ns_t t_there = paper_arrival(paper, LATENCY_ENTRY, t);

    // One stream that keeps its order, also behind what left late.
    if (paper->n_cmds > paper->first_cmd && t_there < paper->cmds[paper->n_cmds - 1].t)
        t_there = paper->cmds[paper->n_cmds - 1].t;
    paper->cmds = grow(paper->cmds, &paper->n_cmds, &paper->first_cmd, &paper->room_cmds,
                       sizeof(*paper->cmds));
    REQUIRE(paper->cmds != NULL);
    paper->cmds[paper->n_cmds++] = (struct pending){.t = t_there, .cmd = *cmd};
}

// The client's own word, which takes no way: it stands among the reports by its time.
static void not_sent(struct paper *paper, agon_ns_t t, const struct order_cmd *cmd)
{
    struct record_report made = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = cmd->instrument, .t = t},
        .order_id = cmd->order_id,
        .account = paper->config.account,
        .kind = REPORT_NOT_SENT,
        .reason = REASON_VENUE_RATE,
        .side = cmd->side,
        .rev = cmd->rev};

    *insert(paper, t) = made;
    paper->stats.n_refused++;
}

// False: it goes on waiting.
static int release(struct paper *paper, struct held *held, agon_ns_t t)
{
    const struct paper_windows *windows = &paper->config.windows;
    agon_ns_t retry = INT64_MAX;

    if (held->cmd.kind == TAKEN_BACK)
        return 1;
    if (t >= held->until) {
        not_sent(paper, t, &held->cmd);
        return 1;
    }
    if (t < held->not_before)
        return 0;
    if (windows->take(windows->ctx, &held->cmd, t, &retry) >= 0) {
        send_on(paper, t, &held->cmd);
        return 1;
    }
    paper->stats.n_waited += !held->has_waited;
    held->has_waited = 1;
    held->not_before = retry > t ? retry : t + 1;
    return 0;
}

// What may leave at t does, the urgent first; what has waited too long is given up.
static void release_held(struct paper *paper, agon_ns_t t)
{
    uint32_t n = 0;

    for (uint8_t rank = 0; rank < 3; rank++) {
        for (uint32_t i = 0; i < paper->n_held; i++) {
            struct held *held = &paper->held[i];

            if (held->rank == rank && release(paper, held, t))
                held->rank = UINT8_MAX;
        }
    }
    paper->t_held = INT64_MAX;
    for (uint32_t i = 0; i < paper->n_held; i++) {
        const struct held *held = &paper->held[i];
        agon_ns_t t_next = held->not_before < held->until ? held->not_before : held->until;

        if (held->rank == UINT8_MAX)
            continue;
        if (t_next < paper->t_held)
            paper->t_held = t_next;
        paper->held[n++] = *held;
    }
    paper->n_held = n;
}

static int on_send(void *ctx, const struct order_cmd *cmd)
{
    struct paper *paper = ctx;
    const struct paper_windows *windows = &paper->config.windows;
    uint32_t none = 0;

    if (cmd->kind == CMD_CANCEL_ALL)
        return AGON_OK; // the cancels of each order follow, and are as fast here
    if (paper_is_inside(paper, cmd)) {
        agon_ns_t never;

        // It uses the venue's windows, and waits for none: it went when prices were there.
        if (windows->take != NULL)
            (void)windows->take(windows->ctx, cmd, cmd->t, &never);
        paper_request(paper, paper->walk.bar->hdr.t, cmd);
        return AGON_OK;
    }
    if (windows->take == NULL) {
        send_on(paper, cmd->t, cmd);
        return AGON_OK;
    }
    paper->held = grow(paper->held, &paper->n_held, &none, &paper->room_held, sizeof(*paper->held));
    REQUIRE(paper->held != NULL);
    paper->held[paper->n_held++] =
        (struct held){.until = cmd->t + (cmd->kind == CMD_NEW || cmd->kind == CMD_REPLACE
                                             ? windows->hold_ns
                                             : windows->cancel_hold_ns),
                      .not_before = cmd->t,
                      .cmd = *cmd,
                      .rank = (uint8_t)windows->rank(cmd)};
    release_held(paper, cmd->t);
    return AGON_OK;
}

int paper_set_rules(struct paper *paper, agon_instrument_t instrument, const struct rules *rules)
{
    return match_set_rules(paper->match, instrument, rules);
}

void paper_spare(struct paper *paper, zeroed_spare_fn *spare)
{
    match_spare(paper->match, spare);
    spare(&paper->entries[ENTRIES_FEW], (ENTRIES - ENTRIES_FEW) * sizeof(paper->entries[0]));
}

int paper_set_bars(struct paper *paper, agon_instrument_t instrument, const struct match_bars *bars)
{
    return match_set_bars(paper->match, instrument, bars);
}

int paper_set_impact(struct paper *paper, agon_instrument_t instrument, const struct impact *impact)
{
    if (instruments_get(paper->table, instrument) == NULL)
        return AGON_ENOENT;
    if (paper->impacts == NULL)
        paper->impacts = calloc(INSTRUMENTS_MAX + 1, sizeof(*paper->impacts));
    if (paper->impacts == NULL)
        return AGON_ENOMEM;
    paper->impacts[instrument] = *impact;
    return AGON_OK;
}

struct venue_port paper_port(struct paper *paper)
{
    return (struct venue_port){.ctx = paper, .send = on_send};
}

HOT agon_ns_t paper_next(const struct paper *paper)
{
    agon_ns_t next = match_next(paper->match);

    if (paper->first_cmd < paper->n_cmds && paper->cmds[paper->first_cmd].t < next)
        next = paper->cmds[paper->first_cmd].t;
    if (paper->t_held < next)
        next = paper->t_held;
    return next;
}

static int is_spot(const struct paper *paper, agon_instrument_t id)
{
    const struct agon_instrument *instrument = instruments_get(paper->table, id);

    return instrument != NULL && instrument_kind_has_coins(instrument->kind);
}

// On bars each slot is on its own.
static uint32_t owner_of(const struct paper *paper, agon_instrument_t instrument, uint16_t slot)
{
    return match_has_bars(paper->match, instrument) ? slot : 0;
}

int paper_hold(struct paper *paper, uint16_t slot, agon_instrument_t instrument, agon_qty_t qty)
{
    uint32_t owner = owner_of(paper, instrument, slot);

    return match_set_position(paper->match, owner, instrument,
                              num_add(match_position_qty(paper->match, owner, instrument), qty));
}

static void submit(struct paper *paper, agon_ns_t t, const struct order_cmd *cmd, agon_qty_t qty)
{
    struct match_order order = {
        .tag = cmd->order_id,
        .owner = owner_of(paper, cmd->instrument, ORDER_ID_SLOT(cmd->order_id)),
        .instrument = cmd->instrument,
        .side = cmd->side,
        .type = cmd->type,
        .tif = cmd->tif != 0 ? cmd->tif : AGON_TIF_GTC,
        // A spot market knows no reduce-only: there it is the gate's own word, and it has been
        // kept.
        .flags =
            is_spot(paper, cmd->instrument) ? cmd->flags & ~(uint32_t)AGON_REDUCE_ONLY : cmd->flags,
        .px = cmd->px,
        .trigger_px = cmd->trigger_px,
        .qty = qty,
        .show_qty = cmd->show_qty,
        .t_expire = cmd->t_expire,
    };
    uint64_t id;

    match_submit(paper->match, t, &order, &id);
}

static void take_new(struct paper *paper, agon_ns_t t, const struct order_cmd *cmd)
{
    struct entry *entry;
    uint32_t at;

    if (paper->n_free == 0 || find(paper, cmd->order_id) != NULL) {
        struct entry none = {
            .order_id = cmd->order_id, .instrument = cmd->instrument, .side = cmd->side};

        paper_report(paper, t, &none, REPORT_REJECTED)->reason = REASON_VENUE_REJECT;
        return;
    }
    at = paper->free[--paper->n_free];
    entry = &paper->entries[at];
    *entry = (struct entry){.order_id = cmd->order_id,
                            .instrument = cmd->instrument,
                            .side = cmd->side,
                            .rev = cmd->rev,
                            .qty = cmd->qty};
    REQUIRE(map_put(&paper->by_order, cmd->order_id, at) == AGON_OK);
    submit(paper, t, cmd, cmd->qty);
}

void paper_swap(struct paper *paper, agon_ns_t t, uint64_t order_id)
{
    struct entry *entry = find(paper, order_id);
    const struct match_order *order =
        entry != NULL ? match_find(paper->match, entry->match_id) : NULL;

    if (order == NULL)
        return;
    entry->before_qty += order->filled_qty;
    entry->is_swapped = 1;
    paper->is_replacing = 1;
    match_cancel(paper->match, t, entry->match_id);
    paper->is_replacing = 0;
}

static void replace_swapped(struct paper *paper, agon_ns_t t, const struct order_cmd *cmd,
                            struct entry *entry)
{
    entry->is_swapped = 0;
    if (entry->before_qty >= cmd->qty) {
        paper_report(paper, t, entry, REPORT_CANCELLED)->cum_qty = entry->before_qty;
        forget(paper, entry);
        return;
    }
    entry->rev = cmd->rev;
    entry->qty = cmd->qty;
    paper->is_replacing = 1;
    submit(paper, t, cmd, cmd->qty - entry->before_qty);
    paper->is_replacing = 0;
}

static void take_replace(struct paper *paper, agon_ns_t t, const struct order_cmd *cmd,
                         struct entry *entry)
{
    const struct match_order *order = match_find(paper->match, entry->match_id);
    agon_qty_t filled_qty = order != NULL ? entry->before_qty + order->filled_qty : cmd->qty;

    if (entry->is_swapped) {
        replace_swapped(paper, t, cmd, entry);
        return;
    }
    if (order == NULL || filled_qty >= cmd->qty) {
        paper_report(paper, t, entry, REPORT_REPLACE_REJECTED)->reason = REASON_VENUE_REJECT;
        return;
    }
    if (cmd->filled_qty == 0 && filled_qty > 0 && is_spot(paper, cmd->instrument)) {
        // Asked for in one request, which a spot venue does only while nothing is filled.
        paper_report(paper, t, entry, REPORT_REPLACE_REJECTED)->reason = REASON_VENUE_UNKNOWN_ORDER;
        return;
    }
    // As the venues' cancel-replace: the new order stands at the end of its queue.
    paper->is_replacing = 1;
    match_cancel(paper->match, t, entry->match_id);
    entry->rev = cmd->rev;
    entry->qty = cmd->qty;
    entry->before_qty = filled_qty;
    submit(paper, t, cmd, cmd->qty - filled_qty);
    paper->is_replacing = 0;
}

void paper_request(struct paper *paper, agon_ns_t t, const struct order_cmd *cmd)
{
    struct entry *entry = find(paper, cmd->order_id);
    struct entry none = {
        .order_id = cmd->order_id, .instrument = cmd->instrument, .side = cmd->side};
    const struct match_order *order;
    struct record_report *made;

    switch (cmd->kind) {
    case TAKEN_BACK:
        return;
    case CMD_NEW:
        take_new(paper, t, cmd);
        return;
    case CMD_CANCEL:
        if (entry == NULL || match_cancel(paper->match, t, entry->match_id) != MATCH_OK)
            paper_report(paper, t, entry != NULL ? entry : &none, REPORT_CANCEL_REJECTED)->reason =
                REASON_VENUE_UNKNOWN_ORDER;
        return;
    case CMD_REPLACE:
        if (entry == NULL)
            paper_report(paper, t, &none, REPORT_REPLACE_REJECTED)->reason =
                REASON_VENUE_UNKNOWN_ORDER;
        else
            take_replace(paper, t, cmd, entry);
        return;
    case CMD_QUERY:
        order = entry != NULL ? match_find(paper->match, entry->match_id) : NULL;
        if (order == NULL) {
            int is_full = cmd->filled_qty >= cmd->qty;

            // It keeps no order that is full. And after a restart this venue is empty: what it does
            // not know is not open any more.
            made = paper_report(paper, t, &none, is_full ? REPORT_STATE : REPORT_CANCELLED);
            made->cum_qty = cmd->filled_qty;
            if (is_full) {
                made->rev = cmd->rev;
                made->state = AGON_ORDER_FILLED;
                return;
            }
            made->reason = REASON_VENUE_DOWN;
            return;
        }
        made = paper_report(paper, t, entry, REPORT_STATE);
        made->state = order->state;
        made->px = order->px;
        made->qty = entry->qty;
        made->cum_qty = entry->before_qty + order->filled_qty;
        return;
    default:
        REQUIRE(!"a command that exists");
    }
}

// Was it decided behind the open at that time?
static int is_behind(const struct paper *paper, const struct order_cmd *cmd, agon_ns_t t_open)
{
    return cmd->t > t_open || (cmd->t == t_open && paper->config.is_behind_opens);
}

/* A new order acts in the bar that opened between its decision and its arrival as if it had been
 * there at the open. One that was decided later does so when that bar has closed, and where no bar
 * is, when the next opens. What takes an order back or changes it acts where it arrives: inside a
 * bar that is its close. t: of the arrival. */
int paper_acts_now(const struct paper *paper, const struct order_cmd *cmd, agon_ns_t t)
{
    int is_inside;
    agon_ns_t t_open;

    if (!match_has_bars(paper->match, cmd->instrument))
        return 1;
    t_open = match_bar_open(paper->match, cmd->instrument, &is_inside);
    if (is_inside && t > t_open && !cmd->is_at_open &&
        (cmd->kind == CMD_CANCEL || cmd->kind == CMD_REPLACE))
        return 0;
    return is_inside && (!is_behind(paper, cmd, t_open) || cmd->is_at_open);
}

void paper_park(struct paper *paper, const struct order_cmd *cmd)
{
    struct parked *parked = paper->spare_parked;

    if (parked != NULL)
        paper->spare_parked = parked->next;
    else
        parked = malloc(sizeof(*parked));
    REQUIRE(parked != NULL);
    *parked = (struct parked){.cmd = *cmd};
    *paper->parked_end = parked;
    paper->parked_end = &parked->next;
}

// At an open what was decided before it acts, and at a close all.
void paper_take_parked(struct paper *paper, const struct agon_event_hdr *event)
{
    struct parked **at = &paper->parked;

    while (*at != NULL) {
        struct parked *parked = *at;

        if (parked->cmd.instrument != event->instrument ||
            (event->type == AGON_EVENT_QUOTE && is_behind(paper, &parked->cmd, event->t))) {
            at = &parked->next;
            continue;
        }
        *at = parked->next;
        paper_request(paper, event->t, &parked->cmd);
        parked->next = paper->spare_parked;
        paper->spare_parked = parked;
    }
    paper->parked_end = at;
}

HOT void paper_advance(struct paper *paper, agon_ns_t t)
{
    for (;;) {
        agon_ns_t t_cmd =
            paper->first_cmd < paper->n_cmds ? paper->cmds[paper->first_cmd].t : INT64_MAX;
        struct pending pending;

        if (paper->t_held <= t && paper->t_held <= t_cmd) {
            release_held(paper, paper->t_held);
            continue;
        }
        if (t_cmd > t)
            break;
        pending = paper->cmds[paper->first_cmd++];
        match_on_time(paper->match, pending.t);
        if (paper_is_put_off(paper, pending.cmd.instrument)) {
            struct put_off *item = paper_put_off(paper, pending.t, pending.cmd.instrument);

            item->is_cmd = 1;
            item->cmd = pending.cmd;
        } else if (paper_acts_now(paper, &pending.cmd, pending.t))
            paper_request(paper, pending.t > paper->t ? pending.t : paper->t, &pending.cmd);
        else
            paper_park(paper, &pending.cmd);
    }
    if (paper->first_cmd == paper->n_cmds) {
        paper->first_cmd = 0;
        paper->n_cmds = 0;
    }
    match_on_time(paper->match, t);
    if (t > paper->t)
        paper->t = t;
}

struct record_report *paper_peek(struct paper *paper)
{
    return paper->first_report < paper->n_reports ? &paper->reports[paper->first_report] : NULL;
}

void paper_take(struct paper *paper)
{
    paper->first_report++;
    if (paper->first_report == paper->n_reports) {
        paper->first_report = 0;
        paper->n_reports = 0;
    }
}

struct paper_stats paper_stats(const struct paper *paper)
{
    return paper->stats;
}

struct match *paper_match(struct paper *paper)
{
    return paper->match;
}
