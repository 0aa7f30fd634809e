// SPDX-License-Identifier: Apache-2.0
#include "dst/dst.h"

#include <string.h>

const char *dst_some_name(uint32_t some)
{
    static const char *const names[SOMES] = {
        [SOME_UNKNOWN] = "request of unknown fate",
        [SOME_ABSENT] = "proven absent",
        [SOME_LATE_SHOWN] = "shown after it was not there",
        [SOME_DUPLICATE] = "duplicate id refused",
        [SOME_NOT_SENT] = "not sent in time",
        [SOME_FILL_AFTER_FINAL] = "fill after the end",
        [SOME_CANCEL_RACE] = "cancel of what had ended",
        [SOME_REPLACED] = "replaced",
        [SOME_RECONCILED_FILL] = "fill found by reconciliation",
        [SOME_GAP] = "gap in a book",
        [SOME_RESYNC] = "book synchronised",
        [SOME_CRASH] = "crash",
        [SOME_CRASH_IN_RECOVERY] = "crash in recovery",
        [SOME_TORN] = "torn tail removed",
        [SOME_LOST_TAIL] = "events lost by a crash",
        [SOME_FROM_SNAPSHOT] = "went on from a snapshot",
        [SOME_SYNC_FAILED] = "journal failed",
        [SOME_DISCONNECT] = "disconnect",
        [SOME_HALT] = "halt",
        [SOME_FLATTEN] = "flatten",
        [SOME_BAD_WISH] = "intent that no plugin may have",
        [SOME_FOREIGN] = "trade by hand",
        [SOME_BUSY] = "no room for a command",
        [SOME_LIMITED] = "held by a rate limit",
        [SOME_STRAY] = "stray order",
        [SOME_JOB_DONE] = "job with a result",
        [SOME_JOB_FAILED] = "job without one",
        [SOME_JOB_LOST] = "job lost with its host",
        [SOME_IN_PLACE] = "replaced in its place",
    };

    return some < SOMES ? names[some] : "?";
}

/* Is the same promise still broken with this? Then it is the smaller case. */
static int try_smaller(struct dst_config *config, struct dst_result *result,
                       const struct dst_config *smaller, uint32_t *n_runs)
{
    struct dst_result tried;
    struct error err = {0};

    if (*n_runs == 0)
        return 0;
    (*n_runs)--;
    if (dst_run(smaller, &tried, &err) < 0 || !tried.is_failed || strcmp(tried.id, result->id) != 0)
        return 0;
    *config = *smaller;
    *result = tried;
    return 1;
}

void dst_shrink(struct dst_config *config, struct dst_result *result, uint32_t n_runs)
{
    int is_smaller = 1;

    config->trace = NULL;
    while (is_smaller && n_runs > 0) {
        is_smaller = 0;
        for (uint32_t fault = 0; fault < DST_FAULTS; fault++) {
            struct dst_config smaller = *config;

            if ((result->faults >> fault & 1) == 0)
                continue;
            smaller.faults_off |= (uint32_t)1 << fault;
            is_smaller |= try_smaller(config, result, &smaller, &n_runs);
        }
        while (result->n_agents > 1) {
            struct dst_config smaller = *config;

            smaller.agents_max = result->n_agents - 1;
            if (!try_smaller(config, result, &smaller, &n_runs))
                break;
            is_smaller = 1;
        }
        while (result->n_instruments > 1) {
            struct dst_config smaller = *config;

            smaller.instruments_max = result->n_instruments - 1;
            if (!try_smaller(config, result, &smaller, &n_runs))
                break;
            is_smaller = 1;
        }
    }
}
