// SPDX-License-Identifier: Apache-2.0
/* records: the event records that only the host sees, beside those of <agon/event.h>.
 *
 * They stand in the journal and in the rings between the host's threads. The rules are those of the
 * SDK's records: fixed widths, zero padding, whole granules of 64 bytes, little-endian, never
 * changed once released. Types from 59 are free for the host: 63 is the last that fits an event
 * mask. */
#ifndef MARKET_RECORDS_H
#define MARKET_RECORDS_H

#include <agon/plugin.h>

#include "market/reasons.h"
#include "market/rules.h"

#define EVENT_GRANULE    64
#define EVENT_BYTES_MAX  (255 * EVENT_GRANULE)
#define EVENT_LEVELS_MAX ((EVENT_BYTES_MAX - 64) / 16) /* of one BOOK_SNAPSHOT or BOOK_DELTA */

/* Types from 64 can never be in a mask: what only the journal and the core see. */
enum event_type_host {
    EVENT_REPORT = 59,  /* what a venue said of one of our orders */
    EVENT_ACCOUNT = 60, /* what a venue said of one of our balances or positions */
    EVENT_CONFIG = 61,  /* configuration as an event: asset, account, slot, limits */
    EVENT_START = 62,   /* a run begins */
    EVENT_MARK = 63,    /* the state's hash at this place: what a replay must reach */
    EVENT_ARM = 64,     /* an agent arms or disarms a timer of its slot; in its intent ring */
    EVENT_DUE = 65,     /* time has come: the engine said what is due, the clock port said when */
    EVENT_PATH = 66, /* where prices are assumed to have been inside a bar: for exits and limits */
    EVENT_FILLS_READ = 67, /* up to which number all fills of an instrument were read */
    EVENT_GPU = 68,        /* what happened to the cards, or is asked of them: engine/cards.h */
    EVENT_PLAN = 72, /* a tournament's plan of capital: the engine made it, the driver offers it */
    EVENT_PLAN_VALUES = 73, /* what it was decided by and has no place in it; comes before it */
    EVENT_PLAN_LINES = 74,  /* its lines that found no room in it; come before it */
    EVENT_PLAN_POOLS = 75,  /* its pools that found no room in it; come before it */
    EVENT_CRASH = 80,       /* a slot's plugin died or was killed: what is known of it */
    EVENT_QUARANTINE = 81,  /* a binary is refused on this host from now on, or no longer */
    EVENT_CLOCK = 84,       /* engine time is set back to hdr.t, by an operator's order */
    EVENT_ALERT = 88,       /* what an operator has to know of: market/alerts.h */
    /* For `agon parity`; they change nothing but the number of the last event. */
    EVENT_BEGIN = 96, /* an instance of a plugin begins to play for a slot: slot/slot.h */
    EVENT_END = 97,   /* ... and no longer does */
    EVENT_LAPSE = 98, /* what an instance met that follows from no other event */
    EVENT_SENT = 99,  /* the last byte of a request left the host */
    /* Between a gateway and the exchange that stands in for its venue on paper; in no journal. */
    EVENT_RULES = 100, /* what the venue asks of orders in an instrument */
    EVENT_LIMIT = 101, /* one of its rate limits */
    /* agon.gpu/1 */
    EVENT_JOB_WISH = 104, /* an agent asks for a lease or hands a job over; in its intent ring */
    EVENT_JOB_PART = 105, /* bytes of a result that is longer than a record; before its outcome */
    EVENT_JOB_DONE = 106  /* a job's one outcome, as its worker gave it */
};

/* flags of agon_book_part. A snapshot larger than one record comes in parts: FIRST clears the book,
 * LAST completes it; a part alone has both. */
enum {
    BOOK_PART_FIRST = 1,
    BOOK_PART_LAST = 2,
    BOOK_PART_RANGE = 4 /* levels beyond the lowest and highest given are unknown, not empty */
};
/* agon_status.book, agon_top10.book */
enum book_state { BOOK_COLD = 0, BOOK_SYNCING = 1, BOOK_LIVE = 2, BOOK_STALE = 3 };
/* agon_status.trading, agon_instrument.state */
enum trading_state {
    TRADING_OPEN = 1,
    TRADING_CANCEL_ONLY = 2,
    TRADING_POST_ONLY = 3,
    TRADING_HALTED = 4
};
/* agon_instrument.kind: what each has, market/instrument_kind.h says */
#define INSTRUMENT_ID(id, number, name, has, text) INSTRUMENT_##id = (number),
enum instrument_kind {
    AGON_INSTRUMENT_KINDS(INSTRUMENT_ID) INSTRUMENT_KINDS /* highest number + 1 */
};
#undef INSTRUMENT_ID
/* agon_fill.liquidity, record_report.liquidity */
enum liquidity { LIQUIDITY_MAKER = 1, LIQUIDITY_TAKER = 2 };

enum report_kind {
    REPORT_ACK = 1,       /* the venue shows the order: open */
    REPORT_FILL = 2,      /* one trade of it: px, qty, fee; cum_qty is the venue's total after it */
    REPORT_CANCELLED = 3, /* final; cum_qty counts */
    REPORT_EXPIRED = 4,   /* final; cum_qty counts (IOC rest, FOK, GTD, venue's own STP) */
    REPORT_REJECTED = 5,  /* final: the venue refused the new order */
    REPORT_REPLACED = 6,  /* the replacement is open: px, qty are the new ones */
    REPORT_CANCEL_REJECTED = 7,  /* the order stays what it was */
    REPORT_REPLACE_REJECTED = 8, /* the order stays what it was */
    REPORT_NOT_SENT = 9,         /* no byte of the request left the host */
    REPORT_UNKNOWN = 10,         /* the request may or may not have been done */
    REPORT_STATE = 11, /* answer to a query: state, cum_qty (may lag; never lowers what is known) */
    REPORT_ABSENT = 12,     /* proven: the venue never had the order (VENUES 1.3's two reads) */
    REPORT_CANCEL_ACK = 13, /* the venue took the cancel request; the order is not yet final, or
                               (t_venue is set) its replacement's second request goes out next */
    REPORT_STRAY = 14 /* a wire order of ours stands open that should not: the gateway cancels it.
                         state OPEN: it was seen; CANCELLED: it is gone by our cancel */
};

struct record_rules { /* RULES */
    struct agon_event_hdr hdr;
    struct rules rules;
    uint8_t pad[40];
};
_Static_assert(sizeof(struct record_rules) == 2 * EVENT_GRANULE, "rules are two granules");
struct record_limit { /* LIMIT, as exchangeInfo has it */
    struct agon_event_hdr hdr;
    char type[24]; /* REQUEST_WEIGHT, ORDERS, RAW_REQUESTS */
    uint32_t interval_s, limit;
};

struct record_report { /* REPORT. order_id is ours: the gateway reads it out of the client id */
    struct agon_event_hdr hdr;
    uint64_t order_id, venue_order,
        venue_fill; /* venue_fill: its trade id, unique per instrument */
    agon_account_t account;
    uint16_t reason;
    uint8_t kind, state, side, liquidity; /* state: enum agon_order_state, with REPORT_STATE */
    agon_px_t px;
    agon_qty_t qty, cum_qty;
    agon_amt_t fee_amt;
    agon_asset_t fee_asset;
    int32_t venue_code; /* the venue's own error number, for people */
    uint8_t rev;        /* of the order: 0 for the first, + 1 with each replace */
    uint8_t is_forced;  /* a fill by the venue's own hand: liquidation or deleveraging */
    uint8_t is_unasked; /* the gateway does not know yet what the core has on its way for the order:
                           of a request in doubt it says nothing */
    uint8_t pad[21];
};

struct record_account { /* ACCOUNT: the venue's own figures, for reconciliation */
    struct agon_event_hdr hdr;
    agon_account_t account;
    uint16_t flags;     /* 1: part of a whole picture of the account; 2: its last part */
    agon_asset_t asset; /* 0: a position in hdr.instrument, free_amt is its quantity */
    agon_amt_t free_amt, held_amt;
    uint64_t pad;
};

struct record_fills_read { /* FILLS_READ; hdr.instrument: whose */
    struct agon_event_hdr hdr;
    uint64_t venue_fill; /* every fill of the account up to that number stands before this, or was
                            before the journal; 0: there was none yet */
    agon_account_t account;
    uint16_t pad0[3];
    uint64_t pad1[2];
};

enum command_kind { /* agon COMMAND: what an operator, or the host on its own rules, ordered */
                    COMMAND_HALT = 1, /* scope, id: no new risk from now on; cancels pass */
                    COMMAND_RESUME = 2,
                    COMMAND_CANCEL_ALL = 3, /* scope, id; of a slot also which, value */
                    COMMAND_FLATTEN = 4, /* scope, id: cancel all, then close positions; of a slot
                                            value: in that instrument alone; 0: in all */
                    COMMAND_KILL = 5,    /* global: cancel all and refuse all, until COMMAND_RESUME
                                            with the same reason */
                    COMMAND_SLOT_CONDITION = 6, /* id: slot, value: enum slot_condition */
                    COMMAND_SLOT_STAGE = 7,     /* id: slot, value: enum slot_stage */
                    COMMAND_LIMIT = 8,          /* id: slot, which: enum limit_number, value */
                    COMMAND_DAY = 9,   /* the trading day turned (00:00 UTC of engine time) */
                    COMMAND_STOP = 10, /* global: halts, cancels all and closes every position, and
                                         whatever fills later, until COMMAND_RESUME */
                    COMMAND_ACK_ALERT = 11,  /* value: seq of the alert; 0: all that there are */
                    COMMAND_VACATE = 12,     /* id: a RETIRED slot without orders and positions; its
                                                place is another's from then on */
                    COMMAND_UNDO_PLAN = 13,  /* value: number of the last plan: what it moved goes
                                                back, as far as it is free */
                    COMMAND_VOLATILITY = 14, /* value: of the market, 0 normal, 1 high, 2 extreme:
                                                what cards are shared by (gpu/rules.h) */
                    COMMAND_ASKED = 15 /* changes nothing: what the events behind it carry out was
                                          asked for. which: enum asked_kind, scope, id: of whom,
                                          why: how; of one granule it says nothing */
};
/* What operators ask for that is no one command: id, number, name in text and JSON. */
#define ASKED_KINDS(X)                                                                             \
    X(APPLY, 1, "apply")                                                                           \
    X(RELOAD, 2, "reload")                                                                         \
    X(ROLLBACK, 3, "rollback")                                                                     \
    X(UNLOAD, 4, "unload")                                                                         \
    X(PARAM, 5, "param set")                                                                       \
    X(CLEAR, 6, "quarantine clear")
enum asked_kind {
#define ASKED_ID(id, number, name) ASKED_##id = (number),
    ASKED_KINDS(ASKED_ID)
#undef ASKED_ID
        ASKED_MAX
};
/* which of a COMMAND_HALT or COMMAND_RESUME of everything: each cause is lifted by itself, and only
 * when none is left is there no halt. A RESUME of HALT_OPERATOR, a person's word, also lifts what
 * waits for a person: HALT_STOP, HALT_CRASHES and HALT_BOOKS. */
enum halt_cause {
    HALT_OPERATOR = 0,
    HALT_STOPPING = 1, /* the host ends; the next start lifts it */
    HALT_JOURNAL = 2,  /* the disk of the journal; lifted when it runs again */
    HALT_CRASHES = 3,  /* several agents died of one event */
    HALT_STOP = 4,     /* COMMAND_STOP */
    HALT_KILL = 5,     /* COMMAND_KILL; lifted by nothing but a RESUME with REASON_KILL */
    HALT_BOOKS = 6,    /* something happened at the venue that no 64 bits of ours hold */
    HALT_CLOCK = 7,    /* what time it is stands in doubt; lifted when it does not */
    HALT_CAUSES = 8
};
/* which of a COMMAND_CANCEL_ALL of one slot */
enum {
    CANCEL_ALL = 0,
    CANCEL_NON_REDUCING = 1,
    CANCEL_ORDER = 2 /* value: the one order of that number, which is the slot's */
};
enum scope { SCOPE_GLOBAL = 1, SCOPE_VENUE = 2, SCOPE_INSTRUMENT = 3, SCOPE_SLOT = 4 };

struct record_command {
    struct agon_event_hdr hdr;
    uint8_t kind, scope, which, pad0;
    uint32_t id;
    int64_t value;
    uint16_t reason, pad1;
    uint32_t pad2;
    uint64_t pad3;
};
#define COMMAND_WHO 32
#define COMMAND_WHY 96
struct record_command_by { /* COMMAND of three granules: who gave it, and in his words why */
    struct record_command command;
    char who[COMMAND_WHO], why[COMMAND_WHY]; /* UTF-8, end with a NUL */
};

struct record_mark { /* MARK: seq of this event names the place; hash is of the state before it */
    struct agon_event_hdr hdr;
    unsigned char hash[32];
};

/* CLOCK: the only event whose time is before that of the event before it. Whoever looks at a
 * journal goes by seq. */
struct record_clock {
    struct agon_event_hdr hdr;
    agon_ns_t t_before; /* the state's time before it */
    uint64_t pad[3];
};

/* A TRADE of three granules: with it comes the book that is assumed once it has happened, a
 * BOOK_SNAPSHOT of one level a side. Both are one event, one step of the engine and one moment of
 * the exchange; agents hear of a TRADE and of a BOOK_SNAPSHOT. */
struct record_trade_book {
    struct agon_trade trade;
    struct agon_book_part part;
    struct agon_level bid, ask;
    uint64_t pad[4];
};
/* The book that comes with it; NULL: none does. */
static inline struct agon_book_part *trade_book(const void *trade)
{
    const struct record_trade_book *record = (const struct record_trade_book *)trade;

    return record->trade.hdr.granules == sizeof(*record) / EVENT_GRANULE
               ? (struct agon_book_part *)(uintptr_t)&record->part
               : NULL;
}

struct record_start { /* START: first event of a run */
    struct agon_event_hdr hdr;
    uint32_t run; /* 1, 2, ...: in every client order id, so that no id comes back */
    uint8_t mode; /* enum run_mode */
    /* Drawn at random when the journal began, little-endian, and in every client order id, so that
     * no other journal has the same; 0: none. */
    unsigned char journal[3];
    uint64_t seed;
    unsigned char build[16]; /* first bytes of the host's build id; zeros: unknown */
};
/* Behind it, in a START of more than one granule: the builds of this run, host and plugins. */
struct start_build {
    uint16_t slot; /* START_BUILD_HOST: the host */
    uint8_t n;     /* bytes of id; 0: it has none */
    uint8_t pad;
    unsigned char id[20]; /* GNU build id */
    uint64_t file_hash;   /* of a plugin: record_generation.generation_hash */
};
#define START_BUILD_HOST 0xffff
/* Among them, of a run on a market that is no real one: what that is (market/start_market.h).
 * Whoever knows builds alone takes n for the length of an id, which none has, and passes it over.
 */
struct start_text {
    uint16_t slot;  /* START_MARKET */
    uint8_t n;      /* START_TEXT */
    uint8_t n_text; /* bytes of text; the next entry goes on */
    char text[28];
};
#define START_MARKET         0xfffe
#define START_TEXT           0xff
#define START_MARKET_ENTRIES 10
static inline uint32_t start_n_builds(const struct record_start *start)
{
    return start->hdr.granules > 1
               ? (start->hdr.granules - 1u) * EVENT_GRANULE / (uint32_t)sizeof(struct start_build)
               : 0;
}
static inline uint32_t start_journal(const struct record_start *start)
{
    return start->journal[0] | (uint32_t)start->journal[1] << 8 | (uint32_t)start->journal[2] << 16;
}
enum run_mode { RUN_BACKTEST = 1, RUN_PAPER = 2, RUN_LIVE = 3, RUN_DST = 4 };

struct record_arm { /* ARM. The runner chose the id: 1, 2, ... of the slot, so that arm() can return
                       it */
    struct agon_event_hdr hdr;
    struct agon_origin origin;
    uint32_t id;
    uint8_t is_disarm, pad0[3];
    agon_ns_t t_at, every_ns; /* every_ns 0: once */
    uint64_t cookie;
    uint64_t pad1[4];
};
enum due_kind {
    DUE_BARS = 1,   /* hdr.instrument: bars end */
    DUE_SAMPLE = 2, /* a full minute: equity; full hours and days follow from it */
    DUE_SWEEP = 3,  /* work that one event could not hold goes on */
    DUE_TIMER = 4,  /* a timer of a slot */
    DUE_TOURNAMENT = 8,
    DUE_CARDS = 10, /* time alone changes who has a card: gpu_next_due */
    DUE_EXIT = 9    /* an exit plan of a slot fires: id is the plan's, cookie the target's number */
};
struct record_due {
    struct agon_event_hdr hdr;
    uint8_t kind;
    uint8_t cause; /* DUE_EXIT: enum agon_exit_cause */
    uint16_t slot;
    uint32_t id;
    agon_ns_t t_due;
    uint64_t cookie;
    agon_px_t px; /* DUE_EXIT: the price that made it due; 0: the time did */
};
/* PATH: inside a bar of hdr.instrument that is over, prices came to px, for those slots. Told
 * behind its end, with what happened to orders there, and before the BAR; no agent hears it. */
enum path_kind {
    PATH_POINT = 1,
    PATH_CLOSE = 2, /* the last one: what a time was to end by hdr.t_venue ends there */
    PATH_END = 3    /* all that happened in the bar is told, for all slots */
};
struct record_path {
    struct agon_event_hdr hdr;
    agon_px_t px;
    uint64_t slots; /* a bit each: of 64 * word and up */
    uint8_t kind, word, pad[14];
};
struct record_signal { /* a SIGNAL as it comes out of an agent's ring: the bus gets signal alone,
                          with the journal's numbers; signal.key is a series (slot_signals) */
    struct agon_event_hdr hdr; /* type AGON_EVENT_SIGNAL, granules 6 */
    struct agon_origin origin;
    struct agon_signal signal;
};

/* Of a job's result that is longer than what JOB_DONE has: each but the last is full. */
#define JOB_PART_BYTES (EVENT_BYTES_MAX - 64)
enum job_wish_kind { JOB_SUBMIT = 1, JOB_CANCEL = 2, LEASE_ACQUIRE = 3, LEASE_RELEASE = 4 };
struct record_job_wish { /* JOB_WISH. What a job is made of is not in the journal, its hash is */
    struct agon_event_hdr hdr;
    struct agon_origin origin;
    uint64_t job; /* chosen by the runner: cause_seq, and n in its lower 16 bits */
    agon_ns_t delay_ns;
    uint64_t memory, input_at, n_input, result_at, n_result;
    uint32_t lease, n_calls, chunk_calls;
    uint32_t flags; /* of agon_gpu_job */
    uint32_t box;   /* where the calls and the input lie in what runner and host share */
    int32_t status; /* set by the host: the copy was not to be had */
    uint8_t kind, pad0[7];
    unsigned char hash[32]; /* set by the host: of calls and input, as they were copied */
    uint64_t pad1[9];
};
_Static_assert(sizeof(struct record_job_wish) == 4 * EVENT_GRANULE, "whole granules");
struct record_job_part { /* JOB_PART */
    struct agon_event_hdr hdr;
    uint64_t job, at; /* at: of the first byte in the result */
    uint32_t n;
    uint16_t slot, pad0;
    uint64_t pad1; /* then n bytes */
};
_Static_assert(sizeof(struct record_job_part) == EVENT_GRANULE, "a granule before its bytes");
struct record_job_done { /* JOB_DONE */
    struct agon_event_hdr hdr;
    uint64_t job, bytes;
    int32_t status;
    uint16_t slot, n_inline;
    uint32_t attempts, pad0;
    unsigned char hash[32];
    unsigned char result[AGON_JOB_INLINE];
    uint64_t pad1[4];
};
_Static_assert(sizeof(struct record_job_done) == 6 * EVENT_GRANULE, "whole granules");

enum config_kind {
    CONFIG_ASSET = 1,
    CONFIG_ACCOUNT = 2,
    CONFIG_SLOT = 3,
    CONFIG_VENUE = 4,
    CONFIG_SUBSCRIBE = 5,
    CONFIG_GENERATION = 16, /* who plays for a slot from the next event on */
    CONFIG_TOURNAMENT = 8,
    CONFIG_VALUATION = 9,  /* what values an asset in the base currency */
    CONFIG_PARAM = 24,     /* a parameter of a slot's plugin that may change in flight */
    CONFIG_PORTFOLIO = 32, /* limits of all slots together */
    CONFIG_STEP = 33,      /* an instrument's data come in steps of a known length */
    CONFIG_SAMPLES = 34,   /* how equity's minutes are taken */
    CONFIG_GPU = 40,       /* what cards there are, and who may have how much of them */
    CONFIG_LEASE = 41,     /* a lease that a slot's plugin may ask for: agon.gpu */
    CONFIG_IDS = 35        /* another number in client ids, of a folder that was restored */
};
struct record_asset { /* CONFIG of kind CONFIG_ASSET */
    struct agon_event_hdr hdr;
    uint16_t kind, pad0;
    agon_asset_t asset;
    int8_t exp; /* amounts are counts of 10^-exp */
    uint8_t is_base_currency, pad1[6];
    char name[16];
};

struct record_valuation { /* CONFIG of kind CONFIG_VALUATION; hdr.instrument: the one that says */
    struct agon_event_hdr hdr;
    uint16_t kind, pad0;
    agon_asset_t asset;
    uint64_t pad1[3];
};

/* CONFIG of kind CONFIG_STEP; hdr.instrument: whose. Its books are made up of bars of that length,
 * and are no older than their data let them be. is_bars: its data are closed bars of that length,
 * and a quote where each begins. STEP_PATHS: and PATHs inside, by which exits and loss limits of
 * the host act; what falls inside a bar of theirs acts at its close. */
enum step_bars { STEP_BOOKS = 0, STEP_BARS = 1, STEP_PATHS = 2 };
struct record_step {
    struct agon_event_hdr hdr;
    uint16_t kind, is_bars, pad0[2];
    int64_t step_ns; /* 1 s to 366 d; 0, and is_bars 0: they are a venue's from here on */
    uint64_t pad1[2];
};

/* CONFIG of kind CONFIG_SAMPLES. is_within: of a run of mode RUN_BACKTEST, a full minute that no
 * DUE_SAMPLE told is sampled within the next event with a later time, before that changes
 * anything, as of the minute. Where there is none, as in journals of before, each is a DUE.
 * is_figured: from here on fees, rebates, funding, slippage and daily returns of slots are kept
 * (score/figures.h), in the state too. FIGURES_WHOLE: and by the rules of ADR 128: dust is no open
 * position, the first hour is a sample, an alert of a loss has its figures. FIGURES_LASTING: and by
 * ADR 135: what moved capital made of losses is known, and what those made who were unloaded.
 * FIGURES_ENDED: and whoever is RETIRED has no returns from then on: of what little is left of its
 * equity they would be any number. FIGURES_TAGGED: and orders keep their authors' reasons (tags).
 */
enum figures_edition {
    FIGURES_NONE = 0,
    FIGURES_KEPT = 1,
    FIGURES_WHOLE = 2,
    FIGURES_LASTING = 3,
    FIGURES_ENDED = 4,
    FIGURES_TAGGED = 5,
};
struct record_samples {
    struct agon_event_hdr hdr;
    uint16_t kind, is_within, is_figured, pad0;
    uint64_t pad1[3];
};

/* CONFIG of kind CONFIG_GPU: this, and n_bytes of rules (gpu/rules.h) behind it; without any cards:
 * there are none from here on. All leases end with it. */
struct record_gpu_rules {
    struct agon_event_hdr hdr;
    uint16_t kind, pad0;
    uint32_t n_bytes;
    unsigned char hash[32];       /* of the bytes */
    char profile[24], shares[24]; /* by which names they were chosen; NUL */
    uint64_t pad1;
};
/* GPU: struct gpu_event of gpu/gpu.h, whose time is hdr.t. */
#define GPU_LEASE_NAME 22
struct record_gpu {
    struct agon_event_hdr hdr;
    uint8_t kind, budget, group, priority; /* enum gpu_event_kind */
    uint8_t flags, card, state, is_failed;
    uint32_t owner, share_ppm; /* owner: slot */
    uint64_t lease, job;
    int64_t bytes, deadline_ns, chunk_ns;
    uint32_t n_chunks;
    int32_t heat_mc;
    uint16_t rank;
    char name[GPU_LEASE_NAME]; /* of a REQUEST: what its owner calls the lease; NUL */
    uint64_t run;
};

/* CONFIG of kind CONFIG_IDS: from run since_run on client ids carry another number, as the host
 * from whose backup this journal was restored may have used what comes next. The START behind it
 * names that number, and is of that run or a later one. */
struct record_ids {
    struct agon_event_hdr hdr;
    uint16_t kind, pad0[3];
    uint32_t journal; /* as in START */
    uint32_t since_run;
    uint64_t pad1[2];
};

struct record_lease { /* CONFIG of kind CONFIG_LEASE */
    struct agon_event_hdr hdr;
    uint16_t kind, slot;
    uint32_t lease; /* 1, 2, ... of the slot */
    uint64_t memory;
    agon_ns_t delay_ns; /* of a job that names none */
    char name[32];
    /* So much engine time goes by in a second, in thousandths: a delay is of real time. 0: a
     * second. */
    uint32_t speed_milli, pad0;
    uint64_t pad[4];
};
_Static_assert(sizeof(struct record_lease) == 2 * EVENT_GRANULE, "whole granules");

enum generation_why {
    GENERATION_RELOAD = 1,
    GENERATION_ROLLBACK = 2,
    GENERATION_RESTORE = 3, /* after a crash, from saved state */
    GENERATION_FRESH = 4,   /* after a crash, without */
    GENERATION_REFUSED = 5  /* the one before again: the new one would not take over */
};
/* What a slot's plugin may publish, and what it hears, by its descriptor and the roster. A series
 * is a number that slot_series makes of AGENT.NAME; 0: none. */
#define SLOT_KEYS_MAX   AGON_PUBLISHES_MAX
#define SLOT_INPUTS_MAX AGON_READS_MAX
struct slot_input {
    uint32_t series;
    uint32_t agent; /* slot_agent of whose it is: nobody else's is taken for it */
};
struct slot_signals {
    uint16_t n_keys, n_inputs;
    uint32_t keys[SLOT_KEYS_MAX];              /* series, in the order of the descriptor */
    struct slot_input inputs[SLOT_INPUTS_MAX]; /* in the order of the descriptor */
};
struct record_generation { /* CONFIG of kind CONFIG_GENERATION */
    struct agon_event_hdr hdr;
    uint16_t kind, slot;
    uint32_t generation;      /* each instance of a slot has its own number, from 1 */
    uint64_t generation_hash; /* first 8 bytes of the plugin file's BLAKE2b */
    uint64_t event_mask;      /* what the slot is told from the next event on */
    uint8_t why, agent_kind;
    uint16_t event_more; /* ... beyond event_mask */
    uint8_t bar_mask;    /* lengths of bars (struct subscription); 0: as they were */
    uint8_t pad[3];
    struct slot_signals signals; /* what the slot may publish and hears from the next event on */
    uint8_t pad1[28];
};
enum crash_kind {
    CRASH_DIED = 1,
    CRASH_HUNG = 2,
    CRASH_FAILED = 3,
    CRASH_EXITED = 4,
    CRASH_FLOODED = 5 /* ended by the host: it filled one of its meters, over many events */
};
/* What becomes of the orders and positions of a slot whose plugin has died. */
enum crash_orders { ORDERS_CANCEL_ALL = 0, ORDERS_KEEP = 1, ORDERS_FLATTEN = 2 };
struct record_crash { /* CRASH. What a child says of itself is no proof */
    struct agon_event_hdr hdr;
    uint16_t slot;
    uint8_t kind, orders; /* enum crash_kind, crash_orders */
    int32_t signal;       /* 0: none */
    uint32_t generation, pad;
    uint64_t generation_hash;
    uint64_t nth;                 /* delivered to it */
    uint64_t first_seq, last_seq; /* the events before its end: at most 64 of them */
    uint64_t ip, address;
    char text[96]; /* UTF-8, ends with a NUL */
};
struct record_quarantine { /* QUARANTINE */
    struct agon_event_hdr hdr;
    uint64_t generation_hash;
    uint16_t slot; /* whose plugin it was, 0xffff: nobody's who is there */
    uint8_t is_set;
    uint8_t is_named; /* the text names the agent, and the alert is of its slot */
    uint8_t pad[4];
    char text[144]; /* why (market/quarantine.h); UTF-8, ends with a NUL */
};
enum end_how {
    END_STOPPED = 1,    /* the host ended, or the agent was unloaded */
    END_SUPERSEDED = 2, /* another instance plays; this one may take over again (roll-back) */
    END_DIED = 3        /* crashed or was ended */
};
struct record_end { /* END */
    struct agon_event_hdr hdr;
    uint16_t slot;
    uint8_t how, pad0;   /* enum end_how */
    uint32_t generation; /* record_begin.generation */
    uint64_t done_seq;   /* it had processed all events up to it, by its own word */
    uint64_t nth;        /* delivered to it, by its own word; SUPERSEDED: 0 */
    /* What it wanted before this was taken, from this on nothing was: the cause and the place
     * within it of the first intent that stayed behind. unheard_seq 0: all up to done_seq was. */
    uint64_t unheard_seq;
    uint32_t unheard_n, pad1;
    uint64_t pad2[7];
};
enum lapse_kind {
    LAPSE_GAP = 1,     /* the bus had overtaken it: it was told a GAP and goes on behind it */
    LAPSE_NO_ROOM = 2, /* its ring was full: calls of it had AGON_EAGAIN for an answer */
    LAPSE_LOST = 3,    /* there were more lapses than could be told */
    LAPSE_RENAMED = 4  /* orders of the one before it are told to it by numbers of its own: what
                          shadow: exact allows where both are compared in one process */
};
struct record_lapse { /* LAPSE */
    struct agon_event_hdr hdr;
    uint16_t slot;
    uint8_t kind, phase; /* enum lapse_kind; NO_ROOM: in on_start 1, in on_event 0 */
    uint32_t generation;
    uint64_t nth, cause_seq; /* what it was in, or GAP: had been delivered last */
    /* NO_ROOM: its calls for room from first_call on within that delivery, so many of them.
     * LOST: so many lapses. GAP: 0. */
    uint32_t first_call, n_calls;
    /* GAP: the last public event that it saw, and the first that it sees again. */
    uint64_t last_seq, next_seq;
    uint8_t last_sub, next_sub, pad0[6];
    uint64_t pad1[5];
};
struct record_sent { /* SENT; hdr.instrument: of the order */
    struct agon_event_hdr hdr;
    uint64_t order_id;
    agon_account_t account;
    uint8_t kind, rev; /* enum cmd_kind; of the order as it shall be, or is (CANCEL) */
    uint8_t tries, pad0[3];
    agon_ns_t t_utc;  /* by the host's clock, right before its last byte was given to the kernel */
    agon_ns_t t_sent; /* the same as engine time */
    int64_t held_ns;  /* of that, real time that the host's limiter kept it from leaving; 0: it did
                         not (nor is it known of journals before this had a place) */
    uint64_t pad1[7];
};
struct record_alert { /* ALERT */
    struct agon_event_hdr hdr;
    uint16_t kind; /* enum alert_kind */
    uint16_t slot; /* 0xffff: of no slot */
    uint8_t level; /* 1 for information, 2 needs a look, 3 needs a person now */
    uint8_t pad[3];
    uint64_t cause_seq;   /* of the event that it follows from; 0: it comes from outside the core */
    int64_t value, limit; /* in the unit that ALERTS names for the kind */
    char text[128];       /* UTF-8, ends with a NUL */
};
struct record_account_of { /* CONFIG of kind CONFIG_ACCOUNT: what is traded on a venue is traded on
                              that account */
    struct agon_event_hdr hdr;
    uint16_t kind, venue;
    agon_account_t account;
    uint16_t pad0;
    char name[24]; /* the venue's in the configuration, for people; empty: not said */
};

/* Measures and gates with a place in records that were released: the first of their tables
 * (score/measures/table.h, score/gates/table.h), for ever in this order. All others stand in
 * records by name. */
#define RECORD_MEASURES 6
enum tournament_mode { TOURNAMENT_RANK_SHARES = 1, TOURNAMENT_BOUNDED = 2 };
enum on_unload { UNLOAD_CLOSE = 1, UNLOAD_KEEP = 2 };
#define TOURNAMENT_SHARES 16

enum rule_kind { RULE_WEIGHT = 1, RULE_GATE = 2, RULE_SETTING = 3 };
struct rule_term { /* of a measure or a gate without a place, or a setting (score/setting.h): its
                      weight, its limit, its value */
    char name[23];
    uint8_t kind; /* enum rule_kind */
    double value;
};
#define RULES_MORE_MAX 64
#define RULES_WITH_A_PLACE                                                                         \
    char schedule[64];               /* base/cron.h */                                             \
    double weights[RECORD_MEASURES]; /* of the score; not negative, one of all is positive */      \
    double gates[RECORD_MEASURES];   /* limits; if its bit is set */                               \
    uint32_t gate_mask;                                                                            \
    uint32_t n_shares, shares_ppm[TOURNAMENT_SHARES]; /* of rank 1, 2, ... */                      \
    uint32_t rest_ppm;                                /* for all ranks behind those, alike */      \
    uint32_t reserve_ppm;                             /* of all, that stays in the pool */         \
    uint32_t least_ppm; /* bounded: least and most share of one slot */                            \
    uint32_t most_ppm;                                                                             \
    uint32_t kelly_ppm;   /* bounded: part of the Kelly share that is taken */                     \
    uint32_t growth_ppm;  /* bounded: most that a slot's equity may grow by in a week */           \
    uint32_t sample_s;    /* between two samples of equity: whole minutes */                       \
    uint32_t window;      /* samples that are looked at */                                         \
    uint32_t min_samples; /* fewer: a slot is not judged yet */                                    \
    uint32_t failures;    /* in a row under a gate: unloaded; 0: never */                          \
    uint8_t mode, on_unload;                                                                       \
    uint16_t n_more;
struct plan_rules { /* in a PLAN: what has no place stands in its PLAN_VALUES, and n_more is 0 */
    RULES_WITH_A_PLACE
};
struct tournament_rules { /* score/rules.h reads and sets weights and gates */
    RULES_WITH_A_PLACE
    struct rule_term more[RULES_MORE_MAX];
};
struct record_param { /* CONFIG of kind CONFIG_PARAM; the slot gets it as PARAM */
    struct agon_event_hdr hdr;
    uint16_t kind, slot;
    uint32_t id; /* agon_param.id */
    int64_t integer;
    double real;
    uint64_t pad;
};
/* CONFIG of kind CONFIG_TOURNAMENT; mode 0: no more tournaments. As many of more as there are. */
struct record_tournament {
    struct agon_event_hdr hdr;
    uint16_t kind, pad0;
    uint32_t pad1;
    struct tournament_rules rules;
};
#define TOURNAMENT_GRANULES(n_more) ((uint8_t)(5 + ((n_more) + 1) / 2))

/* id, number, name in text and JSON, what it means. */
#define PLAN_VERDICTS(X)                                                                           \
    X(RANKED, 1, "ranked", "takes part in the ranking")                                            \
    X(UNDER_GATE, 2, "under_gate", "failed a gate: a step down, to the floor at the lowest")       \
    X(UNLOADED, 3, "unloaded", "under a gate so often that it goes")                               \
    X(TOO_NEW, 4, "too_new", "too few samples: not judged, keeps what it has")                     \
    X(ASIDE, 5, "excluded", "suspended or quarantined: not judged, keeps what it has")             \
    X(GONE, 6, "retired", "unloaded before: gives back what it can")                               \
    X(FAULTY, 7, "faulty", "crashed, hung or flooded: given nothing for a while")                  \
    X(IDLE, 8, "idle", "too few closing fills: not judged, keeps what it has")
enum plan_verdict {
#define PLAN_VERDICT_ID(id, number, name, doc) PLAN_##id = (number),
    PLAN_VERDICTS(PLAN_VERDICT_ID)
#undef PLAN_VERDICT_ID
        PLAN_VERDICT_MAX
};
enum {                           /* flags of a plan_line: why after is not what was aimed at */
       PLAN_CASH_SHORT = 1,      /* the slot could give no more: positions, orders, lost money */
       PLAN_POOL_SHORT = 2,      /* there was less to give than was aimed at */
       PLAN_GROWTH_BOUND = 4,    /* no more growth in so short a time */
       PLAN_CAPPED = 8,          /* its share is the most that one may have */
       PLAN_INCREASE_BOUND = 16, /* one tournament adds no more */
       PLAN_DECREASE_BOUND = 32, /* one tournament takes no more */
       PLAN_STILL = 64,          /* too small a change to be made */
       PLAN_NOT_YET = 128,       /* a gate of a year is not judged yet: nothing is added */
       PLAN_BACK = 256,          /* comes back to the floor */
       PLAN_FAULT_NOW = 512,     /* faulty since the plan before */
       PLAN_BY_CHANCE = 1024,    /* its result may be chance: it keeps what it has */
       /* How who is excluded is, from edition 5 of the rules on; its flags say that alone. */
       PLAN_SUSPENDED = 2048,   /* its plugin does not run, or may not trade */
       PLAN_QUARANTINED = 4096, /* its file crashed too often */
       PLAN_RANK_HIGH = 1 << 15 /* the rank is 256 more: plan_rank */
};
#define PLAN_PARTS    3
#define PLAN_ACCOUNTS 16 /* whose pools a PLAN has room for */
struct plan_part {       /* of a slot's money, on one account; change: given, or below 0 taken */
    agon_amt_t free_amt, change_amt;
};
struct plan_line { /* of one slot. Amounts in the base currency */
    char name[32];
    uint16_t slot;
    uint8_t verdict;    /* enum plan_verdict */
    uint8_t rank;       /* 1, 2, ...; 0: none; its lower 8 bits: plan_rank */
    uint8_t defined;    /* measures with a place that there is a value of, a bit each; else 0 */
    uint8_t failed;     /* gates with a place that it did not pass, a bit each */
    uint8_t n_accounts; /* that its capital is on */
    uint8_t accounts[PLAN_PARTS]; /* agon_account_t, rising */
    uint16_t flags;
    uint32_t failures; /* in a row, this one included */
    uint32_t share_ppm;
    uint32_t n_samples, n_wins, n_losses; /* in the window */
    agon_amt_t won_amt, lost_amt;         /* in the window; lost_amt is positive */
    double measures[RECORD_MEASURES];
    double score;          /* 0 to 1 */
    double kelly;          /* mean over variance of the returns; 0: none */
    agon_amt_t equity_amt; /* before */
    agon_amt_t target_amt; /* equity that the share comes to */
    agon_amt_t capital_before_amt, capital_after_amt;
    struct plan_part parts[PLAN_PARTS]; /* by accounts */
};
struct plan_pool { /* of one account: what plans took from slots and nobody got */
    agon_amt_t before_amt, after_amt;
    agon_amt_t at_hand_amt; /* what the account has beside its slots' money */
};
#define PLAN_LINES 64 /* that an event has room for */
/* PLAN: this, and the first PLAN_LINES of n_lines of plan_line behind it, by slot. */
struct record_plan {
    struct agon_event_hdr hdr;
    uint32_t number; /* of the tournament: 1, 2, ... */
    uint16_t n_lines;
    int8_t exp; /* amounts are counts of 10^-exp */
    uint8_t pad0;
    agon_ns_t t_due;      /* when the calendar wanted it */
    agon_ns_t t_since;    /* the plan before it, or when tournaments began */
    agon_amt_t given_amt; /* by the operator: capital of all slots + all pools, before and after */
    struct plan_rules rules;
    struct plan_pool pools[PLAN_ACCOUNTS]; /* of the first accounts */
    uint32_t n_values;                     /* PLAN_VALUES of it, right before it */
    uint8_t pad1[768 - 732];
};
/* PLAN_VALUES: of one measure or gate without a place, of every slot of the plan: this, and n_lines
 * of plan_value behind it. */
struct plan_value {
    double value; /* undefined: 0 */
    uint16_t slot;
    uint8_t is_defined, is_failed; /* is_failed: of a gate, by who is judged */
    uint32_t pad;
};
struct record_plan_values {
    struct agon_event_hdr hdr;
    uint32_t number; /* of the plan */
    uint16_t n_lines;
    uint16_t pad0;
    struct rule_term term;
    uint64_t pad1[7];
};

/* PLAN_LINES: lines of a plan that has more than PLAN_LINES, from the line first on: this, and
 * n_lines of plan_line behind it. */
struct record_plan_lines {
    struct agon_event_hdr hdr;
    uint32_t number; /* of the plan */
    uint16_t first, n_lines;
    uint64_t pad[3];
};
/* PLAN_POOLS: pools of a plan's accounts from PLAN_ACCOUNTS on, where one of them has something:
 * this, and n_pools of plan_pool behind it. */
struct record_plan_pools {
    struct agon_event_hdr hdr;
    uint32_t number; /* of the plan */
    uint16_t n_pools;
    uint16_t pad0;
    uint64_t pad1[3];
};

/* Outbound: core to gateway, and to the paper venue. No event; it is what the core decided. */
enum cmd_kind {
    CMD_NEW = 1,
    CMD_CANCEL = 2,
    CMD_REPLACE = 3,
    CMD_QUERY = 4,
    /* Everything of the account, at once, by whatever the venue has for it; what was decided before
     * and has not left never leaves. The CANCELs of its orders follow all the same: who has nothing
     * better ignores it. */
    CMD_CANCEL_ALL = 5,
    CMD_STRAY = 6 /* the core has no such open order: what stands at the venue is to go */
};
struct order_cmd {
    uint64_t depends_seq; /* leaves only when durable_seq has passed it */
    uint64_t order_id;
    uint64_t venue_order; /* where known */
    agon_instrument_t instrument;
    agon_account_t account;
    uint16_t venue;
    uint8_t kind, side, type, tif;
    uint32_t flags; /* AGON_POST_ONLY, AGON_REDUCE_ONLY */
    uint8_t rev;    /* of the order as it shall be; CANCEL and QUERY: as it is */
    /* QUERY: enum cmd_kind of the request that is in doubt, and what it asked for; 0: none is. A
     * gateway of a later run knows of it only from here. */
    uint8_t doubt, doubt_rev;
    uint8_t
        is_exit; /* NEW: the host closes a position with it, also while nothing else may leave */
    uint8_t is_over;    /* QUERY: the venue has shown its end; what is missing is fills */
    uint8_t is_at_open; /* the host's own, by the price at which a bar opened */
    uint8_t pad[2];
    agon_px_t doubt_px;
    agon_qty_t doubt_qty;
    agon_px_t px, trigger_px;
    agon_qty_t qty, show_qty; /* qty: total of the order, filled part included */
    agon_qty_t filled_qty;    /* as the core knows it */
    agon_qty_t told_qty;      /* what the venue said that it filled, in all; fills may be missing */
    agon_ns_t t;              /* engine time of the decision */
    agon_ns_t t_expire;
};

AGON_SIZE_IS(record_report, 128);
AGON_SIZE_IS(record_account, 64);
AGON_SIZE_IS(record_command, 64);
AGON_SIZE_IS(record_command_by, 192);
AGON_SIZE_IS(record_mark, 64);
AGON_SIZE_IS(record_trade_book, 192);
AGON_SIZE_IS(record_start, 64);
AGON_SIZE_IS(record_asset, 64);
AGON_SIZE_IS(record_valuation, 64);
AGON_SIZE_IS(record_step, 64);
AGON_SIZE_IS(record_samples, 64);
AGON_SIZE_IS(record_account_of, 64);
AGON_SIZE_IS(record_param, 64);
AGON_SIZE_IS(record_arm, 128);
AGON_SIZE_IS(record_due, 64);
AGON_SIZE_IS(record_path, 64);
AGON_SIZE_IS(record_signal, 384);
AGON_SIZE_IS(slot_signals, 164);
AGON_SIZE_IS(record_generation, 256);
AGON_SIZE_IS(record_crash, 192);
AGON_SIZE_IS(record_quarantine, 192);
AGON_SIZE_IS(record_alert, 192);
AGON_SIZE_IS(record_end, 128);
AGON_SIZE_IS(record_lapse, 128);
AGON_SIZE_IS(record_sent, 128);
AGON_SIZE_IS(record_gpu_rules, 128);
AGON_SIZE_IS(record_gpu, 128);
AGON_SIZE_IS(record_fills_read, 64);
AGON_SIZE_IS(order_cmd, 128);
AGON_SIZE_IS(rule_term, 32);
AGON_SIZE_IS(plan_rules, 280);
AGON_SIZE_IS(record_tournament, 320 + RULES_MORE_MAX * 32);
AGON_SIZE_IS(plan_value, 16);
AGON_SIZE_IS(record_plan_values, 128);
AGON_SIZE_IS(plan_line, 224);
AGON_SIZE_IS(record_plan, 768);
AGON_SIZE_IS(record_plan_lines, 64);

static inline uint32_t event_bytes(const struct agon_event_hdr *event)
{
    return (uint32_t)event->granules * EVENT_GRANULE;
}

#endif
