// SPDX-License-Identifier: Apache-2.0
#include "lab/tape_make.h"

#include <stdio.h>

#include "lab/data_file.h"
#include "lab/tape_write.h"
#include "market/instrument_kind.h"
#include "venue/wire.h"

#define COIN_EXP 8 /* of coins, where no roster says otherwise */

/* Which kind the recording becomes. */
static int choose_kind(const struct tape_make_config *config, const char *path,
                       const struct tape_info *info, uint8_t *kind, struct error *err)
{
    *kind = info->kind == TAPE_BARS     ? TAPE_FILE_BARS
            : info->kind == TAPE_TRADES ? TAPE_FILE_TRADES
                                        : TAPE_FILE_L2;
    if (config->kind == 0 || config->kind == *kind)
        return AGON_OK;
    if (*kind != TAPE_FILE_L2 || config->kind == TAPE_FILE_BARS)
        return error_set(err, AGON_EINVAL, "%s: it has %s, and no %s can be made of them", path,
                         tape_file_kind_name(*kind), tape_file_kind_name(config->kind));
    *kind = config->kind;
    return AGON_OK;
}

static int list(const char *const *paths, uint32_t n_paths, const struct tape_info *info,
                struct listed *listed, struct error *err)
{
    struct listings *listings;
    int rc = listings_open(&listings, paths, n_paths, err);

    if (rc >= 0)
        rc = listings_find(listings, info->symbol, tape_is_linear(info) ? INSTRUMENT_LINEAR : 0,
                           info->origin, info->t_first, listed, err);
    if (rc >= 0)
        listings_free(listings);
    return rc;
}

static void fill_tape(struct tape_config *tape, const struct tape_info *info,
                      const struct listed *listed)
{
    struct agon_instrument *made = &tape->instrument;

    tape->info = *info;
    *made = listed->record;
    made->hdr.type = AGON_EVENT_INSTRUMENT;
    made->hdr.granules = sizeof(*made) / EVENT_GRANULE;
    made->hdr.instrument = 1;
    made->venue = 1;
    made->base = 2;
    made->quote = made->settle = 1;
    made->multiplier = 1;
    made->state = TRADING_OPEN;
    // As a backtest has it: what is traded on a spot market is whole units of the coin.
    if (instrument_kind_has_coins(made->kind) && made->qty_exp > COIN_EXP) {
        made->qty_exp = COIN_EXP;
        made->lot_qty = made->min_qty = 1;
    }
    snprintf(tape->quote, sizeof(tape->quote), "%s",
             listed->quote[0] != '\0' ? listed->quote : info->quote);
    tape->quote_exp = COIN_EXP;
    tape->has_book = 1;
    tape->listing = listed->source;
}

static void fill_head(struct tape_head *head, uint8_t kind, const char *path,
                      const struct tape_config *tape)
{
    const struct tape_info *info = &tape->info;
    const char *slash = strrchr(path, '/');

    memset(head, 0, sizeof(*head));
    head->kind = kind;
    head->px_exp = tape->instrument.px_exp;
    head->qty_exp = tape->instrument.qty_exp;
    head->flags = info->has_received ? TAPE_HAS_RECEIVED : 0;
    head->length_s = kind == TAPE_FILE_BARS ? info->length_s : 0;
    head->t_begin = info->t_first;
    if (info->wire != NULL)
        snprintf(head->venue, sizeof(head->venue), "%s", info->wire->name);
    memcpy(head->symbol, info->symbol, sizeof(head->symbol));
    memcpy(head->plain, info->plain, sizeof(head->plain));
    memcpy(head->base, info->base, sizeof(head->base));
    memcpy(head->quote, info->quote, sizeof(head->quote));
    snprintf(head->source, sizeof(head->source), "%s", slash != NULL ? slash + 1 : path);
}

static int copy(struct tape *tape, struct tape_writer *writer, struct tape_report *report,
                struct error *err)
{
    const struct agon_event_hdr *event;
    int rc = AGON_OK;

    while (rc >= 0 && (event = tape_next(tape)) != NULL)
        rc = tape_writer_put(writer, event, err);
    tape_report(tape, report);
    if (rc < 0 || report->err.code >= 0)
        return rc;
    if (err != NULL)
        *err = report->err;
    return report->err.code;
}

static void count(struct tape_head *head, const struct tape_report *report,
                  struct data_count *source)
{
    head->n_skipped = report->n_skipped;
    head->n_noisy = report->n_noisy;
    head->n_cut = report->n_cut;
    head->n_other = report->n_other;
    head->n_gaps = report->n_gaps;
    head->n_differ = report->n_differ;
    head->n_books = report->n_books;
    head->source_bytes = source->n_bytes;
    sha256_final(&source->hash, head->source_hash);
}

int tape_make(const struct tape_make_config *config, struct tape_made *made, struct error *err)
{
    char symbol[RECORDING_SYMBOL];
    const char *path = recording_split(config->word, symbol);
    struct tape_config from = {.path = path, .is_lenient = config->is_lenient};
    struct data_count source;
    struct tape_writer *writer = NULL;
    struct tape *tape = NULL;
    struct tape_info info;
    uint8_t kind = 0;
    int rc = tape_look(path, symbol, &info, err);

    memset(made, 0, sizeof(*made));
    if (rc >= 0 && info.is_tape)
        rc = error_set(err, AGON_EINVAL, "%s: it is a tape already", path);
    if (rc >= 0)
        rc = choose_kind(config, path, &info, &kind, err);
    if (rc >= 0)
        rc = list(config->listings, config->n_listings, &info, &made->listed, err);
    if (rc < 0)
        return rc;
    fill_tape(&from, &info, &made->listed);
    from.source = &source;
    fill_head(&made->head, kind, path, &from);
    rc = tape_writer_new(&writer, config->out, &made->head, err);
    if (rc >= 0)
        rc = tape_open(&tape, &from, err);
    if (rc >= 0)
        rc = copy(tape, writer, &made->report, err);
    tape_close(tape);
    if (rc >= 0) {
        count(&made->head, &made->report, &source);
        rc = tape_writer_finish(writer, &made->head, err);
    }
    tape_writer_free(writer);
    return rc;
}

int tape_open_bare(struct tape **tape, const char *word, const char *const *listings,
                   uint32_t n_listings, struct tape_config *config, struct listed *listed,
                   struct error *err)
{
    char symbol[RECORDING_SYMBOL];
    struct tape_info info;
    int rc;

    memset(config, 0, sizeof(*config));
    config->path = recording_split(word, symbol);
    rc = tape_look(config->path, symbol, &info, err);
    if (rc >= 0)
        rc = list(listings, n_listings, &info, listed, err);
    if (rc < 0)
        return rc;
    fill_tape(config, &info, listed);
    return tape_open(tape, config, err);
}
