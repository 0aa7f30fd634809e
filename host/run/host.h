// SPDX-License-Identifier: Apache-2.0
/* host: a running arena. It joins the engine with a gateway, a journal and agents, each on its
 * thread:
 *
 *   core    the engine and nothing else; parks when there is nothing to do
 *   io      the venue's bytes (libuv)
 *   writer  the journal
 *
 * The caller's own thread is control: it starts and stops, gives commands and looks at the
 * published view. On paper, orders go to the matching engine on the live book and none can reach
 * the gateway: the gateway of a paper host has no command ring. */
#ifndef RUN_HOST_H
#define RUN_HOST_H

#include "agent/crew.h"
#include "agent/info.h"
#include "base/hist.h"
#include "gpu/gpu.h"
#include "roster/leases.h"
#include "roster/values.h"
#include "score/trades.h"
#include "score/window.h"
#include "venue/gateway.h"

#define HOST_INSTRUMENTS_MAX INSTRUMENTS_MAX
#define HOST_VENUES_MAX      VENUES_MAX
#define HOST_VIEW_POSITIONS  32  /* of a slot, in the view: all that it can have */
#define HOST_VIEW_HALTS      64  /* in the view */
#define HOST_VIEW_ORDERS     512 /* open ones, in the view */
#define HOST_VIEW_EXITS      128 /* plans that stand, in the view */
#define HOST_VIEW_FILLS      256 /* the newest, in the view */
#define HOST_VIEW_TRADES     256 /* the same of the markets' trades */
#define HOST_VIEW_ENDED      256 /* ... of orders that ended */
#define HOST_VIEW_BARS       128 /* ... of bars */
#define HOST_VIEW_TRADED     64  /* the first instruments, of which there is ... */
#define HOST_VIEW_MINUTES    32  /* ... what was traded in each of so many minutes, the newest */

struct host_instrument {
    uint32_t venue; /* place in the host's venues */
    uint8_t kind;   /* enum instrument_kind; 0: spot */
    char symbol[32], base[16], quote[16];
    agon_px_t tick_px;
    agon_qty_t lot_qty, min_qty, max_qty;
    int px_exp, qty_exp;
    int64_t multiplier; /* of a contract, in 10^-multiplier_exp; 0: 1 */
    int multiplier_exp;
    agon_amt_t min_notional_amt; /* 10^-8 of the quote */
    int32_t maker_fee_ppb, taker_fee_ppb;
};
/* What a host stands on, when it is not this machine: a simulation's (docs/adr/0021). Clocks,
 * randomness and threads are then sys/machine.h's. */
struct host_ports {
    const struct disk *disk;          /* holds the journal, and what else a run directory holds */
    const struct stream_port *stream; /* callbacks come from outside; host_io_turn after them */
    /* Plugins are linked in, and a path is a name of one; NULL: there is none of that name. */
    const struct agon_entry *(*entry)(void *ctx, const char *path);
    void *ctx;
    struct beat *beat; /* borrowed; NULL: nobody is told that the core turns */
};
/* How the core waits for what comes next. */
enum host_core {
    CORE_WARM = 0, /* spins for 75 us behind its last work, then sleeps until it is woken */
    CORE_HOT = 1,  /* never sleeps: takes a processor, and of four and more a second for io */
    CORE_COLD = 2  /* sleeps as soon as there is nothing to do */
};
struct host_config {
    const struct host_ports *ports; /* borrowed; NULL: this machine */
    uint32_t mode;                  /* RUN_PAPER or RUN_LIVE */
    const char *dir;                /* run directory; one host at a time lives there */
    uint32_t n_venues;              /* 0: one */
    int is_take_over;               /* of an account that another host has, here or elsewhere */
    char base_currency[16];
    struct values values;                      /* what other assets are worth in it, and decimals */
    const struct host_instrument *instruments; /* borrowed until host_open returns */
    uint32_t n_instruments;
    struct crew_slot *slots; /* instruments of the records: places in instruments, from 1 */
    uint32_t n_slots;
    int64_t speed_milli; /* of market time; 1000: real */
    int is_async;        /* class of the journal */
    enum host_core core;
    int64_t entry_ns, report_ns;         /* paper: latencies of the venue, market time */
    double entry_sigma, report_sigma;    /* above 0: log-normal around them */
    uint64_t mark_every, snapshot_every; /* events; 0: 100,000 and 1,000,000 */
    uint64_t seed;
    struct start_market market;    /* that a simulated exchange serves; empty: not known */
    uint64_t market_segment_bytes; /* a multiple of 4096; 0: 64 MiB */
    uint64_t plugin_keep_bytes;    /* of plugins' files and states, by their hashes; 0: 1 GiB */
    uint64_t market_keep_bytes;    /* more is dropped once snapshots cover it; 0: never */
    int64_t low_water_bytes; /* fewer free for the journal: nothing new leaves; 0: 1 GiB, or 5 % of
                                the disk where that is less */
    struct tournament_rules tournament; /* mode 0: none is held */
    struct portfolio_limits portfolio;  /* of all slots together; all 0: none */
    struct roster_cards cards;          /* rules.n_cards 0: none */
    uint64_t files_max;                 /* of all agents, bytes; 0: no limit */
    int is_resumed; /* lifts what an operator halted, stopped or killed in an earlier run */
    char kill_why[COMMAND_WHY]; /* the kill switch is thrown from the start on, for this; "": it is
                                   not */
    char webhook[800];          /* where alerts go, by HTTP POST as JSON; empty: nowhere */
    int has_no_operator;        /* a demo or test: that there is no webhook is no alert */
    /* For measuring: an event has been stepped. May be NULL. [core] */
    void (*stepped)(void *ctx, const struct agon_event_hdr *event);
    void *stepped_ctx;
    int is_rewound; /* sets engine time back when the journal is ahead of the time */
    /* Last, for only those that there are are copied. */
    union { /* endpoints, limits, keys; venues[0].venue is 1, account 0, and so on */
        struct venue_config venue;
        struct venue_config venues[HOST_VENUES_MAX];
    };
};

struct host_view_position {
    agon_instrument_t instrument;
    uint32_t pad;
    agon_amt_t held_amt; /* the base asset's unit */
    agon_qty_t qty;
    agon_amt_t cost_amt, realised_amt, fee_amt; /* the unit of the instrument's results */
    struct position_figures figures;
    agon_amt_t funding_amt; /* of a derivative */
    uint64_t n_fills;
    uint8_t is_dust;    /* too little for any order */
    uint8_t is_closing; /* the host closes it */
};
struct host_view_slot {
    char name[SLOT_NAME];
    uint8_t stage, condition, is_playing, n_positions;
    uint8_t is_halted, agent_kind, runner;
    uint8_t is_used; /* 0: nobody's place */
    uint16_t condition_reason;
    uint32_t generation;
    uint64_t generation_hash;
    struct slot_limits limits;
    struct figures figures;
    /* By which the risk gate judges its losses, as last marked: now and at the highest. Positions
     * count at prices to close at, and not at mids as in the figures. */
    agon_amt_t gate_equity_amt, gate_high_amt;
    /* Lost since the day began: money, and what its limit counts of it (risk_day_scaled_amt). */
    agon_amt_t day_lost_amt, day_scaled_amt;
    /* Why it opens nothing more, by its loss limits or those of all: enum reason, and since when;
     * REASON_NONE: none is reached. */
    uint16_t stop_reason;
    agon_ns_t stop_t;
    struct engine_loss_refused loss_refused;
    uint64_t n_intents, n_refused, nth;
    uint64_t refused[REASONS_MAX]; /* by our own gate, this run */
    struct slot_unjudged unjudged;
    struct meters meters;
    uint64_t
        freed_seq; /* of the event by which its place was freed last; 0: of none that is known */
    uint64_t n_sent, n_seen; /* deliveries at the end, by the engine's count and by the plugin's */
    uint8_t is_counted;      /* those two are known */
    uint8_t is_unfit;    /* its plugin failed its checks, or could not begin: failure says why */
    uint8_t is_unloaded; /* for good, by an operator, a roster or a tournament */
    uint32_t n_crashes;
    uint8_t can_rollback;
    uint32_t n_open;
    uint16_t close_ended; /* enum reason: why what is being closed is not closed yet */
    uint64_t n_closed;    /* how often all of it was wanted closed, and was */
    struct host_view_position positions[HOST_VIEW_POSITIONS];
    char failure[160];
    char last_failure[160];     /* also of a plugin that has begun again; "": there was none */
    agon_ns_t last_failure_t;   /* market time of that; 0: there was none */
    struct hist_small delivery; /* to its plugin: crew_delivery */
    uint32_t metrics_set;       /* which it has: crew_metrics */
    double metrics[AGON_METRICS_MAX];
    uint32_t n_metric_names; /* agon_descriptor.metrics: of as many numbers from 0 on */
    char metric_names[AGON_METRICS_MAX][INFO_TAG];
    uint32_t n_tags;   /* names of its reasons: agon_descriptor.tags */
    uint64_t tags_seq; /* they are of what came after that event; 0: of all that is known */
    char tags[AGON_TAGS_MAX][INFO_TAG];
    uint32_t n_lines; /* of them prices of an instrument: crew_lines */
    struct feed_line lines[AGON_LINES_MAX];
};
struct host_view_order {
    uint64_t id;
    agon_instrument_t instrument;
    uint16_t slot;
    uint8_t side, type, tif, state, request, request_state;
    uint16_t tag; /* its author's: agon_intent.reason */
    uint64_t seq; /* of the event that its agent answered */
    agon_px_t px;
    agon_qty_t qty, filled_qty;
    agon_ns_t t_create;
};
struct host_view_exit { /* an exit plan that stands */
    uint16_t slot;
    uint16_t pad[3];
    struct agon_exit exit;
};
struct host_view_fill {
    agon_ns_t t, t_venue;
    uint64_t order_id, venue_fill, seq;
    agon_instrument_t instrument;
    uint16_t slot;
    uint8_t side, liquidity;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t fee_amt;
    agon_amt_t result_amt; /* of what it closed, fees in the quote taken off; base currency */
    agon_asset_t fee_asset;
    int8_t fee_exp;
    uint8_t is_closing; /* it closed something */
    char fee_name[16];
    struct trade_fill trade; /* its part of a closed trade */
};
struct host_view_ended { /* an order that ended; again, where a fill came later still */
    uint64_t id, seq;    /* seq: of the event that ended it */
    agon_ns_t t, t_create;
    agon_instrument_t instrument;
    uint16_t slot, reason;   /* enum reason; 0: nothing to add */
    uint8_t side, type, end; /* end: enum order_end */
    uint8_t pad;
    uint16_t why; /* enum exit_reason that the host made it for; 0: its agent made it */
    uint16_t tag; /* its author's: agon_intent.reason */
    agon_px_t px;
    agon_qty_t qty, filled_qty;
};
struct host_view_bar { /* a venue's own, for its volume */
    agon_ns_t t_open;
    agon_qty_t volume_qty;
    agon_instrument_t instrument;
    uint32_t length_s;
};
struct host_view_trade { /* of a market, whoever made it */
    agon_ns_t t;
    agon_px_t px;
    agon_qty_t qty;
    agon_instrument_t instrument;
    uint8_t side, pad[3]; /* the taker's; 0: the venue does not say */
};
struct host_view_traded { /* in a minute, by the trades that were read in this run */
    agon_ns_t t;          /* its beginning; 0: none */
    agon_qty_t qty;
};
struct host_view_instrument {
    char symbol[32], venue[32];
    uint8_t book_state;
    int8_t px_exp, qty_exp, base_exp, quote_exp;
    uint8_t is_halted, kind;
    char base[16], quote[16], unit[16]; /* unit: of its results; quote_exp is its exponent */
    agon_px_t bid_px, ask_px, last_px;
    int64_t rate_ppb;      /* of the next funding */
    agon_ns_t t_funding;   /* when it is paid; 0: not known */
    struct agon_top10 top; /* n_bid and n_ask 0: none yet */
    uint8_t is_shared;     /* another one has its symbol too */
};
/* How long a venue could be traded on, by the machine's clock: a book of it was live, and where
 * there are keys it took orders. Counted from when it could for the first time. */
struct host_uptime {
    int64_t seen_ns, down_ns; /* since then; of it down */
    uint32_t n_outages;
    uint8_t is_up, pad[3];
};
#define HOST_VIEW_MONEY 8
struct host_view_money { /* of an account: as the ledger has it, its agents' and what is nobody's */
    char asset[16];
    int8_t exp;
    uint8_t pad[7];
    agon_amt_t total_amt, agents_amt;
};
struct host_view_venue {
    char name[32], dialect[32], credential[64]; /* credential: the store's name of the key */
    char feed[32]; /* another venue, whose market data it has; "": its own */
    agon_account_t account;
    uint8_t is_halted, is_private;
    uint8_t pad;
    uint32_t n_instruments, n_agents;
    uint32_t n_money; /* in money; assets of which there is nothing are left out */
    struct host_view_money money[HOST_VIEW_MONEY];
    struct gateway_status status;
    struct host_uptime uptime;
    struct hist_small delivery; /* as queue_ns, of this venue */
};
struct host_view_halt {
    uint8_t scope;   /* enum scope */
    uint8_t cause;   /* of everything: enum halt_cause */
    uint16_t reason; /* enum reason */
    uint32_t id;     /* venue, instrument or slot */
    agon_ns_t t;     /* engine time */
    char who[32], why[96];
};
struct host_view_alerts {
    uint64_t n;                        /* that there ever were */
    uint32_t n_kept, n_open, n_urgent; /* in all; not acknowledged; those of level 3 */
    struct alert all[ALERTS_KEPT];     /* newest first */
    uint64_t counts[ALERT_KINDS];
    uint64_t n_folded, n_lost;
    uint64_t seq_of_run;          /* of this run's first event */
    uint64_t n_delivered, n_dead; /* by this run: to the webhook, to the dead-letter file */
    uint8_t has_webhook;
};
struct host_view_portfolio { /* all agents together, as their limits see them */
    struct portfolio_limits limits;
    struct risk_reach reach; /* open orders counted; of venues and assets the largest */
    agon_amt_t equity_amt, equity_high_amt, equity_day_amt;
    agon_amt_t day_lost_amt; /* money; daily_loss counts it in proportion to capital that moved */
    agon_amt_t breach_amt;   /* money lost, of the last breach */
    uint16_t breach_reason;  /* enum reason; 0: there was none */
    uint8_t is_breached;     /* and it stands */
};
struct host_view_card {
    char name[GPU_NAME];
    char device[64];                      /* by its worker's word; "": it was never there */
    int64_t bytes, reserve_bytes;         /* by the profile */
    int64_t leased_bytes;                 /* leaving ones counted */
    int64_t used_bytes, total_bytes;      /* as the card itself says; 0: unknown */
    uint32_t inference_ppm, training_ppm; /* granted: training with research */
    uint32_t inference_max_ppm, training_max_ppm, capacity_ppm; /* that may be */
    int32_t heat_mc;                                            /* as last told; 0: never */
    int32_t busy_pct;                                           /* -1: unknown */
    int32_t pid;                                                /* of its worker; -1: none runs */
    uint32_t lives;                                             /* workers so far */
    uint8_t step;                                               /* of heat, 0 to 4 */
    uint8_t is_lost, is_up, is_standby;   /* is_lost: as it was told; is_up: its worker answers */
    uint32_t n_leases, n_waiting, n_jobs; /* n_waiting: whose own card it is */
    uint64_t jobs_started, jobs_done, jobs_failed, jobs_preempted, moved; /* of this run */
};
struct host_view_lease {
    uint64_t id;
    uint32_t owner; /* slot */
    char name[GPU_LEASE_NAME];
    char budget[GPU_NAME], group[GPU_NAME];
    int64_t bytes;
    agon_ns_t deadline_ns; /* 0: none */
    uint32_t share_ppm;
    uint32_t place; /* in the queue, from 1; 0: it does not wait */
    uint8_t class, priority, state, card, home, flags, wait; /* enum gpu_lease_state, gpu_wait */
};
#define HOST_VIEW_WHY       224
#define HOST_VIEW_DECISIONS 64
struct host_view_decision { /* about a lease or a card */
    agon_ns_t t;            /* engine time */
    uint64_t seq;           /* of the event that it follows from */
    struct gpu_decision decision;
    char name[GPU_LEASE_NAME]; /* of the lease, where it has one */
};
struct host_view_own { /* the worker of a lease of own kernels */
    uint32_t owner;    /* slot */
    char name[GPU_LEASE_NAME];
    uint8_t state; /* enum relay_own_state */
    int32_t pid;   /* -1: none runs */
    uint32_t lives;
    int64_t context_bytes;   /* of its card, counted against the lease's budget */
    char why[HOST_VIEW_WHY]; /* the last failure; "": none yet */
};
struct host_view_cards {
    uint8_t is_on, device, split, volatility, wanted, is_tournament, is_single, pad;
    char profile[LEASES_NAME], shares[LEASES_NAME];
    uint32_t n_cards, n_leases, n_queue;
    int64_t failover_ns; /* of the last lost card: from its last answer to the decisions; 0: none */
    struct host_view_card cards[GPU_CARDS_MAX];
    struct host_view_lease leases[GPU_LEASES_MAX]; /* by their numbers */
    struct engine_outcomes outcomes[SLOTS_MAX];    /* by slot, of this run */
    uint32_t n_owns;
    struct host_view_own owns[LEASES_OWN];
    uint64_t n_decisions; /* ever; number n stands at n % HOST_VIEW_DECISIONS */
    struct host_view_decision decisions[HOST_VIEW_DECISIONS];
};
#define HOST_VIEW_ASKED 32
struct host_view_asked { /* what an operator asked for that is no one command */
    agon_ns_t t;
    uint64_t seq;
    uint16_t slot; /* UINT16_MAX: of nobody */
    uint8_t kind;  /* enum asked_kind */
    uint8_t pad[5];
    char of[SLOT_NAME]; /* the slot's name then */
    char who[COMMAND_WHO], why[COMMAND_WHY];
};
#define HOST_VIEW_VALUES 32
struct host_view_value { /* an asset in the base currency */
    char asset[16];
    agon_instrument_t instrument; /* that says so */
    agon_px_t px;                 /* its mark price; 0: none yet */
    agon_ns_t age_ns;             /* INT64_MAX: no price yet */
    uint8_t is_stale;             /* too old for new risk: engine_value_is_stale */
};
struct host_clock {
    uint8_t trust;       /* enum clock_trust: run/clock_guard.h */
    uint8_t is_paused;   /* no new order leaves, because of the clock */
    uint8_t is_waiting;  /* for a venue's word: time stands still until it comes */
    uint8_t is_wall_off; /* the wall clock is not followed */
    uint8_t is_market;   /* engine time is a simulated market's, or scaled */
    uint8_t pad[3];
    int64_t wall_off_ns; /* the wall clock less ours, with is_wall_off */
    int64_t ahead_ns;    /* the journal less the time, where it is ahead */
    uint64_t n_steps,
        n_taken; /* of the wall clock; how often venue time was taken instead of ours */
};
struct host_view {
    agon_ns_t t; /* engine time */
    struct host_clock clock;
    uint64_t seq, durable_seq;
    uint32_t run;
    uint8_t journal_state, is_killed, is_stopped, is_halted, is_ready, base_exp, is_live;
    char base_currency[16];
    struct figures figures; /* of all, pools included */
    agon_amt_t pool_amt;
    struct figures left; /* of who was unloaded: amounts and counts, part of figures */
    uint64_t n_left;
    uint32_t n_halts; /* in halts; more are not shown */
    struct host_view_halt halts[HOST_VIEW_HALTS];
    struct engine_counters counters;
    struct gateway_status venue; /* of all together */
    uint32_t n_slots, n_instruments;
    struct host_view_slot slots[SLOTS_MAX];
    uint32_t n_values;
    struct host_view_value values[HOST_VIEW_VALUES];
    uint32_t n_orders; /* in orders; n_orders_all are open */
    uint32_t n_orders_all;
    struct host_view_order orders[HOST_VIEW_ORDERS];
    uint32_t n_exits; /* in exits; n_exits_all stand */
    uint32_t n_exits_all;
    struct host_view_exit exits[HOST_VIEW_EXITS];
    uint32_t n_plans;      /* number of the last tournament; 0: none that is kept */
    union plan_event plan; /* of it */
    uint64_t
        n_rate_refused; /* orders and replacements that met the venue's rate limits, this run */
    uint8_t is_bars_silent, is_bars_visible; /* a venue's market is one of bars: market_bars.h */
    uint8_t is_bars_optimistic;
    uint64_t n_fills; /* and of what the start read; number n stands at n % HOST_VIEW_FILLS */
    struct host_view_fill fills[HOST_VIEW_FILLS];
    uint64_t n_trades; /* of this run, of what is subscribed; as fills */
    struct host_view_trade trades[HOST_VIEW_TRADES];
    struct host_view_traded traded[HOST_VIEW_TRADED][HOST_VIEW_MINUTES]; /* minute n at place n % */
    uint64_t n_ended;                                                    /* as fills */
    struct host_view_ended ended[HOST_VIEW_ENDED];
    uint64_t n_asked; /* as fills */
    struct host_view_asked asked[HOST_VIEW_ASKED];
    uint64_t n_bars; /* as trades, of the instruments of which candles are kept */
    struct host_view_bar bars[HOST_VIEW_BARS];
    struct host_view_alerts alerts;
    struct host_view_portfolio portfolio;
    struct host_view_cards cards;
    struct hist step_ns;  /* of one engine step */
    struct hist queue_ns; /* from the socket's read to the end of the step, or of some behind it */
    /* Last, for only those that there are are copied. */
    uint32_t n_venues;
    struct host_view_venue venues[HOST_VENUES_MAX];
    struct host_view_instrument instruments[HOST_INSTRUMENTS_MAX];
};

struct host;
/* Locks the run directory, recovers the journal, rebuilds the state, loads the plugins. Nothing
 * runs yet. AGON_EBUSY: another host lives there. [control] */
int host_open(struct host **host, const struct host_config *config, struct error *err);
/* Starts the threads. A venue that cannot be reached is no failure: the host tries on. [control] */
int host_start(struct host *host, struct error *err);
/* Another host asks for this one's accounts (--take-over): order entry is halted, what is open is
 * cancelled, and the lock given up. Call it a few times a second. [control] */
void host_mind_claims(struct host *host);
/* Will the host never trade, and why: another host has the account, or the key may withdraw. False:
 * it may trade, or does not know yet. [control] */
int host_is_refused_account(struct host *host, char *why, size_t room);
/* How often the core has gone round: a core that waits for nothing does so some times a second, one
 * that hangs does not. [any] */
uint64_t host_turns(const struct host *host);
/* A copy of the newest view; refreshed about ten times a second. [control] */
void host_view(struct host *host, struct host_view *view);
/* Waits until the journal's disk holds that event, or can hold none, or until then (clock_mono).
 * Does it hold it? [any but core] */
int host_await_durable(struct host *host, uint64_t seq, int64_t until_ns);
/* Places what is not spared of the process's memory, and logs how much that is: called when the
 * agents begin, and when the operators' interface has opened. Not where there are so many
 * instruments or venues that most of it is never used. [any] */
void host_place_memory(const struct host *host);
/* Of a view that memory is to be placed for: spares what there is none of in this host. [any] */
void host_spare_view(const struct host *host, struct host_view *view);
/* Whether that report is one of those: an order or a replacement that never was, for the venue's
 * rate limit. [any] */
int host_is_rate_refused(const struct record_report *report);
/* What a run at more than twice the speed has to say of the venue's rate windows, which are in real
 * time where orders go to one; "": nothing. [any] */
#define HOST_RATE_TEXT 256
const char *host_rate_text(int is_live, int64_t speed_milli, uint64_t n_refused,
                           char text[HOST_RATE_TEXT]);
struct host_left { /* of what is to be closed */
    uint32_t n_orders, n_positions;
    int is_heard; /* the venue can say so */
    int is_done;  /* every position is dust and no order is open, and the venue is heard */
};
/* Of a slot, or of all: -1. [any] */
void host_left(const struct host_view *view, int slot, struct host_left *left);
/* Hands a command to the engine, with who gives it and why. AGON_EAGAIN. [any but core] */
int host_command(struct host *host, const struct record_command_by *command);
/* Another generation for a slot that plays on (agent/crew.h: crew_reload): path, or NULL: the file
 * that the roster names. Blocks until it plays or is refused; whatever fails, the one before plays
 * on. A slot whose plugin is gone begins anew with it. seq, may be NULL: the number of the event
 * by which it took over; it is waited for, a second at most, until the journal's disk holds that.
 * 1: it plays, and no disk holds the event yet. AGON_ENOENT: no such slot; AGON_EBUSY: another slot
 * is changing hands. [any but core] */
int host_reload(struct host *host, const char *slot, const char *path, uint64_t *seq,
                struct error *err);
/* Back to the generation before, which has stayed warm. As host_reload. [any but core] */
int host_rollback(struct host *host, const char *slot, uint64_t *seq, struct error *err);

#define HOST_CHANGEOVERS_MAX 64
enum host_changeover_kind { HOST_RELOAD = 1, HOST_ROLLBACK = 2, HOST_RESTART = 3 };
struct host_changeover { /* a generation took over from another */
    agon_ns_t t;         /* engine time */
    uint16_t slot;
    uint8_t kind, pad[5];
    uint32_t from, to;
    uint64_t seq;                      /* of the event by which it did */
    uint64_t code, n_state;            /* of the plugin's file; bytes of state handed over */
    int64_t cut_ns, swap_ns, total_ns; /* the core stood still for the first two */
};
const char *host_changeover_name(uint8_t kind); /* "reload", "rollback", "restart" */
/* How many there were in this run; the newest HOST_CHANGEOVERS_MAX are written, number n at place
 * n % HOST_CHANGEOVERS_MAX. [any but core] */
uint32_t host_changeovers(struct host *host, struct host_changeover list[HOST_CHANGEOVERS_MAX]);

/* The newest tournaments of this run, and those that were taken back once more, as they are since:
 * all that became of them between two looks, where the view has the last one. */
#define HOST_PLANS_MAX 8
struct host_plans {
    uint64_t n; /* that there were; number i is at place i % HOST_PLANS_MAX */
    union plan_event all[HOST_PLANS_MAX];
};
/* Copies what there is beyond plans->n, in an order of theirs. [any but core] */
void host_plans(struct host *host, struct host_plans *plans);

#define HOST_QUARANTINE_MAX 256
struct host_quarantined { /* a binary that crashed too often: refused on this host */
    char hash[65];        /* hex, of the whole file */
    char slot[SLOT_NAME];
    agon_ns_t t; /* engine time */
    char why[160];
};
/* How many there are; at most max are written. [any but core] */
uint32_t host_quarantine_list(struct host *host, struct host_quarantined *list, uint32_t max);
/* hash: the first digits of it, 8 at least. The reason goes to the journal, as event seq; 1: no
 * disk holds that yet; AGON_ETIME: it is done, and the core has not taken the event yet. The slot
 * stands still until it is reloaded. AGON_ENOENT, AGON_EINVAL, AGON_EAGAIN, AGON_EBUSY (a slot
 * changes hands), AGON_EIO, AGON_ESTATE. [any but core] */
int host_quarantine_clear(struct host *host, const char *hash, const char *reason, uint64_t *seq,
                          struct error *err);
/* The same, and waits until the engine has taken it and the journal holds it, at most wait_ns: what
 * the engine said, with the number that the command has in the journal. 1: it is done, and no disk
 * holds it yet: a host that starts again may not know it. AGON_ETIME: not yet; it will be taken all
 * the same. [any but core] */
int host_order(struct host *host, const struct record_command_by *command, int64_t wait_ns,
               uint64_t *seq);
/* True of a command with that number that found all as it ordered (engine_is_so), as long as it is
 * one of the newest 64 commands. [any but core] */
int host_order_was_so(const struct host *host, uint64_t seq);
/* What of a roster can change while the host runs. */
enum host_change_kind {
    HOST_CHANGE_SLOT = 1,   /* limits, capital, on_crash, latency: a CONFIG event */
    HOST_CHANGE_STAGE = 2,  /* a COMMAND */
    HOST_CHANGE_PARAM = 3,  /* of a parameter that may change in flight: a CONFIG event */
    HOST_CHANGE_ADD = 4,    /* another agent, at the end or where it was before */
    HOST_CHANGE_REMOVE = 5, /* as UNLOAD: the roster does not name it any more */
    HOST_CHANGE_TOURNAMENT = 6,
    HOST_CHANGE_UNLOAD = 7,    /* for good: its place is free when nothing of it is left */
    HOST_CHANGE_SIGNALS = 9,   /* whose an agent hears from its next reload on */
    HOST_READ_PARAMS = 10,     /* changes nothing: what the slot's plugin may be given */
    HOST_READ_PLAN = 12,       /* changes nothing: what a tournament would do now */
    HOST_CHANGE_PORTFOLIO = 32 /* limits of all slots together: a CONFIG event */
};
#define HOST_PARAMS_MAX INFO_PARAMS_MAX
struct host_params { /* of the plugin that is active */
    uint32_t n;
    struct info_param all[HOST_PARAMS_MAX];
};
struct host_change {
    uint8_t kind, is_dry; /* is_dry: only whether it could be made */
    uint8_t is_kept; /* of UNLOAD and REMOVE: its positions stay, and so does its place until they
                        are closed */
    uint8_t is_so;   /* of UNLOAD, once made: it was so already, and nothing was done */
    uint16_t slot;
    const struct crew_slot *to; /* as it shall be; borrowed */
    const char *name;           /* of a parameter; borrowed */
    struct host_params *params; /* of READ_PARAMS; borrowed */
    union plan_event *plan;     /* of READ_PLAN; borrowed */
    /* Of a dry run, ACCOUNTS_MAX of them: what the changes before it take from what an account has
     * for agents, less what they give back; its own is added. NULL: nothing. Borrowed. */
    agon_amt_t *taken_amt;
    uint64_t seq; /* of PARAM, UNLOAD and REMOVE, once made: the event's number */
    const struct tournament_rules *rules;     /* borrowed */
    const struct portfolio_limits *portfolio; /* borrowed */
    int rc;
    struct error err;
};
/* The slot of that name, by the newest view. AGON_ENOENT. [any but core] */
int host_slot_of(struct host *host, const char *name);
/* Is there an agent of the roster in that place? For who compares rosters, one at a time. */
int host_is_manned(const struct host *host, uint16_t slot);
/* Has the core make it between two events, and waits for that, at most wait_ns. What is added is
 * begun as by host_reload, while the others play, and waited for until it plays. AGON_ENOTSUP: not
 * in flight; else change->err says what. One at a time. [any but core] */
int host_make_change(struct host *host, struct host_change *change, int64_t wait_ns);
/* As it runs; changes by host_make_change alone, and by who reloads. For who makes changes. [any
 * but core] */
const struct host_config *host_config_of(const struct host *host);
/* Cancels what is open, waits at most grace_ns for the venue's word, ends the plugins, marks and
 * closes the journal. With grace_ns 0 at once; a signal on signal_fd (-1: none) hurries it.
 * [control] */
int host_stop(struct host *host, int64_t grace_ns, int signal_fd, struct error *err);
void host_free(struct host *host); /* NULL is fine */
/* Of ports alone: the process has been killed. Nobody is told and nothing is written; the memory
 * goes. None of its threads goes on. */
void host_abandon(struct host *host);
/* Of ports alone: the stream port has called back. [io] */
void host_io_turn(struct host *host);
/* After host_stop: what the journal's last mark says, for comparison with a replay. */
void host_state(const struct host *host, unsigned char hash[HASH_SIZE], uint64_t *seq);
/* After host_stop: how long the core stood still while slots changed hands. */
const struct crew_pauses *host_pauses(const struct host *host);
const char *host_journal_dir(const struct host *host);

#endif
