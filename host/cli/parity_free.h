// SPDX-License-Identifier: Apache-2.0
/* parity_free: the free comparison of `agon parity` (lab/free.h): its stages, each in a worker of
 * its own, and what is told of them. [main thread] */
#ifndef CLI_PARITY_FREE_H
#define CLI_PARITY_FREE_H

#include "lab/free.h"
#include "net/jout.h"

struct parity_free {
    struct free_facts facts;
    struct free_outcome *outcomes[FREE_STAGES]; /* shared with workers; some stages are one */
    struct free_result result;
    struct free_inputs inputs;
    uint64_t outcome_bytes;
    char why[FREE_WHY]; /* it could not be compared: UTF-8; empty: it was */
};
struct parity_free_config {
    const struct disk *disk; /* of the journal, to be read and no more */
    const struct parity_scan *scan;
    const char *kept;
    const char *const *sent; /* recordings that the venue played */
    uint32_t n_sent;
    uint32_t run; /* 0: the last */
    int is_live;
};
/* EXIT_OK, also where it could not be compared (why); EXIT_ENVIRONMENT, EXIT_DATA,
 * EXIT_INTERRUPTED. */
int parity_free_run(const struct parity_free_config *config, struct parity_free *free);
void parity_free_print(const struct parity_free *free);
/* An object. */
void parity_free_json(const struct parity_free *free, struct jout *out);
/* Two runs of one market; out: the members of an object, NULL: as text. */
void parity_free_tell_against(const struct free_facts *a, const struct free_stage *stage,
                              struct jout *out);
void parity_free_deinit(struct parity_free *free);

#endif
