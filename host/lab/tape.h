// SPDX-License-Identifier: Apache-2.0
/* tape: recorded market data as events, in order of time.
 *
 * What a file is shows in its name and its first line; gzip is taken as it comes. A tape made of
 * any of these (lab/tape_file.h) shows in its first bytes, and gives the same events.
 *   raw     lines of "<receive time in ns> <message as received>", of the venue that the file's
 * name names (kraken_spot_BTCUSD_....raw), else of the first one in the table: Binance's combined
 * streams and one REST depth snapshot, or what another's stream brings. Goes through that gateway's
 * own decoder and book synchronisation: one that differs by its sum or its ids is STALE until it
 * comes whole again. hdr.t is the recorded receive time.
 *   trades  CSV: time_ms, time_seconds or timestamp (microseconds); price; amount, quantity or
 * size; side, buyer_is_maker or is_buyer_maker where there is one; trade_id or id where there is
 * one. With local_timestamp (microseconds) hdr.t is that, the recorded receive time, and the rows
 * are in its order. Trades carry no book: behind each, one level a side of the trade's quantity is
 * put around its price at the configured spread, or, joined, with it in one event (trade_book).
 *   bars    CSV: open_time_ms,open,high,low,close,volume. A row is two events and nothing between
 * them: where it begins a QUOTE around its open, as deep as volume_ppm of the row before, and where
 * it ends the closed BAR. Who bought is not in it: taker_buy_qty is half of the volume,
 * turnover_amt the volume at the mean of high, low and close. What happens in between is for match
 * to assume (match_set_bars). Results from trades are rough and from bars rougher, and reports say
 * so. Where a table has a column symbol, only the rows of one symbol are played. Noise of doubles
 * is rounded away and counted (market/recording.h); a quantity finer than the instrument is cut and
 * counted, a price that is refuses its row, in a stream its message. A row that breaks a rule ends
 * the tape with file, line and rule, and the rest is read for nothing but more such rows,
 * TAPE_BAD_MAX of them; lenient ones are skipped and counted instead, never guessed. [one thread]
 */
#ifndef LAB_TAPE_H
#define LAB_TAPE_H

#include "base/error.h"
#include "market/recording.h"
#include "market/records.h"

#define TAPE_BAD_MAX 10

enum tape_kind { TAPE_RAW = 1, TAPE_TRADES = 2, TAPE_BARS = 3, TAPE_GENERATED = 4 };

struct tape_info { /* what a look at the file tells */
    uint8_t kind;
    uint8_t has_received;                               /* each row says when it was received */
    char symbol[RECORDING_SYMBOL], base[16], quote[16]; /* symbol: by the venue's own spelling */
    char plain[RECORDING_SYMBOL];   /* "BTCUSDT" of any: as said, in the column or in the name */
    const struct venue_wire *wire;  /* whose the file is by its name; NULL: it does not say */
    char rows_of[RECORDING_SYMBOL]; /* what the column symbol says in the rows to play; "": all */
    uint32_t length_s;              /* bars: of one bar */
    agon_ns_t t_first;
    uint8_t is_tape;  /* made by `agon tape make` (lab/tape_file.h) */
    char origin[512]; /* what its listing lies beside: itself, of a tape the recording's name in
                         the tape's folder */
};
/* Reads the name, of a tape its header, of a stream the first line and of a table the first rows:
 * as many as say how long its bars are. A table with a column of symbols is read to its end where
 * the one that it is to be of has not come by then. What its numbers look like is not asked:
 * lab/listing.h. symbol: which one
 * the file is of; NULL or "": as its column symbol or its name says. AGON_EINVAL: no such kind, no
 * symbol found; AGON_ENOENT; AGON_ECORRUPT. [any] */
int tape_look(const char *path, const char *symbol, struct tape_info *info, struct error *err);

/* A venue's own messages of linear contracts: what they are of is a perpetual. [any] */
int tape_is_linear(const struct tape_info *info);

struct tape;
struct tape_config {
    const char *path;
    struct tape_info info;
    struct agon_instrument instrument; /* id, exponents, tick; assets must be set */
    char quote[16];
    int quote_exp;
    uint32_t spread_ppm; /* between bid and ask of a book that is made up, but at least one tick */
    uint32_t volume_ppm; /* of the row before, how deep the quote of a bar is */
    int has_book;        /* another tape brings this instrument's book: none is made up */
    int is_lenient;
    int is_joined; /* a trade and the book that is made up of it are one event (trade_book) */
    struct data_count *source; /* borrowed; of a recording: what its bytes come to; NULL: nothing */
    const char *listing; /* file that its instrument is listed in, for what the venue's reader has
                            to know of that; NULL or "": none */
};
int tape_open(struct tape **tape, const struct tape_config *config, struct error *err);
void tape_close(struct tape *tape); /* NULL is fine */
/* Of a tape: the one that it reads; NULL: it reads a recording. [any] */
const struct tape_file *tape_source(const struct tape *tape);
/* For lockstep_source.next with ctx = tape. Until the next call the event is the caller's. */
const struct agon_event_hdr *tape_next(void *tape);

struct tape_report {
    uint64_t n_rows, n_events, n_skipped, n_gaps;
    uint64_t n_other;  /* rows of other symbols; raw: messages that are of no use here */
    uint64_t n_noisy;  /* numbers whose noise was rounded away */
    uint64_t n_cut;    /* quantities finer than the instrument, cut (num_parse_qty) */
    uint64_t n_differ; /* raw: books that did not come to the sum that the venue named */
    uint64_t n_books;  /* snapshots and changes that left a book to trade on */
    uint64_t n_trades, n_quotes, n_diffs, n_snapshots; /* raw: messages that were understood */
    agon_ns_t t_first, t_last;
    struct error err;               /* code below 0: why the tape stopped before its end */
    struct error bad[TAPE_BAD_MAX]; /* not lenient: the rows that were refused; the first is err */
    uint32_t n_bad;
};
/* From here on a thread of its own reads it, where there is more than one processor (read_ahead.h,
 * ADR 161, ADR 170); before, no event of it is in anybody's hands. What was opened for it
 * stays as it is: nothing more is opened. */
void tape_read_ahead(struct tape *tape);
/* Of what was read. That is what was taken, but where a thread read it and nobody took its end: of
 * who gave up on the way it may be more. */
void tape_report(const struct tape *tape, struct tape_report *report);
/* The row of the event taken last, from 1; 0: none was. As tape_report's n_rows. */
uint64_t tape_row(const struct tape *tape);

#endif
