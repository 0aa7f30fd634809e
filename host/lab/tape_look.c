// SPDX-License-Identifier: Apache-2.0
/* tape_look: what a file is of, before any of it is an event. */
#include <stdio.h>
#include <stdlib.h>

#include "lab/data_file.h"
#include "lab/tape_file.h"
#include "lab/tape_impl.h"
#include "market/instrument_kind.h"
#include "venue/wire.h"

static int is_raw(const char *path)
{
    return strstr(path, ".raw") != NULL;
}

// The symbol as it was said, as the column tells, or as the name does.
static int find_symbol(const char *path, const char *said, struct recording_symbols *symbols,
                       struct tape_info *info, struct error *err)
{
    const char *rows_of;

    rows_of = recording_pick(symbols, path, err);
    if (rows_of == NULL)
        return AGON_EINVAL;
    snprintf(info->rows_of, sizeof(info->rows_of), "%s", rows_of);
    snprintf(info->symbol, sizeof(info->symbol), "%s", symbols->asked);
    // A table knows better than its name what it is of.
    if (said[0] == '\0' && recording_assets(rows_of, info->base, info->quote))
        snprintf(info->symbol, sizeof(info->symbol), "%s", rows_of);
    if (info->symbol[0] == '\0')
        return error_set(err, AGON_EINVAL,
                         "%s: no symbol in the file's name; say SYMBOL=FILE, or name it like "
                         "binance_spot_BTCUSDT_....csv",
                         path);
    if (!recording_assets(info->symbol, info->base, info->quote))
        return error_set(err, AGON_EINVAL,
                         "%s: %s is not a symbol whose quote is known; it should end like "
                         "BTCUSDT or ETHBTC",
                         path, info->symbol);
    // As the venue itself calls it, where the file says which: agents know it by that name live.
    snprintf(info->plain, sizeof(info->plain), "%s", info->symbol);
    info->wire = venue_table_named(path);
    if (info->wire != NULL &&
        !wire_spell(info->wire, info->base, info->quote, info->symbol, sizeof(info->symbol)))
        return error_set(err, AGON_EINVAL, "%s: %s is too long a name", path, info->plain);
    return AGON_OK;
}

enum table_column tape_order(const struct tape_info *info, const struct table *table)
{
    return info->has_received ? TABLE_RECEIVED_US : (enum table_column)table->time;
}

// Symbol and time of a row of the table.
static void look_at_row(struct tape_info *info, const struct table *table, const char *line,
                        uint32_t n, struct recording_symbols *symbols, struct recording_step *step)
{
    enum table_column order = tape_order(info, table);
    struct table_row row;
    agon_ns_t t = 0;
    int place = table->places[TABLE_SYMBOL];

    table_split(&row, line, n);
    if (table_has(table, &row, TABLE_SYMBOL))
        recording_note_symbol(symbols, row.fields[place], row.lengths[place]);
    if (info->t_first == 0 && table_has(table, &row, order))
        (void)table_time_of(table, &row, order, &info->t_first);
    if (info->kind != TAPE_BARS || !table_has(table, &row, order))
        return;
    (void)table_time_of(table, &row, order, &t);
    recording_note_step(step, t / TAPE_SECOND_NS, TAPE_BAR_S_MAX);
}

/* Is what the rows behind this one say of no matter to a look? All of a table is read only where
 * its column of symbols leaves a question. */
static int has_seen(const struct tape_info *info, const struct table *table,
                    const struct recording_symbols *symbols, const struct recording_step *step)
{
    return info->t_first != 0 && (table->places[TABLE_SYMBOL] < 0 || symbols->has_asked) &&
           (info->kind != TAPE_BARS || step->n == RECORDING_STEPS);
}

uint8_t tape_kind_of(enum table_kind kind)
{
    return kind == TABLE_TRADES ? TAPE_TRADES : kind == TABLE_BARS ? TAPE_BARS : 0;
}

/* As its header says; said: whose it is to be. */
static int look_at_file(const char *path, const char *said, struct tape_info *info,
                        struct error *err)
{
    const char *slash = strrchr(path, '/');
    struct tape_head head;
    int rc = tape_file_look(path, &head, err);

    if (rc < 0)
        return rc;
    if (said[0] != '\0' && strcmp(said, head.plain) != 0 && strcmp(said, head.symbol) != 0)
        return error_set(err, AGON_EINVAL, "%s: this tape is of %s, and not of %s", path,
                         head.plain, said);
    info->is_tape = 1;
    info->kind = head.kind == TAPE_FILE_BARS     ? TAPE_BARS
                 : head.kind == TAPE_FILE_TRADES ? TAPE_TRADES
                                                 : TAPE_RAW;
    info->has_received = head.flags & TAPE_HAS_RECEIVED ? 1 : 0;
    info->length_s = head.length_s;
    info->t_first = head.t_begin;
    memcpy(info->symbol, head.symbol, sizeof(info->symbol));
    memcpy(info->plain, head.plain, sizeof(info->plain));
    memcpy(info->base, head.base, sizeof(info->base));
    memcpy(info->quote, head.quote, sizeof(info->quote));
    info->wire = head.venue[0] != '\0' ? venue_table_find(head.venue) : NULL;
    if (head.venue[0] != '\0' && info->wire == NULL)
        return error_set(err, AGON_ENOTSUP, "%s: header: the venue %s is not known here", path,
                         head.venue);
    // What lies beside it is looked for by what it was made of: a tape may have any name.
    if ((size_t)snprintf(info->origin, sizeof(info->origin), "%.*s%s",
                         slash != NULL ? (int)(slash + 1 - path) : 0, path,
                         head.source) >= sizeof(info->origin))
        return error_set(err, AGON_ERANGE, "%s: the name is too long", path);
    return AGON_OK;
}

int tape_look(const char *path, const char *symbol, struct tape_info *info, struct error *err)
{
    struct lines *lines;
    struct recording_symbols symbols = {.n = 0};
    const char *said = symbol != NULL ? symbol : "";
    const char *why;
    struct table table;
    char *line;
    uint32_t n;
    uint32_t at = 1;
    struct recording_step step = {0};
    int rc;

    memset(info, 0, sizeof(*info));
    if (tape_file_is(path))
        return look_at_file(path, said, info, err);
    lines = data_file_open(path, NULL, err);
    if (lines == NULL)
        return err != NULL && err->code < 0 ? err->code : AGON_ENOENT;
    snprintf(info->origin, sizeof(info->origin), "%s", path);
    if (said[0] != '\0')
        snprintf(symbols.asked, sizeof(symbols.asked), "%s", said);
    else
        recording_symbol_of_name(path, symbols.asked);
    rc = lines_next(lines, &line, &n, err);
    if (rc <= 0) {
        rc = rc < 0
                 ? rc
                 : error_set(err, AGON_ECORRUPT,
                             "%s: the file is empty; expected rows of a table or a stream", path);
        goto done;
    }
    if (is_raw(path)) {
        info->kind = TAPE_RAW;
        info->has_received = 1;
        info->t_first = strtoll(line, NULL, 10);
        rc = find_symbol(path, said, &symbols, info, err);
        goto done;
    }
    info->kind = tape_kind_of(table_head(&table, line, n, &why, &at));
    info->has_received = info->kind == TAPE_TRADES && table.places[TABLE_RECEIVED_US] >= 0;
    if (info->kind == 0) {
        rc = why != NULL ? error_set(err, AGON_EINVAL, "%s:1:%u: %s", path, at, why)
                         : error_set(err, AGON_EINVAL,
                                     "%s:1:1: the header names neither trades (time_ms, "
                                     "time_seconds or timestamp, price, amount) nor bars "
                                     "(open_time_ms,open,high,low,close,volume)",
                                     path);
        goto done;
    }
    while (!has_seen(info, &table, &symbols, &step) &&
           (rc = lines_next(lines, &line, &n, err)) == 1)
        look_at_row(info, &table, line, n, &symbols, &step);
    if (rc >= 0 && (why = table_misread(tape_order(info, &table), info->t_first)) != NULL)
        rc = error_set(err, AGON_EINVAL, "%s:2: times %s", path, why);
    if (rc >= 0)
        rc = find_symbol(path, said, &symbols, info, err);
    info->length_s = (uint32_t)recording_step(&step);
    if (rc >= 0 && info->kind == TAPE_BARS && info->length_s == 0)
        rc =
            error_set(err, AGON_ECORRUPT, "%s: fewer than two bars: their length is unknown", path);
done:
    lines_close(lines);
    return rc < 0 ? rc : AGON_OK;
}

int tape_is_linear(const struct tape_info *info)
{
    return info->kind == TAPE_RAW && info->wire != NULL &&
           instrument_kind_has_margin(info->wire->kind);
}
