// SPDX-License-Identifier: Apache-2.0
/* tape_file: recorded market data as columns in a file that is mapped and read in place
 * (docs/tape.md has the format).
 *
 *   header   one page: what it is of, how much there is, what it was made of, a checksum of itself
 *   blocks   of TAPE_BLOCK_ROWS rows each, the last of fewer: column behind column, each filled up
 * with zeros to whole pages
 *   sums     CRC-32C of each block, filled up with zeros to whole pages
 *
 * All numbers are little-endian, prices and quantities counts of 10^-px_exp and 10^-qty_exp. Bars
 * and trades are a row each. Of QUOTES and L2 a row is a line of an event, so that columns stay of
 * one width: a quote of L2 is two rows, a change of a book one more than it has levels. The header
 * and the sums are checked when a tape is opened, a block when it is come to. A tape is written
 * beside its place and renamed: nobody sees half of one. [one thread] */
#ifndef LAB_TAPE_FILE_H
#define LAB_TAPE_FILE_H

#include "base/error.h"
#include "base/hash.h"
#include "market/recording.h"
#include "market/records.h"

#define TAPE_MAGIC        "AGONTAPE"
#define TAPE_VERSION      1
#define TAPE_PAGE         4096
#define TAPE_BLOCK_ROWS   65536u
#define TAPE_COLUMNS_MAX  7
#define TAPE_HAS_RECEIVED 1 /* flags: t is when it was received, t_venue what the venue said */

enum tape_file_kind {
    TAPE_FILE_BARS = 1,
    TAPE_FILE_TRADES = 2,
    TAPE_FILE_QUOTES = 3, /* best prices of a stream */
    TAPE_FILE_L2 = 4,     /* all that a stream brings: books, trades, best prices */
    TAPE_FILE_KINDS = 5
};

struct tape_head { /* the page that it begins with; what lies behind it there is 0 */
    char magic[8];
    uint32_t version;
    uint32_t crc; /* CRC-32C of the page from kind on */
    uint8_t kind; /* enum tape_file_kind */
    int8_t px_exp, qty_exp;
    uint8_t flags;
    uint32_t length_s; /* of one bar; else 0 */
    uint64_t n_rows, n_events;
    agon_ns_t t_begin;         /* where the recording begins */
    agon_ns_t t_first, t_last; /* of the first row, and of the last */
    uint32_t block_rows, n_columns;
    uint32_t sums_crc; /* CRC-32C of the sums with what they are filled up with */
    uint32_t pad0;
    unsigned char source_hash[HASH_SIZE]; /* SHA-256 of the recording as it lies on the disk */
    uint64_t source_bytes;
    uint64_t n_skipped, n_noisy, n_cut, n_other, n_gaps, n_differ, n_books; /* tape_report's */
    char venue[32];                /* "": the recording's name has none */
    char symbol[RECORDING_SYMBOL]; /* as the venue spells it */
    char plain[RECORDING_SYMBOL], base[16], quote[16];
    char source[256]; /* the recording's file name, without its folder */
};

/* Rows of L2: what they are of, in the low byte of what; what more it says stands above. */
enum tape_what {
    TAPE_TRADE = 1,     /* px, qty, id; bits 8-15 side, 16-23 flags */
    TAPE_QUOTE_BID = 2, /* px, qty; a QUOTE_ASK is next */
    TAPE_QUOTE_ASK = 3,
    TAPE_SNAPSHOT = 4, /* a part: px first_id, qty last_id, id n_bid + 65536 n_ask, flags above */
    TAPE_DELTA = 5,    /* the same; so many LEVEL are next, bids first */
    TAPE_LEVEL = 6,    /* px, qty */
    TAPE_STATUS = 7    /* bits 8-15 trading, 16-23 book; id reason */
};

struct tape_column {
    const char *name;
    uint8_t width; /* bytes of one value */
};
const char *tape_file_kind_name(uint8_t kind);                          /* [any] */
const struct tape_column *tape_file_columns(uint8_t kind, uint32_t *n); /* [any] */
/* Bytes of a block of so many rows, and where in it each column begins. [any] */
uint64_t tape_file_block(uint8_t kind, uint32_t n_rows, uint64_t at[TAPE_COLUMNS_MAX]);
/* What the CRC of the header is over. [any] */
uint32_t tape_file_head_crc(const void *page);

/* Does it begin as one does? False too where there is no such file. [any] */
int tape_file_is(const char *path);
/* Reads and checks the header, and that the file is as long as that says. AGON_ENOENT;
 * AGON_EINVAL: no tape; AGON_EVERSION: of another version; AGON_ECORRUPT: damaged, or not whole.
 * [any] */
int tape_file_look(const char *path, struct tape_head *head, struct error *err);

struct tape_file;
/* Maps it, and checks the sums too. */
int tape_file_open(struct tape_file **file, const char *path, struct error *err);
void tape_file_close(struct tape_file *file); /* NULL is fine */
const struct tape_head *tape_file_head_of(const struct tape_file *file);
/* Which tape it is: BLAKE2b-256 over its header and the checksums of its blocks, so over all that
 * is in it as far as CRC-32C tells. */
void tape_file_hash(const struct tape_file *file, unsigned char hash[HASH_SIZE]);
/* The columns of a block, as many as its kind has, mapped; *n_rows of each. AGON_ECORRUPT with the
 * place: damaged, or the file became shorter. */
int tape_file_read(struct tape_file *file, uint64_t block, const void *columns[TAPE_COLUMNS_MAX],
                   uint32_t *n_rows, struct error *err);

/* Rows as a tape is played: by the exponents of an instrument. */
struct tape_rows;
struct tape_row {
    agon_ns_t t, t_venue;
    agon_px_t px[4]; /* bars: open, high, low, close; trades: the first */
    agon_qty_t qty;
    uint64_t id;
    uint8_t side;
    int is_cut;                   /* a quantity was finer than the instrument */
    const char *wrong;            /* what is wrong with it; NULL: nothing */
    struct agon_event_hdr *event; /* quotes, L2: the whole event, borrowed until the next call */
};
/* file and instrument are borrowed. AGON_ENOMEM. */
int tape_rows_new(struct tape_rows **rows, struct tape_file *file,
                  const struct agon_instrument *instrument, struct error *err);
void tape_rows_free(struct tape_rows *rows); /* NULL is fine */
/* 1: a row, or of L2 an event; 0: the end; below 0: as tape_file_read. */
int tape_rows_next(struct tape_rows *rows, struct tape_row *row, struct error *err);
/* The same of a row of bars in a block that was looked through when it was come to: prices enclose
 * one another, and nothing is wrong but for what depends on rows before. Sets t, px and qty alone.
 * 0: the row that comes is to be taken by tape_rows_next. And back again, for that. */
int tape_rows_next_plain(struct tape_rows *rows, struct tape_row *row);
void tape_rows_put_back(struct tape_rows *rows);
/* The quote that is next, where nothing is wrong with it and its time is t_least or later. NULL:
 * what comes is to be taken by tape_rows_next. It stands until then, or until the next of these. */
struct agon_event_hdr *tape_rows_next_quote(struct tape_rows *rows, agon_ns_t t_least);
/* Rows given so far; of the newest one (of an event: its last row) the number, from 1. */
uint64_t tape_rows_number(const struct tape_rows *rows);

#endif
