// SPDX-License-Identifier: Apache-2.0
#include "lab/free_venue.h"

#include <stdlib.h>

#include "base/heap.h"
#include "base/num.h"

#define WAITING    ((uint32_t)1 << 16) /* requests and reports on their way */
#define FIRST_FILL ((uint64_t)1 << 56) /* no number of a fill is one of the journal's */

struct held { /* a request on its way, or a report */
    union {
        struct order_cmd cmd;
        struct record_report report;
    } of;
    uint64_t seq;    /* of a report: the journal's; 0: it has none */
    uint64_t at_seq; /* it is told where the journal has that event */
    uint8_t is_swap; /* the cancel that goes before a replacement */
};
struct life { /* of an order */
    uint64_t id, twin;
    agon_ns_t t_there, t_told; /* of its last request and report: they keep their order */
    uint64_t told_seq;         /* the last one waits for that event of the journal; 0: for none */
    uint32_t next_request;     /* + 1: of the journal's requests for it, the next to be asked for */
    agon_qty_t before_qty;     /* filled by the journal's word before the matching engine had it */
    uint8_t is_scripted, is_adopted, is_replacing, is_over;
    uint32_t n_told[16]; /* reports of a kind, of the revision told_rev of the order */
    uint8_t told_rev[16];
};
struct free_venue {
    struct free_venue_config config;
    struct paper *paper; /* owned */
    struct venue_port to_paper;
    struct held *held; /* owned; [WAITING] */
    uint32_t *free;    /* owned */
    uint32_t n_free;
    struct heap cmds, reports; /* a: place in held */
    struct held *placed;       /* owned; wait for their event of the journal */
    uint32_t n_placed, room_placed;
    struct life *lives; /* owned; as watch->orders */
    uint32_t n_lives, room_lives;
    struct map by_twin; /* journal's order to ours + 1 */
    uint64_t order, passed_seq;
    agon_ns_t t;
};

struct free_venue *free_venue_new(const struct free_venue_config *config)
{
    struct free_venue *venue = calloc(1, sizeof(*venue));
    struct paper_config paper = {.match = {.cancel_ahead_ppm = MATCH_CANCEL_AHEAD_PPM},
                                 .first_fill = FIRST_FILL};
    const struct instruments *table = engine_instruments(config->engine);
    uint32_t room = config->facts->watch.n_orders + 1;

    if (venue == NULL)
        return NULL;
    venue->config = *config;
    venue->paper = paper_new(&paper, table);
    venue->held = calloc(WAITING, sizeof(*venue->held));
    venue->free = calloc(WAITING, sizeof(*venue->free));
    if (venue->paper == NULL || venue->held == NULL || venue->free == NULL ||
        heap_init(&venue->cmds, WAITING) < 0 || heap_init(&venue->reports, WAITING) < 0 ||
        map_init(&venue->by_twin, room) < 0) {
        free_venue_free(venue);
        return NULL;
    }
    for (uint32_t i = 0; i < WAITING; i++)
        venue->free[venue->n_free++] = i;
    for (agon_instrument_t id = 1; id <= table->n_instruments; id++) {
        struct rules rules;

        // The journal has the instruments' filters; of the rest what the venue publishes.
        rules_preset(rules_market_of(instruments_get(table, id)->kind), &rules);
        (void)paper_add(venue->paper, id);
        (void)paper_set_rules(venue->paper, id, &rules);
    }
    venue->to_paper = paper_port(venue->paper);
    return venue;
}

void free_venue_free(struct free_venue *venue)
{
    if (venue == NULL)
        return;
    paper_free(venue->paper);
    heap_deinit(&venue->cmds);
    heap_deinit(&venue->reports);
    map_deinit(&venue->by_twin);
    free(venue->held);
    free(venue->free);
    free(venue->placed);
    free(venue->lives);
    free(venue);
}

static struct life *life_of(struct free_venue *venue, uint64_t order_id)
{
    struct free_order *order = free_watch_find(venue->config.watch, order_id);
    uint32_t at = order != NULL ? (uint32_t)(order - venue->config.watch->orders) : 0;

    return order != NULL && at < venue->n_lives ? &venue->lives[at] : NULL;
}

static const struct free_order *twin_of(const struct free_venue *venue, uint64_t twin)
{
    return twin != 0 ? free_watch_find(&venue->config.facts->watch, twin) : NULL;
}

/* --- on their way --- */

static int hold(struct free_venue *venue, struct heap *heap, agon_ns_t t, const struct held *what)
{
    struct heap_node node = {.t = t, .order = venue->order++};

    if (venue->n_free == 0)
        return AGON_ENOMEM;
    node.a = venue->free[--venue->n_free];
    venue->held[node.a] = *what;
    return heap_push(heap, &node);
}

static int release(struct free_venue *venue, struct heap *heap, struct held *what)
{
    struct heap_node node;

    if (!heap_pop(heap, &node))
        return 0;
    *what = venue->held[node.a];
    venue->free[venue->n_free++] = (uint32_t)node.a;
    return 1;
}

/* The journal's report that is the same word of the same order. */
static const struct free_report *same_word(const struct free_venue *venue, const struct life *life,
                                           const struct record_report *report, uint32_t nth)
{
    const struct free_facts *facts = venue->config.facts;
    const struct free_order *twin = twin_of(venue, life->twin);

    for (uint32_t i = twin != NULL ? twin->first_report : 0; i != 0;
         i = facts->reports[i - 1].next) {
        const struct free_report *theirs = &facts->reports[i - 1];

        if (theirs->kind == report->kind && theirs->rev == report->rev && theirs->nth == nth)
            return theirs;
    }
    return NULL;
}

static void place(struct free_venue *venue, const struct held *what)
{
    if (venue->n_placed == venue->room_placed) {
        uint32_t room = venue->room_placed == 0 ? 64 : venue->room_placed * 2;
        struct held *placed = realloc(venue->placed, room * sizeof(*placed));

        REQUIRE(placed != NULL);
        venue->placed = placed;
        venue->room_placed = room;
    }
    venue->placed[venue->n_placed++] = *what;
    free_watch_back(venue->config.watch, &what->of.report);
}

/* A report of the matching engine goes its way: as long as the same one took in the journal, and
 * where it was made at the same time, to the same place. */
static void tell(struct free_venue *venue, const struct record_report *report)
{
    const struct free_facts *facts = venue->config.facts;
    struct life *life = life_of(venue, report->order_id);
    struct held what = {.of.report = *report};
    const struct free_report *theirs;
    agon_ns_t t = report->hdr.t_venue + facts->report_ns;
    uint32_t kind = report->kind & 15;

    if (life == NULL)
        return;
    if (life->told_rev[kind] != report->rev)
        life->n_told[kind] = 0;
    life->told_rev[kind] = report->rev;
    theirs = same_word(venue, life, report, life->n_told[kind]++);
    if (theirs != NULL)
        what.seq = theirs->seq;
    if (theirs != NULL && venue->config.stage > FREE_LATENCY && theirs->t_venue != 0) {
        agon_ns_t t_there = theirs->t_venue - facts->offset_ns;

        if (num_abs(t_there - report->hdr.t_venue) < facts->unit_ns &&
            theirs->seq > venue->passed_seq && theirs->t >= life->t_told &&
            (life->told_seq != 0 || life->t_told < theirs->t)) {
            life->t_told = theirs->t;
            life->told_seq = theirs->seq;
            what.of.report.hdr.t = theirs->t;
            what.at_seq = theirs->seq;
            place(venue, &what);
            return;
        }
        if (theirs->t > t_there)
            t = report->hdr.t_venue + (theirs->t - t_there);
    }
    if (t <= life->t_told && life->told_seq > venue->passed_seq) {
        what.of.report.hdr.t = life->t_told;
        what.at_seq = life->told_seq; // right behind the one before it
        place(venue, &what);
        return;
    }
    if (t < life->t_told)
        t = life->t_told;
    if (t < venue->t)
        t = venue->t;
    life->t_told = t;
    life->told_seq = 0;
    what.of.report.hdr.t = t;
    (void)hold(venue, &venue->reports, t, &what);
}

static void adopted(struct life *life, struct record_report *report)
{
    report->cum_qty = num_add(report->cum_qty, life->before_qty);
    if (report->qty > 0 && report->kind != REPORT_FILL)
        report->qty = num_add(report->qty, life->before_qty);
    if (!life->is_replacing)
        return;
    life->is_replacing = 0;
    if (report->kind == REPORT_ACK)
        report->kind = REPORT_REPLACED;
    else if (report->kind == REPORT_REJECTED)
        report->kind = REPORT_CANCELLED;
}

static void collect(struct free_venue *venue)
{
    struct record_report *made;

    while ((made = paper_peek(venue->paper)) != NULL) {
        struct record_report report = *made;
        struct life *life = life_of(venue, report.order_id);
        const struct order *order;

        paper_take(venue->paper);
        order = orders_find(engine_orders(venue->config.engine), report.order_id);
        if (order != NULL)
            report.account = order->account;
        if (life != NULL && life->is_adopted)
            adopted(life, &report);
        tell(venue, &report);
    }
}

/* --- requests --- */

static int is_like(const struct free_request *theirs, const struct order_cmd *cmd)
{
    return theirs->px == cmd->px && theirs->qty == cmd->qty && theirs->side == cmd->side &&
           theirs->type == cmd->type;
}

/* The journal's next request for the same order, of that kind. */
static const struct free_request *asked_then(struct free_venue *venue, struct life *life,
                                             const struct order_cmd *cmd)
{
    const struct free_facts *facts = venue->config.facts;

    for (uint32_t i = life->next_request; i != 0; i = facts->requests[i - 1].next) {
        const struct free_request *theirs = &facts->requests[i - 1];

        if (theirs->kind != cmd->kind || (cmd->kind == CMD_REPLACE && theirs->rev != cmd->rev))
            continue;
        life->next_request = theirs->next;
        return theirs;
    }
    return NULL;
}

static struct life *born(struct free_venue *venue, const struct order_cmd *cmd,
                         const struct free_request **asked)
{
    const struct free_facts *facts = venue->config.facts;
    struct free_watch *watch = venue->config.watch;
    uint64_t seq = venue->config.seq_of(venue->config.ctx, cmd->depends_seq);
    const struct free_order *twin = NULL;
    struct free_order *order;
    struct life *life;
    uint16_t nth = 0;

    order = &watch->orders[watch->n_orders - 1];
    if (venue->n_lives == venue->room_lives) {
        uint32_t room = venue->room_lives == 0 ? 1024 : venue->room_lives * 2;
        struct life *lives = realloc(venue->lives, room * sizeof(*lives));

        REQUIRE(lives != NULL);
        venue->lives = lives;
        venue->room_lives = room;
    }
    for (const struct free_order *before = order;
         before > watch->orders && before[-1].cause_seq == cmd->depends_seq; before--)
        if (before[-1].side == cmd->side && before[-1].instrument == cmd->instrument &&
            before[-1].slot == order->slot)
            nth++;
    *asked = seq != 0 ? free_find_new(facts, seq, cmd, nth) : NULL;
    if (*asked != NULL && !map_get(&venue->by_twin, (*asked)->order_id, NULL))
        twin = free_watch_find(&facts->watch, (*asked)->order_id);
    if (twin == NULL)
        *asked = NULL;
    REQUIRE(venue->n_lives == watch->n_orders - 1);
    life = &venue->lives[venue->n_lives++];
    *life = (struct life){.id = cmd->order_id};
    if (twin == NULL)
        return life;
    order->twin = life->twin = twin->id;
    life->next_request = (*asked)->next;
    (void)map_put(&venue->by_twin, twin->id, venue->n_lives);
    life->is_scripted = twin->trouble < venue->config.stage && venue->config.stage > FREE_QUEUE &&
                        is_like(*asked, cmd);
    return life;
}

static void answer_again(struct free_venue *venue, struct life *life, const struct order_cmd *cmd,
                         uint8_t kind, agon_qty_t cum_qty)
{
    const struct free_facts *facts = venue->config.facts;
    agon_ns_t t_there = cmd->t + facts->there_ns;
    struct held what = {.of.report = {.hdr = {.type = EVENT_REPORT,
                                              .granules = 2,
                                              .instrument = cmd->instrument,
                                              .t_venue = t_there + facts->offset_ns,
                                              .t = t_there + facts->report_ns},
                                      .order_id = cmd->order_id,
                                      .account = cmd->account,
                                      .kind = kind,
                                      .side = cmd->side,
                                      .rev = cmd->rev,
                                      .cum_qty = cum_qty}};
    const struct order *order = orders_find(engine_orders(venue->config.engine), cmd->order_id);

    if (kind == REPORT_STATE && order != NULL)
        what.of.report.state = order->state;
    if (kind == REPORT_CANCEL_REJECTED)
        what.of.report.reason = REASON_VENUE_UNKNOWN_ORDER;
    life->t_told = what.of.report.hdr.t;
    (void)hold(venue, &venue->reports, what.of.report.hdr.t, &what);
}

/* It wants of an order that the journal answers for what it did not want then: from here on the
 * order is the matching engine's, or gone. */
static void leave_script(struct free_venue *venue, struct life *life, const struct order_cmd *cmd)
{
    const struct order *order = orders_find(engine_orders(venue->config.engine), cmd->order_id);
    agon_qty_t filled_qty = order != NULL ? order->filled_qty : cmd->filled_qty;
    struct held what = {.of.cmd = *cmd};

    life->is_scripted = 0;
    if (cmd->kind == CMD_CANCEL) {
        life->is_over = 1;
        answer_again(venue, life, cmd, REPORT_CANCELLED, filled_qty);
        return;
    }
    if (filled_qty >= cmd->qty) {
        answer_again(venue, life, cmd, REPORT_REPLACE_REJECTED, filled_qty);
        return;
    }
    life->is_adopted = life->is_replacing = 1;
    life->before_qty = filled_qty;
    what.of.cmd.kind = CMD_NEW;
    what.of.cmd.qty = cmd->qty - filled_qty;
    (void)hold(venue, &venue->cmds, cmd->t + venue->config.facts->there_ns, &what);
}

/* Where something of an order was filled a gateway replaces it by two requests, and between them
 * nothing stands there. t: when the second is there. */
static int hold_swap(struct free_venue *venue, const struct life *life, const struct order_cmd *cmd,
                     const struct free_request *asked, agon_ns_t t)
{
    struct held what = {.of.cmd = *cmd, .is_swap = 1};
    // It was answered before the second left.
    agon_ns_t at = cmd->t + (asked->t_swap - asked->t) + (asked->t_sent - asked->t_swap) / 2;

    if (asked->t_swapped != 0)
        at = cmd->t + (asked->t_swapped - venue->config.facts->offset_ns - asked->t);
    if (at < life->t_there)
        at = life->t_there;
    return hold(venue, &venue->cmds, at < t ? at : t, &what);
}

static int on_send(void *ctx, const struct order_cmd *cmd)
{
    struct free_venue *venue = ctx;
    const struct free_facts *facts = venue->config.facts;
    const struct free_request *asked = NULL;
    struct held what = {.of.cmd = *cmd};
    uint32_t n_orders = venue->config.watch->n_orders;
    struct free_order *order;
    struct life *life;
    agon_ns_t t = cmd->t + facts->there_ns, leave_ns;

    if (cmd->kind == CMD_CANCEL_ALL || cmd->kind == CMD_STRAY)
        return AGON_OK;
    order = free_watch_command(venue->config.watch, venue->config.engine, cmd);
    if (order == NULL)
        return AGON_OK; // of an earlier run: the journal answers
    order->cause_seq = cmd->kind == CMD_NEW ? cmd->depends_seq : order->cause_seq;
    if (venue->config.watch->n_orders > n_orders)
        life = born(venue, cmd, &asked);
    else if ((life = life_of(venue, cmd->order_id)) != NULL)
        asked = asked_then(venue, life, cmd);
    if (life == NULL || life->is_over)
        return AGON_OK;
    if (life->is_scripted && asked != NULL && (cmd->kind != CMD_REPLACE || is_like(asked, cmd)))
        return AGON_OK; // the journal answers
    if (life->is_scripted && cmd->kind == CMD_QUERY) {
        answer_again(venue, life, cmd, REPORT_STATE, cmd->filled_qty);
        return AGON_OK;
    }
    if (life->is_scripted) {
        leave_script(venue, life, cmd);
        return AGON_OK;
    }
    // As long as then; to the moment, where it was decided at the same one.
    if (venue->config.stage > FREE_LATENCY && asked != NULL && asked->t_there != 0)
        t = cmd->t + (asked->t_there - facts->offset_ns - asked->t);
    if (t < cmd->t)
        t = cmd->t;
    if (t < life->t_there)
        t = life->t_there;
    if (venue->config.stage > FREE_LATENCY && asked != NULL && asked->t_swap != 0 &&
        cmd->kind == CMD_REPLACE)
        (void)hold_swap(venue, life, cmd, asked, t);
    life->t_there = t;
    order->t_there = t + facts->offset_ns;
    leave_ns = asked != NULL && asked->t_sent != 0 ? asked->t_sent - asked->t : facts->leave_ns;
    (void)free_sample(&venue->config.watch->samples[FREE_ENTRY],
                      t - cmd->t > leave_ns ? t - cmd->t - leave_ns : 0);
    if (life->is_adopted)
        what.of.cmd.qty -= cmd->kind == CMD_REPLACE ? life->before_qty : 0;
    (void)hold(venue, &venue->cmds, t, &what);
    return AGON_OK;
}

struct venue_port free_venue_port(struct free_venue *venue)
{
    return (struct venue_port){.ctx = venue, .send = on_send};
}

/* --- at the exchange --- */

void free_venue_market(struct free_venue *venue, const struct agon_event_hdr *event)
{
    free_venue_advance(venue, event->t - 1);
    paper_on_market(venue->paper, event);
    if (event->t > venue->t)
        venue->t = event->t;
    collect(venue);
}

agon_ns_t free_venue_next(const struct free_venue *venue)
{
    const struct heap_node *top = heap_top(&venue->cmds);
    agon_ns_t t = paper_next(venue->paper);

    return top != NULL && top->t < t ? top->t : t;
}

void free_venue_advance(struct free_venue *venue, agon_ns_t t)
{
    const struct heap_node *top;
    struct held what;

    while ((top = heap_top(&venue->cmds)) != NULL && top->t <= t) {
        agon_ns_t t_there = top->t > venue->t ? top->t : venue->t;

        (void)release(venue, &venue->cmds, &what);
        what.of.cmd.t = t_there;
        paper_advance(venue->paper, t_there - 1);
        if (what.is_swap)
            paper_swap(venue->paper, t_there, what.of.cmd.order_id);
        else
            (void)venue->to_paper.send(venue->to_paper.ctx, &what.of.cmd);
        paper_advance(venue->paper, t_there);
        venue->t = t_there;
        collect(venue);
    }
    paper_advance(venue->paper, t);
    if (t > venue->t)
        venue->t = t;
    collect(venue);
}

agon_ns_t free_venue_due(const struct free_venue *venue)
{
    const struct heap_node *top = heap_top(&venue->reports);

    return top != NULL ? top->t : INT64_MAX;
}

int free_venue_take(struct free_venue *venue, struct record_report *report, uint64_t *seq)
{
    struct held what;

    if (!release(venue, &venue->reports, &what))
        return 0;
    *report = what.of.report;
    *seq = what.seq;
    return 1;
}

int free_venue_behind(struct free_venue *venue, uint64_t at_seq, struct record_report *report,
                      uint64_t *seq)
{
    for (uint32_t i = 0; i < venue->n_placed; i++) {
        if (venue->placed[i].at_seq != at_seq)
            continue;
        *report = venue->placed[i].of.report;
        *seq = venue->placed[i].seq;
        memmove(&venue->placed[i], &venue->placed[i + 1],
                (venue->n_placed - i - 1) * sizeof(venue->placed[0]));
        venue->n_placed--;
        return 1;
    }
    return 0;
}

int free_venue_at(struct free_venue *venue, const struct record_report *journal,
                  struct record_report *report)
{
    uint64_t at;
    const struct life *life;

    // Of an order of an earlier run there is nobody else who says anything.
    if (free_watch_find(&venue->config.facts->watch, journal->order_id) == NULL) {
        *report = *journal;
        return 1;
    }
    if (free_venue_behind(venue, journal->hdr.seq, report, &at))
        return 1;
    if (!map_get(&venue->by_twin, journal->order_id, &at))
        return 0;
    life = &venue->lives[at - 1];
    if (!life->is_scripted)
        return 0;
    *report = *journal;
    report->order_id = life->id;
    return 1;
}

void free_venue_pass(struct free_venue *venue, uint64_t seq)
{
    venue->passed_seq = seq;
}
