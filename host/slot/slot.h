// SPDX-License-Identifier: Apache-2.0
/* slot: the roster's entries. A slot owns capital, positions, orders, timers and score; the plugin
 * that plays for it comes and goes.
 *
 * What a slot is comes as a CONFIG event, so that the journal alone rebuilds the table; stage and
 * condition change by COMMAND events. [core] */
#ifndef SLOT_SLOT_H
#define SLOT_SLOT_H

#include "base/codec.h"
#include "base/error.h"
#include "market/records.h"
#include "slot/limits.h"

#define SLOTS_MAX            64 /* one bit each in a subscription word */
#define SLOT_INSTRUMENTS_MAX 32
#define SLOT_NAME            32
#define SLOT_CRASHES         5 /* that are remembered */

enum slot_stage {
    STAGE_DISCOVERED = 1,
    STAGE_CHECKED = 2,
    STAGE_BACKTESTED = 3,
    STAGE_SHADOW = 4,
    STAGE_PAPER = 5,
    STAGE_TESTNET = 6,
    STAGE_LIVE_SMALL = 7,
    STAGE_LIVE = 8
};
enum slot_condition {
    CONDITION_ACTIVE = 1,
    CONDITION_SUSPENDED = 2,
    CONDITION_QUARANTINED = 3,
    CONDITION_RETIRED = 4
};
enum slot_depth { DEPTH_TOP10 = 0, DEPTH_FULL = 1 };

/* What a slot's plugin is told of public events. Engine and runner judge by the same function, so
 * that both count the same nth. */
struct subscription {
    uint64_t event_mask; /* AGON_ON of each type */
    uint32_t n_instruments;
    uint8_t bar_mask; /* bit i: bars_length_s[i] */
    uint8_t depth;    /* enum slot_depth: BOOK_SNAPSHOT and BOOK_DELTA only with DEPTH_FULL */
    uint8_t pad[2];
    agon_instrument_t instruments[SLOT_INSTRUMENTS_MAX];
};
/* Does the slot's plugin get this public event? INSTRUMENT, STATUS, QUOTE, TRADE, BAR, TOP10 ... of
 * its instruments; SIGNAL of what its inputs are bound to; REGIME, HALT and HEALTH of everybody's.
 */
int subscription_wants(const struct subscription *sub, const struct slot_signals *signals,
                       const struct agon_event_hdr *event);
/* ... and this one of its private ring? ORDER, FILL, ... by mask; GAP always. */
int subscription_wants_private(const struct subscription *sub, const struct agon_event_hdr *event);

/* The number of the series that an agent publishes by this name; never 0. */
uint32_t slot_series(const char *agent, const char *name);
uint32_t slot_agent(const char *agent); /* an agent, as a slot_input names it */
/* Is it one of the series that the slot's plugin has declared? */
int slot_publishes(const struct slot_signals *signals, uint32_t series);
/* Place of the input that is bound to the series; -1: none is. */
int slot_input(const struct slot_signals *signals, uint32_t series);

struct record_slot { /* CONFIG of kind CONFIG_SLOT: makes or changes a slot. 512 bytes */
    struct agon_event_hdr hdr;
    uint16_t kind;
    uint16_t slot; /* 0 .. SLOTS_MAX - 1 */
    agon_account_t account;
    uint8_t stage, agent_kind; /* enum slot_stage, enum agon_kind */
    uint8_t on_crash, runner, pad0[6];
    uint64_t seed;
    int64_t intent_latency_ns; /* lock-step: an intent acts at t of its cause + this */
    char name[SLOT_NAME];
    struct subscription subscription;
    struct slot_limits limits;
    uint64_t generation_hash; /* first 8 bytes of the plugin file's BLAKE2b */
    struct slot_signals signals;
    uint8_t pad1[20];
};
AGON_SIZE_IS(subscription, 144);
AGON_SIZE_IS(record_slot, 512);

struct slot { /* state of one slot in the core */
    uint8_t is_used, stage, condition, agent_kind;
    agon_account_t account;
    uint16_t id;
    uint32_t generation;
    uint16_t condition_reason, pad0;
    uint64_t seed;
    int64_t intent_latency_ns;
    uint64_t generation_hash;
    uint32_t last_generation;  /* highest number ever given */
    uint32_t fresh_generation; /* the one that began with nothing last; what earlier ones wanted and
                                  has not yet happened is nobody's; 0: none did */
    uint32_t n_crashes;
    agon_ns_t crashes[SLOT_CRASHES]; /* the last ones, newest first; 0: none */
    uint64_t crash_seq;              /* what the last one had before it */
    char name[SLOT_NAME];
    struct subscription subscription;
    struct slot_limits limits;
    struct slot_signals signals;
    uint64_t nth;          /* events its plugin has been delivered; the engine's own count */
    uint64_t next_counter; /* of order ids */
    uint64_t n_intents, n_refused;
    /* rate bucket and duplicate window live in risk */
};
struct slots {
    uint32_t n; /* highest id + 1 */
    struct slot all[SLOTS_MAX];
};

void slots_init(struct slots *slots);
/* Takes a CONFIG_SLOT record. AGON_EINVAL with the reason. */
int slots_set(struct slots *slots, const struct record_slot *event, struct error *err);
/* May the agent of that name have these in that slot? Two names seldom have one number; where they
 * do, no series may be taken for another agent's. AGON_EINVAL with the reason. */
int slots_fit(const struct slots *slots, uint16_t id, const char *name,
              const struct slot_signals *signals, struct error *err);
/* Another generation plays from the next event on. A slot that stood still because its plugin was
 * gone is ACTIVE again. AGON_EINVAL: no such slot, or a number that means nothing. */
int slots_set_generation(struct slots *slots, const struct record_generation *event);
/* A plugin died: SUSPENDED, or QUARANTINED when it did so too often (3 times in 10 minutes, 5 in 24
 * hours of engine time). 1: too often; 0: not; AGON_EINVAL. */
int slots_crash(struct slots *slots, const struct record_crash *event, agon_ns_t t);
/* The slot has gone for good: its place is free, and keeps the counter of its order ids and the
 * number of its last generation. */
void slots_vacate(struct slots *slots, uint16_t id);
struct slot *slots_get(struct slots *slots, uint16_t id); /* NULL: none */
const struct slot *slots_find(const struct slots *slots, const char *name);
/* The first stage that trades in a mode: CHECKED in a backtest, PAPER on paper, TESTNET live. */
uint8_t slot_least_stage(uint32_t run_mode);
/* May a plugin of this slot raise risk now? From slot_least_stage on; condition ACTIVE; strategies
 * only. */
int slot_may_trade(const struct slot *slot, uint32_t run_mode);
const char *slot_stage_name(uint8_t stage);
const char *slot_condition_name(uint8_t condition);
void slots_save(const struct slots *slots, struct enc *enc);
int slots_load(struct slots *slots, struct dec *dec);

#endif
