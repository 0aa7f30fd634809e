// SPDX-License-Identifier: Apache-2.0
/* The free comparison of a run (lab/free.h) as a page of HTML. [one thread] */
#ifndef REPORT_FREE_PAGE_H
#define REPORT_FREE_PAGE_H

#include <stdio.h>

#include "lab/free.h"

/* The page (report/page.h); again: of FREE_STAGE. AGON_ENOMEM, AGON_EIO. */
int free_page(const struct free_facts *facts, const struct free_outcome *again,
              const struct free_result *result, const struct free_inputs *inputs, FILE *out,
              struct error *err);

#endif
