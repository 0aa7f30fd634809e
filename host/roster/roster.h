// SPDX-License-Identifier: Apache-2.0
/* roster: who plays, from YAML. One entry per slot: its plugin, where it runs, what it may trade,
 * with how much and within which limits.
 *
 *     seed: 1
 *     base_currency: USDT
 *     valuation: {BTC: "binance:BTCUSDT"}    # see roster/values.h
 *     agents:
 *       - name: ema_fast
 *         plugin: plugins/ema_cross.so
 *         runner: process
 *         capital: 10000 USDT
 *         instruments: ["binance:BTCUSDT"]
 *         bars: [1m, 1h]
 *         params: {fast: 12, slow: 26}
 *         signals: {trend: analyst_1.trend}  # the plugin's input: whose series it hears
 *         files: {weights: models/trend.safetensors}   # what it finds by agon.asset
 *         limits: {order: 2000 USDT, position: 5000 USDT, daily_loss: 3%}
 *
 * A roster is words; ids come when it is resolved against the host's tables. Slots get the ids 0,
 * 1, ... in the order of the file. [control] */
#ifndef ROSTER_ROSTER_H
#define ROSTER_ROSTER_H

#include "agent/crew.h"
#include "config/schema.h"
#include "roster/leases.h"
#include "roster/tournament.h"
#include "roster/values.h"

#define ROSTER_AMT_EXP   LIMITS_AMT_EXP /* of capital and limits, in the base currency */
#define ROSTER_NAMES_MAX INSTRUMENTS_MAX

enum roster_on_crash { CRASH_CANCEL_ALL = 0, CRASH_KEEP = 1, CRASH_FLATTEN = 2 };
enum roster_isolation { ISOLATION_PREFER = 0, ISOLATION_REQUIRE = 1 };

/* As the roster says them, beside the capital: an amount with its currency, anything else as a
 * number of the record's unit, or parts per million of the capital. */
#define ROSTER_LIMIT_CAPITAL(member)
#define ROSTER_LIMIT_AMT(member)                               struct schema_money member;
#define ROSTER_LIMIT_AMT_OR_NONE(member)                       ROSTER_LIMIT_AMT(member)
#define ROSTER_LIMIT_OF_CAPITAL(member)                        uint32_t member;
#define ROSTER_LIMIT_SHARE(member)                             uint32_t member;
#define ROSTER_LIMIT_COUNT(member)                             uint32_t member;
#define ROSTER_LIMIT_MS(member)                                uint32_t member;
#define ROSTER_LIMIT_CHOICE(member)                            uint32_t member;
#define ROSTER_LIMIT(id, number, type, member, key, kind, ...) ROSTER_LIMIT_##kind(member)
struct roster_limits {
    LIMITS(ROSTER_LIMIT)
};
#define ROSTER_ALL(id, number, type, member, key, kind, ...) ROSTER_LIMIT_##kind(member)
struct roster_portfolio {
    PORTFOLIO_LIMITS(ROSTER_ALL)
};
#define ROSTER_METER(id, ...) uint32_t id;
struct roster_meters { /* per second */
    METERS(ROSTER_METER)
};
struct roster_reload {
    uint8_t shadow;  /* enum crew_shadow */
    uint32_t events; /* for which it is tried */
};
struct roster_slot {
    char name[SLOT_NAME];
    char plugin[512];      /* below the folder of plugins */
    uint32_t plugin_index; /* of several in one file */
    uint8_t runner, wait;  /* enum crew_runner, process_wait */
    uint8_t stage, on_crash, isolation, depth, orders_on_reload;
    struct roster_reload reload;
    int64_t checkpoint_ns;
    uint16_t account;
    uint64_t seed; /* 0: from the roster's and the slot's number */
    struct schema_money capital;
    int64_t latency_ns, hard_ns;
    uint32_t threads;
    uint64_t arena_bytes;
    uint32_t n_instruments, n_bars, n_params;
    char instruments[SLOT_INSTRUMENTS_MAX][64]; /* "venue:SYMBOL" */
    int64_t bars_ns[8];
    struct roster_limits limits;
    struct roster_meters meters;
    const struct config_node *params_node, *signals_node, *files_node; /* while it is read */
    uint32_t n_files;
    struct crew_file files[SETUP_FILES_MAX];
    struct leases_slot cards;
    struct setup_param params[CREW_PARAMS_MAX];
    uint32_t n_signals;
    struct crew_signal signals[SLOT_INPUTS_MAX];
};
struct roster {
    uint64_t seed, files_max; /* files_max: bytes */
    char models[256];         /* folder of the versions that files name as model:NAME */
    char base_currency[16];
    const struct config_node *valuation_node, *assets_node; /* while it is read */
    struct values values;
    struct tournament_words tournament;      /* while it is read */
    struct tournament_rules rules;           /* mode 0: no tournament */
    struct roster_portfolio portfolio_words; /* while it is read */
    struct roster_cards cards;               /* without any: rules.n_cards is 0 */
    struct portfolio_limits portfolio;       /* of all slots together; all 0: none */
    uint32_t n_slots;
    struct roster_slot slots[SLOTS_MAX];
};
extern const struct schema roster_schema;

/* Reads a whole file's bytes; mistakes are in config (config_print_errors), and what was well is
 * there all the same, so that more of it can be judged; the rest is empty. The roster does not
 * borrow from config. AGON_EINVAL. */
int roster_read(struct roster *roster, struct config *config);

/* A stage as a roster spells it: "paper". */
const char *roster_stage_name(uint8_t stage);
/* The same of any key of an agent that has one of several words; "?": it has no such. */
const char *roster_word(const char *key, int64_t value);

/* What a host has, as a roster spells it: "venue:SYMBOL" of instrument 1, 2, ... Large, and zero
 * where there is none: it is asked of the heap. */
struct roster_names {
    uint32_t n;
    char instruments[ROSTER_NAMES_MAX][64];
    struct values_pair pairs[ROSTER_NAMES_MAX];
};
void roster_refuse_instrument(struct config *config, const struct config_node *node,
                              const struct roster_names *names);
/* A map of names and values: at most CREW_PARAMS_MAX of them. What is wrong is refused at its
 * place.
 */
void roster_params(struct config *config, const struct config_node *node,
                   struct setup_param *params, uint32_t *n_params);
/* What can be told of the instruments of a roster that was refused. */
void roster_judge(const struct roster *roster, struct config *config,
                  const struct roster_names *names);
/* The slots as the crew takes them: records without what only the plugin can say; plugin is the
 * path below dir (NULL: as it stands there). config is the one that the roster was read from: each
 * instrument that is not in names, or is priced in what nothing values, is refused there, at its
 * place. The instruments of roster->values are found. AGON_EINVAL. */
int roster_resolve(struct roster *roster, struct config *config, const char *dir,
                   const struct roster_names *names, struct crew_slot *slots);

/* Paths of files, as they stand in the roster at path: from its folder on, where they do not begin
 * at the root. One that cannot be read is refused in config, of which the roster was read; without
 * (NULL, a host that starts) it is a matter of its slot (unfit). */
void roster_place_files(struct crew_slot *slots, uint32_t n, const char *path,
                        struct config *config);
/* Behind that: each file is read, as a host reads it that begins, and none is kept: it stays within
 * files_max with the others, and a version of a model is there as it was registered (resolve, as
 * crew_config has it). is_running: files_max is not the roster's, but of a host that runs. What is
 * wrong is refused in config. */
typedef int roster_resolve_fn(const char *dir, const char *word, char path[512],
                              unsigned char hash[HASH_SIZE], struct error *err);
void roster_read_files(const struct crew_slot *slots, uint32_t n, uint64_t files_max,
                       int is_running, roster_resolve_fn *resolve, struct config *config);
/* From the roster to the slot: paths as they stand there, of versions of models the folder. */
void roster_take_files(const struct roster *roster, uint32_t i, struct crew_slot *slot);

#endif
