// SPDX-License-Identifier: Apache-2.0
/* parity_report: the locked comparison of `agon parity`, as text and as JSON: what was compared,
 * the first difference, and each range that could not be compared. Texts that a worker found are a
 * stranger's, and escaped. [main thread] */
#ifndef REPORT_PARITY_REPORT_H
#define REPORT_PARITY_REPORT_H

#include "lab/parity.h"
#include "net/jout.h"

struct parity_report {
    const struct parity_scan *scan; /* borrowed */
    struct parity_found *found;     /* borrowed */
};
struct parity_sums {
    uint64_t n_compared;                   /* intents */
    uint32_t n_equal, n_differ, n_unknown; /* instances */
};
struct parity_sums parity_report_sums(const struct parity_report *of);
void parity_report_print(const struct parity_report *of, const struct parity_sums *sums);
/* The members of an object. */
void parity_report_json(const struct parity_report *of, const struct parity_sums *sums,
                        struct jout *out);

#endif
