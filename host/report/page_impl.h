// SPDX-License-Identifier: Apache-2.0
/* page_impl: what page.c and page_plot.c share. */
#ifndef REPORT_PAGE_IMPL_H
#define REPORT_PAGE_IMPL_H

#include "report/page.h"

#define PAGE_COLUMNS 32

struct page {
    FILE *out; /* borrowed */
    uint32_t n_plots, n_tables;
    uint32_t n_details; /* that are open */
    /* A heading and what stands below it, up to the next figure, part to open or heading: 0 none is
     * open, 1 it has its heading alone, 2 it has more. */
    uint32_t section;
    uint32_t column, n_columns;
    char column_kind[PAGE_COLUMNS]; /* '#', '~' or ' ' */
    const char *const *columns;     /* borrowed; of the table that is open */
    int has_cards;                  /* its rows are cards where the page is narrow */
};

/* Ahead of a figure, and of a part to open. */
void page_section_ends(struct page *page);
/* Escaped, control characters left out. */
void page_put_text(FILE *out, const char *text);

#endif
