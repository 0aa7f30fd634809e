// SPDX-License-Identifier: Apache-2.0
/* tape: recorded market data as events, in order of time.
 *
 * What a file is shows in its name and its first line; gzip is taken as it comes.
 *   raw     lines of "<receive time in ns> <message as received>": Binance's combined streams and
 * one REST depth snapshot. Goes through the gateway's own decoder and book synchronisation. hdr.t
 * is the recorded receive time. trades  CSV: time_ms or time_seconds; price; amount, quantity or
 * size; side, buyer_is_maker or is_buyer_maker where there is one; trade_id where there is one.
 *   bars    CSV: open_time_ms,open,high,low,close,volume. A bar says nothing of its inside, so it
 * is played as four trades (open, the nearer extreme, the other one, close) at 0, 1/3, 2/3 of its
 * length and 1 ms before its end, a quarter of the volume each, inside a book of one level a side
 * at the configured spread. Results from bars are rougher than from trades, and reports say so. A
 * row that breaks a rule stops the tape with file, line and rule; lenient ones are skipped and
 * counted instead, never guessed. [one thread] */
#ifndef LAB_TAPE_H
#define LAB_TAPE_H

#include "base/error.h"
#include "market/records.h"

enum tape_kind { TAPE_RAW = 1, TAPE_TRADES = 2, TAPE_BARS = 3, TAPE_GENERATED = 4 };

struct tape_info { /* what a look at the file tells */
    uint8_t kind;
    char symbol[32], base[16], quote[16]; /* from the file's name */
    int px_exp, qty_exp;                  /* digits that the file uses */
    uint32_t length_s;                    /* bars: of one bar */
    agon_ns_t t_first;
};
/* Reads the name only: symbol, base and quote. AGON_EINVAL: there is no symbol in it. [any] */
int tape_name(const char *path, struct tape_info *info, struct error *err);
/* Reads the name and the whole file once (numbers may get finer late in it). AGON_EINVAL: no such
 * kind, no symbol in the name; AGON_ENOENT; AGON_ECORRUPT. [any] */
int tape_look(const char *path, struct tape_info *info, struct error *err);

struct tape;
struct tape_config {
    const char *path;
    struct tape_info info;
    struct agon_instrument instrument; /* id, exponents, tick; assets must be set */
    char quote[16];
    int quote_exp;
    uint32_t spread_ppm; /* bars: between bid and ask; 0: 200, but at least one tick a side */
    int is_lenient;
};
int tape_open(struct tape **tape, const struct tape_config *config, struct error *err);
void tape_close(struct tape *tape); /* NULL is fine */
/* For lockstep_source.next with ctx = tape. */
const struct agon_event_hdr *tape_next(void *tape);

struct tape_report {
    uint64_t n_rows, n_events, n_skipped, n_gaps;
    agon_ns_t t_first, t_last;
    struct error err; /* code below 0: why the tape stopped before its end */
};
void tape_report(const struct tape *tape, struct tape_report *report);

#endif
