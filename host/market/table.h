// SPDX-License-Identifier: Apache-2.0
/* table: CSV by the names of its columns: what a column of recorded trades, bars or funding may be
 * called, how times and numbers in it are read, and what kind of table that makes.
 *
 * The one list of names for backtests (lab) and the simulated venue (sim): another venue's name for
 * a column is a line of TABLE_NAMES and plays in both. A first line is taken apart by table_head,
 * each further one by table_split. Nothing is kept of a row, and what a refused one is told with is
 * the caller's. [any] */
#ifndef MARKET_TABLE_H
#define MARKET_TABLE_H

#include "base/error.h"
#include "market/recording.h"

/* column, how people are told of it */
#define TABLE_COLUMNS(X)                                                                           \
    X(TIME_MS, "time")                                                                             \
    X(TIME_S, "time")                                                                              \
    X(TIME_US, "time")                                                                             \
    X(RECEIVED_US, "receive time") /* of trades */                                                 \
    X(FUNDING_MS, "time")                                                                          \
    X(SYMBOL, "symbol")                                                                            \
    X(ID, "id")                                                                                    \
    X(SIDE, "side")                                                                                \
    X(MAKER, "maker")                                                                              \
    X(PX, "price")                                                                                 \
    X(QTY, "quantity")                                                                             \
    X(OPEN, "open")                                                                                \
    X(HIGH, "high")                                                                                \
    X(LOW, "low")                                                                                  \
    X(CLOSE, "close")                                                                              \
    X(VOLUME, "volume")                                                                            \
    X(RATE, "rate")

/* name in a header, column; of two names of one column the later field counts */
#define TABLE_NAMES(X)                                                                             \
    X("time_ms", TIME_MS)                                                                          \
    X("open_time_ms", TIME_MS)                                                                     \
    X("time_seconds", TIME_S)                                                                      \
    X("timestamp", TIME_US)                                                                        \
    X("local_timestamp", RECEIVED_US)                                                              \
    X("funding_time_ms", FUNDING_MS)                                                               \
    X("symbol", SYMBOL)                                                                            \
    X("trade_id", ID)                                                                              \
    X("id", ID)                                                                                    \
    X("side", SIDE)                                                                                \
    X("buyer_is_maker", MAKER)                                                                     \
    X("is_buyer_maker", MAKER)                                                                     \
    X("price", PX)                                                                                 \
    X("amount", QTY)                                                                               \
    X("quantity", QTY)                                                                             \
    X("size", QTY)                                                                                 \
    X("open", OPEN)                                                                                \
    X("high", HIGH)                                                                                \
    X("low", LOW)                                                                                  \
    X("close", CLOSE)                                                                              \
    X("volume", VOLUME)                                                                            \
    X("rate", RATE)

enum table_column {
#define TABLE_ENUM(column, spoken) TABLE_##column,
    TABLE_COLUMNS(TABLE_ENUM)
#undef TABLE_ENUM
        TABLE_COLS
};
enum table_kind { TABLE_NONE = 0, TABLE_TRADES = 1, TABLE_BARS = 2, TABLE_FUNDING = 3 };

#define TABLE_FIELDS 64          /* of one row; one with more has none */
#define TABLE_BEYOND AGON_ENOSPC /* of table_time_of: before 1970 or after 2100 */

struct table {
    int places[TABLE_COLS]; /* which field of a row, -1: none */
    uint32_t n;             /* fields of the header */
    uint8_t kind;           /* enum table_kind */
    uint8_t time;           /* enum table_column: tells the time; TABLE_COLS: none does */
};
struct table_row {
    const char *line;
    const char *fields[TABLE_FIELDS]; /* no NUL behind them */
    uint32_t lengths[TABLE_FIELDS];
    uint32_t n;
    int64_t values[TABLE_COLS]; /* of table_scan */
};
struct table_plan { /* what is read of the fields of a row, one behind the other */
    uint32_t n;
    struct {
        uint8_t is_number, is_time, column;
        int8_t exp;
    } fields[TABLE_FIELDS];
};

/* Understands a header. Returns its kind; TABLE_NONE: *why says what is wrong with field *at (from
 * byte 1), NULL: it names none of them. The line is not changed, and may begin with a byte order
 * mark. */
enum table_kind table_head(struct table *table, const char *line, uint32_t n, const char **why,
                           uint32_t *at);
/* Fields of a line, which is borrowed. */
void table_split(struct table_row *row, const char *line, uint32_t n);
/* The fast way of the ordinary row. exps: digits behind the point of each column of times, prices
 * and quantities that is to be read; below 0: it is left as text. */
void table_plan_init(struct table_plan *plan, const struct table *table,
                     const int8_t exps[TABLE_COLS]);
/* As table_split, and row->values has what table_number or table_time_of reads in each field that
 * is to be read. False: one of them is no plain number that fits, or the row has not as many fields
 * as the header; what is wrong, if anything is, says the careful way. LINES_BEHIND bytes behind the
 * line may be read. */
int table_scan(const struct table_plan *plan, const char *line, uint32_t n, struct table_row *row);
/* True: the row has a field of that column. */
static inline int table_has(const struct table *table, const struct table_row *row,
                            enum table_column column)
{
    return table->places[column] >= 0 && (uint32_t)table->places[column] < row->n;
}
/* Byte of the line, from 1, where the column's field begins. */
uint32_t table_at(const struct table *table, const struct table_row *row, enum table_column column);
const char *table_spoken(enum table_column column);

/* Is the row of that symbol? True too where the table has no such column, and where symbol is "".
 */
int table_is_of(const struct table *table, const struct table_row *row, const char *symbol);
/* What a row's column says (table_has), in ns; a fraction of its unit is read down to the
 * nanosecond. RECORDING_NOISY; AGON_EINVAL: no plain decimal; AGON_ERANGE: finer than a nanosecond,
 * or noise that is none; TABLE_BEYOND. */
int table_time_of(const struct table *table, const struct table_row *row, enum table_column column,
                  agon_ns_t *t);
/* Of a time that table_time_of read in this column, in ns: what its numbers look like when that is
 * in the first weeks of 1970 and would be between 2000 and 2100 in a coarser unit; with the names
 * of columns that have that unit. NULL: nothing is to be said. */
const char *table_misread(enum table_column column, agon_ns_t t);
/* What is said where it is neither before 1970 nor ...; names the unit. */
const char *table_time_rule(enum table_column column);
/* ... and digits behind the point of its unit that make a nanosecond. */
int table_time_exp(enum table_column column);
/* A number or, of QTY and VOLUME, a quantity that may be cut: as recording_parse(_qty). */
int table_number(const struct table *table, const struct table_row *row, enum table_column column,
                 int exp, int64_t *value);
/* Who bought, by either column: AGON_BUY, AGON_SELL; 0: there is neither; AGON_EINVAL: it says
 * neither, and *column is the one. */
int table_side(const struct table *table, const struct table_row *row, enum table_column *column);
/* A table's own number of a row; 0: it has none. */
uint64_t table_id(const struct table *table, const struct table_row *row);

#endif
