// SPDX-License-Identifier: Apache-2.0
/* meters: what a slot causes beside its orders, in a table.
 *
 * Each channel has a bucket: what is caused fills it, time empties it at the meter's rate, and it
 * holds METER_SECONDS of that rate. One tenth full is an alert; who fills it is ended like one that
 * crashed. A row gives the roster its key, range and preset, `ctl agents` and /metrics their name,
 * and docs/operations.md its line. Time is the engine's, but for processor time, which
 * is the machine's own: a market that is played ten times as fast makes no machine faster. [any] */
#ifndef SLOT_METERS_H
#define SLOT_METERS_H

#include <stdint.h>

#include <agon/types.h>

#define METER_SECONDS 20 /* of its rate: so much at once is too much */
#define METER_TELLS   10 /* told when a bucket is full to this part */
#define METER_SAID    128

/* X(ID, key, unit, least, most, preset, name, doc): least, most and preset are per second. */
#define METERS(X)                                                                                  \
    X(REFUSED, "refused", "intents", 1, 100000, 1000, "refused-intent limit",                      \
      "intents that are refused for what the agent itself did")                                    \
    X(CANCELS, "cancels", "cancels", 1, 100000, 500, "cancel rate limit",                          \
      "intents that cancel, one order or all")                                                     \
    X(SIGNALS, "signals", "signals", 1, 100000, 500, "signal rate limit", "signals published")     \
    X(TIMERS, "timers", "timers", 1, 100000, 2000, "timer rate limit",                             \
      "timers armed, disarmed and come due")                                                       \
    X(LOG, "log", "lines", 1, 100000, 200, "log rate limit",                                       \
      "lines of its log that the host took")                                                       \
    X(ERRORS, "errors", "callbacks", 1, 100000, 100, "error rate limit",                           \
      "callbacks that returned an error")                                                          \
    X(CPU, "cpu", "ms", 1, 1000000, 900, "processor time limit",                                   \
      "processor time of its process, by the machine's clock and for each thread that it may "     \
      "have")                                                                                      \
    X(RECORDS, "records", "records", 1, 1000000, 10000, "journal record limit",                    \
      "records in the journal: of intents, signals and timers, and what became of its orders")     \
    X(BYTES, "bytes", "bytes", 1024, 100000000, 1000000, "journal byte limit", "bytes of these")

#define METER_ID(id, ...) METER_##id,
enum meter_id { METERS(METER_ID) METERS_N };
#undef METER_ID

struct meter { /* a row */
    const char *key, *unit, *name, *doc;
    uint32_t least, most, preset; /* per second */
};
extern const struct meter meters_all[METERS_N];

struct meters {                 /* of one slot */
    uint64_t n[METERS_N];       /* since the host began */
    uint64_t judged[METERS_N];  /* of them, those that are in the buckets */
    int64_t level_ns[METERS_N]; /* in the bucket, as time at the meter's rate */
    uint32_t told;              /* a bit each, until its bucket is empty */
    uint32_t per_s[METERS_N];   /* as last judged */
};
struct meters_found { /* by a look */
    uint32_t told;    /* buckets that have become full to a tenth, a bit each */
    int over;         /* the first that is full, enum meter_id; -1: none */
};

/* What time has elapsed empties, and what was caused since the last look fills. per_s: of each, 0:
 * its preset; elapsed_ns: in engine time; wall_ns: by the machine's clock. A bucket that is full is
 * left full. */
struct meters_found meters_look(struct meters *meters, const uint32_t per_s[METERS_N],
                                agon_ns_t elapsed_ns, int64_t wall_ns);
/* Counts on from here, with empty buckets: somebody else plays, or the run is another one. */
void meters_clear(struct meters *meters);
/* What lies in a bucket, in the meter's unit. */
uint64_t meters_level(const struct meters *meters, enum meter_id id);
/* What an agent of that name is warned of, whole in the room that an alert has: a name of up to 31
 * characters, any meter and rate. n: meters_level; is_ending: it is ended by this look. */
void meter_tell_text(uint32_t id, const char *agent, uint32_t per_s, uint64_t n, int is_ending,
                     char text[METER_SAID]);

#endif
