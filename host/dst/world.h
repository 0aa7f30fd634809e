// SPDX-License-Identifier: Apache-2.0
/* world: what the parts of a simulated run share. Only for host/dst.
 *
 *   swarm     draws from the seed what kind of run this is
 *   world     time, the heap of what comes next, paths of messages and their faults, phases
 *   ticker    the market's own liquidity: one book and its trades per instrument
 *   exchange  match, the truth about our orders, the user stream, queries
 *   courier   the message gateway on the host's side
 *   node      the host: engine, journal, disk; its death and its restart
 *   crowd     the plugins
 *   check     what must hold
 *   ref_ledger  a slow ledger over the truth */
#ifndef DST_WORLD_H
#define DST_WORLD_H

#include "base/disk_mem.h"
#include "base/heap.h"
#include "base/map.h"
#include "base/rng.h"
#include "dst/dst.h"
#include "engine/driver.h"
#include "journal/reader.h"
#include "journal/snapshot.h"
#include "match/match.h"

#define WORLD_AGENTS      8
#define WORLD_INSTRUMENTS 4
#define WORLD_MESSAGES    16384u
#define WORLD_T0          ((agon_ns_t)1723161540000000000) /* a minute before a day turns */
#define US                ((agon_ns_t)1000)
#define MS                ((agon_ns_t)1000000)
#define SECOND            ((agon_ns_t)1000000000)
#define LAG_MAX           (4500 * MS) /* of what queries show: less than the 5 s of the two reads */
#define READS_APART       (5 * SECOND)
#define USDT              1
#define TICKER_LEVELS     8
#define TICKER_HISTORY    1024u
#define ORDERS_MAX        8192u
#define FILLS_MAX         32768u
#define PAGE              16 /* fills of one answer */

enum stream { /* of randomness: a draw in one never shifts another */
              STREAM_SWARM = 1,
              STREAM_TIE = 2,
              STREAM_NET = 3,
              STREAM_TICKER = 16,  /* + instrument */
              STREAM_AGENT = 32,   /* + slot */
              STREAM_FAULT = 64,   /* + fault */
              STREAM_AMOUNT = 128, /* + fault: how much of it */
              STREAM_NODE = 200
};

enum happening {              /* what lies in the heap */
                 AT_TICK = 1, /* b: instrument */
                 AT_MESSAGE,  /* b: place in messages */
                 AT_WISH,     /* b: place in wishes; of life c */
                 AT_WRITER,
                 AT_COURIER,
                 AT_SNAPSHOT,
                 AT_CRASH,
                 AT_BOOT,
                 AT_CUT,
                 AT_LINK,
                 AT_OPERATOR,
                 AT_FOREIGN,
                 AT_CANCEL, /* b: order of the exchange */
                 AT_RETIRE  /* a host whose journal failed is restarted */
};

enum path { PATH_REQUEST, PATH_REPLY, PATH_STREAM, PATH_DATA, PATHS };

enum message_kind {
    MESSAGE_REQUEST = 1, /* cmd: NEW, CANCEL, REPLACE */
    MESSAGE_ASK,         /* cmd: QUERY */
    MESSAGE_ASK_FILLS,   /* cursor */
    MESSAGE_ASK_BOOK,    /* instrument in cmd */
    MESSAGE_REPLY,       /* outcome, report */
    MESSAGE_STREAM,      /* report */
    MESSAGE_ANSWER,      /* is_found, report */
    MESSAGE_FILLS,       /* page, cursor, balances */
    MESSAGE_DATA         /* market event */
};
enum outcome { OUTCOME_DONE = 1, OUTCOME_REFUSED, OUTCOME_DUPLICATE, OUTCOME_LATE, OUTCOME_ERROR };

#define DATA_BYTES (64 + 4 * TICKER_LEVELS * 16)
struct message {
    uint8_t kind, outcome, is_found, is_to_host;
    uint32_t link, life; /* connection and life of the host that it belongs to */
    uint64_t req;
    agon_ns_t t_sent, t_expire;
    union {
        struct {
            struct order_cmd cmd;
            struct record_report report;
        } one;
        struct {
            uint64_t from, to;
            uint32_t n;
            uint8_t is_last;
            struct record_report fills[PAGE];
            agon_amt_t free_amt[WORLD_INSTRUMENTS + 2], held_amt[WORLD_INSTRUMENTS + 2];
        } page;
        struct agon_event_hdr hdr;
        _Alignas(64) unsigned char data[DATA_BYTES];
    } u;
};

struct swarm {       /* what the seed drew */
    uint32_t faults; /* kinds that are on */
    uint32_t rate_ppm[FAULTS];
    uint32_t n_instruments, n_agents;
    uint8_t agent_kinds[WORLD_AGENTS];
    agon_ns_t latency_ns, jitter_ns;
    agon_ns_t tick_ns; /* mean time between two market events of an instrument */
    agon_ns_t timeout_ns, window_ns, hold_ns, reconcile_ns;
    agon_ns_t crash_ns, cut_ns, operator_ns, foreign_ns; /* mean times between */
    agon_ns_t cancel_ns; /* the exchange takes a cancel and does it within this; 0: at once */
    uint8_t is_amending; /* the exchange amends; else it cancels and makes anew */
    uint32_t eager_ppm;  /* how often a plugin acts on an event */
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
struct truth { /* an order as it really is */
    uint64_t order_id, match_id;
    agon_instrument_t instrument;
    uint16_t slot;
    uint8_t side, is_foreign;
    struct truth_state now, shown;
    agon_qty_t before_qty; /* filled before the last replacement */
    agon_ns_t t_shown;     /* when queries begin to show `now`; 0: they do */
    agon_ns_t lag_ns;
    agon_ns_t t_accept;
};
struct truth_fill {
    uint32_t truth;
    struct record_report report;
    agon_ns_t t_shown;
};
struct exchange {
    struct instruments table;
    struct match *match;  /* owned */
    struct truth *orders; /* owned */
    uint32_t n_orders;
    struct map by_order;
    struct truth_fill *fills; /* owned */
    uint64_t n_fills;
    int is_replacing;
    uint64_t req; /* of the request being done: its answer comes with it */
    uint32_t n_foreign;
};

enum parcel_state { PARCEL_NONE = 0, PARCEL_WAITS = 1, PARCEL_SENT = 2, PARCEL_DOUBT = 3 };
struct parcel { /* what the courier knows of an order and of its request */
    uint64_t order_id, req, ask_req;
    struct order_cmd cmd;
    uint8_t state, kind; /* kind 0: which request is in doubt is not known (restart) */
    uint8_t is_used, is_asking, n_absent, is_acked;
    agon_ns_t t_queued, t_sent, t_expire, t_asked, t_next_ask, t_absent;
};
struct sync { /* of one book */
    uint8_t state, is_asking;
    uint64_t last_id;
    agon_ns_t t_asked;
    uint32_t n_held;
    struct message *held; /* owned: updates that wait for the snapshot */
};
#define HELD_MAX 32
struct courier {
    struct parcel *parcels; /* owned: [ORDERS_MAX] */
    uint32_t n;             /* highest used + 1 */
    struct map by_order;
    uint64_t next_req, fills_req;
    uint64_t cursor; /* fills known up to */
    agon_ns_t t_fills, t_reconcile;
    uint8_t is_linked, is_reconciled, is_running;
    uint64_t reconciled_to;
    uint64_t next_fill_id; /* BUG_NEW_FILL_ID */
    struct sync books[WORLD_INSTRUMENTS + 1];
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
    struct map wire;        /* (order, rev, kind) that ever left */
    struct decision *wired; /* owned: the same in order */
    uint32_t n_wired;
    struct halts halts;
    uint64_t n_checked;
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
    struct rng faults[FAULTS], amounts[FAULTS];
    struct message *messages; /* owned */
    uint32_t *free_messages;  /* owned */
    uint32_t n_free_messages;
    agon_ns_t last_arrival[PATHS];
    uint32_t link, life;
    struct wish *wishes; /* owned */
    uint32_t *free_wishes;
    uint32_t n_free_wishes;
    struct ticker tickers[WORLD_INSTRUMENTS + 1];
    struct rng ticks[WORLD_INSTRUMENTS + 1];
    struct exchange exchange;
    struct courier courier;
    struct agent agents[WORLD_AGENTS];
    struct node node;
    struct checks checks;
    uint64_t trace_hash;
    int is_still; /* the market stands: nothing new happens */
};

/* swarm.c */
void swarm_draw(struct swarm *swarm, const struct dst_config *config);
uint64_t swarm_stream(uint64_t seed, uint64_t stream);

/* world.c */
void world_at(struct world *world, agon_ns_t t, enum happening what, uint64_t b);
/* Is this fault to strike now? */
int world_fault(struct world *world, enum fault fault);
/* A time of about mean, from the fault's own stream. */
agon_ns_t world_wait(struct world *world, enum fault fault, agon_ns_t mean);
/* An empty message for a path, to be filled and sent. NULL: too many are on their way. */
struct message *world_message(struct world *world, enum message_kind kind);
void world_post(struct world *world, struct message *message, enum path path);
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

/* exchange.c */
int exchange_open(struct world *world);
void exchange_close(struct world *world);
void exchange_take(struct world *world, const struct message *message);
void exchange_foreign(struct world *world);
void exchange_cancel(struct world *world, uint64_t at); /* one that was taken is done now */
struct truth *exchange_find(struct world *world, uint64_t order_id);

/* courier.c */
int courier_open(struct world *world);
void courier_close(struct world *world);
void courier_start(struct world *world); /* of a new life: nothing is known */
void courier_stop(struct world *world);
struct venue_port courier_port(struct world *world);
void courier_turn(struct world *world);
void courier_take(struct world *world, struct message *message);
void courier_link(struct world *world);
void courier_cut(struct world *world);
void courier_reconcile(struct world *world);
int courier_is_quiet(const struct world *world);

/* node.c */
int node_open(struct world *world, struct error *err);
void node_close(struct world *world);
int node_step(struct world *world, struct agon_event_hdr *event);
void node_due(struct world *world); /* the timer that is due next */
void node_write(struct world *world);
void node_snapshot(struct world *world);
void node_crash(struct world *world);
void node_boot(struct world *world);
void node_operate(struct world *world);
void node_heal(struct world *world);
void node_finish(struct world *world);
struct agon_instrument node_instrument(const struct world *world, agon_instrument_t id);

/* crowd.c */
int crowd_open(struct world *world);
void crowd_close(struct world *world);
void crowd_join(struct world *world); /* attaches all to the engine */
void crowd_collect(struct world *world);

/* check.c */
int check_open(struct world *world);
void check_close(struct world *world);
uint64_t check_key(uint64_t order_id, uint8_t rev, uint8_t kind);
uint32_t check_crc(const struct order_cmd *cmd);
void check_decided(struct world *world, const struct order_cmd *cmd); /* it left the gate */
void check_wire(struct world *world, const struct order_cmd *cmd);    /* its first byte leaves */
void check_command(struct halts *halts, const struct record_command *command);
void check_truth(struct world *world, const struct truth *truth); /* the truth changed */
void check_report(struct world *world, const struct record_report *report,
                  const struct order *before);
void check_event(struct world *world, const struct agon_event_hdr *event, agon_ns_t t_before);
void check_full(struct world *world);
void check_recovered(struct world *world, const struct map *decided);
int check_has_flight(struct world *world); /* an open order has a request in flight */
void check_quiet(struct world *world);     /* everything is known and equal */

/* ref_ledger.c */
void ref_ledger_compare(struct world *world);

#endif
