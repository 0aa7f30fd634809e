// SPDX-License-Identifier: Apache-2.0
/* world: what the parts of a simulated run share. Only for host/dst.
 *
 *   swarm     draws from the seed what kind of run this is
 *   world     time, the heap of what comes next, paths of messages and their faults, phases
 *   ticker    the market's own liquidity: one book and its trades per instrument
 *   lane      the exchange's end: the simulator's order functions, what goes wrong before and after
 *             them, and the truth about our orders by the simulator's own word
 *   clerk     the host's end: the product's outbox, limiter, books and judge of answers, driven by
 *             messages
 *   node      the host: engine, journal, disk; its death and its restart
 *   scripted_agents   the plugins
 *   check     what must hold; check_orders: of an order's requests, fills and end
 *   cards     GPU cards: what happens to them, and what may be decided of it
 *   jobs      plugins' jobs on them, from their submission to their one outcome
 *   ref_ledger  a slow ledger over the truth */
#ifndef DST_WORLD_H
#define DST_WORLD_H

#include "base/disk_mem.h"
#include "base/heap.h"
#include "base/map.h"
#include "base/rng.h"
#include "dst/cards.h"
#include "dst/dst.h"
#include "dst/jobs.h"
#include "engine/driver.h"
#include "journal/reader.h"
#include "journal/snapshot.h"
#include "net/limiter.h"
#include "sim/bare.h"
#include "venue/book_sync.h"
#include "venue/outbox.h"

#define WORLD_AGENTS      8
#define WORLD_INSTRUMENTS 4
#define WORLD_MESSAGES    16384u
#define WORLD_T0          ((agon_ns_t)1723161540000000000) /* a minute before a day turns */
#define US                ((agon_ns_t)1000)
#define MS                ((agon_ns_t)1000000)
#define SECOND            ((agon_ns_t)1000000000)
#define LAG_MAX           (4500 * MS) /* of what queries show: less than OUTBOX_VIEW_LAG_NS */
#define BEHIND_NS         (4990 * MS) /* ... where they are as far behind as they may */
#define USDT              1
#define WORLD_CASH_AMT    (2000000ll * 100000000)
#define TICKER_LEVELS     8
#define TICKER_HISTORY    1024u
#define ORDERS_MAX        8192u
#define FILLS_MAX         32768u
#define PAGE              1000 /* fills of one answer to who asks for them */
#define AT_ONCE           32   /* ... that a new order may have at once and be told in its answer */

enum stream { /* of randomness: a draw in one never shifts another */
              STREAM_SWARM = 1,
              STREAM_TIE = 2,
              STREAM_NET = 3,
              STREAM_TICKER = 16,  /* + instrument */
              STREAM_AGENT = 32,   /* + slot */
              STREAM_FAULT = 64,   /* + fault */
              STREAM_AMOUNT = 128, /* + fault: how much of it */
              STREAM_NODE = 200,
              STREAM_CLERK = 201,
              STREAM_IN_PLACE = 202,
              STREAM_BEHIND = 203,
              STREAM_CARDS = 204,
              STREAM_JOBS = 205
};

enum happening {              /* what lies in the heap */
                 AT_TICK = 1, /* b: instrument */
                 AT_MESSAGE,  /* b: place in messages */
                 AT_WISH,     /* b: place in wishes; of life c */
                 AT_WRITER,
                 AT_CLERK,
                 AT_SNAPSHOT,
                 AT_CRASH,
                 AT_BOOT,
                 AT_CUT,
                 AT_LINK,
                 AT_OPERATOR,
                 AT_FOREIGN,
                 AT_CANCEL, /* b: place of an order in the truth */
                 AT_CARDS,
                 AT_JOBS,
                 AT_RETIRE /* a host whose journal failed is restarted */
};

enum path { PATH_REQUEST, PATH_REPLY, PATH_STREAM, PATH_DATA, PATHS };

enum message_kind {
    MESSAGE_REQUEST = 1, /* asked */
    MESSAGE_REPLY,       /* answered */
    MESSAGE_STREAM,      /* effect */
    MESSAGE_BOOK,        /* the answer to ASK_BOOK: a book snapshot */
    MESSAGE_DATA         /* market event */
};
enum ask { /* what the clerk asks of the exchange */
           ASK_NEW = 1,
           ASK_CANCEL,
           ASK_REPLACE,
           ASK_SWAP_CANCEL, /* replacing a filled order: cancel, learn what is left, */
           ASK_SWAP_NEW,    /* then place that */
           ASK_STRAY,       /* cancels an order that should not be there */
           ASK_QUERY,       /* reads from here on */
           ASK_NUMBER,      /* whose order is that? */
           ASK_OPEN,
           ASK_TRADES,
           ASK_ACCOUNT,
           ASK_BOOK,
           ASKS
};

#define DATA_BYTES (64 + 4 * TICKER_LEVELS * 16)
struct asked {
    uint8_t what; /* enum ask */
    agon_instrument_t instrument;
    struct bare_wish wish;
    uint8_t rev;                   /* REPLACE: of the order as it shall be, which no id tells */
    char client[BARE_CLIENT_TEXT]; /* of the order that stands there */
    uint64_t id, from;             /* TRADES: of that order; from that fill on */
    uint8_t is_last;               /* TRADES: the newest alone */
};
struct answered {
    struct bare_verdict verdict;
    struct bare_order order;       /* NEW, CANCEL, QUERY, NUMBER; REPLACE in its place */
    struct bare_replaced replaced; /* REPLACE */
    uint32_t n_fills;              /* NEW */
    struct bare_fill fills[AT_ONCE];
    agon_amt_t free_amt[WORLD_INSTRUMENTS + 2], held_amt[WORLD_INSTRUMENTS + 2]; /* ACCOUNT */
};
struct message {
    uint8_t kind, is_to_host, is_again; /* is_again: the exchange takes it twice */
    uint8_t list;                       /* place in lists + 1; 0: it has none */
    uint32_t link, life;                /* connection and life of the host that it belongs to */
    uint64_t req;
    agon_ns_t t_sent, t_expire;
    union {
        struct asked asked;
        struct answered answered;
        struct bare_effect effect;
        struct agon_event_hdr hdr;
        _Alignas(64) unsigned char data[DATA_BYTES];
    } u;
};
#define LISTS     128u
#define LIST_ROOM 512u
struct list { /* of one answer: OPEN or TRADES */
    uint32_t n;
    union {
        struct bare_order orders[LIST_ROOM];
        struct bare_fill fills[PAGE];
    } u;
};

struct swarm {       /* what the seed drew */
    uint32_t faults; /* kinds that are on */
    uint32_t rate_ppm[DST_FAULTS];
    uint32_t n_instruments, n_agents;
    uint8_t agent_kinds[WORLD_AGENTS];
    agon_ns_t latency_ns, jitter_ns;
    agon_ns_t tick_ns; /* mean time between two market events of an instrument */
    agon_ns_t timeout_ns, window_ns, hold_ns, reconcile_ns;
    agon_ns_t crash_ns, cut_ns, operator_ns, foreign_ns; /* mean times between */
    agon_ns_t cancel_ns; /* the exchange takes a cancel and does it within this; 0: at once */
    uint8_t is_in_place; /* the exchange replaces an order in its place */
    uint8_t is_behind; /* all queries look back as far as is promised, and one of each order further
                        */
    uint32_t eager_ppm;             /* how often a plugin acts on an event */
    uint32_t weight_1m, orders_10s; /* the exchange's limits */
};

struct ticker {
    agon_px_t mid_px;
    struct agon_level bid[TICKER_LEVELS], ask[TICKER_LEVELS];
    uint64_t last_id, trade_id;
    uint64_t history[TICKER_HISTORY]; /* hash of the levels after update id */
};

struct truth_state {
    uint8_t state, rev;
    agon_px_t px;
    agon_qty_t qty, cum_qty;
};
struct truth {                 /* an order as it really is, over all its wire orders */
    uint64_t order_id, number; /* number: of the last wire order */
    agon_instrument_t instrument;
    uint16_t slot;
    uint8_t side, is_foreign, was_hidden;
    uint8_t is_late; /* its request was long on its way */
    struct truth_state now;
    agon_qty_t before_qty; /* filled before the last replacement */
    agon_ns_t t_placed;    /* the last wire order came to be */
    char client[BARE_CLIENT_TEXT];
};
struct truth_fill {
    uint32_t truth;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t fee_amt;
    agon_asset_t fee_asset;
};
struct lane {
    struct instruments table; /* as the host has it */
    struct pit *pit;          /* owned */
    struct sim *sim;          /* owned */
    struct members members;
    struct faults *faults; /* owned; NULL: no query looks back */
    agon_asset_t assets[2 * WORLD_INSTRUMENTS + 2],
        back[WORLD_INSTRUMENTS + 2]; /* theirs to ours */
    struct truth *orders;            /* owned */
    uint32_t n_orders;
    struct map by_order;
    struct truth_fill *fills; /* owned */
    uint64_t n_fills;
    uint32_t n_foreign;
    uint8_t rev;     /* that the order which is replaced in its place is to have */
    uint8_t is_late; /* the request that is taken now was long on its way */
};

#define TICKETS      1024u
#define HELD         1024u
#define CLERK_PLACES 2048u  /* orders that the outbox knows at once */
#define CLERK_FILLS  16384u /* as a gateway has it */
enum { COST_WEIGHT, COST_ORDERS, COSTS };
enum ticket_state { TICKET_FREE = 0, TICKET_QUEUED, TICKET_SENT };
struct ticket { /* a request of the clerk */
    uint8_t state, what, class, rev, round, tries;
    uint8_t is_refused, is_lost; /* once, for its time stamp; sent, and no answer came */
    uint16_t why;                /* enum reason: what last kept it from leaving */
    uint32_t cost[COSTS];
    uint32_t number; /* of the order's request that it is sent for */
    agon_instrument_t instrument;
    uint64_t req, order_id, a, b;
    int64_t until_ns, not_before, sent_ns, expiry_ns;
    struct order_cmd cmd;
};
struct held {
    struct order_cmd cmd;
    agon_ns_t t_seen;
};
struct clerk {
    struct outbox outbox;
    struct limiter limiter;
    struct book_sync syncs[WORLD_INSTRUMENTS + 1];
    struct symbol symbols[WORLD_INSTRUMENTS + 1];
    struct wire_depth *depth; /* owned */
    struct rng rng;
    struct ticket *tickets; /* owned */
    uint32_t n_tickets;     /* highest used + 1 */
    struct held *held;      /* owned: [HELD] */
    uint32_t held_at, n_held;
    uint64_t next_req;
    struct map strangers; /* numbers of orders that are not ours */
    uint64_t last_fill[WORLD_INSTRUMENTS + 1], last_trade[WORLD_INSTRUMENTS + 1];
    uint8_t is_based[WORLD_INSTRUMENTS + 1], has_read[WORLD_INSTRUMENTS + 1];
    uint64_t unknown[WORLD_INSTRUMENTS + 1]; /* the order of a trade that waits to be named */
    agon_ns_t t_unknown[WORLD_INSTRUMENTS + 1];
    uint8_t *was_absent; /* owned: [CLERK_PLACES]; a query said so of the order there */
    agon_ns_t t_reconcile;
    uint32_t n_out; /* requests of the round still out */
    uint8_t round, is_round, is_round_bad;
    uint8_t is_linked, is_ready, is_running, is_reading; /* is_reading: trades are taken in */
};

struct agent {
    uint16_t slot;
    uint8_t kind;
    struct rng rng;
    void *to_memory, *from_memory; /* owned */
    struct evring to_in, to_out, from_in, from_out;
    struct bus_reader bus;
    uint64_t nth, nth_base;
    uint64_t next_ref, refs[16]; /* of orders that may be open */
    uint32_t n_refs, n_wishes;
    uint32_t generation;
    uint64_t cause_seq;
    agon_px_t bid_px[WORLD_INSTRUMENTS + 1], ask_px[WORLD_INSTRUMENTS + 1];
    agon_qty_t held_qty[WORLD_INSTRUMENTS + 1];
    struct runner_port port;
    struct world *world;
};

struct decision { /* an order as it left the gate */
    uint64_t order_id;
    uint32_t crc;
    uint8_t kind, rev;
};
struct node {
    struct disk_mem *disk; /* owned; outlives every life */
    struct disk port;
    struct engine *engine; /* owned; NULL: dead */
    struct journal_buffer buffer;
    struct journal_writer *writer; /* owned */
    struct map decided;            /* (order, rev, kind) of this and all journaled lives to crc */
    uint64_t durable_seq;          /* highest ever published */
    uint64_t last_seq;             /* of the life before, when it ended */
    uint64_t n_events;
    uint32_t n_crashes;
    uint8_t is_writer_due, is_muted, is_failed;
    unsigned char id[16];
    struct rng rng;
    agon_ns_t clock_off;
    void *state; /* owned: room for an encoded state */
    struct driver driver;
    struct order before; /* of the report that is being stepped */
    agon_ns_t t_before;
    uint32_t n_waits;
};
#define STATE_BYTES ((uint64_t)4 << 20)

struct halts { /* what operators ordered, kept apart from the engine */
    uint8_t is_halted, is_killed, is_slot_halted[WORLD_AGENTS];
    uint8_t is_instrument_halted[WORLD_INSTRUMENTS + 1], is_inactive[WORLD_AGENTS];
};
struct checks {
    struct map wire;     /* (order, rev) that ever left */
    struct map refused;  /* orders whose cancel the exchange refused */
    agon_ns_t *t_orders; /* owned: when each left, by turns */
    uint64_t n_ordered;
    struct decision *wired; /* owned: the same in order */
    uint32_t n_wired;
    struct halts halts;
    uint64_t n_checked;
    uint64_t n_closed[WORLD_AGENTS]; /* how often each was counted as closed */
};

enum phase { PHASE_WARM = 1, PHASE_SAFETY, PHASE_HEAL, PHASE_CLOSE };

struct wish {
    _Alignas(64) unsigned char bytes[ENGINE_WISH_BYTES];
    uint32_t next_free;
};
#define WISHES 8192u

struct world {
    struct dst_config config;
    struct dst_result *result;
    struct swarm swarm;
    enum phase phase;
    agon_ns_t now;
    struct heap heap;
    uint64_t n_pushed;
    struct rng tie, net;
    struct rng faults[DST_FAULTS], amounts[DST_FAULTS];
    struct message *messages; /* owned */
    uint32_t *free_messages;  /* owned */
    uint32_t n_free_messages;
    struct list *lists; /* owned */
    uint8_t free_lists[LISTS];
    uint32_t n_free_lists;
    agon_ns_t last_arrival[PATHS];
    uint32_t link, life;
    struct wish *wishes; /* owned */
    uint32_t *free_wishes;
    uint32_t n_free_wishes;
    struct ticker tickers[WORLD_INSTRUMENTS + 1];
    struct rng ticks[WORLD_INSTRUMENTS + 1];
    struct lane lane;
    struct clerk clerk;
    struct agent agents[WORLD_AGENTS];
    struct node node;
    struct checks checks;
    struct cards_sim cards;
    struct jobs_sim jobs;
    uint64_t trace_hash;
    int is_still; /* the market stands: nothing new happens */
};

/* swarm.c */
void swarm_draw(struct swarm *swarm, const struct dst_config *config);
uint64_t swarm_stream(uint64_t seed, uint64_t stream);

/* world.c */
void world_at(struct world *world, agon_ns_t t, enum happening what, uint64_t b);
/* Is this fault to strike now? */
int world_fault(struct world *world, enum dst_fault fault);
/* A time of about mean, from the fault's own stream. */
agon_ns_t world_wait(struct world *world, enum dst_fault fault, agon_ns_t mean);
/* An empty message for a path, to be filled and sent. NULL: too many are on their way. */
struct message *world_message(struct world *world, enum message_kind kind);
void world_post(struct world *world, struct message *message, enum path path);
void world_drop(struct world *world, const struct message *message); /* one that is not sent */
/* A list for a message. NULL: too many are on their way. */
struct list *world_list(struct world *world, struct message *message);
void world_fail(struct world *world, const char *id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void world_trace(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void world_fold(struct world *world, const void *bytes, size_t n);
static inline int world_is_calm(const struct world *world)
{
    return world->phase != PHASE_SAFETY;
}

/* ticker.c */
void ticker_start(struct world *world, agon_instrument_t instrument);
void ticker_tick(struct world *world, agon_instrument_t instrument);
void ticker_snapshot(struct world *world, agon_instrument_t instrument,
                     struct agon_book_part *part);
uint64_t ticker_hash(const struct agon_level *bid, uint32_t n_bid, const struct agon_level *ask,
                     uint32_t n_ask);

/* lane.c */
int lane_open(struct world *world, struct error *err);
void lane_close(struct world *world);
void lane_advance(struct world *world);
void lane_market(struct world *world, const struct agon_event_hdr *event);
void lane_take(struct world *world, const struct message *message);
void lane_foreign(struct world *world);
void lane_cancel(struct world *world, uint64_t at); /* one that was taken is done now */
void lane_balance(struct world *world, agon_asset_t asset, agon_amt_t *free_amt,
                  agon_amt_t *held_amt);
struct truth *lane_find(struct world *world, uint64_t order_id);
/* Whose wire order is that? False: not ours. */
int lane_own_id(const char *client, uint64_t *order_id, uint8_t *rev);
void lane_client(uint64_t order_id, uint8_t rev, char client[BARE_CLIENT_TEXT]);
/* Theirs in our units, and ours in theirs. */
agon_px_t lane_px(agon_px_t px);
agon_qty_t lane_qty(agon_qty_t qty);
agon_px_t lane_their_px(agon_px_t px);
agon_qty_t lane_their_qty(agon_qty_t qty);

/* clerk.c */
int clerk_open(struct world *world);
void clerk_close(struct world *world);
int clerk_start(struct world *world); /* of a new life: nothing is known. AGON_ENOMEM */
void clerk_stop(struct world *world);
struct venue_port clerk_port(struct world *world);
void clerk_turn(struct world *world);
void clerk_take(struct world *world, struct message *message);
void clerk_link(struct world *world);
void clerk_cut(struct world *world);
int clerk_is_quiet(const struct world *world);
agon_ns_t clerk_round_ns(const struct world *world); /* between two readings of everything */

/* node.c */
int node_open(struct world *world, struct error *err);
void node_close(struct world *world);
int node_step(struct world *world, struct agon_event_hdr *event);
int node_job(struct world *world, struct record_job_done *done, const void *result);
void node_due(struct world *world); /* the timer that is due next */
void node_write(struct world *world);
void node_snapshot(struct world *world);
void node_crash(struct world *world);
void node_boot(struct world *world);
void node_operate(struct world *world);
void node_heal(struct world *world);
void node_finish(struct world *world);
struct agon_instrument node_instrument(const struct world *world, agon_instrument_t id);

/* scripted_agents.c */
int scripted_agents_open(struct world *world);
void scripted_agents_close(struct world *world);
void scripted_agents_join(struct world *world); /* attaches all to the engine */
void scripted_agents_collect(struct world *world);
uint32_t scripted_agents_series(uint16_t slot); /* what it publishes, if it does */

/* check.c */
int check_open(struct world *world);
void check_close(struct world *world);
uint64_t check_key(uint64_t order_id, uint8_t rev, uint8_t kind);
uint32_t check_crc(const struct order_cmd *cmd);
void check_decided(struct world *world, const struct order_cmd *cmd); /* it left the gate */
/* It leaves, at that price and quantity; is_again: it was refused for its time stamp before. */
void check_wire(struct world *world, const struct order_cmd *cmd, agon_px_t px, agon_qty_t qty,
                int is_again);
void check_command(struct halts *halts, const struct record_command *command);
void check_truth(struct world *world, const struct truth *truth); /* the truth changed */
void check_report(struct world *world, const struct record_report *report,
                  const struct order *before);
void check_event(struct world *world, const struct agon_event_hdr *event, agon_ns_t t_before);
void check_full(struct world *world);
void check_recovered(struct world *world, const struct map *decided);
int check_has_flight(struct world *world); /* an open order has a request in flight */
void check_quiet(struct world *world);     /* everything is known and equal */

/* check_orders.c */
void check_orders_effect(struct world *world, const struct truth *truth, enum match_event_kind kind,
                         uint8_t rev);
void check_orders_report(struct world *world, const struct record_report *report,
                         const struct order *order, const struct order *before,
                         const struct truth *truth); /* it was applied */
void check_orders_quiet(struct world *world, const struct truth *truth);

/* ref_ledger.c */
void ref_ledger_compare(struct world *world);

#endif
