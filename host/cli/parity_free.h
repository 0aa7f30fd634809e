// SPDX-License-Identifier: Apache-2.0
/* parity_free: the free comparison of `agon parity` (lab/free.h): its stages, each in a worker of
 * its own. [main thread] */
#ifndef CLI_PARITY_FREE_H
#define CLI_PARITY_FREE_H

#include "report/free_report.h"

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
int parity_free_run(const struct parity_free_config *config, struct free_compared *free);
void parity_free_deinit(struct free_compared *free);

#endif
