// SPDX-License-Identifier: Apache-2.0
/* lines: recorded data line by line, plain or gzip, from wherever its bytes come.
 *
 * The one place that unpacks recordings and cuts them into lines, for backtests (lab) and the
 * simulated venue (sim) alike. Nothing here opens a file: who calls gives bytes, or a function that
 * does. gzip is recognised by its first bytes, several members follow one another. What comes out
 * is bounded before memory is taken. [one thread] */
#ifndef MARKET_LINES_H
#define MARKET_LINES_H

#include "base/error.h"

/* Gives up to n bytes; 0 at the end; an error with its text. */
typedef int64_t (*lines_read_fn)(void *ctx, void *bytes, uint64_t n, struct error *err);

struct lines_input {
    lines_read_fn read;
    void (*close)(void *ctx); /* may be NULL; called by lines_close, and by lines_open that fails */
    void *ctx;
};
struct lines_limits {
    uint64_t total_max; /* bytes delivered; 0: 64 GiB */
    uint32_t ratio_max; /* bytes out per byte in; 0: 1000. Judged after the first MiB */
    uint32_t line_max;  /* bytes of one line; 0: 1 MiB */
};

struct lines;
/* name: for messages. limits may be NULL. NULL with the reason: the input gives none, no memory. */
struct lines *lines_open(const char *name, const struct lines_input *input,
                         const struct lines_limits *limits, struct error *err);
/* bytes are borrowed. */
struct lines *lines_of_bytes(const char *name, const void *bytes, uint64_t n,
                             const struct lines_limits *limits, struct error *err);
void lines_close(struct lines *lines); /* NULL is fine */
#define LINES_BEHIND 16 /* bytes behind a line that may be read, whatever stands there */
/* Next line without its end (LF or CRLF), with a NUL behind it; valid until the next call. 1: a
 * line; 0: the end; AGON_ECORRUPT: damaged or cut-off gzip; AGON_ERANGE: a limit was passed. */
int lines_next(struct lines *lines, char **line, uint32_t *n, struct error *err);
/* Of the line that was given last, from 1. */
uint64_t lines_number(const struct lines *lines);
const char *lines_name(const struct lines *lines);
/* Up to n bytes as they are unpacked, without lines; 0 at the end. Not after lines_next. */
int64_t lines_read(struct lines *lines, void *bytes, uint64_t n, struct error *err);

#endif
