// SPDX-License-Identifier: Apache-2.0
/* What a journal has of a run: its requests and what became of them, when, and what was paid. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "lab/free.h"
#include "lab/replay.h"

#define TIMES   ((uint64_t)1 << 16) /* of the newest events: what an agent answers is no older */
#define OWN_MAX ((uint32_t)1 << 17)
#define MS      ((int64_t)1000000)

struct collecting {
    struct free_facts *facts;
    const struct parity_scan *scan;
    struct engine *engine;
    struct venue_port port;
    uint32_t run; /* now */
    agon_ns_t times[TIMES];
    struct free_samples market;
    struct free_samples there;       /* from decisions to the exchange */
    struct free_samples least, most; /* bounds of the clock's offset, by each request */
    int64_t unit_ns;                 /* of its times */
    int rc;
};

static void *grown(void *array, uint32_t n, uint32_t *room, size_t size)
{
    uint32_t more = *room == 0 ? 1024 : *room * 2;
    void *bytes;

    if (n < *room)
        return array;
    bytes = realloc(array, more * size);
    if (bytes != NULL)
        *room = more;
    return bytes;
}

static int on_send(void *ctx, const struct order_cmd *cmd)
{
    struct collecting *at = ctx;
    struct free_facts *facts = at->facts;
    struct free_order *order;
    struct free_request *requests;
    uint16_t nth = 0;

    if (cmd->kind == CMD_CANCEL_ALL || cmd->kind == CMD_STRAY)
        return AGON_OK;
    order = free_watch_command(&facts->watch, at->engine, cmd);
    if (order == NULL)
        return AGON_OK; // of an earlier run
    requests = grown(facts->requests, facts->n_requests, &facts->room_requests, sizeof(*requests));
    if (requests == NULL) {
        at->rc = AGON_ENOMEM;
        return AGON_OK;
    }
    facts->requests = requests;
    for (uint32_t i = facts->n_requests; i > 0 && requests[i - 1].seq == cmd->depends_seq; i--)
        if (requests[i - 1].kind == cmd->kind && requests[i - 1].side == cmd->side &&
            requests[i - 1].instrument == cmd->instrument &&
            ORDER_ID_SLOT(requests[i - 1].order_id) == order->slot)
            nth++;
    requests[facts->n_requests++] = (struct free_request){.seq = cmd->depends_seq,
                                                          .order_id = cmd->order_id,
                                                          .t = cmd->t,
                                                          .px = cmd->px,
                                                          .qty = cmd->qty,
                                                          .instrument = cmd->instrument,
                                                          .nth = nth,
                                                          .kind = cmd->kind,
                                                          .side = cmd->side,
                                                          .rev = cmd->rev,
                                                          .type = cmd->type,
                                                          .trouble = FREE_QUEUE};
    if (order->last_request != 0)
        requests[order->last_request - 1].next = facts->n_requests;
    else
        order->first_request = facts->n_requests;
    order->last_request = facts->n_requests;
    return AGON_OK;
}

static void attach(struct collecting *at)
{
    at->port = (struct venue_port){.ctx = at, .send = on_send};
    for (agon_account_t account = 0; account < ACCOUNTS_MAX; account++)
        engine_attach_venue(at->engine, account, &at->port);
}

/* The oldest request of a kind that has no answer; kind 0: of any but a question. */
static struct free_request *unanswered(struct free_facts *facts, const struct free_order *order,
                                       uint8_t kind)
{
    for (uint32_t i = order->first_request; i != 0; i = facts->requests[i - 1].next) {
        struct free_request *request = &facts->requests[i - 1];

        if (request->told_seq == 0 &&
            (kind != 0 ? request->kind == kind : request->kind != CMD_QUERY))
            return request;
    }
    return NULL;
}

static uint8_t kind_of(uint8_t report)
{
    switch (report) {
    case REPORT_ACK:
    case REPORT_REJECTED:
    case REPORT_FILL:
    case REPORT_EXPIRED:
        return CMD_NEW;
    case REPORT_REPLACED:
    case REPORT_REPLACE_REJECTED:
        return CMD_REPLACE;
    case REPORT_CANCELLED:
    case REPORT_CANCEL_REJECTED:
        return CMD_CANCEL;
    default:
        return 0;
    }
}

static uint8_t trouble_of(const struct record_report *report)
{
    switch (report->kind) {
    case REPORT_NOT_SENT:
        return report->reason == REASON_VENUE_RATE ? FREE_RATE : FREE_STALE;
    case REPORT_REJECTED:
    case REPORT_REPLACE_REJECTED:
        return report->reason == REASON_VENUE_RATE ? FREE_RATE : FREE_REJECT;
    case REPORT_UNKNOWN:
    case REPORT_ABSENT:
    case REPORT_STRAY:
        return FREE_STALE;
    default:
        return FREE_QUEUE;
    }
}

/* Between the last byte that left and the first word of it the exchange did it: so far is its clock
 * from ours at least, and at most. */
static void bound_offset(struct collecting *at, agon_ns_t t_sent, agon_ns_t t_there,
                         agon_ns_t t_told)
{
    if (t_sent == 0 || t_there == 0 || at->facts->mode != RUN_LIVE)
        return;
    if (t_there % MS != 0)
        at->unit_ns = t_there % 1000 != 0 ? 1 : at->unit_ns > 1000 ? 1000 : at->unit_ns;
    if (free_sample(&at->least, t_there - t_told) < 0 ||
        free_sample(&at->most, t_there - t_sent) < 0)
        at->rc = AGON_ENOMEM;
}

/* Of a replacement by two requests the first is done. */
static void half_done(struct collecting *at, const struct free_order *order,
                      const struct record_report *report)
{
    struct free_request *request = unanswered(at->facts, order, CMD_REPLACE);

    if (report->hdr.t_venue == 0 || request == NULL)
        return;
    request->t_swapped = report->hdr.t_venue;
    request->t_swap_told = report->hdr.t;
    bound_offset(at, request->t_sent, request->t_swapped, request->t_swap_told);
}

static void answer(struct collecting *at, struct free_order *order,
                   const struct record_report *report)
{
    struct free_facts *facts = at->facts;
    uint8_t trouble = trouble_of(report);
    struct free_request *request;

    if (trouble > order->trouble)
        order->trouble = trouble;
    if (report->kind == REPORT_CANCEL_ACK)
        half_done(at, order, report);
    if (report->kind == REPORT_STATE || report->kind == REPORT_CANCEL_ACK ||
        report->kind == REPORT_STRAY)
        return;
    request = unanswered(facts, order, kind_of(report->kind));
    // A replacement that is refused may leave nothing.
    if (request == NULL && report->kind == REPORT_CANCELLED && report->reason != REASON_NONE) {
        request = unanswered(facts, order, CMD_REPLACE);
        trouble = request == NULL                       ? trouble
                  : report->reason == REASON_VENUE_RATE ? FREE_RATE
                                                        : FREE_REJECT;
        order->trouble = trouble > order->trouble ? trouble : order->trouble;
    }
    if (request == NULL)
        return;
    request->t_told = report->hdr.t;
    request->told_seq = report->hdr.seq;
    request->t_there = report->hdr.t_venue;
    request->trouble = trouble;
    facts->n_refused[trouble]++;
    if (request->kind == CMD_NEW)
        order->t_there = report->hdr.t_venue;
    if (trouble == FREE_QUEUE && report->kind != REPORT_CANCEL_REJECTED)
        bound_offset(at, request->t_sent, request->t_there, request->t_told);
}

static int change_own(struct collecting *at, const struct free_order *order, agon_ns_t t,
                      agon_px_t px, agon_qty_t change_qty)
{
    struct free_facts *facts = at->facts;
    struct free_own *owns = grown(facts->owns, facts->n_owns, &facts->room_owns, sizeof(*owns));

    if (owns == NULL)
        return AGON_ENOMEM;
    facts->owns = owns;
    owns[facts->n_owns] = (struct free_own){.t = t,
                                            .px = px,
                                            .change_qty = change_qty,
                                            .nth = facts->n_owns,
                                            .instrument = order->instrument,
                                            .side = order->side};
    facts->n_owns++;
    return AGON_OK;
}

/* What of the order everybody sees in the venue's book. */
static int show(struct collecting *at, struct free_order *order, const struct record_report *report)
{
    agon_ns_t t = report->hdr.t_venue != 0 ? report->hdr.t_venue : report->hdr.t;
    agon_qty_t shown_qty = order->shown_qty;
    agon_px_t px = order->shown_px;
    int rc = AGON_OK;

    switch (report->kind) {
    case REPORT_ACK:
    case REPORT_REPLACED:
        if (shown_qty > 0)
            rc = change_own(at, order, t, px, -shown_qty);
        order->shown_px = report->px;
        order->shown_qty = report->qty - report->cum_qty;
        return rc < 0 || order->shown_qty <= 0
                   ? rc
                   : change_own(at, order, t, order->shown_px, order->shown_qty);
    case REPORT_FILL:
        order->shown_qty -= report->qty < shown_qty ? report->qty : shown_qty;
        break;
    case REPORT_CANCELLED:
    case REPORT_EXPIRED:
    case REPORT_REJECTED:
        order->shown_qty = 0;
        break;
    default:
        return AGON_OK;
    }
    return order->shown_qty != shown_qty
               ? change_own(at, order, t, px, order->shown_qty - shown_qty)
               : AGON_OK;
}

static int take_report(struct collecting *at, const struct record_report *report)
{
    struct free_facts *facts = at->facts;
    struct free_order *order = free_watch_find(&facts->watch, report->order_id);
    struct free_report *reports;
    uint32_t nth = 0;

    if (order == NULL)
        return AGON_OK;
    answer(at, order, report);
    reports = grown(facts->reports, facts->n_reports, &facts->room_reports, sizeof(*reports));
    if (reports == NULL)
        return AGON_ENOMEM;
    facts->reports = reports;
    for (uint32_t i = order->first_report; i != 0; i = reports[i - 1].next)
        nth += reports[i - 1].kind == report->kind && reports[i - 1].rev == report->rev;
    reports[facts->n_reports++] = (struct free_report){.seq = report->hdr.seq,
                                                       .order_id = report->order_id,
                                                       .t = report->hdr.t,
                                                       .t_venue = report->hdr.t_venue,
                                                       .nth = nth,
                                                       .kind = report->kind,
                                                       .rev = report->rev};
    if (order->last_report != 0)
        reports[order->last_report - 1].next = facts->n_reports;
    else
        order->first_report = facts->n_reports;
    order->last_report = facts->n_reports;
    if (report->kind == REPORT_FILL && report->liquidity == LIQUIDITY_TAKER &&
        facts->mode == RUN_LIVE)
        (void)map_put(&facts->own, free_trade_key(report->hdr.instrument, report->venue_fill), 1);
    if (facts->mode == RUN_LIVE && show(at, order, report) < 0)
        return AGON_ENOMEM;
    return free_watch_report(&facts->watch, at->engine, report, 0);
}

static int take_wish(struct collecting *at, const struct agon_intent_event *event)
{
    struct free_facts *facts = at->facts;
    const struct agon_origin *origin = &event->origin;
    struct free_wish *wishes =
        grown(facts->wishes, facts->n_wishes, &facts->room_wishes, sizeof(*wishes));

    if (wishes == NULL)
        return AGON_ENOMEM;
    facts->wishes = wishes;
    wishes[facts->n_wishes++] = (struct free_wish){.cause_seq = origin->cause_seq,
                                                   .seq = event->hdr.seq,
                                                   .n = origin->n,
                                                   .slot = origin->slot};
    if (event->hdr.type != AGON_EVENT_INTENT || origin->cause_seq + TIMES <= event->hdr.seq ||
        origin->cause_seq < facts->start_seq)
        return AGON_OK;
    return free_sample(&facts->watch.samples[FREE_DECIDE],
                       event->hdr.t - at->times[origin->cause_seq % TIMES]);
}

static int take_due(struct collecting *at, const struct record_due *due)
{
    struct free_facts *facts = at->facts;
    struct free_due *dues = grown(facts->dues, facts->n_dues, &facts->room_dues, sizeof(*dues));

    if (dues == NULL)
        return AGON_ENOMEM;
    facts->dues = dues;
    dues[facts->n_dues++] = (struct free_due){.t_due = due->t_due,
                                              .seq = due->hdr.seq,
                                              .id = due->id ^ due->hdr.instrument << 16,
                                              .slot = due->slot,
                                              .kind = due->kind};
    return AGON_OK;
}

/* Before its start a host says what is known of each instrument. */
static agon_instrument_t first_of_bars(struct engine *engine)
{
    for (agon_instrument_t id = 1; id <= engine_instruments(engine)->n_instruments; id++) {
        if (engine_bars_ns(engine, id) > 0)
            return id;
    }
    return 0;
}

static int begin_run(struct collecting *at, const struct record_start *start)
{
    struct free_facts *facts = at->facts;

    facts->bars = first_of_bars(at->engine);
    facts->mode = start->mode;
    facts->start_seq = start->hdr.seq;
    facts->t_start = start->hdr.t;
    attach(at);
    if (free_watch_init(&facts->watch, at->engine) < 0 || map_init(&facts->own, OWN_MAX) < 0)
        return AGON_ENOMEM;
    return AGON_OK;
}

static int on_event(void *ctx, struct engine *engine, const struct agon_event_hdr *event, int rc)
{
    struct collecting *at = ctx;
    const void *record = event;

    (void)rc;
    at->engine = engine;
    at->times[event->seq % TIMES] = event->t;
    if (event->type == EVENT_START) {
        at->run = 0;
        for (uint32_t i = 0; i < at->scan->n_runs && at->scan->starts[i] <= event->seq; i++)
            at->run++;
        return at->run == at->facts->run ? begin_run(at, record) : AGON_OK;
    }
    if (at->run != at->facts->run)
        return AGON_OK;
    at->facts->end_seq = event->seq;
    at->facts->t_end = event->t;
    if (at->rc < 0)
        return at->rc;
    if (journal_class_of(event->type) == JOURNAL_MARKET && event->t_venue > 0)
        return free_sample(&at->market, event->t - event->t_venue);
    switch (event->type) {
    case EVENT_SENT: {
        const struct record_sent *sent = record;
        const struct free_order *order = free_watch_find(&at->facts->watch, sent->order_id);

        for (uint32_t i = order != NULL ? order->first_request : 0; i != 0;
             i = at->facts->requests[i - 1].next) {
            struct free_request *request = &at->facts->requests[i - 1];

            if (request->kind == CMD_REPLACE && request->rev == sent->rev &&
                sent->kind == CMD_REPLACE && request->t_sent != 0 && request->told_seq == 0) {
                request->t_swap = request->t_swap != 0 ? request->t_swap : request->t_sent;
                request->t_sent = sent->t_sent;
                break;
            }
            if (request->kind == sent->kind && request->t_sent == 0 &&
                (request->kind != CMD_REPLACE || request->rev == sent->rev)) {
                request->t_sent = sent->t_sent;
                break;
            }
        }
        return AGON_OK;
    }
    case EVENT_REPORT:
        return take_report(at, record);
    case EVENT_DUE:
        return take_due(at, record);
    case EVENT_LAPSE:
        at->facts->n_lapses++;
        return AGON_OK;
    case AGON_EVENT_INTENT:
    case AGON_EVENT_EXIT_PLAN:
    case AGON_EVENT_SIGNAL:
    case EVENT_ARM:
        return event->granules >= 2 ? take_wish(at, record) : AGON_OK;
    default:
        return AGON_OK;
    }
}

static int by_cause(const void *a, const void *b)
{
    const struct free_wish *x = a, *y = b;

    if (x->slot != y->slot)
        return x->slot < y->slot ? -1 : 1;
    if (x->cause_seq != y->cause_seq)
        return x->cause_seq < y->cause_seq ? -1 : 1;
    return x->n < y->n ? -1 : x->n > y->n;
}

static int by_due(const void *a, const void *b)
{
    const struct free_due *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->slot != y->slot)
        return x->slot < y->slot ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->t_due < y->t_due ? -1 : x->t_due > y->t_due;
}

static int by_time(const void *a, const void *b)
{
    const struct free_own *x = a, *y = b;

    if (x->t != y->t)
        return x->t < y->t ? -1 : 1;
    return x->nth < y->nth ? -1 : x->nth > y->nth;
}

const struct free_wish *free_find_wish(const struct free_facts *facts, uint16_t slot,
                                       uint64_t cause_seq, uint32_t n)
{
    const struct free_wish key = {.cause_seq = cause_seq, .n = n, .slot = slot};

    return facts->n_wishes > 0
               ? bsearch(&key, facts->wishes, facts->n_wishes, sizeof(key), by_cause)
               : NULL;
}

const struct free_due *free_find_due(const struct free_facts *facts, const struct record_due *due)
{
    const struct free_due key = {.t_due = due->t_due,
                                 .id = due->id ^ due->hdr.instrument << 16,
                                 .slot = due->slot,
                                 .kind = due->kind};

    return facts->n_dues > 0 ? bsearch(&key, facts->dues, facts->n_dues, sizeof(key), by_due)
                             : NULL;
}

const struct free_request *free_find_new(const struct free_facts *facts, uint64_t seq,
                                         const struct order_cmd *cmd, uint16_t nth)
{
    uint32_t low = 0, high = facts->n_requests;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (facts->requests[mid].seq < seq)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < facts->n_requests && facts->requests[low].seq == seq; low++) {
        const struct free_request *request = &facts->requests[low];

        if (request->kind == CMD_NEW && request->side == cmd->side && request->nth == nth &&
            request->instrument == cmd->instrument &&
            ORDER_ID_SLOT(request->order_id) == ORDER_ID_SLOT(cmd->order_id))
            return request;
    }
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* The middle of what most requests leave possible (K. Marzullo, 1984): a clock that was set
 * meanwhile contradicts some of them. A stamp is cut to its unit. */
static void estimate_offset(struct collecting *at)
{
    struct free_facts *facts = at->facts;
    uint64_t n = at->least.n, best = 0, i = 0, k = 0;
    int64_t least_ns = 0, most_ns = 0;

    if (n == 0)
        return;
    for (uint64_t m = 0; m < n; m++)
        at->most.at[m] = num_add(at->most.at[m], at->unit_ns);
    qsort(at->least.at, n, sizeof(int64_t), by_value);
    qsort(at->most.at, n, sizeof(int64_t), by_value);
    while (i < n) {
        if (at->least.at[i] > at->most.at[k]) {
            k++;
            continue;
        }
        i++;
        // Of those that have begun k are over; the next to end bounds it.
        if (i - k > best) {
            best = i - k;
            least_ns = at->least.at[i - 1];
            most_ns = at->most.at[k];
        }
    }
    facts->has_offset = 1;
    facts->offset_ns = least_ns / 2 + most_ns / 2;
    facts->offset_bound_ns = num_abs(most_ns - least_ns) / 2;
    facts->n_beyond_offset = n - best;
}

static int64_t at_least(int64_t value, int64_t least)
{
    return value > least ? value : least;
}

/* A stamp is the beginning of its unit: the request was there in it, behind its last byte and
 * before it was heard of here, and the middle of what that leaves is as far as anybody knows. */
static agon_ns_t narrow(const struct collecting *at, agon_ns_t t_sent, agon_ns_t t_there,
                        agon_ns_t t_told)
{
    agon_ns_t offset = at->facts->offset_ns;
    agon_ns_t first = t_there, last = t_there + at->unit_ns - 1;

    if (t_there == 0 || at->facts->mode != RUN_LIVE)
        return t_there;
    if (t_sent != 0 && t_sent + offset > first)
        first = t_sent + offset;
    if (t_told + offset < last)
        last = t_told + offset;
    return first <= last ? first + (last - first) / 2 : t_there;
}

static void narrow_all(struct collecting *at)
{
    for (uint32_t i = 0; i < at->facts->n_requests; i++) {
        struct free_request *request = &at->facts->requests[i];

        if (request->told_seq != 0)
            request->t_there = narrow(at, request->t_sent, request->t_there, request->t_told);
        request->t_swapped = narrow(at, request->t_swap, request->t_swapped, request->t_swap_told);
    }
}

/* Of the time between a request's last byte and what was heard of it the part that the way there
 * took, as the usual ways there and back share it. */
static int64_t between(const struct free_facts *facts, int64_t all_ns)
{
    int64_t there = facts->spreads[FREE_ENTRY].p50, both = num_add(there, facts->report_ns);

    if (all_ns <= 0)
        return 0;
    return both > 0 ? num_mul_div(all_ns, there, both, NUM_DOWN) : all_ns;
}

static void measure(struct collecting *at)
{
    struct free_facts *facts = at->facts;
    struct free_spread market, there;

    estimate_offset(at);
    facts->unit_ns = facts->mode == RUN_LIVE ? at->unit_ns : 1;
    narrow_all(at);
    for (uint32_t i = 0; i < facts->n_requests; i++) {
        const struct free_request *request = &facts->requests[i];
        agon_ns_t t_there = request->t_there - facts->offset_ns;
        agon_ns_t t_sent = request->t_sent != 0 ? request->t_sent : request->t;
        agon_ns_t t_left = request->t_swap != 0 ? request->t_swap : t_sent;

        if (request->told_seq == 0 || request->t_there == 0 || request->kind == CMD_QUERY)
            continue;
        (void)free_sample(&facts->watch.samples[FREE_LEAVE], t_left - request->t);
        (void)free_sample(&facts->watch.samples[FREE_ENTRY], at_least(t_there - t_sent, 0));
        (void)free_sample(&facts->watch.samples[FREE_REPORT],
                          at_least(request->t_told - t_there, 0));
        (void)free_sample(&at->there, at_least(t_there - request->t, 0));
    }
    free_spread(&at->there, &there);
    for (uint32_t i = 0; i < FREE_FIGURES; i++)
        free_spread(&facts->watch.samples[i], &facts->spreads[i]);
    free_spread(&at->market, &market);
    facts->decide_ns = facts->spreads[FREE_DECIDE].p50;
    facts->leave_ns = facts->spreads[FREE_LEAVE].p50;
    facts->there_ns = there.p50;
    facts->report_ns = facts->spreads[FREE_REPORT].p50;
    facts->market_ns = num_add(market.p50, facts->offset_ns);
    if (facts->market_ns < 0)
        facts->market_ns = 0;
    // Of what bears no time of the venue the way back is taken for the usual one.
    for (uint32_t i = 0; i < facts->n_requests; i++) {
        struct free_request *request = &facts->requests[i];
        agon_ns_t t_least = request->t_sent != 0 ? request->t_sent : request->t;

        if (request->t_there != 0)
            continue;
        if (request->told_seq != 0 &&
            (request->trouble == FREE_QUEUE || request->trouble == FREE_REJECT))
            request->t_there = t_least + between(facts, request->t_told - t_least);
        else if (request->t_sent != 0) // nobody ever spoke of it, as where the order was full first
            request->t_there = num_add(t_least, facts->spreads[FREE_ENTRY].p50);
        else
            continue;
        request->t_there += facts->offset_ns;
    }
    for (uint64_t i = 0; i < facts->watch.n_fills; i++)
        facts->watch.fills[i].t_venue -= facts->offset_ns;
}

static int list_all(struct free_facts *facts, struct engine *engine)
{
    const struct instruments *table = engine_instruments(engine);

    facts->listed = calloc(table->n_instruments + 1u, sizeof(*facts->listed));
    if (facts->listed == NULL)
        return AGON_ENOMEM;
    for (agon_instrument_t id = 1; id <= table->n_instruments; id++) {
        struct free_listed *listed = &facts->listed[facts->n_listed++];
        const struct asset *quote;

        listed->instrument = *instruments_get(table, id);
        quote = instruments_asset(table, listed->instrument.quote);
        if (quote != NULL) {
            memcpy(listed->quote, quote->name, sizeof(listed->quote));
            listed->quote_exp = quote->exp;
        }
    }
    return AGON_OK;
}

static void name_all(struct free_facts *facts, struct engine *engine)
{
    const struct instruments *table = engine_instruments(engine);
    const struct asset *base = instruments_asset(table, table->base_currency);
    const struct slots *slots = engine_slots(engine);

    if (base != NULL) {
        memcpy(facts->base, base->name, sizeof(facts->base));
        facts->base_exp = (uint8_t)base->exp;
    }
    for (uint16_t slot = 0; slot < slots->n; slot++)
        memcpy(facts->names[slot], slots->all[slot].name, sizeof(facts->names[slot]));
}

int free_facts(const struct disk *disk, const struct parity_scan *scan, int is_live, uint32_t run,
               struct free_facts *facts, struct error *err)
{
    struct collecting *at = calloc(1, sizeof(*at));
    struct replay_config replay = {.dir = "the journal",
                                   .disk = disk,
                                   .is_live = is_live,
                                   .until = run < scan->n_runs ? scan->starts[run] - 1 : 0,
                                   .on_event = on_event,
                                   .ctx = at};
    struct replay result = {0};
    int rc;

    memset(facts, 0, sizeof(*facts));
    if (at == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a run's requests");
    at->facts = facts;
    at->scan = scan;
    at->unit_ns = MS;
    facts->run = run;
    rc = replay_run(&replay, &result, err);
    if (rc >= 0 && facts->start_seq == 0)
        rc = error_set(err, AGON_ENOENT, "the journal has no begin of run %u", run);
    if (rc >= 0) {
        measure(at);
        free_watch_money(&facts->watch, result.engine, facts->money);
        name_all(facts, result.engine);
        rc = list_all(facts, result.engine);
        if (facts->n_wishes > 0)
            qsort(facts->wishes, facts->n_wishes, sizeof(*facts->wishes), by_cause);
        if (facts->n_owns > 0)
            qsort(facts->owns, facts->n_owns, sizeof(*facts->owns), by_time);
        if (facts->n_dues > 0)
            qsort(facts->dues, facts->n_dues, sizeof(*facts->dues), by_due);
    }
    replay_free(&result);
    free(at->market.at);
    free(at->there.at);
    free(at->least.at);
    free(at->most.at);
    free(at);
    return rc;
}

void free_facts_free(struct free_facts *facts)
{
    free_watch_deinit(&facts->watch);
    map_deinit(&facts->own);
    free(facts->requests);
    free(facts->reports);
    free(facts->wishes);
    free(facts->dues);
    free(facts->owns);
    free(facts->listed);
    memset(facts, 0, sizeof(*facts));
}
