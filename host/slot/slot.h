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
#include "slot/set.h"

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
    uint8_t bar_mask;    /* bit i: bars_length_s[i] */
    uint8_t depth;       /* enum slot_depth: BOOK_SNAPSHOT and BOOK_DELTA only with DEPTH_FULL */
    uint16_t event_more; /* AGON_ON_MORE of each type: EVENTS_MORE of them */
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

/* CONFIG of kind CONFIG_SLOT: makes or changes a slot. Its limits are of two sizes: where no row
 * beyond the placed ones says anything the record leaves out their room, and is what it was when
 * there were no others. */
#define RECORD_SLOT(limits_type)                                                                   \
    struct agon_event_hdr hdr;                                                                     \
    uint16_t kind;                                                                                 \
    uint16_t slot; /* 0 .. SLOTS_MAX - 1 */                                                        \
    agon_account_t account;                                                                        \
    uint8_t stage, agent_kind; /* enum slot_stage, enum agon_kind */                               \
    uint8_t on_crash, runner, pad0[6];                                                             \
    uint64_t seed;                                                                                 \
    int64_t intent_latency_ns; /* lock-step: an intent acts at t of its cause + this */            \
    char name[SLOT_NAME];                                                                          \
    struct subscription subscription;                                                              \
    limits_type limits;                                                                            \
    uint64_t generation_hash; /* first 8 bytes of the plugin file's BLAKE2b */                     \
    struct slot_signals signals;                                                                   \
    uint8_t pad1[20];
struct record_slot {
    RECORD_SLOT(struct slot_limits)
};
struct record_slot_short {
    RECORD_SLOT(struct limits_placed)
};
#undef RECORD_SLOT
AGON_SIZE_IS(subscription, 144);
AGON_SIZE_IS(record_slot, 640);
AGON_SIZE_IS(record_slot_short, 512);

/* The record as it is read: from either size, 0 for the rows that the short one lacks. AGON_EINVAL:
 * the event has another size. */
int slot_record_read(struct record_slot *to, const struct agon_event_hdr *event);
/* ... and as it is written: short, unless a row beyond the placed ones says something. */
union slot_event {
    struct agon_event_hdr hdr;
    struct record_slot record;
    struct record_slot_short shorter;
};
void slot_record_write(union slot_event *to, const struct record_slot *from);
/* Of the limits only the placed ones. */
void slot_record_shorten(struct record_slot_short *to, const struct record_slot *from);
void slot_record_lengthen(struct record_slot *to, const struct record_slot_short *from);

enum begin_how {
    BEGIN_START = 1,   /* with the host */
    BEGIN_ADDED = 2,   /* to a running host */
    BEGIN_RELOAD = 3,  /* from the state of the one before, where there was one */
    BEGIN_RESTORE = 4, /* after a crash, from a checkpoint */
    BEGIN_FRESH = 5    /* after a crash, with nothing */
};
/* BEGIN: all that an instance was given which the journal does not say otherwise. Behind it, in
 * whole granules: n_venues of struct begin_venue, then text_bytes: parameters, each its name and
 * what the roster says, then files, each its name and SHA-256 in hex, all ended by a NUL. Then, of
 * no part of text_bytes, so that who knows no names of reasons passes over them: n_tags of those
 * (slot/tag_names.h). */
struct record_begin {
    struct agon_event_hdr hdr;
    uint16_t slot;
    uint8_t how, is_cut; /* enum begin_how; is_cut: parameters or files found no room */
    uint32_t generation; /* of the slot: each instance has its own number */
    uint64_t cut_seq;    /* it was given the slot as of this event; its first one is behind it */
    uint64_t nth;        /* the slot's count there */
    agon_ns_t t;         /* engine time of cut_seq */
    unsigned char file_hash[32];                    /* BLAKE2b-256 of the plugin's file */
    unsigned char state_hash[32], history_hash[32]; /* of what it loaded; zeros: nothing */
    uint64_t n_state;                               /* bytes */
    agon_ns_t t_first_bar, t_last_bar; /* openings of the oldest and newest bar of its history */
    uint32_t n_bars, n_trades;
    uint64_t arena_max;
    uint32_t plugin_index, start; /* start: enum agon_start of its first on_start */
    uint16_t n_venues, n_params;
    uint32_t text_bytes;
    uint32_t threads; /* that it may have beside its own */
    uint16_t n_files, n_tags;
    uint64_t pad[12];
    struct record_slot_short record; /* its entry of the roster */
};
struct begin_venue {
    uint32_t venue;
    char name[28];
};
AGON_SIZE_IS(record_begin, 832);
AGON_SIZE_IS(begin_venue, 32);
union begin_event {
    struct record_begin begin;
    unsigned char bytes[EVENT_BYTES_MAX];
};
/* The venues and the text behind a BEGIN, or NULL where its own words do not fit its length. */
static inline const struct begin_venue *begin_venues(const struct record_begin *begin)
{
    uint64_t room = event_bytes(&begin->hdr);
    uint64_t wanted =
        sizeof(*begin) + begin->n_venues * sizeof(struct begin_venue) + begin->text_bytes;

    return wanted <= room ? (const struct begin_venue *)(const void *)(begin + 1) : NULL;
}

static inline const char *begin_text(const struct record_begin *begin)
{
    const struct begin_venue *venues = begin_venues(begin);
    const char *text = (const char *)(venues != NULL ? venues + begin->n_venues : NULL);
    uint32_t n = 0;

    // Two words for each parameter and file, and no byte beside them.
    for (uint32_t i = 0; text != NULL && i < begin->text_bytes; i++)
        n += text[i] == '\0';
    if (text == NULL || n != 2u * begin->n_params + 2u * begin->n_files ||
        (begin->text_bytes > 0 && text[begin->text_bytes - 1] != '\0'))
        return NULL;
    return text;
}

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
    uint64_t counted; /* events its plugin has been delivered, the engine's own count, but for what
                         is owed: slots_nth */
    uint64_t next_counter; /* of order ids */
    uint64_t n_intents, n_refused;
    /* rate bucket and duplicate window live in risk */
};
struct slots {
    uint32_t n;    /* highest id + 1 */
    uint64_t owed; /* events that each of these slots has been delivered beside counted */
    struct slot_set owed_to;
    struct slot all[SLOTS_MAX];
};
/* How many events the slot's plugin has been delivered. */
static inline uint64_t slots_nth(const struct slots *slots, uint16_t id)
{
    return slots->all[id].counted + (slot_set_has(&slots->owed_to, id) ? slots->owed : 0);
}
/* One event more to each of these. What goes to the same slots as the one before costs the same,
 * however many they are. */
void slots_count(struct slots *slots, const struct slot_set *to);
/* The same where they are of the first 64. */
static inline void slots_count_first(struct slots *slots, uint64_t to)
{
    if (__builtin_expect(slots->owed_to.bits[0] == to && slots->owed_to.words <= 1, 1))
        slots->owed++;
    else
        slots_count(slots, &(struct slot_set){.words = to != 0, .bits = {to}});
}

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
