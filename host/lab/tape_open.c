// SPDX-License-Identifier: Apache-2.0
/* tape_open: what a file is read by, of each kind. */
#include <stdlib.h>

#include "lab/data_file.h"
#include "lab/listing.h"
#include "lab/tape_file.h"
#include "lab/tape_impl.h"

int tape_open_raw(struct tape *tape, struct error *err)
{
    const struct tape_config *config = &tape->config;
    int rc;

    tape->symbols = calloc(1, sizeof(*tape->symbols));
    tape->decoded = calloc(1, sizeof(*tape->decoded));
    if (tape->symbols == NULL || tape->decoded == NULL)
        return error_set(err, AGON_ENOMEM, "%s: out of memory", config->path);
    symbols_init(tape->symbols);
    rc = symbols_add_asset(tape->symbols, config->quote, config->instrument.quote,
                           config->quote_exp, err);
    if (rc >= 0)
        rc = symbols_add(tape->symbols, &config->instrument, err);
    if (rc < 0)
        return rc;
    tape->wire = venue_table_of_recording(config->path, config->instrument.kind);
    if (tape->wire == NULL)
        return error_set(err, AGON_ENOTSUP, "%s: no venue here sends such messages", config->path);
    rc = tape->wire->open_reader(tape->symbols, &tape->reader);
    if (rc < 0)
        return error_set(err, rc, "%s: out of memory", config->path);
    if (config->listing != NULL && config->listing[0] != '\0')
        rc = listing_teach(config->listing, tape->wire, tape->reader, err);
    if (rc < 0)
        return rc;
    if (tape->wire->is_legible != NULL && !tape->wire->is_legible(tape->reader))
        return error_set(
            err, AGON_EINVAL,
            "%s: quantities are in contracts, and how much one is stands in the "
            "venue's list of instruments alone; put that beside it, as %s_%s.json, or name it "
            "by --instruments",
            config->path, tape->wire->name, tape->wire->listing);
    rc = book_sync_init(&tape->sync, &tape->symbols->all[0], config->instrument.venue, 0, tape_put,
                        tape);
    if (rc < 0)
        return error_set(err, rc, "%s: out of memory", config->path);
    tape->has_sync = 1;
    tape->sync.is_chained = tape->wire->book == BOOK_CHAIN || tape->wire->book == BOOK_CHAIN_PUSHED;
    if (wire_is_pushed(tape->wire) && book_sync_push(&tape->sync, tape->wire->checksum) < 0)
        return error_set(err, AGON_ENOMEM, "%s: out of memory", config->path);
    book_sync_start(&tape->sync, 0);
    return AGON_OK;
}

// Which fields of a row are numbers, and how fine.
static void plan_row(struct tape *tape)
{
    static const enum table_column pxs[] = {TABLE_PX, TABLE_OPEN, TABLE_HIGH, TABLE_LOW,
                                            TABLE_CLOSE};
    const struct agon_instrument *instrument = &tape->config.instrument;
    int is_bars = tape->config.info.kind == TAPE_BARS;
    enum table_column order = tape_order(&tape->config.info, &tape->table);
    enum table_column time = (enum table_column)tape->table.time;
    int8_t exps[TABLE_COLS];

    memset(exps, -1, sizeof(exps));
    for (size_t i = is_bars ? 1 : 0; i < (is_bars ? sizeof(pxs) / sizeof(pxs[0]) : 1); i++)
        exps[pxs[i]] = instrument->px_exp;
    exps[is_bars ? TABLE_VOLUME : TABLE_QTY] = instrument->qty_exp;
    exps[time] = (int8_t)table_time_exp(time);
    exps[order] = (int8_t)table_time_exp(order);
    table_plan_init(&tape->plan, &tape->table, exps);
    tape->has_plain_bars = is_bars && order == time && tape->table.places[TABLE_SYMBOL] < 0;
}

int tape_open_table(struct tape *tape, struct error *err)
{
    const struct tape_config *config = &tape->config;
    const char *why;
    char *line;
    uint32_t n, at;
    int rc = lines_next(tape->lines, &line, &n, err);

    if (rc == 0)
        return error_set(err, AGON_ECORRUPT,
                         "%s: the file is empty; expected rows of a table or a stream",
                         config->path);
    if (rc == 1 && tape_kind_of(table_head(&tape->table, line, n, &why, &at)) != config->info.kind)
        return error_set(err, AGON_ECORRUPT, "%s:1:1: the header changed", config->path);
    if (rc == 1)
        plan_row(tape);
    return rc;
}

int tape_open_file(struct tape *tape, struct error *err)
{
    const struct tape_config *config = &tape->config;
    const struct tape_head *head;
    int rc = tape_file_open(&tape->file, config->path, err);

    if (rc < 0)
        return rc;
    head = tape_file_head_of(tape->file);
    tape->is_queued = head->kind == TAPE_FILE_TRADES; // which may have a book behind each
    tape->is_l2 = head->kind == TAPE_FILE_L2;
    tape->report.n_noisy = head->n_noisy;
    tape->report.n_cut = head->n_cut;
    tape->report.n_gaps = head->kind == TAPE_FILE_L2 ? head->n_gaps : 0;
    tape->report.n_differ = head->n_differ;
    tape->report.n_books = head->n_books;
    tape->report.n_other = head->n_other;
    return tape_rows_new(&tape->rows, tape->file, &config->instrument, err);
}
