// SPDX-License-Identifier: Apache-2.0
/* run_report: what happened in a run, told by its journal: the journal is stepped through a new
 * engine, so that every figure is one that the engine came to again. [main thread] */
#ifndef REPORT_RUN_REPORT_H
#define REPORT_RUN_REPORT_H

#include <stdio.h>

#include "agent/info.h"
#include "base/hist.h"
#include "lab/replay.h"
#include "market/start_market.h"
#include "report/seats.h"
#include "report/tags.h"
#include "report/trail.h"
#include "report/weights.h"
#include "score/plan.h"

#define RUN_REPORT_HELD       256  /* orders under way that a limiter held, at most */
#define RUN_REPORT_ENDED      4096 /* a venue says an end twice within fewer orders than that */
#define RUN_REPORT_HAPPENINGS 256
#define RUN_REPORT_POINTS     1200 /* of each slot; when they are full every second one goes */
#define RUN_REPORT_PLANS      16   /* the newest */

enum run_report_kind {
    RUN_REPORT_CHANGEOVER = 1, /* another generation took over */
    RUN_REPORT_CRASH = 2,
    RUN_REPORT_QUARANTINE = 3,
    RUN_REPORT_TOURNAMENT = 4,
    RUN_REPORT_COMMAND = 5, /* of an operator, or of the host itself */
    RUN_REPORT_REFUSED = 6, /* more wishes beyond the limits than an honest agent has */
    RUN_REPORT_STOPPED = 7, /* by a limit of loss, or by what the host found out */
    RUN_REPORT_RUN = 8,     /* a run, in order; or another one began */
    RUN_REPORT_UNDONE = 9   /* a tournament */
};
struct run_report_happening {
    agon_ns_t t;       /* engine time */
    uint64_t seq;      /* of the engine then: who had the slot (seats.h) */
    uint64_t from_seq; /* of the event that it follows from: so it is listed at its time */
    uint16_t slot;
    uint8_t is_marked;            /* one of those few that a plot shows */
    uint8_t kind;                 /* enum run_report_kind */
    uint8_t is_unloaded;          /* by an operator: what became of its positions is said in it */
    uint32_t n_open;              /* crash: orders open then, */
    uint32_t n_ended[ORDER_ENDS]; /* and what they came to */
    agon_ns_t t_ended;            /* the last of them */
    uint32_t number;              /* of the tournament that it is of; 0: of none */
    char text[400];
};
struct run_report_point {
    agon_ns_t t;
    double result,
        capital; /* in whole units: what was won or lost since the start, its own share */
};
struct run_report_slot {
    struct run_report_point *points; /* owned */
    uint32_t n;
    uint64_t n_refused; /* at the last look */
    uint32_t crash;     /* its last happening of that kind, + 1; 0: none */
    uint32_t failed;    /* that of an attempt that failed, + 1, of which nobody said why yet */
    uint64_t acked;     /* the last order that the venue has taken */
    int is_faulty;      /* its plugin crashed, hung or flooded */
    char *params; /* owned; of the last BEGIN: name and value in turns, each ended by a NUL, and
                     one more behind all; NULL: not known */
};
struct run_report {
    struct replay replay;    /* of a journal; its engine stands at the end */
    struct engine *engine;   /* that of the replay, or the run's own, at its end */
    struct trail *trail;     /* owned */
    struct weights *weights; /* owned; files by which agents decided */
    struct seats *seats;     /* owned; who had which slot, and when */
    struct tags *tags;       /* owned; names of authors' reasons */
    int kept;                /* AGON_OK, or what became of keeping a sample */
    int64_t speed_milli;
    struct run_report_happening happenings[RUN_REPORT_HAPPENINGS];
    uint32_t n_happenings, n_lost; /* lost: no room */
    struct run_report_slot slots[SLOTS_MAX];
    agon_ns_t every_ns, next_ns; /* of the points */
    agon_ns_t t_first, t_end;
    union plan_event *plans; /* owned; number n at n % RUN_REPORT_PLANS */
    uint32_t n_plans;
    uint32_t n_starts;              /* runs that the journal is of */
    uint8_t is_ended;               /* the last of them, in order */
    struct start_market market;     /* of the last run that says one; empty: none does */
    uint64_t market_seed;           /* of that run */
    uint64_t stop_seq;              /* of the last emergency stop */
    struct record_command_by asked; /* the last word on who is unloaded; which 0: there is none */
    uint32_t n_given_faulty;        /* times that a plan gave capital to an agent after its fault */
    uint64_t n_rate_refused;        /* host_is_rate_refused */
    int is_live;                    /* orders went to a venue */
    int is_backtest;                /* the last run was one */
    uint32_t n_ended[ORDER_ENDS];
    uint64_t ended[RUN_REPORT_ENDED]; /* ids of those: id at id % RUN_REPORT_ENDED */
    /* Real time from an agent's wish to the venue's word on the new order, of those that no limiter
     * held; of those that one did, how long it did. */
    struct hist ack_ns, held_ns;
    uint64_t held[RUN_REPORT_HELD];  /* ids of orders: number n at n % RUN_REPORT_HELD */
    char venues[VENUES_MAX + 1][24]; /* names by number; "": the journal does not say */
};

struct run_report_source {
    const char *journal; /* its directory */
    const char *tapes;   /* folder of the tapes that it names (lab/replay.h); or NULL */
    const char *models;  /* registry whose versions of files are named (weights.h); or NULL */
    int64_t speed_milli; /* of market time; 1000: real */
    int is_live;         /* a host writes it meanwhile */
    uint64_t until;      /* the last event to be read; 0: all that there are */
    agon_ns_t t_end;     /* the host's own commands after that, by which it ends, are not told; 0 */
};
/* Reads a journal, and proves each of its marks on the way. AGON_ECORRUPT as replay_run. Free it
 * also then. */
int run_report_read(struct run_report *story, const struct run_report_source *source,
                    struct error *err);
void run_report_free(struct run_report *story);
/* The same of a run that happens: begin, each event behind its step (rc: what the step gave), end.
 * The engine has to live as long as the report. AGON_ENOMEM. */
int run_report_begin(struct run_report *story, struct engine *engine);
int run_report_event(struct run_report *story, struct engine *engine,
                     const struct agon_event_hdr *event, int rc);
/* The engine's sample of a full minute (engine/port.h). */
int run_report_sample(struct run_report *story, agon_ns_t t);
int run_report_end(struct run_report *story);
/* One parameter more of a slot, of a run that has no BEGIN to say them. AGON_ENOMEM. */
int run_report_param(struct run_report *story, uint16_t slot, const char *name, const char *text);
/* Names of a slot's reasons, as plugin_info has them, of a run whose START is not seen.
 * AGON_ENOMEM.
 */
int run_report_tags(struct run_report *story, uint16_t slot, const char *names, uint32_t n);
/* Are tags of entries numbers, since the journal has no names? */
int run_report_is_tag_number(const struct run_report *story);
/* An author's reason, given with event seq, by that name, else by its number; "": none, or not
 * known. Returns text. */
const char *run_report_tag(const struct run_report *story, uint16_t slot, uint64_t seq,
                           uint16_t tag, char text[INFO_TAG]);
/* Why a plugin ended, without what only its author needs. Returns brief. */
const char *run_report_brief(const char *text, char *brief, size_t room);
/* "12:30:00", or "01-31 12:30:00" in a run of several days (UTC). Returns text. */
#define RUN_REPORT_WHEN 16
char *run_report_when(const struct run_report *story, agon_ns_t t, char text[RUN_REPORT_WHEN]);
/* As the API and the page have it: the symbol, with its venue where another has the same
 * ("binance_um:BTCUSDT"); "-": of none. Returns text. */
#define RUN_REPORT_NAME 64
char *run_report_symbol(const struct run_report *story, agon_instrument_t id,
                        char text[RUN_REPORT_NAME]);
/* Whom it happened to, by the name of then; NULL: to nobody in particular. */
const char *run_report_agent(const struct run_report *story,
                             const struct run_report_happening *one);
/* "A simulation, no real market and no real money: ...": what the run traded on, where the journal
 * says that it was no real one; empty: it does not. Returns text. */
#define RUN_REPORT_MARKET START_MARKET_SAID
char *run_report_market(const struct run_report *story, char text[RUN_REPORT_MARKET]);
/* Of a backtest: where what it assumed stands, as its journal has no latencies; NULL: it was none.
 */
const char *run_report_assumed(const struct run_report *story);
/* What happened, one line each, and the last tournament. */
void run_report_print(const struct run_report *story, FILE *out);
/* One object: figures of docs/figures.md, trades (the newest), drawdowns, what happened. Amounts as
 * texts of the base currency; quantity, entry, exit and result of a trade as numbers. compare:
 * another run beside it (run_compare.h), or NULL. AGON_ENOMEM. */
struct run_compare;
int run_report_json(const struct run_report *story, const struct run_compare *compare, FILE *out);

struct host_view;
struct host_changeover;
struct run_report_page {
    const char *path;
    const char *title;
    const char *command;          /* that made the page; NULL: not said */
    const char *market;           /* sentences on what was traded on; NULL: the journal's */
    const struct host_view *view; /* at the end; NULL: there is no host, and no changeovers */
    const struct host_changeover *changeovers; /* n of them */
    uint32_t n_changeovers;
    const char *proof;                 /* a sentence */
    const struct run_compare *compare; /* with another run; NULL: none */
};
/* The same and more as one page of HTML. AGON_EIO. */
int run_report_html(const struct run_report *story, const struct run_report_page *page,
                    struct error *err);

#endif
