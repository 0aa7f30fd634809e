// SPDX-License-Identifier: Apache-2.0
/* paper: a venue port whose venue is the matching engine. Backtests and paper slots send their
 * orders here; no byte of them can reach a gateway.
 *
 * It lives on the exchange's side of the latencies: it is shown market data at the exchange's time,
 * takes an order entry_ns after the core sent it, and what it reports reaches the core report_ns
 * after it happened. Reports are input events like a real venue's: the driver offers them to the
 * engine, the journal keeps them, a replay needs no paper. [core] */
#ifndef ENGINE_PAPER_H
#define ENGINE_PAPER_H

#include "engine/port.h"
#include "match/impact.h"
#include "match/latency.h"
#include "match/match.h"

struct paper;
/* The rate windows that a client of the venue keeps to, in the caller's time (venue/windows.h). A
 * request that finds no room waits, the more urgent ones first, and is NOT_SENT for VENUE_RATE when
 * it has waited too long, as in a gateway. */
struct paper_windows {
    void *ctx;
    /* May it leave at t? Below 0: no; *retry is the earliest moment worth asking again. NULL: there
     * are none. */
    int (*take)(void *ctx, const struct order_cmd *cmd, agon_ns_t t, agon_ns_t *retry);
    int (*rank)(const struct order_cmd *cmd); /* 0 to 2, the most urgent first */
    int64_t hold_ns, cancel_hold_ns;          /* how long one may wait */
};
struct paper_stats { /* of the requests, by those windows */
    uint64_t n_waited, n_refused;
};
struct paper_config {
    struct match_config match;
    int64_t entry_ns, report_ns; /* >= 0; without a model below */
    /* has_latency: an order and what became of it are under way as these legs say, each stream in
     * its order. latency_check has passed it. */
    struct latency latency;
    int has_latency;
    struct paper_windows windows;
    agon_account_t account;
    /* The core is told where a bar ended before it is told that the next one opened at that same
     * time, and its clock may stand there meanwhile: what it decides at the time of an open was
     * decided behind it. Without: before it. */
    int is_behind_opens;
    uint64_t first_fill; /* numbers of fills are above it: another for each run over one journal */
};

/* table is borrowed: the engine's own, or a copy that outlives paper. NULL: out of memory. */
struct paper *paper_new(const struct paper_config *config, const struct instruments *table);
void paper_free(struct paper *paper);
void paper_spare(struct paper *paper, zeroed_spare_fn *spare); /* as match_spare */
/* AGON_ENOENT, AGON_ENOMEM. */
int paper_add(struct paper *paper, agon_instrument_t instrument);
/* What the venue asks of orders there beside the instrument's filters. A refusal has the number
 * that the venue answers with (match/answers.h). AGON_ENOENT. */
int paper_set_rules(struct paper *paper, agon_instrument_t instrument, const struct rules *rules);
/* What a slot holds of a derivative already, from a run before: an order that reduces it is taken.
 * After paper_add and paper_set_bars, before the first order; what slots hold adds up where the
 * venue knows the account alone. AGON_ENOENT, AGON_EINVAL. */
int paper_hold(struct paper *paper, uint16_t slot, agon_instrument_t instrument, agon_qty_t qty);
/* What takes in that instrument pays (or gets) the worse by so much for its size, but never beyond
 * its limit: for markets whose book is made up. impact_check has passed it. AGON_ENOENT,
 * AGON_ENOMEM. */
int paper_set_impact(struct paper *paper, agon_instrument_t instrument,
                     const struct impact *impact);
/* All that is known of the instrument is bars (match_set_bars): a request that was decided before a
 * bar opened, and arrives in it, acts as at the open; any other in it at its close, and one that
 * arrives in no bar at the next open. What happens in a bar is reported when it has closed.
 * AGON_ENOENT, AGON_ENOMEM. */
int paper_set_bars(struct paper *paper, agon_instrument_t instrument,
                   const struct match_bars *bars);
/* The host whose exits and loss limits act inside bars; borrowed, NULL: none does. Where a slot has
 * something that may act, its bars are taken along their paths when the core learns of their end,
 * and step by step with it: paper_offer. What comes to that instrument meanwhile follows behind, at
 * its own time. */
struct along;
void paper_set_along(struct paper *paper, struct along *along);
/* When the core is next told something, by its own time: a report, or the end of such a bar;
 * INT64_MAX: nothing is on its way. */
agon_ns_t paper_tells(const struct paper *paper);
/* Offers it to the engine: one report, or all the steps of a bar's end. As driver_step. Timers that
 * are due before it come first, and are the caller's. AGON_EAGAIN: the journal has no room; until
 * paper_is_telling is no more, nothing else may be offered to the engine but by calling it again,
 * which goes on with the step that was not taken. */
struct driver;
int paper_offer(struct paper *paper, struct driver *driver);
/* Does nothing rest at the exchange, and is nothing on its way to it or from it? Of such: does the
 * bar, which has come to the exchange, bring the core nothing but, at t, the PATH of its end (*end,
 * of type 0 where there is none), which engine_pass may take, and itself, at t_bar? And the
 * exchange goes on behind it, and behind the quote of the same time and instrument (NULL: there is
 * none), in the place of paper_on_market. */
int paper_is_steady(const struct paper *paper); /* are reports always on their way as long? */
int paper_is_quiet(const struct paper *paper);
int paper_is_passed(struct paper *paper, const struct agon_bar *bar, agon_ns_t t, agon_ns_t t_bar,
                    struct record_path *end);
void paper_pass(struct paper *paper, const struct agon_bar *bar, const struct agon_event_hdr *quote,
                const struct record_path *end);
/* As that PATH is. */
static inline struct record_path paper_end(const struct agon_bar *bar, agon_ns_t t, uint64_t slots)
{
    return (struct record_path){.hdr = {.type = EVENT_PATH,
                                        .granules = 1,
                                        .instrument = bar->hdr.instrument,
                                        .t_venue = bar->hdr.t,
                                        .t = t},
                                .px = bar->close_px,
                                .slots = slots,
                                .kind = PATH_END};
}
/* For a calm's rows (lockstep_rows.c), of an exchange that is steady: is there a slot whose host
 * acts inside the instrument's bars; and paper_pass of bars that end, each with the open behind it:
 * followed comes behind the last, with its open, before the exchange is asked for anything else. 0:
 * they are no such pair, and nothing happened. */
int paper_has_along(const struct paper *paper, agon_instrument_t instrument);
int paper_follow(struct paper *paper, const struct agon_bar *bar, const struct agon_quote *quote);
void paper_followed(struct paper *paper, const struct agon_quote *quote);
int paper_is_telling(const struct paper *paper); /* the end of a bar, and not all of it yet */
/* When the end of a bar is told that the market tells of now, as far away as reports mostly are; 0:
 * it is none. Whether any waits: so that nobody's market depends on what others hold. */
agon_ns_t paper_told_by(const struct paper *paper, const struct agon_event_hdr *event);
/* ... the last that ended by t at the exchange; 0: none waits. The market's news of that time and
 * later come to the core behind it. */
agon_ns_t paper_told_last(const struct paper *paper, agon_ns_t t);
struct venue_port paper_port(struct paper *paper);
/* A market event at the exchange's time (event->t). */
void paper_on_market(struct paper *paper, const struct agon_event_hdr *event);
/* Exchange time at which paper next has something to do; INT64_MAX: nothing. */
agon_ns_t paper_next(const struct paper *paper);
/* The exchange's clock is t: orders that have arrived are taken, what expires expires. */
void paper_advance(struct paper *paper, agon_ns_t t);
/* An order is taken off its market, silently: a replacement of it is on its way, as where a venue
 * has none and a gateway sends a cancel and a new order. Nothing where there is no such order. */
void paper_swap(struct paper *paper, agon_ns_t t, uint64_t order_id);
/* The oldest report; hdr.t is when the core learns of it. NULL: none. Valid until paper_take. */
struct record_report *paper_peek(struct paper *paper);
void paper_take(struct paper *paper);
struct paper_stats paper_stats(const struct paper *paper);
struct match *paper_match(struct paper *paper);

#endif
