// SPDX-License-Identifier: Apache-2.0
#include "venue/book_sync.h"

#include <stdlib.h>

#define DIFFS_ROOM (256u << 10)

struct kept { /* a diff as it is kept; its levels follow, bids first */
    uint64_t first_id, last_id, prev_id;
    agon_ns_t t_venue;
    uint32_t n_bid, n_ask;
};

int book_sync_init(struct book_sync *sync, const struct symbol *symbol, uint16_t venue,
                   uint64_t diffs_room, int (*emit)(void *ctx, struct agon_event_hdr *record),
                   void *ctx)
{
    struct book_config config = {.tick_px = symbol->tick_px > 0 ? symbol->tick_px : 1};

    memset(sync, 0, sizeof(*sync));
    sync->symbol = symbol;
    sync->venue = venue;
    sync->trading = TRADING_OPEN;
    sync->snapshot_limit = 5000;
    sync->emit = emit;
    sync->ctx = ctx;
    sync->diffs_room = diffs_room != 0 ? diffs_room : DIFFS_ROOM;
    sync->diffs = malloc(sync->diffs_room);
    sync->record = aligned_alloc(64, (EVENT_BYTES_MAX + 63) / 64 * 64);
    sync->book = book_new(&config);
    if (sync->diffs == NULL || sync->record == NULL || sync->book == NULL) {
        book_sync_deinit(sync);
        return AGON_ENOMEM;
    }
    return AGON_OK;
}

int book_sync_push(struct book_sync *sync, uint32_t (*checksum)(const struct wire_top *top))
{
    sync->worst = malloc(BOOK_SYNC_WORST * sizeof(*sync->worst));
    if (sync->worst == NULL)
        return AGON_ENOMEM;
    sync->is_pushed = 1;
    sync->checksum = checksum;
    return AGON_OK;
}

void book_sync_deinit(struct book_sync *sync)
{
    free(sync->worst);
    sync->worst = NULL;
    free(sync->diffs);
    free(sync->record);
    book_free(sync->book);
    sync->diffs = NULL;
    sync->record = NULL;
    sync->book = NULL;
}

static void tell(struct book_sync *sync)
{
    struct agon_status status = {
        .hdr = {.type = AGON_EVENT_STATUS,
                .granules = sizeof(status) / EVENT_GRANULE,
                .instrument = sync->symbol->instrument},
        .venue = sync->venue,
        .trading = sync->trading,
        .book = sync->state,
        .reason = sync->reason,
    };

    sync->emit(sync->ctx, &status.hdr);
}

static void set_state(struct book_sync *sync, enum book_state state, int reason)
{
    if (sync->state == state)
        return;
    sync->state = (uint8_t)state;
    sync->reason = (uint8_t)reason;
    tell(sync);
}

static void drop_diffs(struct book_sync *sync)
{
    sync->diffs_used = 0;
    sync->first_kept = 0;
}

void book_sync_start(struct book_sync *sync, int64_t now)
{
    sync->is_fed = 1;
    drop_diffs(sync);
    sync->next_ns = now;
    sync->is_asked = sync->is_asked || sync->is_pushed; // the subscription itself asks
    sync->asked_ns = now;
    set_state(sync, BOOK_SYNCING, 0);
}

void book_sync_lost(struct book_sync *sync, enum book_sync_reason reason)
{
    sync->is_fed = 0;
    if (sync->is_pushed)
        sync->is_asked = 0; // what was to come went with it
    drop_diffs(sync);
    if (sync->state != BOOK_COLD)
        set_state(sync, BOOK_STALE, (int)reason);
}

/* When the next snapshot may be asked for: at once after a long healthy life, later each time. */
static void back_off(struct book_sync *sync, int64_t now, uint64_t random)
{
    int64_t delay = backoff_down(&sync->backoff, now, random);

    sync->next_ns = now + (sync->backoff.attempts <= 1 ? 0 : delay);
}

void book_sync_stale(struct book_sync *sync, enum book_sync_reason reason, int64_t now,
                     uint64_t random)
{
    if (sync->state == BOOK_LIVE) {
        sync->n_resyncs++;
        back_off(sync, now, random);
    }
    drop_diffs(sync);
    sync->is_crossed = 0;
    if (sync->state != BOOK_COLD)
        set_state(sync, BOOK_STALE, (int)reason);
}

/* Emits levels as parts of at most EVENT_LEVELS_MAX, bids first. Below 0: the core had no room. */
static int put_parts(struct book_sync *sync, uint16_t type, const struct agon_level *bid,
                     uint32_t n_bid, const struct agon_level *ask, uint32_t n_ask,
                     uint64_t first_id, uint64_t last_id, agon_ns_t t_venue, uint32_t flags)
{
    struct agon_book_part *part = (struct agon_book_part *)(void *)sync->record;
    struct agon_level *levels = (struct agon_level *)(void *)(sync->record + sizeof(*part));
    uint32_t is_first = BOOK_PART_FIRST;

    do {
        uint32_t take_bid = n_bid < EVENT_LEVELS_MAX ? n_bid : EVENT_LEVELS_MAX;
        uint32_t room = EVENT_LEVELS_MAX - take_bid;
        uint32_t take_ask = n_ask < room ? n_ask : room;
        size_t bytes = sizeof(*part) + (take_bid + take_ask) * sizeof(*levels);
        size_t granules = (bytes + EVENT_GRANULE - 1) / EVENT_GRANULE;
        int rc;

        memset(part, 0, sizeof(*part));
        memset(sync->record + bytes, 0, granules * EVENT_GRANULE - bytes);
        part->hdr.type = type;
        part->hdr.granules = (uint8_t)granules;
        part->hdr.instrument = sync->symbol->instrument;
        part->hdr.t_venue = t_venue;
        part->n_bid = (uint16_t)take_bid;
        part->n_ask = (uint16_t)take_ask;
        part->first_id = first_id;
        part->last_id = last_id;
        memcpy(levels, bid, take_bid * sizeof(*levels));
        memcpy(levels + take_bid, ask, take_ask * sizeof(*levels));
        bid += take_bid;
        n_bid -= take_bid;
        ask += take_ask;
        n_ask -= take_ask;
        part->flags = flags | is_first | (n_bid + n_ask == 0 ? (uint32_t)BOOK_PART_LAST : 0);
        is_first = 0;
        book_apply(sync->book, part);
        rc = sync->emit(sync->ctx, &part->hdr);
        if (rc < 0)
            return rc;
    } while (n_bid + n_ask > 0);
    return AGON_OK;
}

/* A batch is complete. One that leaves the book crossed is tolerated, two are not. */
static int is_sound(struct book_sync *sync)
{
    int was_crossed = sync->is_crossed;

    sync->is_crossed = (uint8_t)book_is_crossed(sync->book);
    return !(was_crossed && sync->is_crossed);
}

/* Wholly known, or repeated. On futures the diff that ends where the snapshot does is taken: its
 * levels are absolute, and the chain goes on from it. */
static int is_known(const struct book_sync *sync, uint64_t last_id)
{
    return sync->is_first && sync->is_chained ? last_id < sync->id : last_id <= sync->id;
}

static int is_joined(const struct book_sync *sync, uint64_t first_id, uint64_t prev_id)
{
    if (!sync->is_chained)
        return first_id <= sync->id + 1;
    return prev_id == sync->id || (sync->is_first && first_id <= sync->id);
}

static void apply(struct book_sync *sync, const struct agon_level *bid, uint32_t n_bid,
                  const struct agon_level *ask, uint32_t n_ask, const struct kept *diff,
                  int64_t now, uint64_t random)
{
    uint64_t first_id = diff->first_id;
    uint64_t last_id = diff->last_id;
    agon_ns_t t_venue = diff->t_venue;

    if (is_known(sync, last_id)) {
        sync->n_duplicates++;
        return;
    }
    if (!is_joined(sync, first_id, diff->prev_id)) {
        sync->n_gaps++;
        book_sync_stale(sync, BOOK_SYNC_GAP, now, random);
        return;
    }
    if (put_parts(sync, AGON_EVENT_BOOK_DELTA, bid, n_bid, ask, n_ask, first_id, last_id, t_venue,
                  0) < 0) {
        book_sync_stale(sync, BOOK_SYNC_NO_ROOM, now, random);
        return;
    }
    sync->id = last_id;
    sync->is_first = 0;
    if (!is_sound(sync)) {
        sync->n_crossed++;
        book_sync_stale(sync, BOOK_SYNC_CROSSED, now, random);
    }
}

/* What stands behind the levels that the venue keeps us informed of. Below 0: no room. */
static int cut_side(struct book_sync *sync, enum agon_side side, const struct wire_depth *from)
{
    uint32_t n = book_count(sync->book, side);
    uint32_t limit = sync->snapshot_limit;
    struct agon_level *out = sync->worst + limit;

    if (n <= limit)
        return AGON_OK;
    if (n > BOOK_SYNC_WORST)
        return AGON_ENOSPC;
    book_levels(sync->book, side, sync->worst, n);
    for (uint32_t i = limit; i < n; i++)
        sync->worst[i].qty = 0;
    return put_parts(sync, AGON_EVENT_BOOK_DELTA, out, side == AGON_BUY ? n - limit : 0, out,
                     side == AGON_BUY ? 0 : n - limit, sync->id, sync->id, from->t_venue, 0);
}

static int is_same(struct book_sync *sync, const struct wire_depth *from)
{
    struct wire_top top = {.symbol = sync->symbol,
                           .px_decimals = from->px_decimals,
                           .qty_decimals = from->qty_decimals};

    top.n_bid = book_levels(sync->book, AGON_BUY, top.bid, WIRE_TOP_MAX);
    top.n_ask = book_levels(sync->book, AGON_SELL, top.ask, WIRE_TOP_MAX);
    return sync->checksum(&top) == from->checksum;
}

/* A message of a pushed book: the whole of it, or a part. False: it is not the venue's. */
static int put_pushed(struct book_sync *sync, const struct wire_depth *from, uint16_t type,
                      uint32_t flags, int64_t now, uint64_t random)
{
    sync->id = sync->is_chained ? from->last_id : sync->id + 1;
    if (put_parts(sync, type, from->bid, from->n_bid, from->ask, from->n_ask, sync->id, sync->id,
                  from->t_venue, flags) < 0 ||
        cut_side(sync, AGON_BUY, from) < 0 || cut_side(sync, AGON_SELL, from) < 0) {
        book_sync_stale(sync, BOOK_SYNC_NO_ROOM, now, random);
        return 0;
    }
    if (sync->checksum != NULL && !is_same(sync, from)) {
        sync->n_differ++;
        book_sync_stale(sync, BOOK_SYNC_CHECKSUM, now, random);
        return 0;
    }
    if (book_is_crossed(sync->book)) {
        sync->n_crossed++;
        book_sync_stale(sync, BOOK_SYNC_CROSSED, now, random);
        return 0;
    }
    return 1;
}

/* A part of a pushed book; what comes before the whole of it is in that. */
static void put_part(struct book_sync *sync, const struct wire_depth *diff, int64_t now,
                     uint64_t random)
{
    if (sync->state != BOOK_LIVE)
        return;
    if (sync->is_chained && diff->prev_id != sync->id) {
        sync->n_gaps++;
        book_sync_stale(sync, BOOK_SYNC_GAP, now, random);
        return;
    }
    if (sync->is_chained && diff->n_bid + diff->n_ask == 0) {
        sync->id = diff->last_id; // nothing has changed: that it lives is all it says
        return;
    }
    put_pushed(sync, diff, AGON_EVENT_BOOK_DELTA, 0, now, random);
}

static void keep(struct book_sync *sync, const struct wire_depth *diff)
{
    uint64_t bytes =
        sizeof(struct kept) + (uint64_t)(diff->n_bid + diff->n_ask) * sizeof(struct agon_level);
    struct kept kept = {diff->first_id, diff->last_id, diff->prev_id,
                        diff->t_venue,  diff->n_bid,   diff->n_ask};
    unsigned char *at;

    if (bytes > sync->diffs_room - sync->diffs_used) {
        // The older ones go; the snapshot must then be younger than this.
        sync->n_overflows++;
        drop_diffs(sync);
        if (bytes > sync->diffs_room)
            return;
    }
    if (sync->diffs_used == 0) {
        sync->first_kept = diff->first_id;
        sync->first_prev = diff->prev_id;
    }
    at = sync->diffs + sync->diffs_used;
    memcpy(at, &kept, sizeof(kept));
    at += sizeof(kept);
    memcpy(at, diff->bid, diff->n_bid * sizeof(struct agon_level));
    at += diff->n_bid * sizeof(struct agon_level);
    memcpy(at, diff->ask, diff->n_ask * sizeof(struct agon_level));
    sync->diffs_used += bytes;
}

void book_sync_diff(struct book_sync *sync, const struct wire_depth *diff, int64_t now,
                    uint64_t random)
{
    if (!sync->is_fed)
        return;
    if (sync->is_pushed) {
        put_part(sync, diff, now, random);
        return;
    }
    if (sync->state == BOOK_LIVE) {
        uint64_t gaps = sync->n_gaps;

        struct kept as_kept = {.first_id = diff->first_id,
                               .last_id = diff->last_id,
                               .prev_id = diff->prev_id,
                               .t_venue = diff->t_venue};

        apply(sync, diff->bid, diff->n_bid, diff->ask, diff->n_ask, &as_kept, now, random);
        // What came after the hole is the beginning of the next build.
        if (sync->n_gaps != gaps)
            keep(sync, diff);
        return;
    }
    keep(sync, diff);
}

int book_sync_wants(const struct book_sync *sync, int64_t now)
{
    return sync->is_fed && !sync->is_asked && sync->state != BOOK_LIVE && now >= sync->next_ns;
}

void book_sync_turn(struct book_sync *sync, int64_t now, uint64_t random)
{
    if (sync->is_pushed && sync->is_fed && sync->is_asked &&
        now - sync->asked_ns > BOOK_SYNC_WAIT_NS)
        book_sync_failed(sync, now, random);
}

void book_sync_asked(struct book_sync *sync)
{
    sync->is_asked = 1;
    set_state(sync, BOOK_SYNCING, 0);
}

void book_sync_failed(struct book_sync *sync, int64_t now, uint64_t random)
{
    sync->is_asked = 0;
    back_off(sync, now, random);
}

static void set_live(struct book_sync *sync, int64_t now)
{
    backoff_up(&sync->backoff, now);
    // A snapshot that fitted is good data: the next gap is mended within seconds, also the
    // twentieth in a row. Not at once: a snapshot weighs as much as hundreds of orders.
    if (sync->backoff.attempts > 1) {
        backoff_near(&sync->backoff);
        sync->backoff.attempts = 1;
    }
    set_state(sync, BOOK_LIVE, 0);
}

static uint32_t range_flag(const struct book_sync *sync, const struct wire_depth *snapshot)
{
    // A side as long as was asked for goes on further than we know.
    return snapshot->n_bid >= sync->snapshot_limit || snapshot->n_ask >= sync->snapshot_limit
               ? BOOK_PART_RANGE
               : 0;
}

static void take_pushed(struct book_sync *sync, const struct wire_depth *snapshot, int64_t now,
                        uint64_t random)
{
    int was_live = sync->state == BOOK_LIVE; // it was asked for by who knew better, or sent unasked

    sync->is_asked = 0;
    sync->is_crossed = 0;
    book_clear(sync->book);
    if (!was_live)
        set_state(sync, BOOK_SYNCING, 0);
    if (put_pushed(sync, snapshot, AGON_EVENT_BOOK_SNAPSHOT, range_flag(sync, snapshot), now,
                   random))
        set_live(sync, now);
    else if (!was_live)
        back_off(sync, now, random);
}

void book_sync_snapshot(struct book_sync *sync, const struct wire_depth *snapshot, int64_t now,
                        uint64_t random)
{
    uint64_t at = 0;

    if (sync->is_pushed && sync->is_fed) {
        take_pushed(sync, snapshot, now, random);
        return;
    }
    sync->is_asked = 0;
    if (!sync->is_fed || sync->state == BOOK_LIVE)
        return; // the connection went meanwhile: a new build will ask again
    if (sync->diffs_used > 0 && snapshot->last_id < sync->first_kept &&
        !(sync->is_chained && snapshot->last_id == sync->first_prev)) {
        sync->n_old++;
        back_off(sync, now, random);
        return;
    }
    set_state(sync, BOOK_SYNCING, 0);
    book_clear(sync->book);
    sync->is_crossed = 0;
    sync->id = snapshot->last_id;
    sync->is_first = 1;
    if (put_parts(sync, AGON_EVENT_BOOK_SNAPSHOT, snapshot->bid, snapshot->n_bid, snapshot->ask,
                  snapshot->n_ask, snapshot->first_id, snapshot->last_id, snapshot->t_venue,
                  range_flag(sync, snapshot)) < 0 ||
        !is_sound(sync)) {
        book_sync_failed(sync, now, random);
        set_state(sync, BOOK_STALE, BOOK_SYNC_NO_ROOM);
        return;
    }
    while (at < sync->diffs_used && sync->state == BOOK_SYNCING) {
        struct kept kept;
        const struct agon_level *levels;

        memcpy(&kept, sync->diffs + at, sizeof(kept));
        levels = (const struct agon_level *)(const void *)(sync->diffs + at + sizeof(kept));
        at += sizeof(kept) + (uint64_t)(kept.n_bid + kept.n_ask) * sizeof(*levels);
        apply(sync, levels, kept.n_bid, levels + kept.n_bid, kept.n_ask, &kept, now, random);
    }
    if (sync->state != BOOK_SYNCING) {
        // A hole among the kept diffs: they were dropped, the next build begins now.
        back_off(sync, now, random);
        return;
    }
    drop_diffs(sync);
    set_live(sync, now);
}

void book_sync_trading(struct book_sync *sync, enum trading_state trading)
{
    if (sync->trading == trading)
        return;
    sync->trading = (uint8_t)trading;
    tell(sync);
}
