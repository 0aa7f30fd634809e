// SPDX-License-Identifier: Apache-2.0
#include "lab/clip.h"

#include <stdlib.h>
#include <string.h>

#include "market/bars.h"
#include "market/book.h"

#define NS_PER_S ((agon_ns_t)1000000000)

struct before { /* of one instrument: what stood at t_from */
    struct bars bars;
    struct book *book;         /* owned; NULL: none was told of */
    struct agon_level *levels; /* owned; of the book, bids then asks, once it is told */
    uint32_t n_bid, n_ask;     /* still to be told */
    uint8_t has_begun;         /* the first part was told */
    uint8_t has_status;
    uint64_t last_id;
    struct agon_status status;
};

struct clip {
    struct clip_config config;
    const struct agon_event_hdr *head; /* the first event that is played; NULL: none, or it was */
    agon_instrument_t at;              /* whose state is told next; beyond the table: all was */
    struct before *all;                /* owned; by instrument, from 1 */
    union {
        struct agon_book_part part;
        struct agon_status status;
        unsigned char bytes[EVENT_BYTES_MAX];
    } event;
};

static void add_bar(void *ctx, const struct agon_bar *bar)
{
    struct clip *clip = ctx;
    struct agon_bar event = *bar;

    event.hdr.t = event.hdr.t_venue = bar->t_open + (agon_ns_t)bar->length_s * NS_PER_S;
    history_add(clip->config.history, &event);
}

static int take_book(struct clip *clip, struct before *before, const struct agon_book_part *part)
{
    const struct agon_instrument *instrument =
        instruments_get(clip->config.table, part->hdr.instrument);

    if (before->book == NULL)
        before->book = book_new(&(struct book_config){.tick_px = instrument->tick_px});
    if (before->book == NULL)
        return AGON_ENOMEM;
    (void)book_apply(before->book, part); // the engine would refuse such a part too
    before->last_id = part->last_id;
    return AGON_OK;
}

static int take(struct clip *clip, const struct agon_event_hdr *event)
{
    struct before *before;

    if (event->instrument == 0 || event->instrument > clip->config.table->n_instruments)
        return AGON_OK;
    before = &clip->all[event->instrument];
    switch (event->type) {
    case AGON_EVENT_TRADE: {
        struct agon_trade trade = *(const struct agon_trade *)(const void *)event;

        if (trade.hdr.t_venue == 0)
            trade.hdr.t_venue = trade.hdr.t;
        bars_on_trade(&before->bars, &trade, add_bar, clip);
        return trade_book(event) != NULL ? take_book(clip, before, trade_book(event)) : AGON_OK;
    }
    case AGON_EVENT_BAR: {
        const struct agon_bar *bar = (const struct agon_bar *)(const void *)event;

        if (bar->t_open + (agon_ns_t)bar->length_s * NS_PER_S <= clip->config.t_from)
            history_add(clip->config.history, bar);
        return AGON_OK;
    }
    case AGON_EVENT_BOOK_SNAPSHOT:
    case AGON_EVENT_BOOK_DELTA:
        return take_book(clip, before, (const struct agon_book_part *)(const void *)event);
    case AGON_EVENT_STATUS:
        before->status = *(const struct agon_status *)(const void *)event;
        before->has_status = 1;
        return AGON_OK;
    default:
        return AGON_OK;
    }
}

// The levels of the book as it stands, to be told in parts.
static int keep_levels(struct before *before)
{
    uint32_t n_bid, n_ask;

    if (before->book == NULL)
        return AGON_OK;
    n_bid = book_count(before->book, AGON_BUY);
    n_ask = book_count(before->book, AGON_SELL);
    before->levels = malloc((n_bid + n_ask + 1) * sizeof(*before->levels));
    if (before->levels == NULL)
        return AGON_ENOMEM;
    before->n_bid = book_levels(before->book, AGON_BUY, before->levels, n_bid);
    before->n_ask = book_levels(before->book, AGON_SELL, before->levels + before->n_bid, n_ask);
    return AGON_OK;
}

// A bar is of the time when it opened, however late it is told.
static int is_before(const struct agon_event_hdr *event, agon_ns_t t_from)
{
    return event->t < t_from || (event->type == AGON_EVENT_BAR &&
                                 ((const struct agon_bar *)(const void *)event)->t_open < t_from);
}

static int wind(struct clip *clip)
{
    int rc = AGON_OK;

    while (rc >= 0 && (clip->head = clip->config.next(clip->config.ctx)) != NULL &&
           is_before(clip->head, clip->config.t_from))
        rc = take(clip, clip->head);
    for (agon_instrument_t id = 1; id <= clip->config.table->n_instruments && rc >= 0; id++) {
        struct before *before = &clip->all[id];

        bars_on_time(&before->bars, clip->config.t_from, 0, add_bar, clip);
        rc = keep_levels(before);
    }
    return rc;
}

int clip_new(struct clip **out, const struct clip_config *config, struct error *err)
{
    const struct instruments *table = config->table;
    struct clip *clip = calloc(1, sizeof(*clip));

    *out = NULL;
    if (clip == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for what lies before the start");
    clip->config = *config;
    clip->at = 1;
    clip->all = calloc(table->n_instruments + 1u, sizeof(*clip->all));
    if (clip->all == NULL) {
        free(clip);
        return error_set(err, AGON_ENOMEM, "no memory for what lies before the start");
    }
    for (agon_instrument_t id = 1; id <= table->n_instruments; id++) {
        const struct agon_instrument *instrument = instruments_get(table, id);

        bars_init(&clip->all[id].bars, id, instrument->px_exp, instrument->qty_exp,
                  instruments_asset(table, instrument->quote)->exp);
    }
    if (wind(clip) < 0) {
        clip_free(clip);
        return error_set(err, AGON_ENOMEM, "no memory for what lies before the start");
    }
    *out = clip;
    return AGON_OK;
}

void clip_free(struct clip *clip)
{
    if (clip == NULL)
        return;
    for (agon_instrument_t id = 1; id <= clip->config.table->n_instruments; id++) {
        book_free(clip->all[id].book);
        free(clip->all[id].levels);
    }
    free(clip->all);
    free(clip);
}

// The next part of the book that stood at t_from.
static const struct agon_event_hdr *tell_book(struct clip *clip, struct before *before)
{
    struct agon_book_part *part = &clip->event.part;
    uint32_t n_bid = before->n_bid < EVENT_LEVELS_MAX ? before->n_bid : EVENT_LEVELS_MAX;
    uint32_t room = EVENT_LEVELS_MAX - n_bid;
    uint32_t n_ask = before->n_ask < room ? before->n_ask : room;
    size_t bytes = sizeof(*part) + (n_bid + n_ask) * sizeof(struct agon_level);

    memset(&clip->event, 0, sizeof(clip->event));
    part->hdr.type = AGON_EVENT_BOOK_SNAPSHOT;
    part->hdr.granules = (uint8_t)((bytes + EVENT_GRANULE - 1) / EVENT_GRANULE);
    part->hdr.instrument = clip->at;
    part->hdr.t = part->hdr.t_venue = clip->config.t_from;
    part->n_bid = (uint16_t)n_bid;
    part->n_ask = (uint16_t)n_ask;
    part->first_id = part->last_id = before->last_id;
    memcpy(part + 1, before->levels, (n_bid + n_ask) * sizeof(struct agon_level));
    before->n_bid -= n_bid;
    before->n_ask -= n_ask;
    memmove(before->levels, before->levels + n_bid + n_ask,
            (before->n_bid + before->n_ask) * sizeof(struct agon_level));
    part->flags = (before->has_begun ? 0u : (uint32_t)BOOK_PART_FIRST) |
                  (before->n_bid + before->n_ask == 0 ? (uint32_t)BOOK_PART_LAST : 0u);
    before->has_begun = 1;
    return &part->hdr;
}

// What stood at t_from, one record at a call; NULL: all of it was told.
static const struct agon_event_hdr *tell(struct clip *clip)
{
    for (; clip->at <= clip->config.table->n_instruments; clip->at++) {
        struct before *before = &clip->all[clip->at];

        if (before->n_bid + before->n_ask > 0)
            return tell_book(clip, before);
        if (before->has_status) {
            before->has_status = 0;
            clip->event.status = before->status;
            clip->event.status.hdr.t = clip->event.status.hdr.t_venue = clip->config.t_from;
            return &clip->event.status.hdr;
        }
    }
    return NULL;
}

const struct agon_event_hdr *clip_next(void *ctx)
{
    struct clip *clip = ctx;
    const struct agon_event_hdr *event;

    // Of a source that has nothing to play there is nothing to tell either.
    event = clip->head != NULL ? tell(clip) : NULL;
    if (event != NULL)
        return event;
    if (clip->head == NULL)
        return clip->config.next(clip->config.ctx);
    event = clip->head;
    clip->head = NULL;
    return event;
}
