// SPDX-License-Identifier: Apache-2.0
/* paper_bars: markets of bars inside which the host itself acts. A bar's end waits until the core
 * is to hear of it; then each slot that has something which may act is taken along its path, and
 * the engine with it, step by step. Backtest and paper host take them by this one function; where a
 * step finds no room in the journal, it goes on there later. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hot.h"
#include "base/num.h"
#include "engine/paper_impl.h"

int paper_is_inside(const struct paper *paper, const struct order_cmd *cmd)
{
    const struct walk *walk = &paper->walk;

    return walk->bar != NULL && cmd->instrument == walk->bar->hdr.instrument &&
           slot_set_has(&walk->slots, ORDER_ID_SLOT(cmd->order_id));
}

/* The end of a bar inside which the host may act. */
static inline int is_path(const struct paper *paper, const struct agon_event_hdr *event)
{
    const struct agon_bar *bar = (const struct agon_bar *)(const void *)event;

    return event->type == AGON_EVENT_BAR && paper->along != NULL &&
           along_has_slots(paper->along, event->instrument) && match_bar_ends(paper->match, bar);
}

int paper_is_put_off(const struct paper *paper, agon_instrument_t instrument)
{
    for (const struct put_off *item = paper->put_off; item != NULL; item = item->next) {
        if (item->instrument == instrument)
            return 1;
    }
    return 0;
}

struct put_off *paper_put_off(struct paper *paper, agon_ns_t t, agon_instrument_t instrument)
{
    struct put_off *item = paper->spare_put_off;

    if (item != NULL)
        paper->spare_put_off = item->next;
    else
        item = malloc(sizeof(*item));
    REQUIRE(item != NULL);
    item->next = NULL;
    item->t = t;
    item->t_told = 0;
    item->instrument = instrument;
    item->is_cmd = 0;
    *paper->put_off_end = item;
    paper->put_off_end = &item->next;
    return item;
}

// Takes the item out of the queue; it is good until another is put off.
static struct put_off *unlink_at(struct paper *paper, struct put_off **at)
{
    struct put_off *item = *at;

    *at = item->next;
    if (item->next == NULL)
        paper->put_off_end = at;
    item->next = paper->spare_put_off;
    paper->spare_put_off = item;
    return item;
}

void paper_set_along(struct paper *paper, struct along *along)
{
    paper->along = along;
    if (along == NULL)
        paper->walk.bar = NULL;
}

int paper_is_telling(const struct paper *paper)
{
    return paper->walk.bar != NULL;
}

// When the core is told of the next bar's end.
static agon_ns_t end_told(const struct paper *paper)
{
    return paper->put_off != NULL ? paper->put_off->t_told : INT64_MAX;
}

HOT agon_ns_t paper_tells(const struct paper *paper)
{
    agon_ns_t t = end_told(paper);

    if (paper->walk.bar == NULL && paper->first_report < paper->n_reports &&
        paper->reports[paper->first_report].hdr.t <= t)
        t = paper->reports[paper->first_report].hdr.t;
    return t;
}

HOT agon_ns_t paper_told_last(const struct paper *paper, agon_ns_t t)
{
    agon_ns_t last = 0;

    for (const struct put_off *item = paper->put_off; item != NULL; item = item->next) {
        if (item->t <= t && item->t_told > last)
            last = item->t_told;
    }
    return last;
}

// A market of bars moves where one opens and where one closes.
static int is_bar_event(const struct agon_event_hdr *event)
{
    return event->type == AGON_EVENT_QUOTE || event->type == AGON_EVENT_BAR;
}

HOT agon_ns_t paper_told_by(const struct paper *paper, const struct agon_event_hdr *event)
{
    if (paper->along == NULL || event->type != AGON_EVENT_BAR ||
        !match_has_bars(paper->match, event->instrument))
        return 0;
    return event->t + (paper->config.has_latency ? paper->config.latency.legs[LATENCY_ACK].median_ns
                                                 : paper->config.report_ns);
}

static inline __attribute__((always_inline)) void on_market_now(struct paper *paper,
                                                                const struct agon_event_hdr *event)
{
    match_on_market(paper->match, event);
    if (event->type == AGON_EVENT_TRADE && trade_book(event) != NULL)
        match_on_market(paper->match, &trade_book(event)->hdr);
    if (paper->parked != NULL && is_bar_event(event) &&
        match_has_bars(paper->match, event->instrument))
        paper_take_parked(paper, event);
}

HOT void paper_on_market(struct paper *paper, const struct agon_event_hdr *event)
{
    struct put_off *item;

    if (event->t > paper->t)
        paper->t = event->t;
    if (!is_bar_event(event) || (paper->put_off == NULL && event->type != AGON_EVENT_BAR) ||
        (!paper_is_put_off(paper, event->instrument) && !is_path(paper, event))) {
        on_market_now(paper, event);
        return;
    }
    item = paper_put_off(paper, event->t, event->instrument);
    memcpy(&item->event, event, event_bytes(event));
    if (event->type == AGON_EVENT_BAR)
        item->t_told = paper_arrival(paper, LATENCY_ACK, event->t);
}

/* An order that is on its way, where the host wants it cancelled inside a bar: it never gets there.
 */
static int take_back(struct paper *paper, struct order_cmd *cmd)
{
    struct entry none = {
        .order_id = cmd->order_id, .instrument = cmd->instrument, .side = cmd->side};

    if (cmd->kind != CMD_NEW || !paper_is_inside(paper, cmd) ||
        !along_is_unwanted(paper->along, cmd->order_id))
        return 0;
    cmd->kind = TAKEN_BACK;
    paper_report(paper, paper->walk.bar->hdr.t, &none, REPORT_CANCELLED);
    return 1;
}

static int take_back_all(struct paper *paper)
{
    int n = 0;

    for (uint32_t i = paper->first_cmd; i < paper->n_cmds; i++)
        n += take_back(paper, &paper->cmds[i].cmd);
    for (uint32_t i = 0; i < paper->n_held; i++)
        n += take_back(paper, &paper->held[i].cmd);
    for (struct parked *parked = paper->parked; parked != NULL; parked = parked->next)
        n += take_back(paper, &parked->cmd);
    for (struct put_off *item = paper->put_off; item != NULL; item = item->next) {
        if (item->is_cmd)
            n += take_back(paper, &item->cmd);
    }
    return n;
}

/* The core takes all that there is to be told, and what it does by it happens. AGON_EAGAIN: not all
 * of it. */
static int settle(struct paper *paper)
{
    struct walk *walk = &paper->walk;
    int rc;

    for (;;) {
        const struct record_report *next;

        rc = walk->is_offering ? along_step(paper->along, &walk->step.hdr) : AGON_OK;
        if (rc == AGON_EAGAIN)
            return rc;
        walk->is_offering = 0;
        if (rc >= 0)
            rc = along_due(paper->along);
        if (rc < 0)
            return rc;
        next = paper_peek(paper);
        if (next != NULL && next->hdr.t <= walk->t) {
            walk->step.report = *next;
            walk->is_offering = 1;
            paper_take(paper);
        } else if (take_back_all(paper) == 0) {
            return AGON_OK;
        }
    }
}

// A PATH names slots of one word.
static void tell_path(struct paper *paper, uint32_t word, uint64_t slots, agon_px_t px,
                      enum path_kind kind)
{
    const struct agon_bar *bar = paper->walk.bar;

    paper->walk.step.path = (struct record_path){.hdr = {.type = EVENT_PATH,
                                                         .granules = 1,
                                                         .instrument = bar->hdr.instrument,
                                                         .t_venue = bar->hdr.t,
                                                         .t = paper->walk.t},
                                                 .px = px,
                                                 .slots = slots,
                                                 .kind = (uint8_t)kind,
                                                 .word = (uint8_t)word};
    paper->walk.is_offering = 1;
}

static void come_to(struct paper *paper, uint16_t slot, agon_px_t px)
{
    if (!slot_set_has(&paper->walk.idle, slot))
        match_bar_at(paper->match, paper->walk.bar->hdr.instrument, slot, px);
    if (paper->walk.px[slot] == px)
        return;
    paper->walk.px[slot] = px;
    tell_path(paper, slot / 64u, (uint64_t)1 << slot % 64, px, PATH_POINT);
}

static int has_slot(const struct walk *walk, uint16_t slot)
{
    return slot_set_has(&walk->slots, slot);
}

// The first of them from that one on; SLOTS_MAX: there is none.
static uint16_t next_slot(const struct walk *walk, uint16_t slot)
{
    uint32_t word = slot / 64u;
    uint64_t bits, words;

    if (word >= SLOT_WORDS)
        return SLOTS_MAX;
    bits = walk->slots.bits[word] >> slot % 64 << slot % 64;
    words = bits != 0 ? (uint64_t)1 << word : walk->slots.words >> word >> 1 << word << 1;
    if (words == 0)
        return SLOTS_MAX;
    word = (uint32_t)__builtin_ctzll(words);
    return (uint16_t)(word * 64 +
                      (uint32_t)__builtin_ctzll(bits != 0 ? bits : walk->slots.bits[word]));
}

// All are at the close: a PATH for each word that has slots. Of none it is one without any.
static void tell_close(struct paper *paper)
{
    struct walk *walk = &paper->walk;
    uint64_t words = walk->slots.words >> walk->word << walk->word;
    uint32_t word = words != 0 ? (uint32_t)__builtin_ctzll(words) : 0;

    tell_path(paper, word, walk->slots.bits[word], walk->bar->close_px, PATH_CLOSE);
    walk->word = (uint8_t)(word + 1);
    if (words >> word >> 1 == 0)
        walk->stage = WALK_OVER;
}

static void enter_line(struct paper *paper)
{
    struct walk *walk = &paper->walk;

    walk->slot = walk->slot < SLOTS_MAX ? next_slot(walk, walk->slot) : SLOTS_MAX;
    if (walk->slot == SLOTS_MAX) {
        walk->slot = 0;
        walk->stage = ++walk->part < 4 ? WALK_SLOT : WALK_CLOSE;
        return;
    }
    walk->at_px = walk->points[walk->slot][walk->part > 0 ? walk->part - 1 : 0];
    walk->turns = 0;
    walk->stage = WALK_LINE;
    if (walk->part == 0)
        come_to(paper, walk->slot, walk->at_px);
}

// As match/inside.h goes, with the engine itself for the host.
static void go(struct paper *paper)
{
    struct walk *walk = &paper->walk;
    const struct agon_bar *bar = walk->bar;
    agon_px_t a = walk->at_px, b = walk->points[walk->slot][walk->part];
    int is_idle = slot_set_has(&walk->idle, walk->slot);
    agon_px_t order_px =
        is_idle ? 0 : match_bar_next(paper->match, bar, walk->slot, a, b, &walk->order);
    agon_px_t host_px = 0;

    if (walk->turns < INSIDE_TURNS && !is_idle)
        host_px = along_next(paper->along, walk->slot, bar->hdr.instrument, a, b);
    if (host_px != 0 && (order_px == 0 || num_abs(host_px - a) <= num_abs(order_px - a))) {
        walk->turns++;
        walk->at_px = host_px;
        come_to(paper, walk->slot, host_px);
    } else if (order_px != 0) {
        walk->at_px = order_px;
        walk->stage = WALK_ACT;
        come_to(paper, walk->slot, order_px);
    } else {
        if (walk->part < 3)
            come_to(paper, walk->slot, b);
        else if (!is_idle) // all are told the close together
            match_bar_at(paper->match, bar->hdr.instrument, walk->slot, b);
        walk->slot++;
        walk->stage = WALK_SLOT;
    }
}

static void leave_all(struct paper *paper)
{
    const struct walk *walk = &paper->walk;

    for (uint16_t slot = next_slot(walk, 0); slot < SLOTS_MAX; slot = next_slot(walk, slot + 1)) {
        if (!slot_set_has(&walk->idle, slot))
            match_bar_at(paper->match, walk->bar->hdr.instrument, slot, 0);
    }
    match_bar_over(paper->match, paper->walk.bar);
}

/* One step further, at most one PATH of it. All slots are in the same part of their paths, so that
 * what all together may lose is seen. */
static void step_on(struct paper *paper)
{
    struct walk *walk = &paper->walk;
    const struct agon_bar *bar = walk->bar;

    switch (walk->stage) {
    case WALK_SLOT:
        enter_line(paper);
        break;
    case WALK_LINE:
        go(paper);
        break;
    case WALK_ACT:
        match_bar_act(paper->match, bar, walk->slot, walk->order, walk->at_px,
                      walk->points[walk->slot][walk->part]);
        walk->stage = WALK_LINE;
        break;
    case WALK_CLOSE:
        tell_close(paper);
        break;
    case WALK_OVER:
        leave_all(paper);
        walk->stage = WALK_END;
        break;
    default:
        tell_path(paper, 0, walk->slots.bits[0], bar->close_px, PATH_END);
        walk->stage = WALK_DONE;
        break;
    }
}

/* Does nothing happen to the slot on the way, whatever path it takes? It has no order there, and
 * the host nothing to do at any price of the bar. What all slots together may lose depends on where
 * the others are, so that with such a limit it is known of one that is alone. */
static int is_idle(const struct paper *paper, const struct agon_bar *bar, uint16_t slot,
                   int is_alone)
{
    return !match_bar_has_orders(paper->match, bar->hdr.instrument, slot) &&
           along_is_idle(paper->along, slot, bar, is_alone);
}

static void choose_path(struct paper *paper, uint16_t slot, int is_alone)
{
    struct walk *walk = &paper->walk;
    const struct agon_bar *bar = walk->bar;
    const struct inside_bar row = {bar->open_px, bar->high_px, bar->low_px, bar->close_px, 0};
    int is_low_first;

    if (is_idle(paper, bar, slot, is_alone)) {
        slot_set_add(&walk->idle, slot);
        is_low_first = match_bar_idle(paper->match, bar);
    } else {
        is_low_first = match_bar_path(
            paper->match, bar, slot,
            along_image(paper->along, slot, bar->hdr.instrument, bar->hdr.t), along_again);
    }
    walk->px[slot] = 0;
    inside_points(&row, is_low_first, walk->points[slot]);
}

static void begin(struct paper *paper, const struct agon_bar *bar, agon_ns_t t_told)
{
    struct walk *walk = &paper->walk;
    const struct record_report *next;
    uint16_t first;

    memset(walk, 0, offsetof(struct walk, px));
    walk->bar = bar;
    walk->t = t_told;
    walk->slots = along_slots(paper->along, bar->hdr.instrument);
    along_begin(paper->along);
    for (uint32_t slot = 0; !match_is_empty(paper->match) && slot < match_owners(paper->match);
         slot++) {
        if (!has_slot(walk, (uint16_t)slot))
            match_bar_pass(paper->match, bar, slot);
    }
    first = next_slot(walk, 0);
    for (uint16_t slot = first; slot < SLOTS_MAX; slot = next_slot(walk, slot + 1))
        choose_path(paper, slot, slot == first && next_slot(walk, slot + 1) == SLOTS_MAX);
    // What the others' orders did is told first, and from there on all are worth something else.
    next = paper_peek(paper);
    if ((next == NULL || next->hdr.t > walk->t) &&
        memcmp(&walk->idle, &walk->slots, sizeof(walk->idle)) == 0 &&
        along_is_silent(paper->along, walk->slots, bar))
        walk->stage = WALK_OVER; // its end is all that is told
}

/* What the engine was told while there was no room may have given it something to do. */
static void wake_idle(struct paper *paper)
{
    struct walk *walk = &paper->walk;
    uint16_t slot;

    while (slot_set_take(&walk->idle, &slot))
        match_bar_at(paper->match, walk->bar->hdr.instrument, slot, walk->px[slot]);
}

// What has come behind it, up to the end of the next bar that is to be told.
static void go_on(struct paper *paper, agon_instrument_t instrument)
{
    struct put_off **at = &paper->put_off;

    while (*at != NULL) {
        const struct put_off *item = *at;

        if (item->instrument != instrument) {
            at = &(*at)->next;
            continue;
        }
        if (!item->is_cmd && is_path(paper, &item->event.hdr))
            return;
        (void)unlink_at(paper, at);
        if (!item->is_cmd)
            on_market_now(paper, &item->event.hdr);
        else if (paper_acts_now(paper, &item->cmd, item->t))
            paper_request(paper, item->t, &item->cmd);
        else
            paper_park(paper, &item->cmd);
    }
}

static int tell_end(struct paper *paper)
{
    struct put_off *item = paper->put_off;
    int rc;

    REQUIRE(item != NULL && item->t_told != 0);
    if (paper->walk.bar == NULL)
        begin(paper, &item->event.bar, item->t_told);
    else
        wake_idle(paper);
    while ((rc = settle(paper)) >= 0 && paper->walk.stage != WALK_DONE)
        step_on(paper);
    if (rc < 0)
        return rc;
    along_end(paper->along);
    paper->walk.bar = NULL;
    if (paper->parked != NULL)
        paper_take_parked(paper, &item->event.hdr);
    (void)unlink_at(paper, &paper->put_off);
    go_on(paper, item->instrument);
    return AGON_OK;
}

int paper_is_steady(const struct paper *paper)
{
    return !paper->config.has_latency ||
           paper->config.latency.legs[LATENCY_ACK].kind == LATENCY_CONSTANT;
}

HOT int paper_is_quiet(const struct paper *paper)
{
    return paper->first_report == paper->n_reports && paper->first_cmd == paper->n_cmds &&
           paper->n_held == 0 && paper->parked == NULL && paper->put_off == NULL &&
           paper->walk.bar == NULL && match_is_empty(paper->match);
}

HOT int paper_is_passed(struct paper *paper, const struct agon_bar *bar, agon_ns_t t,
                        agon_ns_t t_bar, struct record_path *end)
{
    int is_calm;
    uint64_t names;

    end->hdr.type = 0;
    end->hdr.t = t;
    is_calm = along_is_calm(paper->along, bar, t, t_bar, &names);
    if ((is_calm && names == 0) || !match_bar_ends(paper->match, bar))
        return 1;
    if (paper->t_sent[LATENCY_ACK] > t)
        return 0;
    if (!is_calm) {
        struct slot_set slots = along_slots(paper->along, bar->hdr.instrument);

        if (!along_is_passed(paper->along, bar, t, t_bar, &slots))
            return 0;
        names = slots.bits[0];
    }
    *end = paper_end(bar, t, names);
    return 1;
}

HOT int paper_has_along(const struct paper *paper, agon_instrument_t instrument)
{
    return along_has_slots(paper->along, instrument);
}

HOT int paper_follow(struct paper *paper, const struct agon_bar *bar,
                     const struct agon_quote *quote)
{
    return match_bar_follow(paper->match, bar, quote);
}

void paper_followed(struct paper *paper, const struct agon_quote *quote)
{
    match_bar_followed(paper->match, quote);
    if (quote->hdr.t > paper->t)
        paper->t = quote->hdr.t;
}

HOT void paper_pass(struct paper *paper, const struct agon_bar *bar,
                    const struct agon_event_hdr *quote, const struct record_path *end)
{
    if (bar->hdr.t > paper->t)
        paper->t = bar->hdr.t;
    if (end->hdr.type != 0)
        (void)paper_arrival(paper, LATENCY_ACK, bar->hdr.t); // it is told of its end, at end->hdr.t
    // Nobody sees the exchange between both, nor has anything there.
    if (quote != NULL &&
        match_bar_turn(paper->match, bar, (const struct agon_quote *)(const void *)quote))
        return;
    if (end->hdr.type == 0)
        on_market_now(paper, &bar->hdr);
    else
        match_bar_over(paper->match, bar);
    if (quote != NULL)
        paper_on_market(paper, quote);
}

int paper_offer(struct paper *paper, struct driver *driver)
{
    struct record_report copy;
    const struct record_report *report = paper_peek(paper);
    int rc;

    if (paper->walk.bar != NULL || report == NULL || report->hdr.t > end_told(paper))
        return tell_end(paper);
    copy = *report;
    rc = driver_step(driver, &copy.hdr);
    if (rc != AGON_EAGAIN)
        paper_take(paper);
    return rc;
}
