// SPDX-License-Identifier: Apache-2.0
/* bytes_impl: what the parts of a byte-level run share. Only for host/dst.
 *
 *   bytes.c          phases, faults
 *   bytes_operator.c what operators order, and what they are told
 *   bytes_keeper.c   the keeper, and what it must do and must not
 *   bytes_machine.c  the machine that the host runs on: threads, clocks, disk; its death
 *   bytes_venue.c    the exchanges, and what they say of themselves: the truth
 *   bytes_wishes.c   that what leaves is what an agent wished
 *   bytes_check.c    what must hold, judged from the truth and from what operators ordered
 *   bytes_losses.c   loss limits again, by the journal
 *   bytes_limits.c   every risk limit, recomputed from the truth
 *   bytes_reach.c    net and asset limits, over both markets
 *   bytes_exits.c    exit plans: what fires, once, and for how much
 *   bytes_plans.c    exit plans again, by the journal: what must fire, when and why, and is not
 * lost
 *   bytes_agents.c   what agents order, by the journal: targets, quotes, timers, their death
 *   bytes_books.c    a second ledger by the journal: positions, money, funding, equity
 *   bytes_promises.c by the journal: money that is free, and limits that open orders come near
 *   bytes_money.c    worlds in which money is short, paid back, put in, taken out, or valued late
 *   bytes_flatten.c  `flatten`: what its answer says is so at the exchange
 *   bytes_tournament.c  tournaments: capital, who is set aside, when one is held
 *   bytes_turns.c    what a stop called off, a plan and a new day leave, by the journal
 *   bytes_room.c     a disk that fills up and has room again
 *   bytes_strangers.c  orders of others on the account
 *   bytes_hours.c    midnight, exchanges with a wrong clock, a start that hears none */
#ifndef DST_BYTES_IMPL_H
#define DST_BYTES_IMPL_H

#include <agon/ext/exit.h>

#include "base/disk_mem.h"
#include "base/map.h"
#include "dst/bytes.h"
#include "dst/fiber.h"
#include "dst/net.h"
#include "run/host.h"
#include "run/keeper_watch.h"
#include "sim/front.h"
#include "sys/machine.h"

#define US            ((agon_ns_t)1000)
#define MS            ((agon_ns_t)1000000)
#define SECOND        ((agon_ns_t)1000000000)
#define BYTES_T0      ((agon_ns_t)1723161540000000000) /* a minute before a day turns */
#define BYTES_THREADS 16u
#define BYTES_VENUES  2u
#define BYTES_SLOTS   6u
#define BYTES_COINS   3u /* instruments: two on spot, one perpetual */
#define BYTES_ORDERS  16384u
#define PX_SLACK_PPM  40000        /* between the price that risk judged by and the order's own */
#define OFF_BY        (2 * SECOND) /* that engine time may be ahead of true time */
#define BYTES_MINUTE  128          /* looks at a market that are remembered: a minute, at least */
#define BYTES_RECENT  256          /* orders that left */
#define BYTES_REACHES 512          /* of what could be, as it was */
#define BYTES_FIRED   8192
#define BYTES_PLANS   64 /* tournaments of a run */
#define BYTES_FOREIGN 64u

enum bytes_stream { /* of randomness: a draw in one never shifts another */
                    DRAW_SWARM = 1,
                    DRAW_TIE,
                    DRAW_NET,
                    DRAW_MACHINE,
                    DRAW_ENTROPY,
                    DRAW_DISK,
                    DRAW_OPERATOR,
                    DRAW_KEEPER,
                    DRAW_TOURNAMENT,
                    DRAW_FLATTEN,
                    DRAW_SKILLS,
                    DRAW_MONEY,
                    DRAW_RECALL,
                    DRAW_ROOM,
                    DRAW_STRANGERS,
                    DRAW_HOURS,
                    DRAW_FAULT = 32 /* + kind */
};
enum bytes_phase { BYTES_WARM = 1, BYTES_SAFETY, BYTES_HEAL, BYTES_QUIET, BYTES_CLOSE };

enum op {
    OP_HALT_SLOT,
    OP_HALT_ALL,
    OP_KILL,
    OP_STOP,
    OP_RESUME_ALL,
    OP_RESUME_SLOT,
    OP_CANCEL,
    OP_FLATTEN,
    OP_LIMIT,
    OP_RELOAD,
    OP_ROLLBACK,
    OP_ADD,
    OP_REMOVE,
    OP_RESUME_KILL,
    OP_ACTIVATE,
    OP_APPLY,
    OP_CLOSE_ALL,
    OP_UNLOAD,
    OP_RESTART,
    OP_FLATTEN_ALL,
    OP_SUSPEND,
    OP_STOP_BRIEFLY,
    OPS
};

enum thread_state { THREAD_FREE = 0, THREAD_READY, THREAD_RUNNING, THREAD_WAITING, THREAD_OVER };
struct thread {
    struct fiber *fiber; /* owned */
    const _Atomic uint32_t *word;
    uint32_t expected, serial;
    uint64_t job;
    uint8_t state, is_timed_out, is_operator;
};

struct truth { /* an order as the exchange has it, by its own word */
    char client[24];
    uint64_t venue_order, order_id;
    int64_t px, qty, done; /* 10^-8 */
    uint32_t n_new;
    uint8_t venue, coin, side, is_open, is_ours, is_reducing;
    uint16_t slot;
};
struct truth_coin {  /* of an instrument: what our orders did */
    int64_t held;    /* 10^-8 of the base; spot: less fees that were paid in it */
    int64_t paid;    /* 10^-8 of the quote; fees included */
    int64_t last_px; /* of our last trade */
    uint64_t n_fills;
    int64_t slot_held[BYTES_SLOTS]; /* what its orders traded, */
    int64_t slot_net[BYTES_SLOTS];  /* ... less the fees that were paid in it */
    int64_t slot_paid[BYTES_SLOTS]; /* 10^-8 of the quote; fees included */
    int64_t slot_fee[BYTES_SLOTS];  /* ... fees alone, those in the base at the trade's price */
};
struct bytes_market {       /* an instrument's, as the exchange shows it */
    int64_t bid_px, ask_px; /* without strangers */
    int64_t low_px[BYTES_MINUTE], high_px[BYTES_MINUTE];
    int64_t worth_low_px, worth_high_px; /* a position is worth: by the book or by a mark price */
    uint32_t at;
};
struct bytes_sent { /* an order as it left */
    const char *client;
    uint64_t order_id;
    int64_t px, qty; /* 10^-8; px 0: at market */
    uint16_t slot;
    uint8_t coin, side;
};
struct bytes_rate {
    int64_t level_ppm;
    agon_ns_t t;
};
struct bytes_recent {
    uint64_t print;
    agon_ns_t t;
    uint16_t slot;
};
struct bytes_exit { /* a plan whose stop is reached, or that has fired, for so many seconds */
    uint32_t id, seconds, closing;
};
struct bytes_loss {         /* of a slot, and of all together */
    int64_t capital, given; /* capital: what its equity by the trades is short of */
    int64_t from, day_from; /* equity that a fall, or a day's loss, is counted from */
    int64_t low, high;      /* equity as it was seen last, at the worse prices and the better */
    agon_ns_t t_lost;       /* beyond its limit since; 0: it is not */
    agon_ns_t t_settled;    /* until then from is not known */
    uint32_t n_lives;       /* of the slot: it came so often */
    uint8_t is_here, is_turning, is_day_new;
};
struct bytes_plan { /* a tournament's, as it was seen */
    uint64_t seq;
    agon_ns_t t_due, t;           /* t: true time */
    int64_t capital[BYTES_SLOTS]; /* behind it */
    uint8_t is_seen;
};
struct bytes_aside { /* a slot that a tournament unloaded, and its next order then */
    uint32_t number; /* of the tournament; 0: it is not aside */
    uint16_t run;
    uint64_t counter;
    agon_ns_t t;
};
struct bytes_tournament {
    uint32_t number;  /* of the last one */
    uint32_t n_shown; /* ... that this life of the host has shown */
    uint32_t is_anew; /* slots whose place an operator gave to another, a bit each */
    struct bytes_plan plans[BYTES_PLANS];
    int64_t capital[BYTES_SLOTS]; /* of the roster, and of all plans */
    struct bytes_aside asides[BYTES_SLOTS];
    uint32_t n_recorded; /* in the journal, as it is read at the end */
    agon_ns_t t_recorded;
};
struct bytes_reach { /* of all slots together: bitcoin, ether, net; of the quote */
    agon_ns_t t;
    int64_t up[3], down[3], gross;
};
struct bytes_clear { /* of a slot, and of all: nothing is open and nothing held, at the exchange */
    uint32_t n_open;
    uint8_t is_clear;
    agon_ns_t t_clear;        /* the last time that it was */
    agon_ns_t t_open, t_held; /* since when something is open, is held; 0: nothing is */
    uint64_t n_closed;        /* that the host counted */
};
struct bytes_flatten {          /* one that was ordered and is waited for */
    agon_ns_t t, until, t_look; /* t 0: none */
    int slot;                   /* -1: all */
    uint64_t n_closed;          /* before */
    uint8_t is_still;           /* nobody may trade there from the order on */
};
struct bytes_venue {
    struct bytes *world;
    const struct sim_dialect *dialect;
    struct pit *pit;         /* owned */
    struct sim_front *front; /* owned */
    struct members members;
    struct secret key, secret; /* owned; who is told of the venue borrows them */
    struct faults faults;
    uint64_t job;
    const struct truth *taker; /* that came to the market last, or was changed there */
    uint8_t at, is_away;
};

struct order_word { /* what operators ordered and the host said it did */
    uint8_t is_halted, is_killed, is_stopped, is_slot_halted[BYTES_SLOTS];
    uint8_t is_suspended[BYTES_SLOTS];
    uint8_t is_unsure; /* an order whose answer was never heard */
    uint16_t run;      /* in which it was done, and the next order's counter of each slot then */
    uint32_t counters[BYTES_SLOTS];
    agon_ns_t t_cancelled; /* the last of them was ordered */
};

struct lowered {  /* the largest order, as the operator was told, of those of that run from counter
                     on */
    uint16_t run; /* 0: none */
    uint64_t counter;
    agon_amt_t order_amt;
};

struct room {         /* of the disk */
    agon_ns_t t_back; /* there is some since; 0: there always was */
    uint64_t left;    /* bytes that may still be written, where each write takes room anew */
    uint8_t is_lazy, is_anew, is_full;
};
struct stranger { /* an order on the account that is not ours */
    char client[24];
    agon_ns_t t;
    uint8_t is_open, is_leaving;
};

struct keeper {       /* the process beside the host */
    struct beat beat; /* shared with it */
    struct keeper_watch watch;
    struct rescue *rescues[BYTES_VENUES]; /* owned */
    agon_ns_t stopped_until;              /* it is stopped, as by SIGSTOP */
    agon_ns_t hung_until;                 /* the core makes no turn */
    agon_ns_t t_tried;                    /* when the last start failed */
    agon_ns_t t_silent;                   /* since when no host lives; 0: one does */
    uint8_t is_rescuing, is_planned;
};

enum wired {
    WIRED_OF_AGENT = 1,
    WIRED_OF_HOST, /* closes a position for the host */
    WIRED_REFUSED  /* for its time stamp, by the exchange's own word: it may leave again */
};

struct swarm_bytes {
    uint32_t faults, n_venues, n_agents;
    agon_ns_t safety_ns, crash_ns, operator_ns, reload_ns, away_ns, clock_ns, power_ns, keeper_ns;
    agon_ns_t sync_ns, recall_ns, room_ns, stranger_ns;
    uint64_t journal_segment, mark_every, snapshot_every;
    struct net_rates rates;
    uint32_t sync_slow_ppm, sync_fail_ppm;
    struct tournament_rules tournament; /* mode 0: none is held */
    agon_ns_t flatten_ns;
    uint8_t is_skilled;   /* agents name targets, quote, arm timers, plan in full, die often */
    agon_ns_t deposit_ns; /* into the run with faults; 0: none */
    int64_t deposit_amt;  /* of the quote on spot; below 0: it is taken out */
    int32_t rebate_ppb;   /* that makers are paid; 0: they pay */
    int32_t premium_ppm;  /* by which the index is put below the perpetual; 0: it is not */
    uint8_t is_poor;      /* slots have hardly any money, and limits that they come to */
    uint8_t is_edgy;      /* slots with one order at most, and a loss limit near its fee */
    uint8_t is_snapped;   /* hardly a start is without a snapshot */
    uint8_t is_unmarked;  /* the perpetual's mark price is not told, its book is */
    agon_ns_t down_from, down_until; /* the host is down for so long; 0: it is not */
    agon_ns_t skew_from, skew_until; /* an exchange's clock is wrong, */
    int64_t skew_ms;                 /* ... by so much; 0: none is */
    uint32_t skew_at;                /* ... of that one */
    uint8_t is_wall_off;             /* from the first start on, */
    uint8_t is_for_good;             /* and it stays off when all other faults end */
};

struct bytes {
    struct bytes_config config;
    struct bytes_result *result;
    struct swarm_bytes swarm;
    struct sched sched;
    struct net *net; /* owned */
    struct machine machine;
    struct disk_mem *disk_mem; /* owned; outlives every life */
    struct disk disk_port, disk;
    struct rng machine_rng, entropy, disk_rng, operator_rng, faults_rng[BYTES_FAULTS];
    struct thread threads[BYTES_THREADS];
    uint32_t n_serial;
    struct bytes_venue venues[BYTES_VENUES];

    /* the host */
    struct host *host; /* owned; NULL: dead */
    struct host_ports ports;
    struct host_instrument instruments[BYTES_COINS];
    struct crew_slot *slots; /* owned; as the roster says */
    uint32_t life;
    uint8_t is_dying, is_stopping, is_booting, is_over;
    int64_t wall_off, dying_ns;
    int64_t boot_wall_off; /* when this life began, */
    agon_ns_t t_booting;   /* ... its first thread did */
    agon_ns_t t_begin;     /* of the world */
    agon_ns_t down_until;  /* nobody starts the host before */
    agon_ns_t t_wall;      /* when the wall clock was last set */
    uint64_t journal_seen;
    enum bytes_phase phase;

    struct keeper keeper;

    struct room room;
    struct stranger strangers[BYTES_FOREIGN];
    uint32_t n_strange_trades; /* orders of strangers that trade at once */
    struct {
        int64_t held, paid; /* as of struct truth_coin */
    } by_hand[BYTES_COINS]; /* what strangers' orders did */
    uint32_t n_strangers;   /* that there ever were */

    /* an operator at work */
    struct {
        uint32_t kind, slot;
        int64_t value;
    } op;
    uint64_t n_ops;
    struct order_word word;
    struct slot_limits limits_max[BYTES_SLOTS];  /* the widest that were ever in force */
    struct slot_limits limits_told[BYTES_SLOTS]; /* ... at the capital that the roster gives */
    /* A book or a quote came last; a book: where the journal is read again. */
    agon_ns_t t_data[BYTES_COINS], t_book[BYTES_COINS];
    struct lowered lowered[BYTES_SLOTS];
    int64_t order_told[BYTES_SLOTS]; /* the last that was; 0: none, or it is not known which */
    struct crew_slot applied;
    uint64_t unloaded;                /* slots that were, at any time */
    uint32_t leaving;                 /* ... that are, with their positions closed */
    agon_ns_t t_leaving[BYTES_SLOTS]; /* ... since when */
    struct portfolio_limits portfolio;

    /* the truth */
    struct truth *truths; /* owned */
    uint32_t n_truths;
    struct map by_client;
    struct truth_coin coins[BYTES_COINS];
    struct bytes_market markets[BYTES_COINS];
    struct bytes_rate rates[BYTES_SLOTS];
    struct bytes_recent recent[BYTES_RECENT];
    uint32_t next_recent;
    struct bytes_loss losses[BYTES_SLOTS + 1];
    struct bytes_exit exits[BYTES_SLOTS][AGON_EXITS_MAX];
    struct bytes_tournament tournament;
    struct bytes_clear clear[BYTES_SLOTS + 1];
    struct bytes_flatten flatten;
    struct bytes_reach reaches[BYTES_REACHES];
    uint32_t next_reach;
    agon_ns_t t_safety;
    int64_t deposited; /* of the quote on spot, by nobody's order */
    int64_t
        held_at_funding; /* perpetuals of all slots since, long and short added up, in the quote */
    uint64_t n_held_fills;
    uint8_t is_funded;
    struct host_view *view; /* owned; as an operator reads it */
    struct map fired;       /* what plans fired, by slot, plan and target */
    agon_ns_t t_healthy;    /* the host sees the market and may trade since; 0: it does not */
    agon_ns_t t_able;       /* ... and no request keeps it from closing what it holds */
    struct order_ids ids;   /* of the journal */
    uint32_t n_coins;
    struct map wishes;   /* what agents ever wished */
    struct map wired;    /* client ids that left, by hash: enum wired */
    uint64_t *wired_ids; /* owned; their orders */
    uint64_t n_wired;
    agon_ns_t t_boot;
    unsigned char last_hash[HASH_SIZE];
    uint64_t last_seq;
};

/* bytes.c */
void bytes_fail(struct bytes *world, const char *id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void bytes_trace(struct bytes *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int bytes_has(const struct bytes *world, enum bytes_fault fault);
uint64_t bytes_stream(uint64_t seed, uint64_t stream);
int bytes_step(struct bytes *world, agon_ns_t until); /* 0: nothing is left before until */
void bytes_set_wall(struct bytes *world, int64_t off);

/* bytes_operator.c */
/* False: somebody else is at it, or the host is down. */
int bytes_order(struct bytes *world, enum op op, uint32_t slot, int64_t value);
void bytes_operate(struct bytes *world, enum bytes_fault fault); /* something, at random */
void bytes_check_lowered(struct bytes *world, const struct truth *truth);
void bytes_operator_turn(struct bytes *world); /* each simulated second that the host is up */
void bytes_operator_quiet(struct bytes *world);

/* bytes_machine.c */
int bytes_machine_open(struct bytes *world);
void bytes_machine_close(struct bytes *world);
void bytes_boot(struct bytes *world);
/* In good order, and booted again after a while. On an operator's thread. */
void bytes_restart(struct bytes *world);
void bytes_kill(struct bytes *world); /* the host; it is booted again after a while */
void bytes_poll(struct bytes *world); /* who of the threads can go on */
int bytes_start(struct bytes *world, void *(*main)(void *), void *arg, int is_operator);
int bytes_is_operated(const struct bytes *world);
agon_ns_t bytes_true_wall(const struct bytes *world);

/* bytes_keeper.c */
void bytes_keeper_open(struct bytes *world);
void bytes_keeper_close(struct bytes *world);
void bytes_keeper_strike(struct bytes *world); /* a core hangs, a keeper stops, a planned restart */
void bytes_silent(struct bytes *world);        /* no host lives from now on */
int bytes_is_hung(const struct bytes *world);  /* the core; the other threads go on */

/* bytes_venue.c */
int bytes_venue_open(struct bytes *world, uint32_t at, struct error *err);
void bytes_venue_close(struct bytes_venue *venue);
void bytes_venue_calm(struct bytes *world); /* its faults end */
void bytes_config_host(struct bytes *world, struct host_config *config);
void bytes_roster(struct bytes *world);
struct truth *bytes_truth(struct bytes *world, const char *client);
int bytes_coin(uint8_t venue, const char *symbol);
int64_t bytes_dust(uint32_t coin); /* what no order can be made of, of the quote */
/* Of a derivative: an order of that side over qty is below the venue's least notional, and does not
 * only reduce what the account holds, so that the venue refuses it. */
int bytes_is_refused(const struct bytes *world, const struct engine *engine,
                     agon_instrument_t instrument, enum agon_side side, int64_t qty);
uint32_t bytes_wild(const struct bytes *world); /* how much more than usual prices move */

/* bytes_wishes.c */
struct bytes_wire { /* an order, or a replacement of one, as it leaves */
    const char *client, *type, *tif;
    uint64_t order_id;
    int64_t px, qty; /* 10^-8; px 0: at market */
    uint32_t coin;
    uint8_t rev, side, is_amend;
};
int bytes_wishes_open(struct bytes *world);
void bytes_wishes_close(struct bytes *world);
void bytes_wishes_sent(struct bytes *world, const struct bytes_wire *wire);
/* The exchange ended an order because it met the one that came to the market last. */
void bytes_wishes_met(struct bytes *world, const struct truth *taker, const struct truth *maker);

/* bytes_check.c */
int bytes_check_open(struct bytes *world);
void bytes_check_close(struct bytes *world);
void bytes_check_sent(struct bytes *world, uint16_t port, const char *text, size_t n);
/* bytes_said.c: an order that is given to a socket, as the line that it has by REST. 0: it is none.
 */
size_t bytes_said(const void *bytes, size_t n, char *form, size_t room);
void bytes_check_refused(struct bytes *world, const char *client);
void bytes_check_meet(struct bytes *world, struct truth *truth); /* the exchange has a new order */
void bytes_check_effect(struct bytes *world, const struct truth *truth, const char *what);
void bytes_check_boot(struct bytes *world); /* a life begins */
void bytes_check_turn(struct bytes *world); /* each simulated second */
int bytes_check_is_quiet(struct bytes *world);
void bytes_check_quiet(struct bytes *world);     /* host and exchange must be one */
void bytes_check_close_run(struct bytes *world); /* after an orderly end: replay */

/* bytes_turns.c */
struct bytes_turns;
int bytes_turns_new(struct bytes_turns **turns, struct bytes *world);
void bytes_turns_free(struct bytes_turns *turns);
void bytes_turns_stepped(struct bytes_turns *turns, struct engine *engine,
                         const struct agon_event_hdr *event);

/* bytes_room.c */
void bytes_room_draw(struct bytes *world);
void bytes_room_strike(struct bytes *world);
void bytes_room_heal(struct bytes *world);
void bytes_room_turn(struct bytes *world); /* each simulated second that the host is up */
int bytes_room_takes(struct bytes *world, uint64_t n); /* a write of so many bytes */
int bytes_room_lacked(const struct bytes *world);      /* in this life, at some time */

/* bytes_strangers.c */
void bytes_strangers_draw(struct bytes *world);
void bytes_strangers_warm(struct bytes *world); /* they were there first */
void bytes_strangers_strike(struct bytes *world);
void bytes_strangers_killed(struct bytes *world); /* the operator's word was given */
int bytes_strangers_is(const char *client);
/* Has the exchange nothing at that level of its book but orders of strangers? */
int bytes_strangers_alone(struct bytes *world, uint32_t coin, uint8_t side,
                          const struct agon_level *level);
void bytes_strangers_effect(struct bytes *world, const struct truth *truth, const char *what);

/* bytes_hours.c */
void bytes_hours_draw(struct bytes *world);
void bytes_hours_net(struct bytes *world, struct rng *rng);
void bytes_hours_warm(struct bytes *world);
void bytes_hours_safety(struct bytes *world);
/* A day's loss that is soon reached, where midnight comes; 0: as drawn else. */
agon_amt_t bytes_hours_loss(const struct bytes *world, uint16_t slot);
/* What the exchange at that place does wrong, as a rule of its faults; bytes written. */
size_t bytes_hours_faults(const struct bytes *world, uint32_t at, char *text, size_t room);

/* bytes_exits.c */
void bytes_exits_new(struct bytes *world, const struct truth *truth);
void bytes_exits_turn(struct bytes *world);
void bytes_exits_due(struct bytes *world, const struct record_due *due); /* of the journal */

/* bytes_plans.c */
struct bytes_plans;
int bytes_plans_new(struct bytes_plans **plans, struct bytes *world);
void bytes_plans_free(struct bytes_plans *plans);
/* The replay of the whole journal took that event. */
void bytes_plans_stepped(struct bytes_plans *plans, struct engine *engine,
                         const struct agon_event_hdr *event);

/* bytes_agents.c */
struct bytes_agents;
int bytes_agents_new(struct bytes_agents **agents, struct bytes *world);
void bytes_agents_free(struct bytes_agents *agents);
/* The replay of the whole journal is about to take that event, and took it. */
void bytes_agents_before(struct bytes_agents *agents, struct engine *engine,
                         const struct agon_event_hdr *event);
void bytes_agents_stepped(struct bytes_agents *agents, struct engine *engine,
                          const struct agon_event_hdr *event);

/* bytes_losses.c */
struct bytes_losses;
/* Best bid and ask of the host's own book, where it is live. */
int bytes_best_of(const struct engine *engine, agon_instrument_t id, agon_px_t *bid,
                  agon_px_t *ask);
int bytes_losses_new(struct bytes_losses **losses, struct bytes *world);
void bytes_losses_free(struct bytes_losses *losses);
void bytes_losses_stepped(struct bytes_losses *losses, struct engine *engine,
                          const struct agon_event_hdr *event);

/* bytes_limits.c */
void bytes_limits_sent(struct bytes *world, const struct bytes_sent *sent);
void bytes_limits_new(struct bytes *world, const struct truth *truth); /* the exchange took it */
void bytes_limits_turn(struct bytes *world); /* each simulated second that the host is up */
/* The replay of the whole journal took that event. */
void bytes_limits_noted(struct bytes *world, const struct agon_event_hdr *event);
void bytes_limits_stepped(struct bytes *world, struct engine *engine,
                          const struct agon_event_hdr *event);
void bytes_limits_resumed(struct bytes *world, uint16_t slot); /* BYTES_SLOTS: all */
/* Who comes into a place that is free now is another one. */
void bytes_limits_vacant(struct bytes *world);
/* By then the host knows what happened, and has acted on it: as late as what may go wrong in this
 * run makes it. */
agon_ns_t bytes_known_ns(const struct bytes *world);
/* What the slot has of it at the exchange is too little for any order. */
int bytes_is_dust(const struct bytes *world, uint16_t slot, uint32_t coin);

/* bytes_reach.c */
/* How it is now, but for one order; NULL: but for none. */
void bytes_reach_note(struct bytes *world, const struct truth *without);
void bytes_reach_new(struct bytes *world, const struct truth *truth);

/* bytes_money.c */
void bytes_money_draw(struct bytes *world);
void bytes_money_roster(const struct bytes *world, uint16_t id, struct slot_limits *limits);
void bytes_money_fees(const struct bytes *world, struct member *member, uint32_t at);
void bytes_money_look(struct bytes *world);  /* after each step of the world */
void bytes_money_index(struct bytes *world); /* after each moment of the perpetual's market */
/* An answer of the exchange to a request, as it logs it. */
void bytes_money_answered(struct bytes *world, uint8_t venue, const char *text, size_t n);
void bytes_money_quiet(struct bytes *world);

/* bytes_tournament.c */
void bytes_tournament_draw(struct bytes *world);
void bytes_tournament_safety(struct bytes *world); /* what strikes around each turn */
void bytes_tournament_look(struct bytes *world);   /* was one held? After each step of the world */
void bytes_tournament_boot(struct bytes *world);
void bytes_tournament_sent(struct bytes *world, const struct bytes_sent *sent, int is_reducing);
void bytes_tournament_turn(struct bytes *world);
void bytes_tournament_recorded(struct bytes *world, const struct record_plan *plan);
void bytes_tournament_anew(struct bytes *world,
                           uint16_t slot); /* an operator gave its place away */
void bytes_tournament_limits(struct bytes *world,
                             uint16_t slot); /* what was told of them changed */

/* bytes_flatten.c */
int bytes_flatten_open(struct bytes *world);
void bytes_flatten_close(struct bytes *world);
void bytes_flatten_effect(struct bytes *world, const struct truth *truth, int was_open);
void bytes_flatten_ordered(struct bytes *world, int slot, uint64_t n_closed, agon_ns_t t);
void bytes_flatten_look(struct bytes *world); /* after each step of the world */
void bytes_flatten_boot(struct bytes *world);

#endif
