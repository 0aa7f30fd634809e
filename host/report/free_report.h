// SPDX-License-Identifier: Apache-2.0
/* free_report: the free comparison of `agon parity` (lab/free.h), as text and as JSON: figures of
 * both sides, the causes of the difference, the first differences. [main thread] */
#ifndef REPORT_FREE_REPORT_H
#define REPORT_FREE_REPORT_H

#include "lab/free.h"
#include "net/jout.h"

struct free_compared {
    struct free_facts facts;
    struct free_outcome *outcomes[FREE_STAGES]; /* shared with workers; some stages are one */
    struct free_result result;
    struct free_inputs inputs;
    uint64_t outcome_bytes;
    char why[FREE_WHY]; /* it could not be compared: UTF-8; empty: it was */
};
void free_report_print(const struct free_compared *free);
/* An object. */
void free_report_json(const struct free_compared *free, struct jout *out);
/* Two runs of one market; out: the members of an object, NULL: as text. */
void free_report_against(const struct free_facts *a, const struct free_stage *stage,
                         struct jout *out);

#endif
