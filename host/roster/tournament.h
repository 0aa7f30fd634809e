// SPDX-License-Identifier: Apache-2.0
/* tournament: the section of a roster that says when capital moves and by which rules.
 *
 *     tournament:
 *       schedule: "0 0 * * 0"     # Sunday 00:00 UTC
 *       mode: rank_shares
 *       gates: {drawdown: 20%, win_rate: 52%}
 *
 * [control] */
#ifndef ROSTER_TOURNAMENT_H
#define ROSTER_TOURNAMENT_H

#include "config/schema.h"
#include "engine/engine.h"
#include "score/gate.h"
#include "score/setting.h"

struct tournament_words { /* as they stand in the file */
    char preset[32];
    char schedule[64];
    uint8_t mode, on_unload;
    int64_t sample_ns, window_ns;
    uint32_t min_samples, reserve_ppm, rest_ppm;
    uint32_t n_shares, shares_ppm[TOURNAMENT_SHARES];
    struct tournament_weights {
        double of[MEASURES];
    } weights; /* by measure */
    struct tournament_gates {
        double numbers[GATES]; /* by gate: one of the two, by its unit */
        uint32_t shares_ppm[GATES];
        uint32_t failures;
    } gates;
    struct tournament_bounds {
        uint32_t least_ppm, most_ppm, kelly_ppm, growth_ppm;
        uint32_t settings_ppm[SETTINGS]; /* by setting: those that are bounds */
    } bounds;
    uint32_t counts[SETTINGS]; /* by setting: those that are not */
};
extern const struct schema tournament_schema;

/* The rules by the words, which were read at "tournament" of config; what no single field can be
 * blamed for is refused there. mode 0 when there is no such section or it is refused. */
void tournament_rules_of(const struct tournament_words *words, struct config *config,
                         struct tournament_rules *rules);

#endif
