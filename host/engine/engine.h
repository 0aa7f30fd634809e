// SPDX-License-Identifier: Apache-2.0
/* engine: turns a stream of events into decisions, one event at a time.
 *
 * Everything that can change trading state arrives as an event: market data, order reports, agents'
 * intents, operator commands, configuration and the passing of time. The engine numbers it, copies
 * it into the journal's buffer and acts on it, so the journal alone rebuilds the state. What
 * follows from an event goes to the bus, to slots' rings and to venue ports before the call
 * returns.
 *
 * It reads no clock, does no I/O, starts no thread, and after the START event it allocates nothing.
 * One thread calls it: [core]. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/error.h"
#include "base/hash.h"
#include "engine/alerts.h"
#include "engine/cards.h"
#include "engine/jobs.h"
#include "engine/port.h"
#include "exec/exit.h"
#include "exec/orders.h"
#include "journal/buffer.h"
#include "ledger/ledger.h"
#include "market/bars.h"
#include "market/book.h"
#include "market/instruments.h"
#include "risk/risk.h"
#include "score/figures.h"
#include "score/plan.h"
#include "score/score.h"
#include "slot/slot.h"
#include "slot/unjudged.h"
#include <agon/ext/orders.h>

struct engine;
struct halt;

struct engine_config {
    uint32_t max_orders;   /* in the table, final ones included; 0: 16384 */
    uint32_t book_window;  /* ticks per side; 0: the book's default */
    void *bus_memory;      /* borrowed, formatted, of bus_granules; NULL: the engine has its own */
    uint64_t bus_granules; /* 0: 2^20 = 64 MiB */
    struct journal_buffer *journal; /* borrowed; NULL: events are numbered but not kept */
    agon_ns_t bars_grace_ns;        /* a bar closes this long after its end; 0: 250 ms */
    uint64_t state_bytes;           /* room for one encoded state; 0: 64 MiB */
    struct alert_port alert;        /* may be zero */
    struct bar_port bars;           /* may be zero */
    struct sample_port samples;     /* may be zero */
    struct card_port cards;         /* may be zero */
    struct job_port jobs;           /* may be zero */
};

int engine_new(struct engine **engine, const struct engine_config *config, struct error *err);
/* Room for the state of so many instruments with books of all the levels that one keeps; no page of
 * it is taken before use. */
static inline uint64_t engine_state_bytes(uint32_t n_instruments)
{
    return ((uint64_t)64 << 20) + ((uint64_t)n_instruments << 19); // 64 MiB, and 512 KiB of each
}
void engine_free(struct engine *engine);
/* More room for it, before the first event: a journal may hold more than is configured now. */
int engine_state_widen(struct engine *engine, uint64_t bytes);

/* Where the orders of an account go, and where a slot's plugin lives. Both may change between two
 * steps; a NULL port means nowhere (replay): orders are decided and vanish, private events are
 * counted only. */
void engine_attach_venue(struct engine *engine, agon_account_t account,
                         const struct venue_port *port);
void engine_attach_runner(struct engine *engine, uint16_t slot, const struct runner_port *port);
/* Who runs plugins' jobs, in place of the one of the config; NULL: nobody. */
void engine_attach_jobs(struct engine *engine, const struct job_port *port);

/* Takes one event that no number has yet: seq and t are set in place (t = max(t before, event->t)),
 * it is journaled and acted on. What is derived from it is out when this returns, and the bus shows
 * it. AGON_EAGAIN: the journal's buffer has no room, nothing happened, offer it again later.
 * AGON_EINVAL: the event is malformed; it was numbered and journaled (it happened), counted, and
 * changed nothing else (one of no length is not even numbered). AGON_ECORRUPT: a MARK whose hash is
 * not that of the state. */
int engine_step(struct engine *engine, struct agon_event_hdr *event);
/* The same for an event out of a journal: seq has to be the next one (AGON_ERANGE) and t is taken
 * as it is. */
int engine_step_recorded(struct engine *engine, const struct agon_event_hdr *event);

/* A step as a number: in journal and count, and nothing else of it. Only for one whose whole effect
 * the next step has too, and of which nobody hears; only where engine_may_pass: of a step at t, and
 * one behind it at t_next, between which no sample is taken and nothing is due. */
int engine_may_pass(const struct engine *engine, agon_ns_t t, agon_ns_t t_next);
int engine_pass(struct engine *engine, struct agon_event_hdr *event); /* as engine_step */

/* When the engine next wants to be woken; INT64_MAX: never. The driver offers engine_due's event to
 * engine_step before the first event with a later t, and again while engine_next_due is not later.
 */
agon_ns_t engine_next_due(const struct engine *engine);
void engine_due(const struct engine *engine, struct record_due *due);
/* Is all that is due next a sample of equity which the engine takes within its next step
 * (record_samples), and which judges nobody? Then it is no longer due, and 1: the driver answers
 * for it that a step at a later time will come. 0: it is to be offered like any other. */
int engine_leave_sample(struct engine *engine);
/* No later step is certain: a sample that was left is due again. */
void engine_keep_sample(struct engine *engine);
/* Is anything due before t? 0: nothing; 1: a sample that it would leave, and nothing else;
 * AGON_EAGAIN: anything else. */
int engine_due_before(const struct engine *engine, agon_ns_t t);
/* It is left, by a driver that has asked and changed nothing since. */
void engine_sample_left(struct engine *engine);

/* A calm: a market of bars where, until something else than its rows comes, nobody is judged by its
 * prices from low to high, samples judge nobody, and each step ends with the turn of runners that
 * follow and are called together. A row there is a bar that closes and the quote at the next open.
 * It ends with an intent, with anything that is owed or due, with a private event, and with a row
 * that leaves the prices. Of what each row would set anew, and nobody asks for meanwhile, the last
 * is what counts: it is settled once, behind the last step or whichever the driver likes. */
struct engine_calm {
    agon_instrument_t instrument;
    int is_along;   /* a slot hears of a bar's end, in which nothing happens to it */
    int has_prices; /* a slot holds something: exposure_calm knows from where to where */
    int is_settled; /* nothing is left to be */
    int is_sampled; /* all are worth what the last sample says, but for what is held */
    uint64_t slots; /* ... that one, as PATH has it */
    uint64_t wanters,
        keepers; /* of the first 64: whose plugins are told of such a bar, or keep it */
    agon_px_t low_px, high_px; /* of bars */
    agon_px_t tick_px;
    agon_ns_t t_due;  /* nothing but samples is due before */
    agon_ns_t t_hour; /* ... and no sample of an hour */
    /* What is held, where its worth is so many times a price over unit, and what the slot has
     * beside it; unit 0: it is no such thing. */
    agon_amt_t rest_amt;
    agon_qty_t held_amt;
    int64_t unit;
};
/* Is it one, for bars like this? 0: not that is known, but prices may be calm (exposure_calm).
 * AGON_EAGAIN: it is none. */
int engine_is_calm(const struct engine *engine, const struct agon_bar *bar,
                   struct engine_calm *calm);
/* Is it still one, with nothing due but samples up to t? */
int engine_calm_lasts(struct engine *engine, struct engine_calm *calm, agon_ns_t t);
/* Is that a row of it? */
int engine_calm_has(const struct engine *engine, const struct engine_calm *calm,
                    const struct agon_bar *bar, const struct agon_quote *open);
/* engine_step of a row's bar, and of its open where the turn behind that left all as it was; no
 * earlier than the step before. end: engine_pass of it first, and NULL: not. AGON_OK, or
 * AGON_EAGAIN as there. */
int engine_calm_bar(struct engine *engine, struct engine_calm *calm, struct record_path *end,
                    struct agon_bar *bar);
int engine_calm_open(struct engine *engine, struct engine_calm *calm, struct agon_quote *open);
/* The turn behind the bar; behind the open there is none. Runners ask for no more of the engine
 * than tops (runner_turn.late): the rest is not settled. 1: it has ended. 0: it is no calm's
 * (engine_advance_ahead). AGON_EIO: as there. */
int engine_calm_turn(struct engine *engine, uint16_t *failed);
/* All is as by engine_step. */
void engine_calm_settle(struct engine *engine, struct engine_calm *calm);

/* Lets every attached runner take what the last step gave it. Returns 0, or AGON_EIO when a runner
 * failed: *failed is its slot, and calling again goes on with the others. */
int engine_advance_runners(struct engine *engine, uint16_t *failed);
/* The same, but for runners that follow (port.h) and that nothing since the last call concerns:
 * they are not called. */
int engine_advance_wanting(struct engine *engine, uint16_t *failed);
/* Whose runners the last of either has called: nobody else can have a wish that was not there
 * before. Borrowed until the next. */
const struct slot_set *engine_called(const struct engine *engine);
/* Does a runner hold something that its plugin wants? Asked before the core sleeps. */
int engine_is_wished(const struct engine *engine);
/* As that, but runners that can be begun (port.h) are not waited for: slots that have something to
 * do are added to *ahead, and *is_urgent becomes 1 where they have to be waited for before the next
 * step. */
int engine_advance_ahead(struct engine *engine, struct slot_set *ahead, int *is_urgent,
                         uint16_t *failed);
/* 1: the last step concerns no runner, and its turn has ended. 0: it is to be advanced. */
int engine_advance_nobody(struct engine *engine);
/* 1: all runners follow and none is a process, those that it concerns were called, and the turn has
 * ended. 0: it is to be advanced. AGON_EIO: one failed, and it is to be advanced from there. */
int engine_advance_plain(struct engine *engine, uint16_t *failed);
/* Waits for one of them. 1: it has done all that it was given; 0: as far as its first intent, which
 * is to be taken before it is waited for again; AGON_EIO: it has failed. */
int engine_await_runner(struct engine *engine, uint16_t slot);

/* Takes what a slot's plugin wants next out of its ring into wish (ENGINE_WISH_BYTES of room),
 * checked to be a kind that a plugin may send and stamped with the slot whose ring it was, whatever
 * the record says. 1: one was taken; 0: none is there; AGON_EINVAL: one was there that a plugin may
 * not send, it was dropped and counted; AGON_ECORRUPT: the ring is broken and its runner is to be
 * stopped. The driver gives it the time at which it acts and offers it to engine_step. */
#define ENGINE_LEGS       AGON_LEGS_MAX /* of one group of intents: more are malformed */
#define ENGINE_WISH_BYTES 384
int engine_take_wish(struct engine *engine, uint16_t slot, struct agon_event_hdr *wish);
int engine_may_wish(const struct engine *engine, uint16_t slot); /* 0: none is there */

/* The same out of a ring, without a stamp: for who stands between a plugin and its port. */
int engine_copy_wish(struct evring *ring, struct agon_event_hdr *wish);

/* A port had no room for a request in the last step: *report is a NOT_SENT of it, to be stepped
 * next, so that a replay knows of it too. 1: there was one; 0: none (left). The driver asks after
 * every step. */
int engine_take_unsent(struct engine *engine, struct record_report *report);

/* The core raised an alert that is no event yet: *alert is that event, to be stepped next. 1: there
 * is one; 0: none. The driver asks after every step; a replay reads them from its journal. */
int engine_take_alert(struct engine *engine, struct record_alert *alert);
/* One from outside the core: is it the repetition of one that is known, so that it need not come
 * again? */
int engine_is_repeated_alert(const struct engine *engine, const struct record_alert *alert);
const struct alerts *engine_alerts(const struct engine *engine);

/* A tournament was due in the last step: *plan is its plan of capital, to be stepped next. 1: there
 * is one; 0: none. The driver asks after every step. The engine takes no plan but the one that its
 * state comes to, so that a replay proves each (AGON_ECORRUPT). */
int engine_take_plan(struct engine *engine, union plan_event *plan);
/* What the last COMMAND_UNDO_PLAN moved back, counted as plan_moved_amt counts what the plan moved.
 * No state: for who looks right behind its step. */
agon_amt_t engine_undone_amt(const struct engine *engine);
/* Is there any of these three? Of most steps there is none. */
int engine_owes(const struct engine *engine);
/* The plan that a tournament would come to now, due or not; rules: NULL for those in force. Nothing
 * changes. AGON_ESTATE: there are no rules. */
int engine_dry_plan(struct engine *engine, const struct tournament_rules *rules,
                    union plan_event *plan);

/* A MARK for the state as it is now, to be stepped next. AGON_ENOSPC: the state outgrew
 * state_bytes. */
int engine_make_mark(struct engine *engine, struct record_mark *mark);
/* One that says nothing of the state, where nobody will read it: a number of the run, as any other
 * has there. To be stepped next. AGON_OK. */
int engine_blank_mark(struct engine *engine, struct record_mark *mark);
int engine_hash(struct engine *engine, unsigned char hash[HASH_SIZE]);
/* The canonical encoding. engine_save returns the bytes it needs; it fits when that is <= room. */
uint64_t engine_save(struct engine *engine, void *bytes, uint64_t room);
/* Names to spare what is of slots that are not configured: of SLOTS_MAX places. */
void engine_spare(struct engine *engine, zeroed_spare_fn *spare);
/* Where engine_hash encodes, for who places memory ahead. */
void *engine_state_room(const struct engine *engine, uint64_t *bytes);
/* Into a new engine, before any event. AGON_ECORRUPT, AGON_EVERSION. */
int engine_load(struct engine *engine, const void *bytes, uint64_t n, struct error *err);

/* --- looking at the state, between two steps --- */
uint64_t engine_seq(const struct engine *engine);
agon_ns_t engine_t(const struct engine *engine);
uint32_t engine_run(const struct engine *engine);
/* By which client ids of this journal are known. */
struct order_ids engine_order_ids(const struct engine *engine);
uint64_t engine_output_hash(const struct engine *engine); /* over everything that left, in order */
struct instruments *engine_instruments(struct engine *engine);
/* True: every fill of the account in it up to that number is booked, or was before the journal, and
 * later ones are to be read from there on. False: nothing is known of that. */
int engine_fills_read(const struct engine *engine, agon_instrument_t instrument,
                      uint64_t *venue_fill);
struct slots *engine_slots(struct engine *engine);
struct ledger *engine_ledger(struct engine *engine);
struct orders *engine_orders(struct engine *engine);
struct risk_slot *engine_risk(struct engine *engine, uint16_t slot);
struct score *engine_score(struct engine *engine, uint16_t slot);
/* The rules of tournaments; mode 0: none is held. */
const struct tournament_rules *engine_tournament(const struct engine *engine);
/* The samples of a slot's equity that tournaments look at, and the seconds between two of them. */
const struct window *engine_window(const struct engine *engine, uint16_t slot);
uint32_t engine_sample_s(const struct engine *engine);
const struct book *engine_book(const struct engine *engine, agon_instrument_t instrument);
uint8_t engine_book_state(const struct engine *engine, agon_instrument_t instrument);
/* The length of the bars that are all that comes of an instrument (CONFIG_STEP); 0: more does. */
agon_ns_t engine_bars_ns(const struct engine *engine, agon_instrument_t instrument);
enum step_bars engine_bars(const struct engine *engine, agon_instrument_t instrument);
/* The venue's mark price, where it told one in the last minute; else the middle of a live book, of
 * the last quote, or the last trade or bar; 0: none. */
agon_px_t engine_mark_px(const struct engine *engine, agon_instrument_t instrument);
/* Of a perpetual: the rate of the next funding, in 10^-9, and when it is paid; 0: not known. */
int64_t engine_funding(const struct engine *engine, agon_instrument_t instrument, agon_ns_t *t);
/* Of everything: 0: not halted; 1: halted; 2: killed. */
int engine_halted(const struct engine *engine);
int engine_slot_halted(const struct engine *engine, uint16_t slot); /* by a halt of its own */
/* The loss limit for which the slot opens nothing more, and since when: its own drawdown's or
 * daily_loss's, else that of all slots; REASON_NONE: none is reached. */
uint16_t engine_stopped_by(const struct engine *engine, uint16_t slot, agon_ns_t *t);
/* Would a halt, resume, kill, cancel or flatten find all as it orders already? */
int engine_is_so(const struct engine *engine, const struct record_command *command);
/* Has the slot gone for good, and is nothing of it left at any venue? Then COMMAND_VACATE frees its
 * place. */
int engine_can_vacate(const struct engine *engine, uint16_t slot);
struct halt {    /* whoever has not said who and why has left the texts empty */
    agon_ns_t t; /* engine time */
    uint16_t reason;
    uint8_t is_set, pad[5];
    char who[COMMAND_WHO], why[COMMAND_WHY];
};
/* enum scope; id: of a venue, instrument or slot, and of everything: enum halt_cause. NULL: none.
 */
const struct halt *engine_halt(const struct engine *engine, uint8_t scope, uint32_t id);
/* Which instrument values an asset in the base currency; 0: none does, or it is that itself. */
agon_instrument_t engine_valued_by(const struct engine *engine, agon_asset_t asset);
/* How old the price of that is; INT64_MAX: there is none yet. */
agon_ns_t engine_value_age(const struct engine *engine, agon_asset_t asset);
/* Is it too old for new risk of an agent that trades in that asset, or, where none does, by the
 * preset of book_age? By the gate's own rule: data that comes by the hour is not old within two. */
int engine_value_is_stale(const struct engine *engine, agon_asset_t asset);
agon_amt_t engine_equity(const struct engine *engine, uint16_t slot); /* base currency */
/* What a slot, and all of them with the pools, are shown as. Pools are what tournaments took from
 * slots and gave to none. */
void engine_figures(const struct engine *engine, uint16_t slot, struct figures *out);
void engine_figures_all(const struct engine *engine, struct figures *out);
/* Amounts and counts of all whose slots were vacated, each as it left: they are in those of all
 * too. What went to the pool is neither capital nor equity of who left: the pool has it. Kept from
 * FIGURES_LASTING on. Returns how many there were. */
uint64_t engine_figures_left(const struct engine *engine, struct figures *out);
agon_amt_t engine_pool_amt(const struct engine *engine);
int engine_is_figured(const struct engine *engine);   /* CONFIG_SAMPLES has said is_figured */
uint32_t engine_figured(const struct engine *engine); /* enum figures_edition, as it has said */
#define ENGINE_PRICE_EXP 8
struct position_figures {
    int64_t entry_px;      /* cost of a unit, on average; in 10^-ENGINE_PRICE_EXP, as both */
    int64_t break_even_px; /* ... less what the open position has realised, after its fees */
    agon_amt_t notional_amt, unrealised_amt; /* at the mark price, in the unit of its results; 0
                                                without one */
};
/* Of one whose results are in the base nothing is known. */
void engine_position_figures(const struct engine *engine, const struct position *pos,
                             struct position_figures *out);
/* What a slot has of an asset on an account, less what its open orders and positions bind of it:
 * what the gate lets it spend. */
agon_amt_t engine_free_of(const struct engine *engine, const struct slot *slot,
                          agon_account_t account, agon_asset_t asset);
/* The memory of the bus, its size, and the writer's cursor behind the last complete step: what a
 * runner needs to read on from here. */
const struct bus_shm *engine_bus(const struct engine *engine, uint64_t *granules, uint64_t *at);
/* Timers of a slot that are armed: calls each until it returns other than 0. */
void engine_timers(const struct engine *engine, uint16_t slot,
                   int (*each)(void *ctx, uint32_t id, agon_ns_t t_due, agon_ns_t every_ns,
                               uint64_t cookie),
                   void *ctx);
/* The last top-10 shown of an instrument; NULL: none yet. */
const struct agon_top10 *engine_top(const struct engine *engine, agon_instrument_t instrument);
/* An order as its slot is told of it, without numbers of an event. */
void engine_order(const struct order *order, uint16_t reason, struct agon_order *out);
/* Exit plans of a slot, oldest first: NULL begins and ends. */
const struct exit_plan *engine_next_exit(const struct engine *engine, uint16_t slot,
                                         const struct exit_plan *after);
/* A plan as its slot is told of it. */
void engine_exit(const struct exit_plan *exit, struct agon_exit *out);

/* Jobs of plugins that have no outcome yet (agon.gpu). */
struct engine_job {
    uint64_t id;
    agon_ns_t t_due; /* its outcome is taken no sooner */
    uint32_t lease, generation;
    uint16_t slot;
    uint8_t has_chunks; /* left on a card, by its allocator */
    uint8_t pad[5];
};
/* The one that is due first, and of those the oldest; none that has chunks left on a card. 0: there
 * is none. */
int engine_next_job(const struct engine *engine, struct engine_job *out);
/* The k-th, in the order in which they were handed over. 0: there are not so many. */
int engine_job_at(const struct engine *engine, uint32_t k, struct engine_job *out);
/* Outcomes of its jobs that a slot's plugin was given while somebody ran them (engine_attach_jobs):
 * each job has one, whoever decided it. Not of the state. */
struct engine_outcomes {
    uint64_t n_done, n_failed; /* by its worker, or lost with it */
    uint64_t n_hung;           /* a chunk took too long: by its worker or the cards' allocator */
    uint64_t n_cancelled;      /* by its plugin, a reload, or with its lease */
    uint64_t n_refused;        /* as it was handed over */
};
const struct engine_outcomes *engine_outcomes(const struct engine *engine, uint16_t slot);
/* The slot's lease of that number, from 1 on; NULL: its roster names none. */
const struct slot_lease *engine_lease(const struct engine *engine, uint16_t slot, uint32_t lease);

struct engine_counters {
    uint64_t n_events, n_bad, n_intents, n_refused, n_orders, n_requests, n_fills, n_foreign,
        n_private_lost;
    uint64_t n_bad_wishes;
    uint64_t n_marks, n_timers, n_over_fills, n_exits; /* n_exits: that fired */
};
const struct engine_counters *engine_counters(const struct engine *engine);
/* A timer that is armed for the slot; 0: none is. */
uint32_t engine_timer_of(const struct engine *engine, uint16_t slot);
/* All slots together: equity, its highest, since the day began, what was broken; and what they hold
 * with every open order filled (venue and asset: the largest of each). */
const struct risk_slot *engine_portfolio(const struct engine *engine);
const struct portfolio_limits *engine_portfolio_limits(const struct engine *engine);
void engine_exposure(const struct engine *engine, struct risk_reach *reach);
/* Wishes of a slot that our own gate refused for a reason, since this engine began; not in its
 * state. */
uint64_t engine_refused(const struct engine *engine, uint16_t slot, uint16_t reason);
/* Of the last order that was refused because of what it could lose: so much by itself, so much by
 * those open then. Of this engine's life, as engine_refused; all 0: there was none. */
struct engine_loss_refused {
    agon_amt_t order_amt, open_amt;
};
struct engine_loss_refused engine_loss_refused(const struct engine *engine, uint16_t slot);
/* Orders and replacements that a slot wanted, and those refused because no fresh price was there to
 * judge them by; of this engine's life, as engine_refused. */
void engine_unjudged(const struct engine *engine, uint16_t slot, struct slot_unjudged *of);
/* What must hold between any two steps, recomputed from scratch (RELIABILITY 2): NULL, or what is
 * broken. For tests, dst and `agon replay --verify`. text has room for 256 bytes. */
const char *engine_check(struct engine *engine, char *text);

#endif
