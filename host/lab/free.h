// SPDX-License-Identifier: Apache-2.0
/* free: a live or paper run's own events through a matching engine instead of its venue, its agents
 * deciding anew, and what fills compared with what filled then
 * (docs/adr/0047-what-a-run-differs-by-has-a-cause.md).
 *
 * It is run in stages. In stage 0 nothing is as the journal has it but the market; each further
 * stage takes one thing more from the journal, in the order of enum free_cause, and what changes by
 * that is that cause's. What remains behind the last is unknown. The stage in which market and
 * latencies are the journal's and nothing else is the comparison itself.
 *
 * Facts are read in the parent, no code of a plugin runs there; a stage runs in a worker
 * (agent/worker.h), and finds what it found in memory that the two share. [one thread] */
#ifndef LAB_FREE_H
#define LAB_FREE_H

#include <stdio.h>

#include "base/map.h"
#include "engine/engine.h"
#include "lab/parity.h"

enum free_cause {
    FREE_INPUTS = 0,  /* market events */
    FREE_LATENCY = 1, /* of decisions, requests, reports and market data */
    FREE_QUEUE = 2,   /* what filled, when, at what price and fee, by the venue's word */
    FREE_REJECT = 3,  /* orders that the venue refused, or ended by itself */
    FREE_RATE = 4,    /* requests that found no room in the rate windows */
    FREE_STALE = 5,   /* times without a book or a venue, and requests of unknown fate */
    FREE_CLOCK = 6,   /* timers that came late */
    FREE_CAUSES = 7
};
#define FREE_STAGES    (FREE_CAUSES + 1)  /* stage k: the first k causes are the journal's */
#define FREE_STAGE     (FREE_LATENCY + 1) /* the comparison itself */
#define FREE_FILLS_MAX ((uint32_t)1 << 20)
#define FREE_WHY       256
#define FREE_TWIN_NS   ((agon_ns_t)1000000000) /* fills of one price so close may be the same one */
const char *free_cause_name(uint32_t cause);

/* --- what is seen of a run, of the journal's and of one that runs again --- */

struct free_fill {
    uint64_t order_id, twin; /* twin: the journal's order that it was, else 0 */
    agon_ns_t t, t_venue;    /* engine time, and the exchange's by the same clock */
    agon_px_t px;
    agon_qty_t qty;
    agon_instrument_t instrument;
    uint16_t slot;
    uint8_t side, liquidity;
};
struct free_spread { /* of a figure */
    uint64_t n;
    int64_t p50, p90, p99;
};
enum free_figure {
    FREE_DECIDE = 0,      /* ns, from the event that an agent answers to its wish being taken */
    FREE_LEAVE = 1,       /* ns, from there to the last byte of its request */
    FREE_ENTRY = 2,       /* ns, from there to the exchange */
    FREE_REPORT = 3,      /* ns, from the exchange to the engine */
    FREE_SLIPPAGE = 4,    /* 10^-3 bp of the middle when the order was decided; > 0: worse */
    FREE_AHEAD_ENTRY = 5, /* 10^-3 of the order's quantity that the book showed at its price when it
                             was told that it stands */
    FREE_AHEAD_FILL = 6,  /* ... when the first fill of it was told */
    FREE_FIGURES = 7
};
const char *free_figure_name(uint32_t figure);
/* For people: "slippage, bp", and how many of the figure's are one of those. */
const char *free_figure_label(uint32_t figure);
double free_figure_unit(uint32_t figure);
struct free_money { /* of a slot, from the start of the run to its end; base currency */
    agon_amt_t pnl_amt, volume_amt;
};
struct free_outcome { /* of the run, once; in memory that worker and parent share */
    uint8_t is_done;
    char why[FREE_WHY]; /* not done: UTF-8, the worker's word */
    uint32_t now_play;  /* whose code is being called: + 1; 0: nobody's */
    uint64_t n_events, n_wishes, n_orders;
    uint64_t n_twins; /* orders that are also the journal's */
    struct free_money money[SLOTS_MAX];
    struct free_spread spreads[FREE_FIGURES];
    uint64_t n_fills; /* room holds so many of them */
    uint32_t room;
    struct free_fill fills[];
};
static inline uint64_t free_outcome_bytes(uint32_t room)
{
    return sizeof(struct free_outcome) + room * sizeof(struct free_fill);
}

struct free_samples {
    int64_t *at; /* owned */
    uint64_t n, room;
};
int free_sample(struct free_samples *samples, int64_t value);
/* Sorts them. */
void free_spread(struct free_samples *samples, struct free_spread *spread);

struct free_order {               /* of a run */
    uint64_t id, twin, cause_seq; /* cause_seq: of this run */
    agon_px_t px, mid_px[2];      /* of the two newest revisions: twice the middle when decided */
    agon_qty_t qty, shown_qty;    /* shown: stands open by the exchange's word; of the journal's */
    agon_px_t shown_px;
    agon_ns_t t_decided, t_there;
    uint32_t first_request, last_request, first_report, last_report; /* + 1, of facts */
    uint32_t n_fills;
    agon_instrument_t instrument;
    uint16_t slot;
    uint8_t side, rev, has_ahead, trouble; /* trouble: enum free_cause that its life met */
};
struct free_watch {            /* of a run: its orders and fills */
    struct free_order *orders; /* owned */
    uint32_t n_orders, room_orders;
    struct map by_order;
    struct free_fill *fills; /* owned */
    uint64_t n_fills, room_fills, fills_seen;
    struct free_samples samples[FREE_FIGURES];
    agon_amt_t equity_amt[SLOTS_MAX], volume_amt[SLOTS_MAX]; /* at its start */
};
int free_watch_init(struct free_watch *watch, struct engine *engine);
void free_watch_deinit(struct free_watch *watch);
struct free_order *free_watch_find(const struct free_watch *watch, uint64_t order_id);
/* A request is handed to a venue. NULL: of an order of an earlier run, or there is no memory. */
struct free_order *free_watch_command(struct free_watch *watch, struct engine *engine,
                                      const struct order_cmd *cmd);
/* A report was stepped; offset: of the exchange's clock. */
int free_watch_report(struct free_watch *watch, struct engine *engine,
                      const struct record_report *report, int64_t offset_ns);
/* An answer has come back; a fill is none. */
void free_watch_back(struct free_watch *watch, const struct record_report *report);
void free_watch_money(const struct free_watch *watch, struct engine *engine,
                      struct free_money money[SLOTS_MAX]);

/* --- what the journal has of a run --- */

struct free_request {
    uint64_t seq, order_id, told_seq;     /* decided with that event; answered with that */
    agon_ns_t t, t_sent, t_there, t_told; /* t_there: by the exchange's clock; 0: not known */
    agon_ns_t t_swap; /* when the cancel left that goes before the replacement of an order of which
                         something filled; 0: it is one request */
    agon_ns_t t_swapped, t_swap_told; /* when the exchange did that cancel, by its clock, and when
                                         that was heard of; 0: not known */
    agon_px_t px;
    agon_qty_t qty;
    uint32_t next; /* of the order: + 1 */
    agon_instrument_t instrument;
    uint16_t nth; /* of its kind, side and instrument within the event */
    uint8_t kind, side, rev, type, trouble;
};
struct free_report {
    uint64_t seq, order_id;
    agon_ns_t t, t_venue;
    uint32_t next, nth; /* next of the order: + 1; nth fill of it */
    uint8_t kind, rev;
};
struct free_wish { /* of an agent: INTENT, EXIT_PLAN, SIGNAL, ARM */
    uint64_t cause_seq, seq;
    uint32_t n;
    uint16_t slot;
};
struct free_own { /* what stands open of ours at a price has changed */
    agon_ns_t t;  /* by the exchange's clock */
    agon_px_t px;
    agon_qty_t change_qty;
    uint32_t nth;
    agon_instrument_t instrument;
    uint8_t side;
};
struct free_due {
    agon_ns_t t_due;
    uint64_t seq;
    uint32_t id;
    uint16_t slot;
    uint8_t kind;
};
struct free_listed { /* an instrument, as the run had it */
    struct agon_instrument instrument;
    char quote[16];
    int quote_exp;
};
struct free_facts {
    uint32_t run;
    uint8_t mode; /* enum run_mode */
    uint8_t has_offset, base_exp;
    agon_instrument_t bars; /* the first of which nothing but bars is known; 0: there is none */
    char base[16];
    uint64_t start_seq, end_seq; /* END: the last event of the run */
    agon_ns_t t_start, t_end;
    struct free_watch watch;
    struct free_request *requests; /* owned; in order of decision */
    struct free_report *reports;   /* owned; in order of arrival */
    struct free_wish *wishes;      /* owned; by (slot, cause_seq, n) */
    struct free_due *dues;         /* owned; by (kind, slot, id, t_due) */
    struct free_own *owns;         /* owned; by t; a live run's */
    uint32_t n_requests, n_reports, n_wishes, n_dues, n_owns;
    uint32_t room_requests, room_reports, room_wishes, room_dues, room_owns;
    struct free_listed *listed; /* owned; by id - 1 */
    uint32_t n_listed;
    struct map own; /* trades that are our own taking: free_trade_key */
    struct free_spread spreads[FREE_FIGURES];
    struct free_money money[SLOTS_MAX];
    char names[SLOTS_MAX][SLOT_NAME];
    agon_ns_t decide_ns, leave_ns, there_ns, report_ns, market_ns; /* medians; there_ns: from a
                                                                      decision to the exchange */
    int64_t offset_ns, offset_bound_ns; /* the exchange's clock less ours, and how far that may be
                                           from it */
    uint64_t n_beyond_offset;           /* requests that say another */
    int64_t unit_ns;                    /* of the exchange's stamps; 1 on paper: they are ours */
    uint64_t n_lapses, n_refused[FREE_CAUSES]; /* requests by what they met */
};
static inline uint64_t free_trade_key(agon_instrument_t instrument, uint64_t venue_id)
{
    return venue_id ^ (uint64_t)instrument << 44;
}
/* Run number `run` of what was scanned, from 1. AGON_ENOENT: there is none; as replay_run. */
int free_facts(const struct disk *disk, const struct parity_scan *scan, int is_live, uint32_t run,
               struct free_facts *facts, struct error *err);
void free_facts_free(struct free_facts *facts);
const struct free_wish *free_find_wish(const struct free_facts *facts, uint16_t slot,
                                       uint64_t cause_seq, uint32_t n);
const struct free_due *free_find_due(const struct free_facts *facts, const struct record_due *due);
/* A request for a new order, by the event that it was decided with. NULL: none. */
const struct free_request *free_find_new(const struct free_facts *facts, uint64_t seq,
                                         const struct order_cmd *cmd, uint16_t nth);

/* --- a stage, in a worker --- */

#define FREE_SENT_MAX 32
struct free_config {
    const char *const *sent; /* recordings that the venue played, as [SYMBOL=]FILE; may be none */
    uint32_t n_sent;
    const struct disk *(*disk)(void *ctx); /* of the journal, asked for after close */
    const char *kept;
    const struct parity_scan *scan;
    const struct free_facts *facts;
    uint32_t stage;
    int is_live;
    int (*close)(void *ctx, struct error *err);
    void (*calling)(void *ctx, int play); /* as parity_config */
    void *ctx;
};
int free_run(const struct free_config *config, struct free_outcome *outcome, struct error *err);

/* --- what the venue sent --- */

struct tape;
/* A recording of an instrument of the run, opened for it. AGON_EINVAL: of none. */
int free_open_sent(const struct free_facts *facts, const char *path, struct tape **tape,
                   agon_instrument_t *instrument, struct error *err);
struct free_inputs { /* between the first and the last market event of the run */
    uint8_t is_checked;
    uint64_t n_trades, n_updates; /* that were sent: trades of one time, price and side are one */
    uint64_t n_missing, n_additional; /* not in the journal; in it, and not sent */
};
int free_check_inputs(const struct disk *disk, int is_live, const struct free_facts *facts,
                      const char *const *sent, uint32_t n_sent, struct free_inputs *inputs,
                      struct error *err);

/* --- the comparison --- */

struct free_stage {                                     /* against the journal */
    uint64_t n_equal, n_other, n_missing, n_additional; /* fills of an order at a price */
    agon_amt_t pnl_amt;                                 /* of all slots */
};
#define FREE_DIFFERENCES 64
/* What an order filled at a price, and what it filled once more. A price of 0: nothing. */
struct free_difference {
    uint64_t order_id; /* the journal's; 0: it has no such order */
    agon_ns_t t;       /* of the first fill of either, engine time */
    agon_px_t px, again_px;
    agon_qty_t qty, again_qty;
    agon_instrument_t instrument;
    uint16_t slot;
    uint8_t side;
};
struct free_result {
    struct free_stage stages[FREE_STAGES];
    struct free_difference differences[FREE_DIFFERENCES]; /* of FREE_STAGE, by time: the first */
    uint32_t n_differences;
    uint64_t n_fills; /* the journal's, of an order at a price */
    /* Fills that the journal has not, fewer by each cause (below 0: more); last what is left. */
    int64_t additional_by_cause[FREE_CAUSES + 1];
    uint64_t n_by_cause[FREE_CAUSES + 1]; /* that differ in stage 0 by what made them equal, and
                                             last those that never are */
    int64_t share_ppm;                    /* of fills that differ in FREE_STAGE */
    agon_amt_t pnl_amt, volume_amt;       /* the journal's, of all slots */
    agon_amt_t cause_amt[FREE_CAUSES], unknown_amt;
    double pnl_bp; /* between the journal and FREE_STAGE, over turnover */
};
/* AGON_ENOMEM. outcomes: of each stage. */
int free_compare(const struct free_facts *facts, struct free_outcome *const outcomes[FREE_STAGES],
                 struct free_result *result);
/* Fills of two runs of one market: no order of them is known to be the same. */
int free_against(const struct free_facts *a, const struct free_facts *b, struct free_stage *stage);

#endif
