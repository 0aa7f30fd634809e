// SPDX-License-Identifier: Apache-2.0
/* api: a running host as its operators see it: the table of verbs that control serves, what is
 * shown live, and the metrics. It looks at the host's view and gives it commands, and nothing else.
 *
 * A new verb is a function in verbs.c (or a file of its own) and a line in api_verbs, which says
 * what it answers (api_schema.h). [control] */
#ifndef OPS_API_H
#define OPS_API_H

#include <pthread.h>
#include <stdatomic.h>

#include "control/control.h"
#include "ops/apply.h"
#include "run/past.h"
#include "sys/proc.h"
#include "sys/watch.h"

#define API_POINTS 1024 /* of equity, of each slot; when they are full every second one goes */

struct api_slot {
    struct past_point points[API_POINTS];
    uint32_t n;
    char name[SLOT_NAME]; /* whose they are */
    uint64_t freed_seq;   /* and which of that name: host_view_slot.freed_seq */
};
#define API_ACTS 8
struct api_act {        /* what a demo shows just now, in its own words */
    uint32_t number, n; /* from 1; number 0: nobody says anything */
    char market[200];   /* what is known of the market */
    char title[64], about[400], look[200], said[400];
    uint32_t n_past; /* once the acts are over: what each came to, ... */
    struct {
        char title[64], said[400];
    } past[API_ACTS]; /* ... in their order */
};
/* A replay of this run's journal beside the host: api_verify.c. */
enum { VERIFY_NEVER, VERIFY_RUNS, VERIFY_HELD, VERIFY_FAILED };
struct api_verify {
    uint32_t state, n_said;
    struct proc proc;
    int fd;      /* what it says; both while it runs */
    agon_ns_t t; /* engine time when it began */
    int64_t began_ns, took_ns;
    uint64_t seq; /* on disk when it began */
    char said[512];
};
struct api_history;
struct api {
    struct host *host;      /* borrowed */
    struct host_view *view; /* owned; of the last look */
    struct log *log;        /* borrowed; may be NULL */
    const char *log_path;   /* borrowed; NULL: no file */
    const char *dir;        /* borrowed; run directory */
    const char *roster;     /* borrowed; the file that was read; NULL: none */
    const char *plugins;    /* borrowed; folder of its plugins */
    char (*load_from)[256]; /* borrowed; more folders that files may be named of */
    uint32_t n_load_from;
    struct watch watch; /* of the roster; fd -1: it is not watched */
    pthread_t applier;  /* of what was saved: others are served meanwhile */
    uint8_t is_saved, has_applier;
    _Atomic uint32_t is_applying; /* a roster, whoever asked for it */
    const char *mode;             /* "paper", "live" */
    uint32_t is_async;
    int64_t speed_milli, looked_ns, began_ns;
    uint64_t turns;                                       /* of the core, at the last look, */
    int64_t turned_ns;                                    /* and when they were other ones */
    agon_ns_t every_ns, next_ns;                          /* of the points of equity, engine time */
    struct api_slot *slots;                               /* owned */
    struct api_history *history;                          /* owned; api_history.h */
    struct host_changeover reloads[HOST_CHANGEOVERS_MAX]; /* at the last look */
    uint32_t n_reloads;
    struct hist pauses[HOST_RESTART]; /* of the engine, by enum host_changeover_kind - 1 */
    struct control *control;          /* borrowed; once it runs */
    struct api_verify verify;
    const char *verifier; /* borrowed; another program in the place of this one; NULL: this one */
    pthread_mutex_t act_lock;
    struct api_act act; /* under its lock */
};

int api_init(struct api *api, struct host *host, struct error *err);
/* Takes over what the journal has kept of before this run. Once, when the host runs. */
void api_recall(struct api *api);
void api_deinit(struct api *api);
/* What describes the API; no host is needed for it. */
void api_tables(struct control_port *port);
/* What control is started with. */
void api_port(struct api *api, struct control_port *port);

extern const struct control_verb api_verbs[];
/* verbs_stop.c: the verbs that halt, resume, cancel, close, and what is left of it. */
int api_do_halts(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_halt(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_resume(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_cancel(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_flatten(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_order_cancel(void *ctx, const struct control_call *call, struct jout *out,
                        struct error *err);
int api_do_position_close(void *ctx, const struct control_call *call, struct jout *out,
                          struct error *err);
int api_do_kill(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_stop(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_left(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
/* What an order is answered with that is one event of the journal. rc: as host_order's. */
void api_put_ordered(const char *what, const char *on, int rc, uint64_t seq, struct jout *out);
/* verbs_agent.c: parameters of an agent. */
int api_do_params(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_param_set(void *ctx, const struct control_call *call, struct jout *out,
                     struct error *err);
/* api_verify.c: is the journal's state reached again? look: behind each look at the host; end:
 * when the host does. */
int api_do_verify(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_verification(void *ctx, const struct control_call *call, struct jout *out,
                        struct error *err);
void api_verify_look(struct api *api, int64_t mono_ns);
void api_verify_end(struct api *api);
/* api_history.c: what is kept of the run, in bounded memory */
int api_do_candles(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_lines(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_events(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_closings(void *ctx, const struct control_call *call, struct jout *out,
                    struct error *err);
/* api_ended.c */
int api_do_ended(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_closed(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_performance(void *ctx, const struct control_call *call, struct jout *out,
                       struct error *err);
int api_do_trades(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_tournament(void *ctx, const struct control_call *call, struct jout *out,
                      struct error *err);
int api_do_plans(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_health(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
/* api_cards.c */
int api_do_gpu_status(void *ctx, const struct control_call *call, struct jout *out,
                      struct error *err);
int api_do_gpu_leases(void *ctx, const struct control_call *call, struct jout *out,
                      struct error *err);
int api_do_gpu_why(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
int api_do_gpu_volatility(void *ctx, const struct control_call *call, struct jout *out,
                          struct error *err); /* verbs_stop.c */
void api_card_metrics(FILE *out, const struct host_view *view);

/* api_metrics.c */
void api_metrics(void *ctx, const struct control_counts *counts, FILE *out);
/* api_ready.c: are orders taken? Writes {"ready": ..., "missing": [...]}. */
int api_ready(void *ctx, struct jout *out);
int api_is_ready(const struct api *api);
/* api_live.c */
void api_live(void *ctx, struct control_live *live);

/* api_show.c: what verbs and the live view write alike, each one JSON object */
void api_put_status(const struct api *api, struct jout *out);
/* How the host and an agent are (api_words.h). */
const char *api_host_state(const struct host_view *view);
/* Of a loss limit that stopped it (host_view_slot.stop_reason): "daily loss", "drawdown", "floor";
 * NULL: of none. As a member of an agent, as rows of halts, and why orders are refused for it. */
const char *api_stopped_state(uint16_t reason);
void api_put_stopped(const struct api *api, uint32_t id, struct jout *out);
void api_put_stops(const struct api *api, struct jout *out);
/* Of an agent that a loss limit of the day stops: 1, and that no resume lifts it; else 0. */
int api_day_stop_text(const struct api *api, uint32_t id, char *text, size_t room);
void api_loss_text(const struct api *api, uint32_t id, uint16_t reason, char *text, size_t room);
const char *api_agent_state(const struct host_view *view, const struct host_view_slot *slot);
void api_put_halt(const struct api *api, const struct host_view_halt *halt, struct jout *out);
/* Of what it is: an agent's name, a venue's, an instrument's label; "all". */
const char *api_halt_of(const struct api *api, const struct host_view_halt *halt);
const char *api_cause(uint8_t cause); /* enum halt_cause */
void api_put_agent(const struct api *api, uint32_t id, struct jout *out);
/* ... without what a page has from elsewhere. */
void api_put_agent_live(const struct api *api, uint32_t id, struct jout *out);
void api_put_venue(const struct api *api, uint32_t at, struct jout *out);
void api_put_limits(const struct api *api, uint32_t id, struct jout *out);
void api_put_portfolio(const struct api *api, struct jout *out);
void api_put_cards(const struct api *api, struct jout *out);
void api_put_lease(const struct api *api, const struct host_view_lease *lease, struct jout *out);
agon_amt_t api_portfolio_used(const struct host_view_portfolio *portfolio, uint8_t number);
void api_put_order(const struct api *api, const struct host_view_order *order, struct jout *out);
/* An author's reason by its name in that slot, of what happened with event seq; by its number where
 * the slot's names are of what came later. */
void api_put_tag(const struct api *api, const char *key, uint32_t slot, uint16_t tag, uint64_t seq,
                 struct jout *out);
const char *api_order_type(uint8_t type);
void api_put_exit(const struct api *api, const struct host_view_exit *view, struct jout *out);
/* Why the gate refused what its agent wanted, the most frequent reasons first. */
void api_put_refusals(const struct api *api, uint32_t id, struct jout *out);
void api_put_fill(const struct api *api, const struct host_view_fill *fill, struct jout *out);
void api_put_book(const struct api *api, uint32_t at, struct jout *out);
/* What an asset is worth in the base currency, and by what. */
void api_put_value(const struct api *api, const struct host_view_value *value, struct jout *out);
void api_put_foreign(const struct api *api, const struct foreign_order *order, struct jout *out);
void api_put_latency(const struct api *api, struct jout *out);
/* Those that nobody acknowledged, or all that are kept, newest first; what comes again within a
 * run, of the same agent in the same words, is one row. */
/* The same words, whatever their figures: the same again, and not another alert. */
int api_says_the_same(const char *a, const char *b);
void api_put_alerts(const struct api *api, int is_all, struct jout *out);
/* The older ones of the row of alert number seq, which nobody acknowledged. Returns how many. */
uint32_t api_alerts_up_to(const struct api *api, uint64_t seq, uint64_t seqs[ALERTS_KEPT]);
/* The changes of generation of this run, newest first. */
void api_put_reloads(const struct api *api, struct jout *out);
/* Null while there was no tournament. */
void api_put_tournament(const struct api *api, struct jout *out);
/* Of any plan. */
void api_put_tournament_of(const struct api *api, const union plan_event *event, struct jout *out);
/* What a tournament would do now, as api_put_tournament has it. */
int api_do_plan_dry(void *ctx, const struct control_call *call, struct jout *out,
                    struct error *err);
/* When the next is due, a member of an open object; null: none is held. */
void api_put_next_tournament(const struct api *api, struct jout *out);
void api_put_quantiles(struct jout *out, const struct hist *hist); /* members of an open object */
/* "2026-11-20T17:24:11.123Z"; null when there is no time yet. */
void api_put_time(struct jout *out, const char *key, agon_ns_t t);

/* api_figures.c: money, in the base currency and its decimals; members of an open object; a
 * position as an object; all of it as metrics */
void api_put_money(const struct api *api, struct jout *out, const char *key, agon_amt_t amt);
void api_put_figures(const struct api *api, const struct figures *of, struct jout *out);
void api_put_position(const struct api *api, uint32_t slot,
                      const struct host_view_position *position, struct jout *out);
void api_figure_metrics(FILE *out, const struct api *api);

/* api_venues.c: venues, each with figures of its own */
const char *api_health(uint8_t health); /* enum gateway_health */
void api_put_feed(const struct api *api, struct jout *out);
/* A row for each: what it is, how it is, how long it could be traded on. */
void api_put_venues(const struct api *api, struct jout *out);
/* ... its account, where its market data come from, and the money on it. */
void api_put_accounts(const struct api *api, struct jout *out);
/* Members "venues" of status and latency. */
void api_put_venues_state(const struct api *api, struct jout *out);
void api_put_venues_latency(const struct api *api, struct jout *out);
void api_venue_metrics(FILE *out, const struct host_view *view);
/* api_metrics.c: a histogram of an agent or a venue (key), or of nobody (of NULL) */
void api_metric_distribution(FILE *out, const char *name, const char *key, const char *of,
                             const struct hist *hist);

/* What an instrument is called: its symbol, with the venue before it where two have the same. */
const char *api_label(const struct api *api, uint32_t place);
/* apply_roster, one at a time. AGON_EBUSY: another is under way. [any but core] */
int api_apply(struct api *api, const struct apply *apply, struct jout *out, struct error *err);
/* The slot of that name, or AGON_ENOENT with the nearest one. */
int api_slot_of(const struct api *api, const char *name, struct error *err);
/* The same by a view of its own, for verbs that are slow and have none. */
int api_slot_now(const struct api *api, const char *name, struct error *err);
/* The place of an instrument in the view. */
int api_instrument_of(const struct api *api, const char *symbol, struct error *err);

#endif
