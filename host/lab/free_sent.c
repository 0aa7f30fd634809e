// SPDX-License-Identifier: Apache-2.0
/* What a venue sent, where the recording that it played is at hand. */
#include <stdlib.h>

#include "base/num.h"
#include "journal/reader.h"
#include "lab/free.h"
#include "lab/tape.h"

struct seen { /* trades of one time, price and side; or an update of the book */
    agon_ns_t t;
    agon_px_t px;
    agon_qty_t qty;
    agon_instrument_t instrument;
    uint8_t side, is_update, pad[2];
};
struct list {
    struct seen *all; /* owned */
    uint64_t n, room;
};

int free_open_sent(const struct free_facts *facts, const char *path, struct tape **tape,
                   agon_instrument_t *instrument, struct error *err)
{
    struct tape_config config = {.is_lenient = 1};
    char symbol[RECORDING_SYMBOL];
    int rc;

    config.path = recording_split(path, symbol);
    rc = tape_look(config.path, symbol, &config.info, err);
    for (uint32_t i = 0; i < facts->n_listed && rc >= 0; i++) {
        const struct free_listed *listed = &facts->listed[i];

        if (strcmp(listed->instrument.symbol, config.info.symbol) != 0)
            continue;
        config.instrument = listed->instrument;
        memcpy(config.quote, listed->quote, sizeof(config.quote));
        config.quote_exp = listed->quote_exp;
        *instrument = listed->instrument.hdr.instrument;
        return tape_open(tape, &config, err);
    }
    return rc < 0 ? rc
                  : error_set(err, AGON_EINVAL, "%s is of %s, which the run has not", config.path,
                              config.info.symbol);
}

/* t_venue: as it was told, which is no earlier than what was sent before it. */
static int note(struct list *list, const struct agon_event_hdr *event, agon_ns_t t_venue)
{
    const struct agon_trade *trade = (const void *)event;
    int is_update = event->type == AGON_EVENT_BOOK_DELTA;
    struct seen *seen;

    if ((!is_update && event->type != AGON_EVENT_TRADE) || event->t_venue == 0)
        return AGON_OK;
    if (list->n == list->room) {
        uint64_t room = list->room == 0 ? 4096 : list->room * 2;
        struct seen *more = realloc(list->all, room * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        list->all = more;
        list->room = room;
    }
    seen = &list->all[list->n++];
    memset(seen, 0, sizeof(*seen));
    // Stamps of both are the venue's, in whole milliseconds.
    seen->t = t_venue / 1000000;
    seen->instrument = event->instrument;
    seen->is_update = (uint8_t)is_update;
    if (is_update)
        return AGON_OK;
    seen->px = trade->px;
    seen->qty = trade->qty;
    seen->side = trade->side;
    return AGON_OK;
}

static int by_all(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;

    if (x->instrument != y->instrument)
        return x->instrument < y->instrument ? -1 : 1;
    if (x->is_update != y->is_update)
        return x->is_update < y->is_update ? -1 : 1;
    if (x->t != y->t)
        return x->t < y->t ? -1 : 1;
    if (x->px != y->px)
        return x->px < y->px ? -1 : 1;
    return x->side < y->side ? -1 : x->side > y->side;
}

static void sum_up(struct list *list)
{
    uint64_t n = 0;

    if (list->n > 0)
        qsort(list->all, list->n, sizeof(*list->all), by_all);
    for (uint64_t i = 0; i < list->n; i++) {
        if (n > 0 && by_all(&list->all[n - 1], &list->all[i]) == 0)
            list->all[n - 1].qty = num_add(list->all[n - 1].qty, list->all[i].qty);
        else
            list->all[n++] = list->all[i];
    }
    list->n = n;
}

static int read_journal(const struct disk *disk, int is_live, const struct free_facts *facts,
                        struct list *list, struct error *err)
{
    struct journal_reading reading = {.from_seq = facts->start_seq + 1, .is_live = is_live};
    struct journal_reader *reader = journal_reader_open(disk, &reading, err);
    const struct agon_event_hdr *event;
    int rc = reader != NULL ? 1 : AGON_EIO;

    while (rc == 1 && (rc = journal_reader_next(reader, &event, err)) == 1 &&
           event->seq <= facts->end_seq) {
        const struct agon_trade *trade = (const void *)event;

        if (event->type == AGON_EVENT_TRADE &&
            map_get(&facts->own, free_trade_key(event->instrument, trade->venue_id), NULL))
            continue;
        if (note(list, event, event->t_venue) < 0)
            rc = AGON_ENOMEM;
    }
    journal_reader_close(reader);
    return rc < 0 ? rc : AGON_OK;
}

/* A trade that met our own orders is told at their price, and on their side: what was sent at that
 * time is not to be compared. */
static int leave_own_out(const struct free_facts *facts, struct list *list)
{
    const struct free_watch *watch = &facts->watch;
    struct seen *own = malloc((watch->n_fills + 1) * sizeof(*own));
    uint64_t n_own = 0, n = 0;

    if (own == NULL)
        return AGON_ENOMEM;
    for (uint64_t i = 0; i < watch->n_fills && facts->mode == RUN_LIVE; i++)
        own[n_own++] = (struct seen){.t = (watch->fills[i].t_venue + facts->offset_ns) / 1000000,
                                     .instrument = watch->fills[i].instrument};
    if (n_own > 0)
        qsort(own, n_own, sizeof(*own), by_all);
    for (uint64_t i = 0; i < list->n; i++) {
        const struct seen key = {.t = list->all[i].t, .instrument = list->all[i].instrument};

        if (list->all[i].is_update || n_own == 0 ||
            bsearch(&key, own, n_own, sizeof(*own), by_all) == NULL)
            list->all[n++] = list->all[i];
    }
    list->n = n;
    free(own);
    return AGON_OK;
}

/* Between the first and the last of the instrument that the journal has. */
static void compare(const struct list *ours, const struct list *theirs, agon_instrument_t id,
                    struct free_inputs *inputs)
{
    agon_ns_t first[2] = {INT64_MAX, INT64_MAX}, last[2] = {0, 0};
    uint64_t i = 0;

    for (uint64_t k = 0; k < ours->n; k++) {
        const struct seen *seen = &ours->all[k];

        if (seen->instrument != id)
            continue;
        first[seen->is_update] =
            seen->t < first[seen->is_update] ? seen->t : first[seen->is_update];
        last[seen->is_update] = seen->t > last[seen->is_update] ? seen->t : last[seen->is_update];
    }
    for (uint64_t k = 0; k < theirs->n; k++) {
        const struct seen *sent = &theirs->all[k];

        if (sent->t <= first[sent->is_update] || sent->t >= last[sent->is_update])
            continue;
        inputs->n_trades += !sent->is_update;
        inputs->n_updates += sent->is_update;
        for (; i < ours->n && by_all(&ours->all[i], sent) < 0; i++)
            // What our own orders change of the book is sent in between.
            inputs->n_additional += ours->all[i].instrument == id && !ours->all[i].is_update &&
                                    ours->all[i].t > first[0] && ours->all[i].t < last[0];
        if (i < ours->n && by_all(&ours->all[i], sent) == 0 && ours->all[i].qty == sent->qty)
            i++;
        else
            inputs->n_missing++;
    }
}

int free_check_inputs(const struct disk *disk, int is_live, const struct free_facts *facts,
                      const char *const *sent, uint32_t n_sent, struct free_inputs *inputs,
                      struct error *err)
{
    struct list ours = {0};
    int rc = AGON_OK;

    memset(inputs, 0, sizeof(*inputs));
    if (n_sent == 0)
        return AGON_OK;
    rc = read_journal(disk, is_live, facts, &ours, err);
    if (rc >= 0) {
        sum_up(&ours);
        rc = leave_own_out(facts, &ours);
    }
    for (uint32_t k = 0; k < n_sent && rc >= 0; k++) {
        const struct agon_event_hdr *event;
        struct tape *tape = NULL;
        struct list theirs = {0};
        agon_instrument_t id;
        agon_ns_t t_venue = 0;

        rc = free_open_sent(facts, sent[k], &tape, &id, err);
        while (rc >= 0 && (event = tape_next(tape)) != NULL) {
            t_venue = event->t_venue > t_venue ? event->t_venue : t_venue;
            rc = note(&theirs, event, t_venue);
        }
        tape_close(tape);
        if (rc >= 0) {
            sum_up(&theirs);
            rc = leave_own_out(facts, &theirs);
            compare(&ours, &theirs, id, inputs);
        }
        free(theirs.all);
    }
    free(ours.all);
    inputs->is_checked = rc >= 0;
    return rc;
}
