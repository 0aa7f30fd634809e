// SPDX-License-Identifier: Apache-2.0
/* page: a report as one HTML file that needs nothing else: facts, plots and tables. It opens from
 * the disk, prints, follows the reader's dark or light setting and is readable on a phone. Plots
 * are SVG made here; a few lines of script show values under the pointer, and without script all of
 * it is there still. Text is escaped here, whatever it holds. [any, one thread per page] */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stdio.h>

#include "base/error.h"

#define PAGE_SERIES_MAX 64
#define PAGE_POINTS     600 /* drawn of a series: least and greatest of each slice of time */

struct page;

struct page_series {
    const char *name;
    const agon_ns_t *t;  /* UTC, ascending */
    const double *value; /* n of them */
    uint64_t n;
};
struct page_mark { /* something that happened, shown as a line across a plot */
    agon_ns_t t;
    const char *text;
};
struct page_plot {
    const char *title, *unit; /* unit: "USDT", "%"; behind the title */
    int decimals;
    int is_zero; /* the axis shows 0 */
    int is_down; /* what is more is drawn lower */
    const struct page_series *series;
    uint32_t n_series;
    const struct page_mark *marks;
    uint32_t n_marks;
};

struct page_candle {
    agon_ns_t t; /* UTC, ascending */
    double open, high, low, close;
};
struct page_trade { /* a triangle: up where something was bought, down where it was sold */
    agon_ns_t t;
    double value;
    int is_sold;
    char text[96];
};
struct page_candles {
    const char *title, *unit;
    int decimals;
    const struct page_candle *candles;
    uint32_t n_candles;
    const struct page_trade *trades;
    uint32_t n_trades;
};
struct page_bar {
    const char *name;
    double value;
    int is_sum; /* begins at 0; else where the bar before it ended */
};
struct page_bars { /* what leads from one sum to another, bar by bar */
    const char *title, *unit;
    int decimals;
    const struct page_bar *bars;
    uint32_t n_bars;
};
struct page_columns { /* how often values fell between from + i * width and the next */
    const char *title, *unit;
    double from, width;
    int decimals;
    const uint32_t *counts;
    uint32_t n;
};

/* Writes to out, which stays the caller's. NULL: out of memory. */
struct page *page_new(FILE *out, const char *title, const char *subtitle);
void page_heading(struct page *page, const char *text);
void page_text(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What the reader is to know first. */
void page_lead(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void page_warning(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What is between is shown when its summary is opened. */
void page_details_begin(struct page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void page_details_end(struct page *page);
/* A row of figures; begin, any number, end. tone: 0 plain, 1 good, -1 bad. */
void page_facts_begin(struct page *page);
void page_fact(struct page *page, const char *name, int tone, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void page_facts_end(struct page *page);
void page_plot(struct page *page, const struct page_plot *plot);
void page_candles(struct page *page, const struct page_candles *candles);
void page_bars(struct page *page, const struct page_bars *bars);
void page_columns(struct page *page, const struct page_columns *columns);
/* Columns by name; one that begins with '#' is a number and stands right-aligned, one that begins
 * with '~' is words and is broken into lines. A press on a column's name sorts by it. Where the
 * page is narrower than 900 px a row of five cells and more is a card of names and values. The
 * columns are borrowed until page_table_end. */
void page_table_begin(struct page *page, const char *const *columns, uint32_t n);
/* How many there are, the thousands apart. */
void page_count(struct page *page, uint64_t n);
void page_cell(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void page_row(struct page *page);        /* the row is complete */
void page_table_sums(struct page *page); /* rows from here on stay at the end */
void page_table_end(struct page *page);
/* Ends the page and frees it. AGON_EIO: something could not be written. */
int page_close(struct page *page);

#endif
