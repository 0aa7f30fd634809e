// SPDX-License-Identifier: Apache-2.0
/* paper_bars: markets of bars inside which the host itself acts. A bar's end waits until the core
 * is to hear of it; then each slot that has something which may act is taken along its path, and
 * the engine with it, step by step. */
#include <stdlib.h>

#include "base/error.h"
#include "base/num.h"
#include "engine/paper_impl.h"

int paper_is_inside(const struct paper *paper, const struct order_cmd *cmd)
{
    const struct walk *walk = &paper->walk;

    return walk->bar != NULL && cmd->instrument == walk->bar->hdr.instrument &&
           (walk->slots >> ORDER_ID_SLOT(cmd->order_id) & 1) != 0;
}

/* The end of a bar inside which the host may act. */
static int is_path(const struct paper *paper, const struct agon_event_hdr *event)
{
    const struct agon_bar *bar = (const struct agon_bar *)(const void *)event;

    return paper->along != NULL && event->type == AGON_EVENT_BAR &&
           match_bar_ends(paper->match, bar) && along_slots(paper->along, event->instrument) != 0;
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
    struct put_off *item = calloc(1, sizeof(*item));

    REQUIRE(item != NULL);
    item->t = t;
    item->instrument = instrument;
    *paper->put_off_end = item;
    paper->put_off_end = &item->next;
    return item;
}

// Takes the item out of the queue; it is the caller's.
static struct put_off *unlink_at(struct paper *paper, struct put_off **at)
{
    struct put_off *item = *at;

    *at = item->next;
    if (item->next == NULL)
        paper->put_off_end = at;
    return item;
}

void paper_set_along(struct paper *paper, struct along *along)
{
    paper->along = along;
}

agon_ns_t paper_told(const struct paper *paper)
{
    return paper->put_off != NULL ? paper->put_off->t_told : INT64_MAX;
}

agon_ns_t paper_told_last(const struct paper *paper, agon_ns_t t)
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

agon_ns_t paper_told_by(const struct paper *paper, const struct agon_event_hdr *event)
{
    if (paper->along == NULL || event->type != AGON_EVENT_BAR ||
        !match_has_bars(paper->match, event->instrument))
        return 0;
    return event->t + (paper->config.has_latency ? paper->config.latency.legs[LATENCY_ACK].median_ns
                                                 : paper->config.report_ns);
}

static void on_market_now(struct paper *paper, const struct agon_event_hdr *event)
{
    match_on_market(paper->match, event);
    if (paper->parked != NULL && is_bar_event(event) &&
        match_has_bars(paper->match, event->instrument))
        paper_take_parked(paper, event);
}

void paper_on_market(struct paper *paper, const struct agon_event_hdr *event)
{
    struct put_off *item;

    if (event->t > paper->t)
        paper->t = event->t;
    if (!is_bar_event(event) ||
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

// The core takes all that there is to be told, and what it does by it happens.
static int tell_reports(struct paper *paper)
{
    do {
        struct record_report *next;

        while ((next = paper_peek(paper)) != NULL && next->hdr.t <= paper->walk.t) {
            struct record_report copy = *next;
            int rc;

            paper_take(paper);
            rc = along_step(paper->along, &copy.hdr);
            if (rc < 0)
                return rc;
        }
    } while (take_back_all(paper) > 0);
    return AGON_OK;
}

static int tell_path(struct paper *paper, uint64_t slots, agon_px_t px, enum path_kind kind)
{
    const struct agon_bar *bar = paper->walk.bar;
    struct record_path path = {.hdr = {.type = EVENT_PATH,
                                       .granules = 1,
                                       .instrument = bar->hdr.instrument,
                                       .t_venue = bar->hdr.t,
                                       .t = paper->walk.t},
                               .px = px,
                               .slots = slots,
                               .kind = (uint8_t)kind};
    int rc = along_step(paper->along, &path.hdr);

    return rc < 0 ? rc : tell_reports(paper);
}

static int come_to(struct paper *paper, uint16_t slot, agon_px_t px)
{
    match_bar_at(paper->match, paper->walk.bar->hdr.instrument, slot, px);
    if (paper->walk.px[slot] == px)
        return AGON_OK;
    paper->walk.px[slot] = px;
    return tell_path(paper, (uint64_t)1 << slot, px, PATH_POINT);
}

// As match/inside.h goes, with the engine itself for the host.
static int go(struct paper *paper, uint16_t slot, agon_px_t a, agon_px_t b, int is_last)
{
    const struct agon_bar *bar = paper->walk.bar;
    int rc = AGON_OK;

    for (int turns = 0; rc >= 0;) {
        uint64_t id;
        agon_px_t order_px = match_bar_next(paper->match, bar, slot, a, b, &id);
        agon_px_t host_px =
            turns < INSIDE_TURNS ? along_next(paper->along, slot, bar->hdr.instrument, a, b) : 0;

        if (host_px != 0 && (order_px == 0 || num_abs(host_px - a) <= num_abs(order_px - a))) {
            turns++;
            a = host_px;
            rc = come_to(paper, slot, a);
            continue;
        }
        if (order_px == 0)
            break;
        a = order_px;
        rc = come_to(paper, slot, a);
        if (rc < 0)
            break;
        match_bar_act(paper->match, bar, slot, id, a, b);
        rc = tell_reports(paper);
    }
    if (rc < 0 || !is_last)
        return rc < 0 ? rc : come_to(paper, slot, b);
    match_bar_at(paper->match, bar->hdr.instrument, slot, b); // all are told the close together
    return rc;
}

/* All slots are in the same part of their paths, so that what all together may lose is seen. */
static int go_along(struct paper *paper)
{
    const struct agon_bar *bar = paper->walk.bar;
    const struct inside_bar row = {bar->open_px, bar->high_px, bar->low_px, bar->close_px, 0};
    agon_px_t points[SLOTS_MAX][4];
    int rc = AGON_OK;

    for (uint16_t slot = 0; slot < SLOTS_MAX; slot++) {
        if ((paper->walk.slots >> slot & 1) != 0)
            inside_points(
                &row,
                match_bar_path(paper->match, bar, slot,
                               along_image(paper->along, slot, bar->hdr.instrument, bar->hdr.t),
                               along_again),
                points[slot]);
    }
    for (int part = 0; part < 4; part++) {
        for (uint16_t slot = 0; slot < SLOTS_MAX && rc >= 0; slot++) {
            if ((paper->walk.slots >> slot & 1) == 0)
                continue;
            if (part == 0)
                rc = come_to(paper, slot, points[slot][0]);
            if (rc >= 0)
                rc = go(paper, slot, points[slot][part > 0 ? part - 1 : 0], points[slot][part],
                        part == 3);
        }
    }
    return rc < 0 ? rc : tell_path(paper, paper->walk.slots, bar->close_px, PATH_CLOSE);
}

static int walk(struct paper *paper, const struct agon_bar *bar, agon_ns_t t_told)
{
    uint64_t slots = along_slots(paper->along, bar->hdr.instrument);
    int rc;

    paper->walk = (struct walk){.bar = bar, .t = t_told, .slots = slots};
    along_begin(paper->along);
    for (uint16_t slot = 0; slot < SLOTS_MAX; slot++) {
        if ((slots >> slot & 1) == 0)
            match_bar_pass(paper->match, bar, slot);
    }
    rc = go_along(paper);
    for (uint16_t slot = 0; slot < SLOTS_MAX; slot++)
        match_bar_at(paper->match, bar->hdr.instrument, slot, 0);
    match_bar_over(paper->match, bar);
    if (rc >= 0)
        rc = tell_reports(paper);
    if (rc >= 0)
        rc = tell_path(paper, slots, bar->close_px, PATH_END);
    along_end(paper->along);
    paper->walk.bar = NULL;
    if (rc >= 0 && paper->parked != NULL)
        paper_take_parked(paper, &bar->hdr);
    return rc;
}

// What has come behind it, up to the end of the next bar that is to be told.
static void go_on(struct paper *paper, agon_instrument_t instrument)
{
    struct put_off **at = &paper->put_off;

    while (*at != NULL) {
        struct put_off *item;

        if ((*at)->instrument != instrument) {
            at = &(*at)->next;
            continue;
        }
        if (!(*at)->is_cmd && is_path(paper, &(*at)->event.hdr))
            return;
        item = unlink_at(paper, at);
        if (!item->is_cmd)
            on_market_now(paper, &item->event.hdr);
        else if (paper_acts_now(paper, &item->cmd))
            paper_request(paper, item->t, &item->cmd);
        else
            paper_park(paper, &item->cmd);
        free(item);
    }
}

int paper_tell(struct paper *paper)
{
    struct put_off *item;
    int rc;

    REQUIRE(paper->put_off != NULL && paper->put_off->t_told != 0);
    item = unlink_at(paper, &paper->put_off);
    rc = walk(paper, &item->event.bar, item->t_told);
    if (rc >= 0)
        go_on(paper, item->instrument);
    free(item);
    return rc;
}
