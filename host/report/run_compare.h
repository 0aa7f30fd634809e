// SPDX-License-Identifier: Apache-2.0
/* run_compare: two runs beside each other, by the figures of docs/figures.md: of all, and of the
 * agents that have the same name. [main thread] */
#ifndef REPORT_RUN_COMPARE_H
#define REPORT_RUN_COMPARE_H

#include <jansson.h>
#include <stdio.h>

#include "report/page.h"
#include "report/run_report.h"

/* The run that is reported, and another; both read. name: how the other is called. */
struct run_compare {
    const struct run_report *run, *other;
    const char *name;
};
/* AGON_EINVAL: their base currencies differ, nothing of them can be compared. */
int run_compare_check(const struct run_compare *compare, struct error *err);
void run_compare_print(const struct run_compare *compare, FILE *out);
/* {"name", "from", "to", "all", "agents"}: of each figure the run's, the other's and the
 * difference. NULL: no memory. */
json_t *run_compare_json(const struct run_compare *compare);
/* The same as a part of a page, and the course of both, each from its own start. AGON_ENOMEM. */
int run_compare_page(const struct run_compare *compare, struct page *page);

#endif
