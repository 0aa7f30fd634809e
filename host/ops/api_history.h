// SPDX-License-Identifier: Apache-2.0
/* api_history: what a run's operators see of before: candles, what happened, plans of capital, how
 * fast and how healthy the host was. Kept by looking at the host's view four times a second, so
 * never in its way, and in memory of fixed size: what is full is thinned, or loses its oldest.
 * [control] */
#ifndef OPS_API_HISTORY_H
#define OPS_API_HISTORY_H

#include "ops/api.h"
#include "run/past.h"

#define EVENTS        256
#define EVENT_TEXT    280
#define EVENTS_LIVE   48 /* the newest are sent to the page by themselves */
#define TRADES        40 /* of each of the first CANDLE_INSTRUMENTS: the newest */
#define PLAN_ROWS     64 /* of a plan; more are left out */
#define HEALTH        288
#define HEALTH_VENUES 8                         /* the first ones, each by itself */
#define API_HEALTH_NS ((int64_t)5 * 1000000000) /* of a point, until there are too many */
#define OCTAVES       26 /* of latencies: all below 512 ns, then each twice the one before */

struct api_trades {
    struct host_view_trade all[TRADES]; /* number n at place n % TRADES */
    uint64_t n;
};
struct api_seat { /* whose place it was */
    char name[SLOT_NAME];
    uint64_t freed_seq; /* which of that name: host_view_slot.freed_seq */
    uint8_t is_unloaded;
};
struct api_event {
    agon_ns_t t;
    uint64_t seq;     /* of the journal's event that says so; 0: of none that is known */
    const char *kind; /* static */
    char of[SLOT_NAME], text[EVENT_TEXT];
    /* Tournaments one behind the other are one event, and so is the same alert: when the first was,
     * a tournament's number, how many. */
    agon_ns_t t_first;
    uint32_t first, n;
    uint8_t is_alone;     /* nothing is folded into it */
    agon_amt_t moved_amt; /* by all of them */
};
struct api_plan_row {
    char name[SLOT_NAME];
    double score, share;
    agon_amt_t before_amt, after_amt;
    uint32_t rank;
};
struct api_plan {
    agon_ns_t t;
    uint64_t seq;
    uint32_t number, n;
    int exp;
    uint8_t is_undone;
    struct api_plan_row rows[PLAN_ROWS];
    char *whole; /* owned; as `tournament` has it, in JSON. NULL: not kept */
};
struct api_feed { /* of a venue */
    uint32_t n_messages, n_gaps;
    uint32_t n_looks, n_up; /* how often it was looked at, and could be traded on */
};
struct api_health { /* of a stretch of time */
    agon_ns_t t;    /* engine time at its end */
    uint64_t step[OCTAVES], delivery[OCTAVES];
    uint64_t n_lag_most, n_messages, n_gaps; /* events that no disk held yet; of all venues */
    uint32_t n_unconfirmed_most, pad;
    struct api_feed feeds[HEALTH_VENUES];
};
struct api_lines; /* of an agent: api_lines.c */
struct api_history {
    struct api_slot whole; /* equity of all, with the pools */
    struct past_candles candles[CANDLE_INSTRUMENTS];
    struct api_event events[EVENTS]; /* number n at place n % EVENTS */
    uint64_t n_events;
    struct past_fills *fills[SLOTS_MAX]; /* owned, each; NULL: it has none */
    struct past_ended *ended[SLOTS_MAX];
    struct past_trades *closed[SLOTS_MAX];
    struct api_lines *lines[SLOTS_MAX]; /* likewise */
    uint64_t fills_before, ended_before, bars_before, asked_before;
    struct host_view_traded traded_before[CANDLE_INSTRUMENTS][HOST_VIEW_MINUTES];
    struct api_trades trades[CANDLE_INSTRUMENTS];
    uint64_t trades_before;
    struct api_plan plans[PLANS]; /* number n at place n % PLANS */
    uint32_t n_plans;
    struct api_health health[HEALTH]; /* oldest first */
    uint32_t n_health;
    int64_t health_every_ns, health_next_ns; /* the machine's clock */
    struct api_health open;                  /* the stretch that is under way */
    /* As of the last look. */
    uint8_t is_looked;
    uint64_t step_before[OCTAVES], delivery_before[OCTAVES], messages_before, gaps_before;
    uint64_t feed_before[HEALTH_VENUES][2]; /* messages, gaps */
    uint32_t reloads_before, plans_before, n_halts;
    uint64_t planned_before;   /* of planned */
    struct host_plans planned; /* as of the last look: host_plans */
    agon_ns_t t_halts;     /* from then on halts are known one by one, and not by their alerts */
    uint64_t alert_before; /* the newest one's seq */
    struct host_view_halt halts[HOST_VIEW_HALTS];
    struct api_seat seats[SLOTS_MAX];
    uint32_t crashes_before[SLOTS_MAX]; /* that have been said */
    agon_ns_t crash_said[SLOTS_MAX];    /* time of the newest of them */
    uint8_t is_crash_owed[SLOTS_MAX];   /* said before the engine counted it */
    uint8_t has_failed[SLOTS_MAX], is_down[HOST_VENUES_MAX];
};

/* Something happened: an event of that kind (api_event_kinds), and who or what it is of. Never
 * NULL. */
struct api_event *api_happened(struct api_history *history, agon_ns_t t, const char *kind,
                               const char *of, const char *text);
/* The same of n that are one event. */
struct api_event *api_happened_times(struct api_history *history, agon_ns_t t, uint32_t n,
                                     const char *kind, const char *of, const char *text);
void api_see_ends(struct api *api); /* whose plugins are gone since the last look */
struct api_history *api_history_new(void);
void api_history_free(struct api_history *history); /* NULL is fine */
/* What the host's start saw in its journal. Once, behind the first view. */
void api_history_recall(struct api *api);
/* api.c: the points of equity, of those that it has. */
void api_recall_points(struct api *api, const struct past *past);
/* api_health.c: what a look at the host adds to the points of its health; mono_ns: of its clock. */
void api_keep_health(struct api *api, int64_t mono_ns);
/* api_lines.c: lines over candles, at each look. */
void api_see_lines(struct api *api);
/* [SECONDS] [SINCE] of a call, from that argument on: one of past_lengths_s, and 0 without. */
int api_candle_arguments(const struct control_call *call, int at, uint32_t *length,
                         int64_t *since_ms, struct error *err);
/* Behind each look at the host. */
void api_history_look(struct api *api, int64_t mono_ns);
/* Of the agent that has the place now; NULL: none yet. */
const struct past_fills *api_fills_of(const struct api *api, uint32_t id);
/* Closed trades, and those that are open, of the agent that has the place now; NULL: none yet. */
const struct past_trades *api_trades_of(const struct api *api, uint32_t id);
/* Event number n of those that are kept. */
void api_put_event(const struct api *api, uint64_t n, struct jout *out);

#endif
