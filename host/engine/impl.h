// SPDX-License-Identifier: Apache-2.0
/* impl: the engine's state, for the engine's own files and the test that changes every field of it.
 */
#ifndef ENGINE_IMPL_H
#define ENGINE_IMPL_H

#include "base/crc.h"
#include "base/cron.h"
#include "base/error.h"
#include "base/heap.h"
#include "base/num.h"
#include "base/soonest.h"
#include "engine/engine.h"
#include "engine/exposure.h"
#include "exec/exit.h"
#include "market/events.h"
#include "score/plan.h"

#define ENGINE_TIMERS 4096  /* armed at a time, all slots */
#define ENGINE_UNSENT 16384 /* of one step: each order of a table of the usual size, once */
#define ENGINE_SWEEP                                                                               \
    200 /* orders of a slot that one event may cancel: derived events have numbers to 255 */
#define ENGINE_BUSY_NS                                                                             \
    ((agon_ns_t)10 * 1000 * 1000) /* a cancel that found no room is tried again after */
#define ENGINE_RETRY_NS                                                                            \
    ((agon_ns_t)1000 * 1000 * 1000) /* what did not get through is tried again after */
/* ... and what an emergency stop has not closed by then is an alert, each time anew. */
#define ENGINE_STOP_NS      ((agon_ns_t)60 * 1000 * 1000 * 1000)
#define ENGINE_SLOT_TIMERS  64 /* armed at a time by one slot */
#define ENGINE_STATE_FORMAT 9
/* ... with a section of what is above these: in a state of the format above there is none. */
#define ENGINE_STATE_FORMAT_HIGH 10
#define STATE_ACCOUNTS           16
#define STATE_VENUES             32

struct market {        /* of one instrument */
    struct book *book; /* owned */
    struct bars bars;
    agon_ns_t t_book; /* engine time of the book's last change */
    agon_ns_t t_quote;
    agon_ns_t bars_due; /* cached bars_next */
    agon_px_t quote_bid_px, quote_ask_px, last_px;
    uint64_t last_fill; /* is_read: up to that number all were read; else the highest one that a
                           live run booked, as journals of before have it */
    /* derivatives */
    agon_px_t mark_px;
    agon_ns_t t_mark;
    int64_t rate_ppb;        /* of the next funding */
    agon_ns_t t_funding;     /* when it is paid; 0: not known */
    agon_qty_t position_gap; /* the venue's position less the slots', as the last picture had it */
    agon_px_t long_px, short_px; /* at which a long and a short are valued; 0: no price yet */
    agon_ns_t t_price;           /* when they were last seen */
    agon_ns_t step_ns;           /* length of the bars that come in; 0: none come */
    agon_ns_t data_step_ns; /* of what books are made of (CONFIG_STEP); 0: they are a venue's */
    uint8_t book_state, trading, has_top;
    uint8_t is_bars;   /* enum step_bars: its data are bars of data_step_ns */
    uint8_t is_inside; /* STEP_PATHS: a bar has opened and is not over */
    uint8_t is_read;   /* FILLS_READ came */
    /* long_px and short_px are the best of the book as it is now; not state: looked up again where
     * it is not known. */
    uint8_t has_best;
    uint8_t pad;
    struct halt halt;
    struct agon_top10 top;    /* as last shown; header unused */
    struct slot_set watchers; /* slots that subscribe the instrument */
    struct slot_set exits;    /* slots with an exit plan for it */
};
struct timer { /* of a slot */
    uint64_t cookie;
    agon_ns_t every_ns;
    uint32_t id;
    uint16_t slot;
    uint8_t is_used, pad;
};
struct leg_group { /* legs of one wish that have come so far */
    struct agon_intent_event legs[ENGINE_LEGS];
    uint32_t n;
};

/* What rules of edition 2 (score/setting.h) know of a slot beside its window. */
struct fair_slot {
    uint32_t n_crashes;               /* it had at the last plan */
    uint32_t rest;                    /* tournaments in which it is given nothing yet */
    uint32_t waited;                  /* tournaments that it has been below the floor */
    uint8_t n_moved;                  /* by the last plan, so that it can be undone */
    uint8_t accounts[PLAN_PARTS];     /* agon_account_t */
    agon_amt_t moved_amt[PLAN_PARTS]; /* given; taken below 0 */
    struct window days;               /* daily samples */
};
struct tournament {
    struct tournament_rules rules;       /* mode 0: there is none */
    struct cron cron;                    /* of rules.schedule; no state of its own */
    agon_ns_t t_due, t_pending, t_since; /* t_due INT64_MAX: never */
    uint32_t number;                     /* of plans so far */
    uint32_t is_pending;                 /* a plan is due at t_pending */
    agon_amt_t pool_amt[ACCOUNTS_MAX];   /* taken from slots, given to none; in external */
    agon_amt_t left_amt; /* given to slots that have gone, less what of it is not in pools */
    agon_amt_t given_amt[SLOTS_MAX]; /* capital by the operator's word */
    agon_amt_t scale_amt[SLOTS_MAX]; /* capital that the limits are in proportion to */
    uint32_t failures[SLOTS_MAX];    /* tournaments in a row under the gate */
    struct window windows[SLOTS_MAX];
    /* State where rules are of edition 2, else 0: */
    int64_t day;        /* last one sampled, since 1970 */
    uint32_t is_undone; /* the last plan */
    struct fair_slot fair[SLOTS_MAX];
};

struct late_top { /* that is not on the bus (deliver.c) */
    uint64_t seq; /* of its step; 0: there is none */
    agon_ns_t t;
};

struct engine_left { /* sums of those whose slots were vacated; base currency */
    uint64_t n;
    agon_amt_t capital_amt, equity_amt, fee_amt, rebate_amt, funding_amt, slippage_amt, volume_amt;
    uint64_t n_fills, n_wins, n_losses;
};

struct engine {
    struct engine_config config;
    struct runner_port runners[SLOTS_MAX];
    void *shared[SLOTS_MAX]; /* runner_port.shared, of those that follow */
    /* What each event meets stands together, and not at the front, where the heads of bus and rings
     * are: spread between tables of so many slots, it would fall on the same few lines of the first
     * cache. Not state: */
    struct exposure *exposure; /* owned */
    struct bus_writer bus;
    struct soonest bars;  /* by instrument - 1: every market's bars_due; its memory is owned */
    agon_ns_t bars_least; /* of them */
    agon_ns_t exits_due;  /* of every plan's exit_next */
    agon_ns_t cards_due;  /* gpu_next_due */
    uint32_t n_unsent;
    uint32_t halted;         /* causes of halts that are set, a bit each */
    uint32_t is_settling;    /* loss limits are being judged */
    uint32_t n_accounts;     /* highest that a venue, slot, picture or money has named, + 1 */
    struct slot_set touched; /* slots with a private event in this step */
    struct engine_counters counters;
    /* Runners: that there are, that follow (port.h), that were called in the last turn, and, in the
     * middle of one, that are still to be. */
    struct slot_set attached, following, called, to_call;
    /* Those of them that have take_turns, which is the same function for all. */
    struct slot_set together;
    uint64_t (*take_turns)(void *const *shared, uint64_t slots);
    const void *taken_together;
    uint8_t is_advancing;
    uint8_t is_sample_left; /* the next one is taken within a step */
    /* While samples are taken nothing changes what slots hold: their equity is found once. */
    uint64_t n_samples, sampled[SLOTS_MAX]; /* value_sampled */
    agon_amt_t sampled_amt[SLOTS_MAX];
    struct runner_turn turn;
    struct slot_set beginners;    /* slots whose runner has a begin */
    struct slot_set beyond;       /* those of them that have heard of this step already: look.h */
    uint64_t turn_nth[SLOTS_MAX]; /* the slots' nth when their runners had their turn last */
    uint8_t public_sub, private_sub[SLOTS_MAX];
    /* state: */
    uint64_t seq;
    agon_ns_t t;
    uint32_t run, mode;
    uint64_t seed;
    struct order_ids ids;
    uint64_t output_hash;
    struct market *markets; /* owned, [INSTRUMENTS_MAX + 1] */
    struct ledger *ledger;
    struct orders *orders;
    struct instruments table;
    agon_ns_t sample_due;
    uint32_t is_within;   /* record_samples */
    agon_ns_t sweep_due;  /* INT64_MAX: nothing waits */
    agon_ns_t stop_due;   /* when the emergency stop is looked at; INT64_MAX: it is not */
    struct heap timers;   /* a: index into timer_table */
    uint64_t timer_order; /* tie-break of the heap */
    struct slots slots;
    struct risk_slot risk[SLOTS_MAX];
    struct portfolio_limits portfolio_limits;
    struct risk_slot portfolio; /* of all slots together; its rate bucket is unused */
    struct score scores[SLOTS_MAX];
    struct score whole;      /* slots and pools as one, where figures are kept */
    struct engine_left left; /* FIGURES_LASTING */
    uint32_t is_figured;     /* record_samples: enum figures_edition */
    struct leg_group legs[SLOTS_MAX];
    struct halt halts[HALT_CAUSES]; /* of everything */
    struct halt venue_halts[VENUES_MAX + 1], slot_halts[SLOTS_MAX];
    uint32_t wants_flat[SLOTS_MAX];    /* positions to be closed, a bit for each place */
    uint8_t is_closing_all[SLOTS_MAX]; /* 1: whatever the slot holds, also what fills meanwhile; 2:
                                          no resume calls it off, and what fills later goes too */
    uint16_t close_reason[SLOTS_MAX];  /* enum reason: of the last who wanted it */
    agon_ns_t close_t[SLOTS_MAX];      /* since when something is wanted closed */
    uint8_t has_picture[ACCOUNTS_MAX];
    agon_instrument_t valued_by[ASSETS_MAX + 1]; /* 0: nothing does; the base currency: 0 too */
    uint16_t account_of[VENUES_MAX + 1];         /* venue's account + 1; 0: the slot's own */
    /* So far may what derivatives made as we reckon it be from the venue's; base currency. */
    agon_amt_t slack_amt[ACCOUNTS_MAX];
    struct slot_set
        type_watchers[EVENTS_PLACES]; /* by event_place: slots whose mask has the type */
    struct timer timer_table[ENGINE_TIMERS];
    struct tournament tournament;
    struct alerts alerts;
    struct cards *cards; /* owned; state where it is on */
    struct exit_plan exits[SLOTS_MAX][AGON_EXITS_MAX];
    uint32_t next_exit[SLOTS_MAX]; /* numbers given to plans of a slot so far */
    struct jobs jobs;
    /* not state: */
    struct venue_port venues[ACCOUNTS_MAX];
    struct engine_outcomes outcomes[SLOTS_MAX];
    /* As type_watchers: slots whose runner is called for one, to tell its plugin or to keep it. */
    struct slot_set type_keepers[EVENTS_PLACES];
    struct late_top late[INSTRUMENTS_MAX + 1];
    agon_instrument_t late_now; /* of this step; 0: none. And what it was before: */
    struct late_top late_before;
    struct agon_level late_bid, late_ask;
    struct crc_parts quoted;                     /* of a top with one level a side */
    void *own_bus;                               /* in own_bus_memory */
    void *own_bus_memory;                        /* owned */
    unsigned char *state;                        /* owned; room for an encoded state */
    uint64_t exits_on[INSTRUMENTS_MAX / 64 + 1]; /* instruments with an exit plan, a bit each */
    uint64_t refused[SLOTS_MAX][REASONS_MAX];    /* by enum reason */
    struct engine_loss_refused losses_refused[SLOTS_MAX];
    uint64_t asked[SLOTS_MAX];       /* orders and replacements that were wanted; a quote is two */
    uint16_t close_ended[SLOTS_MAX]; /* enum reason: what the last close of a slot ended by */
    uint64_t n_closed[SLOTS_MAX];    /* how often all a slot held was closed, in this process */
    uint64_t unsent[ENGINE_UNSENT];  /* orders whose request found no room; not in the state */
    union plan_event plan;           /* ours, to hold one that comes against */
    agon_amt_t undone_amt;           /* engine_undone_amt */
    struct {                         /* the hash of a MARK that is not stepped yet */
        uint64_t seq;
        unsigned char hash[HASH_SIZE];
        uint8_t is_made;
    } mark;
};

/* deliver.c */
/* A public event that came in goes to the bus as it is; a derived one gets its numbers here. */
void deliver_input(struct engine *engine, const struct agon_event_hdr *event);
/* The same of a calm's (engine_calm): a bar, which its wanters hear, and behind a quote, which
 * nobody does, the market's top, which is asked for later: nothing private comes in that step. */
void deliver_calm_bar(struct engine *engine, const struct engine_calm *calm,
                      const struct agon_bar *bar);
uint64_t deliver_wanters(const struct engine *engine, const struct agon_bar *bar);
uint64_t deliver_keepers(const struct engine *engine, const struct agon_bar *bar);
void deliver_calm_top(struct engine *engine, agon_instrument_t instrument);
/* Does nobody hear of the instrument's quotes, and may its tops be late? */
int deliver_is_late(const struct engine *engine, agon_instrument_t instrument);
void deliver_derived(struct engine *engine, struct agon_event_hdr *event);
void deliver_private(struct engine *engine, uint16_t slot, struct agon_event_hdr *event);
int engine_late_top(const void *ctx, agon_instrument_t instrument, uint64_t seq,
                    struct agon_top10 *top); /* runner_turn.late */
/* The market's top, whose first levels were these before; nothing lies behind those. */
void deliver_quoted_top(struct engine *engine, agon_instrument_t instrument,
                        const struct agon_level *bid, const struct agon_level *ask);
/* Puts what is late of the instrument on the bus: what comes next is told to somebody. */
void deliver_late(struct engine *engine, agon_instrument_t instrument);
void deliver_order(struct engine *engine, const struct order *order, uint16_t reason);
void deliver_position(struct engine *engine, uint16_t slot, agon_instrument_t instrument);
void deliver_balance(struct engine *engine, uint16_t slot, agon_asset_t asset); /* own account */
void deliver_balance_of(struct engine *engine, uint16_t slot, agon_account_t account,
                        agon_asset_t asset);
void deliver_capital(struct engine *engine, uint16_t slot);
/* What the slot has of a quote asset on its own account and has not promised to working buys. */
agon_amt_t engine_free_amt(const struct engine *engine, const struct slot *slot,
                           agon_asset_t asset);
/* The account on which a slot trades an instrument: its venue's, or the slot's own. */
static inline agon_account_t engine_account(const struct engine *engine, const struct slot *slot,
                                            const struct agon_instrument *instrument)
{
    uint16_t account = engine->account_of[instrument->venue];

    return account != 0 ? (agon_account_t)(account - 1) : slot->account;
}
/* What the slot's derivatives settled in an asset bind of it: margin of positions, working orders
 * counted as filled, and what they stand to lose at the mark price. */
agon_amt_t engine_bound_amt(const struct engine *engine, const struct slot *slot,
                            agon_account_t account, agon_asset_t asset);
/* Margin of a quantity of a linear derivative at a price. */
agon_amt_t engine_margin_amt(const struct engine *engine, const struct slot *slot,
                             const struct agon_instrument *instrument, agon_px_t px,
                             agon_qty_t qty);
/* Result of a position that closing it at the mark price would realise. */
agon_amt_t engine_unrealised_amt(const struct engine *engine, const struct position *pos);

/* alerts.c */
/* slot: ALERT_NO_SLOT where it concerns none; text NULL: as ALERTS has it. */
void engine_raise(struct engine *engine, uint16_t kind, uint16_t slot, agon_instrument_t instrument,
                  int64_t value, int64_t limit, const char *text);
/* A wish of the slot that our own gate refuses. */
void engine_count_refused(struct engine *engine, struct slot *slot, uint16_t reason);
/* Of an event that is refused, which leaves nothing in the state (inv-30): the port alone hears of
 * it, with cause_seq 0, and may offer it as one from outside. */
void engine_note(struct engine *engine, uint16_t kind, const char *text);
int alerts_take(struct engine *engine, const struct record_alert *record);
int alerts_acknowledge(struct engine *engine, uint64_t seq);

/* market.c */
#define MARKET_MARK_NS ((agon_ns_t)60 * 1000000000) /* a mark price is believed so long */
int market_instrument(struct engine *engine, const struct agon_instrument *event);
int market_book(struct engine *engine, const struct agon_book_part *part);
int market_status(struct engine *engine, const struct agon_status *status);
int market_quote(struct engine *engine, const struct agon_quote *quote);
int market_trade(struct engine *engine, const struct agon_trade *trade);
int market_bar(struct engine *engine, const struct agon_bar *bar);
/* As both, of a calm's row (engine_calm), but for what market_settle_calm does behind the last. */
void market_bar_calm(struct engine *engine, const struct engine_calm *calm,
                     const struct agon_bar *bar);
void market_quote_calm(struct engine *engine, const struct agon_quote *quote);
void market_settle_calm(struct engine *engine, agon_instrument_t instrument);
int market_mark(struct engine *engine, const struct agon_value *value);
int market_funding(struct engine *engine, const struct agon_funding *funding);
void market_bars_due(struct engine *engine, agon_instrument_t instrument);
int market_best(const struct engine *engine, agon_instrument_t instrument, agon_px_t *bid_px,
                agon_px_t *ask_px, agon_ns_t max_age_ns); /* true: live, not crossed, not too old */
/* What a long and a short would be closed at: the mark price, or the book; what a market without
 * books last traded at. 0, 0: nothing is known that the last price could be replaced by. */
struct market_prices {
    agon_px_t long_px, short_px;
};
struct market_prices market_prices(const struct engine *engine, agon_instrument_t instrument);
/* How old a book, quote or price may be, where max_age_ns is what the slot allows; 0: any age. */
agon_ns_t market_age(const struct market *market, agon_ns_t max_age_ns);
int market_step(struct engine *engine, const struct record_step *record);
int market_path(struct engine *engine, const struct record_path *path);
/* How long after its end a bar that nobody gave is closed. */
agon_ns_t market_grace(const struct engine *engine, const struct market *market);
void market_set_bars(struct market *market, uint8_t is_bars, agon_ns_t step_ns);
/* Looks anew when the next of the instrument's bars is due. */
void market_note_due(struct engine *engine, agon_instrument_t instrument);
/* A host that died in the middle of a path is on it no longer. */
void market_forget_path(struct engine *engine);
/* Is there a live price, by which a position may be valued? */
int market_is_priced(const struct engine *engine, agon_instrument_t instrument,
                     agon_ns_t max_age_ns);

/* intents.c */
int intents_take(struct engine *engine, const struct agon_intent_event *event);
/* Asks the venue's gateway to cancel what the report shows: no order of the table is it. */
void intents_stray(struct engine *engine, const struct record_report *report);
void intents_cancel(struct engine *engine, struct order *order, uint16_t reason);
/* Cancels the slot's open orders of an instrument (0: all); what one event cannot hold goes on by
 * sweeps. */
void intents_cancel_all(struct engine *engine, uint16_t slot, agon_instrument_t instrument,
                        uint16_t reason);
/* ... and of those only what would make a position larger. */
void intents_cancel_raising(struct engine *engine, uint16_t slot, uint16_t reason);
void intents_cancel_venue(struct engine *engine, uint16_t slot, uint16_t venue, uint16_t reason);
void intents_sweep(struct engine *engine);
void intents_sweep_at(struct engine *engine, agon_ns_t t);
/* Has every venue's account cancel all that it has, ahead of the cancels of single orders. */
void intents_cancel_accounts(struct engine *engine);
/* What close.c makes its orders of. An order that was judged, entered in the table and not yet
 * sent, which holds nothing back: intents_release sends it and does the rest behind that. NULL:
 * there is no room. judged_px: 0: no price is known, a market order leaves as one. */
struct order *intents_make(struct engine *engine, struct slot *slot,
                           const struct agon_intent_event *event, const struct agon_intent *intent,
                           agon_px_t judged_px, uint16_t *reason);
void intents_release(struct engine *engine, struct order *order, uint16_t reason);
void intents_refuse_exit(struct engine *engine, struct slot *slot, const struct position *pos,
                         agon_qty_t qty, uint16_t reason);
void intents_send(struct engine *engine, struct order *order, uint8_t kind);

/* intents_judge.c */
uint32_t intents_band_ppm(const struct slot *slot);
/* The price to which an order may trade, also while a replacement is on its way; 0: any. */
agon_px_t intents_reach_px(const struct order *order);
agon_px_t intents_judge_px(const struct engine *engine, const struct slot *slot,
                           const struct agon_intent *intent, agon_px_t bid_px, agon_px_t ask_px);
/* Would the venue take a reduce-only order of that side and quantity? */
int intents_may_reduce(const struct engine *engine, const struct agon_instrument *instrument,
                       agon_account_t account, uint8_t side, agon_qty_t qty);
/* The limit that a market order leaves with; 0: it leaves as it is. */
agon_px_t intents_guard_px(const struct slot *slot, const struct agon_instrument *instrument,
                           const struct agon_intent *intent, agon_px_t judged_px);
/* The gate's verdict. is_replacement: the order in whose stead it would stand is gone then.
 * hold_px: by what its cost is held back. */
uint16_t intents_judge(struct engine *engine, struct slot *slot, const struct agon_intent *intent,
                       int is_replacement, agon_px_t *hold_px);
void intents_hold(struct engine *engine, struct order *order);

/* reports.c */
int reports_take(struct engine *engine, const struct record_report *report);
int reports_account(struct engine *engine, const struct record_account *account);
int reports_fills_read(struct engine *engine, const struct record_fills_read *read);

/* vacate.c */
int vacate(struct engine *engine, uint32_t slot);           /* COMMAND_VACATE */
int tournament_undo(struct engine *engine, int64_t number); /* COMMAND_UNDO_PLAN */

/* halts.c */
static inline int halts_any(const struct engine *engine) /* of everything */
{
    return engine->halted != 0;
}
static inline int halts_has(const struct engine *engine, enum halt_cause cause)
{
    return (engine->halted >> cause & 1) != 0;
}
void halts_note(struct engine *engine); /* engine->halts changed */
/* COMMAND_HALT and COMMAND_RESUME of a scope that there is. AGON_EINVAL: no such cause. */
int halts_set(struct engine *engine, const struct record_command *command, int is_halted);
/* Has an emergency stop that is due to be looked at closed everything? Else an alert. */
void halts_watch_stop(struct engine *engine);
void halts_save(const struct halt *halt, struct enc *enc);
void halts_load(struct halt *halt, struct dec *dec);

/* control.c */
int control_config(struct engine *engine, const struct agon_event_hdr *event);
int control_command(struct engine *engine, const struct record_command *command);
int control_crash(struct engine *engine, const struct record_crash *crash);
int control_signal(struct engine *engine, const struct record_signal *record);
/* Halts everything by the host's own decision, until an operator resumes it. */
void control_halt_all(struct engine *engine, uint16_t reason);
void control_watch(struct engine *engine);
void control_want_bars(struct engine *engine); /* the same, of longer bars alone */
/* The slot's plugin has begun with nothing: what the one before it had armed, half said or wanted
 * later is gone. */
void control_begin_anew(struct engine *engine, uint16_t slot);
/* Does a record come from a generation before the one that began with nothing? */
static inline int control_is_orphan(const struct slot *slot, const struct agon_origin *origin)
{
    return origin->generation < slot->fresh_generation;
}
/* Which accounts a slot's capital is on, a bit each: those of its instruments, and its own where it
 * has none. */
uint64_t control_accounts(const struct engine *engine, const struct slot *slot,
                          const struct subscription *sub);
/* An account has been named: loops over accounts go so far. */
static inline void control_note_account(struct engine *engine, uint32_t account)
{
    if (account >= engine->n_accounts)
        engine->n_accounts = account + 1;
}

/* timers.c */
int timers_arm(struct engine *engine, const struct record_arm *arm);
int timers_due(struct engine *engine, const struct record_due *due);
int timers_config(struct engine *engine, const struct record_samples *record);
/* Samples whose time is over with the event that is about to be applied. */
void timers_pass(struct engine *engine, const struct agon_event_hdr *event);
/* A sample of a calm that is no hour's, where the one before was one of its too: what is held there
 * is all that may be worth something else since. */
void timers_calm(struct engine *engine, const struct engine_calm *calm);
agon_ns_t engine_other_due(const struct engine *engine); /* as engine_next_due, but for samples */
int timers_are_quiet(const struct engine *engine); /* would judging by a sample change nothing? */
/* Has the last turn ended, and is each as long as records are public alone one of runners that
 * follow and are called together? */
int turn_is_calm(const struct engine *engine);
void turn_of_nobody(struct engine *engine); /* such a one of a step that nobody heard of */
void timers_sample(struct engine *engine, uint16_t slot, int is_hour);

/* exits.c */
int exits_take(struct engine *engine, const struct agon_exit_event *event);
/* The price that plans of that kind look at has changed. */
void exits_on_price(struct engine *engine, agon_instrument_t instrument, uint8_t watch);
/* ... is px for one slot, on the path inside a bar (market_path). */
void exits_on_path(struct engine *engine, uint16_t slot, const struct record_path *path);
/* The slot's average entry; 0: it holds nothing there. */
agon_px_t exits_entry_px(const struct engine *engine, uint16_t slot, agon_instrument_t instrument);
/* A bar of the instrument is over: what its authors wanted inside it happens. */
void exits_bar_over(struct engine *engine, agon_instrument_t instrument);
/* The slot's position has: by qty of an order of that plan, or otherwise (0). */
void exits_on_fill(struct engine *engine, uint16_t slot, agon_instrument_t instrument,
                   uint32_t exit_id, agon_qty_t qty);
/* An order of the slot has come to its end, and is settled. */
void exits_on_end(struct engine *engine, const struct order *order);
/* Is a plan closing all that the slot has there? Then its own orders are refused. */
int exits_are_leaving(struct engine *engine, uint16_t slot, agon_instrument_t instrument);
void exits_sweep(struct engine *engine, uint16_t slot);
/* Of a plugin that began with nothing: plans that wait for a position which cannot come any more
 * are gone; those that have one stand. */
void exits_begin_anew(struct engine *engine, uint16_t slot);
/* Of a slot whose place is free: none stands, and nobody is there who could be told. */
void exits_forget(struct engine *engine, uint16_t slot);
void exits_due(const struct engine *engine, struct record_due *due); /* the first that is */
void exits_fire(struct engine *engine, const struct record_due *due);
void exits_watch(struct engine *engine); /* what follows from the plans that there are */
/* Behind a state that was loaded: what for the host made its orders to close. */
void exits_know_orders(struct engine *engine);

/* cards.c: none does anything without cards, but the first two and cards_config */
struct cards *cards_new(void);
void cards_free(struct cards *cards); /* NULL is fine */
int cards_config(struct engine *engine, const struct record_gpu_rules *record);
int cards_take(struct engine *engine, const struct record_gpu *record);
int cards_volatility(struct engine *engine, int64_t state);
void cards_tournament(struct engine *engine, int is_on);
void cards_tick(struct engine *engine);
/* A run begins: the workers of the one before have ended. */
void cards_begin_anew(struct engine *engine);
void cards_set_back(struct engine *engine, agon_ns_t now);
int cards_are_on(const struct engine *engine);
/* A job under a lease that is held: its number there, or 0: refused. What follows from it is done
 * by cards_submitted. */
uint64_t cards_submit(struct engine *engine, uint16_t slot, uint64_t lease, uint32_t n_chunks,
                      agon_ns_t chunk_ns);
void cards_submitted(struct engine *engine);
/* Of a lease that was there before the event that is being done; "": none. */
const char *cards_name_of(const struct engine *engine, uint64_t lease);
/* Its owner gives a lease back that is held or waits. */
void cards_release(struct engine *engine, uint16_t slot, uint64_t lease);
void cards_save(const struct engine *engine, struct enc *enc);
int cards_load(struct engine *engine, struct dec *dec);
const char *cards_check(const struct engine *engine, char *text);

/* control.c: everything stops, on the host's own word. */
void control_stop_all(struct engine *engine, uint16_t reason, const char *who, const char *why);

/* set_back.c */
int set_back_clock(struct engine *engine, const struct record_clock *record, agon_ns_t t_before);

/* tournament.c */
int tournament_config(struct engine *engine, const struct record_tournament *record);
/* The operator's word on a slot's capital moved it by change_amt from what it was. */
void tournament_slot(struct engine *engine, uint16_t slot, agon_amt_t given_amt,
                     agon_amt_t change_amt, int is_new);
/* A slot that is added got that much of an account: as much of it as the pool there pays. */
agon_amt_t tournament_pays(struct engine *engine, agon_account_t account, agon_amt_t capital_amt);
void tournament_sample(struct engine *engine, agon_ns_t t_due, int is_hour);
void tournament_due(struct engine *engine, agon_ns_t t_due);
int tournament_values(struct engine *engine,
                      const struct agon_event_hdr *values); /* what comes before a PLAN */
int tournament_plan(struct engine *engine, const struct record_plan *plan);
/* Pools of the first STATE_ACCOUNTS accounts: state.c has the others. */
void tournament_save(const struct tournament *tournament, uint32_t n_slots, struct enc *enc);
int tournament_load(struct tournament *tournament, uint32_t n_slots, struct dec *dec);
/* NULL, or that capital and pools are not what was given. */
const char *tournament_check(const struct engine *engine, char *text);

/* value.c */
int value_config(struct engine *engine, const struct record_valuation *record);
/* Is the asset the base currency, or does an instrument value it? */
int value_has_way(const struct engine *engine, agon_asset_t asset);
/* amt of an asset in the base currency, at the mark price of its instrument. AGON_ENOENT: nothing
 * values it, AGON_EAGAIN: no price yet (*value is 0 then); AGON_ERANGE: beyond 64 bits (at the
 * edge).
 */
int value_of(const struct engine *engine, agon_asset_t asset, agon_amt_t amt, enum num_round round,
             agon_amt_t *value);
/* The same to the nearest even unit for what is only shown and scored: 0 where nothing tells. */
agon_amt_t value_or_zero(const struct engine *engine, agon_asset_t asset, agon_amt_t amt);
/* How old the price is that an asset is valued by; INT64_MAX: there is none. */
agon_ns_t value_age(const struct engine *engine, agon_asset_t asset);
/* Is the price that values it older than the slot allows, or is there none? */
int value_is_old(const struct engine *engine, const struct slot *slot, agon_asset_t asset);
/* An alert where what the slot's instruments are priced in has no fresh price. */
void value_watch(struct engine *engine, const struct slot *slot);
/* False where a part of it has no price yet: it is then left out, and nobody is judged by the rest.
 */
int value_equity_now(const struct engine *engine, uint16_t slot, agon_amt_t *equity_amt);
/* In sampled: which sample it is of, from 1 on, and whether all of it was known. */
#define SAMPLED(engine) (2 * ((engine)->n_samples + 1))
static inline int value_equity(const struct engine *engine, uint16_t slot, agon_amt_t *equity_amt)
{
    if (engine->sampled[slot] < SAMPLED(engine))
        return value_equity_now(engine, slot, equity_amt);
    *equity_amt = engine->sampled_amt[slot];
    return (int)(engine->sampled[slot] & 1);
}
/* What value_equity_now asks for each time, of what a calm holds. */
void value_calm(const struct engine *engine, struct engine_calm *calm);
/* The same from all that the slot has, whatever is known of it. */
int value_equity_summed(const struct engine *engine, uint16_t slot, agon_amt_t *equity_amt);
/* What instruments or assets are changed: nothing is known of what slots have. */
void value_unknown(struct engine *engine);
/* So much it was, and value_equity says so until value_forget: nothing changes meanwhile. */
static inline void value_sampled(struct engine *engine, uint16_t slot, agon_amt_t equity_amt,
                                 int is_known)
{
    engine->sampled_amt[slot] = equity_amt;
    engine->sampled[slot] = SAMPLED(engine) + (uint64_t)(is_known != 0);
}
static inline void value_forget(struct engine *engine)
{
    engine->n_samples++;
}

/* figures.c: each does nothing where the journal does not say that figures are kept */
struct figures_fill { /* of a slot */
    const struct agon_instrument *instrument;
    agon_px_t px, mids_px; /* mids_px: bid and ask together at the decision; 0: not known */
    agon_qty_t qty;
    agon_asset_t fee_asset;
    agon_amt_t fee_amt,
        fee_unit_amt; /* as it was paid, and in the unit of the position's results */
    uint8_t side;
};
void figures_keep(struct engine *engine, uint32_t edition);
int figures_are_whole(const struct engine *engine);   /* FIGURES_WHOLE */
int figures_are_lasting(const struct engine *engine); /* FIGURES_LASTING */
int figures_are_ended(const struct engine *engine);   /* FIGURES_ENDED */
/* A slot is vacated: what it came to, and what the pool got of that. */
void figures_leave(struct engine *engine, const struct figures *of, agon_amt_t pooled_amt);
/* The alert of a slot's, or of the portfolio's, loss limit that was reached. */
void losses_raise(struct engine *engine, uint16_t id, uint16_t reason);
void losses_raise_all(struct engine *engine, uint16_t reason);
/* A slot has got so much already, by no result of its. */
void figures_recapitalise(struct engine *engine, uint16_t slot, agon_amt_t change_amt);
/* Slots and pools together get so much, by no result of theirs; is_there: they have it already. */
void figures_capital(struct engine *engine, agon_amt_t change_amt, int is_there);
agon_px_t figures_mids(const struct engine *engine, agon_instrument_t instrument);
void figures_fill(struct engine *engine, uint16_t slot, const struct figures_fill *fill);
void figures_funding(struct engine *engine, uint16_t slot, agon_asset_t asset, agon_amt_t amt);
/* Behind the slots', whose equity with the pools' comes to all_amt. */
void figures_sample(struct engine *engine, agon_amt_t all_amt, int is_hour, int is_day);
void figures_save(struct engine *engine, struct enc *enc);
int figures_load(struct engine *engine, struct dec *dec);

/* state.c */
void state_save(struct engine *engine, struct enc *enc);

/* The slot's position there, found by its place where it was counted. NULL: none. */
static inline const struct position *exposure_position(const struct engine *engine, uint16_t slot,
                                                       agon_instrument_t instrument)
{
    uint32_t place = engine->exposure->places[instrument][slot];
    const struct position *pos;

    if (place == 0)
        return ledger_position(engine->ledger, slot, instrument, 0);
    pos = ledger_position_at(engine->ledger, slot, place - 1);
    REQUIRE(pos->instrument == instrument);
    return pos;
}

#endif
