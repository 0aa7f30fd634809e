// SPDX-License-Identifier: Apache-2.0
/* page_impl: what page.c and page_plot.c share. */
#ifndef REPORT_PAGE_IMPL_H
#define REPORT_PAGE_IMPL_H

#include "report/page.h"

#define PAGE_COLUMNS 32

struct page {
    FILE *out; /* borrowed */
    uint32_t n_plots, n_tables;
    uint32_t column, n_columns;
    char column_kind[PAGE_COLUMNS]; /* '#', '~' or ' ' */
    const char *const *columns;     /* borrowed; of the table that is open */
    int has_cards;                  /* its rows are cards where the page is narrow */
};

/* Escaped, control characters left out. */
void page_put_text(FILE *out, const char *text);

#endif
