// SPDX-License-Identifier: Apache-2.0
#include "lab/tape_named.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hot.h"
#include "lab/tape_file.h"

/* The tape itself, beneath a clip: what it gives is counted. */
static HOT const struct agon_event_hdr *own_next(void *ctx)
{
    struct tape_named_one *one = ctx;

    one->newest = tape_next(one->tape);
    one->n_own += one->newest != NULL;
    return one->newest;
}

/* Above a clip: what is not the tape's own was made by it. */
static const struct agon_event_hdr *told_next(void *ctx)
{
    struct tape_named_one *one = ctx;
    const struct agon_event_hdr *event = one->next(one->ctx);

    one->n_told += event != NULL && event != one->newest;
    return event;
}

/* NULL: what comes of the instrument is copied. */
static inline struct tape_named_one *one_of(struct tape_named *named, agon_instrument_t instrument)
{
    uint32_t number = instrument <= INSTRUMENTS_MAX ? named->of[instrument] : 0;
    // Nor is 0, or TAPE_NAMED_MANY, the number of one.
    struct tape_named_one *one = number - 1 < JOURNAL_TAPES ? &named->all[number - 1] : NULL;

    return one != NULL && one->is_named ? one : NULL;
}

// Others of the market's are the host's own, or a file's of funding.
static const uint64_t types = AGON_ON(AGON_EVENT_QUOTE) | AGON_ON(AGON_EVENT_BAR) |
                              AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_BOOK_SNAPSHOT) |
                              AGON_ON(AGON_EVENT_BOOK_DELTA) | AGON_ON(AGON_EVENT_STATUS);

static inline int is_of_tape(uint16_t type)
{
    return type < 64 && (types >> type & 1) != 0;
}

/* Asked before its step too, of what a clip tells: that is not counted yet then. */
static HOT int tape_of(void *ctx, const struct agon_event_hdr *event)
{
    struct tape_named *named = ctx;
    const struct tape_named_one *one = one_of(named, event->instrument);

    if (one == NULL || !is_of_tape(event->type) ||
        (named->has_clips && (event->seq <= one->told_seq || one->n_told > 0)))
        return -1;
    return (int)named->of[event->instrument] - 1;
}

static void describe(void *ctx, uint32_t number, int is_closed, struct journal_tape *tape)
{
    struct tape_named *named = ctx;
    struct tape_named_one *one = &named->all[number];

    if (!one->is_named || one_of(named, one->said.instrument.hdr.instrument) != one)
        return;
    *tape = one->said;
    if (!is_closed)
        return;
    tape->last_row = tape_row(one->tape);
    if (one->hash == NULL)
        return;
    // Nothing is known of a file that cannot be read to its end, or that is shorter by now than
    // what was read of it: what was is in sums.
    if (data_hash_end(one->hash, tape->hash, &tape->n_rows, &named->err) < 0 ||
        tape->n_rows < tape->last_row || tape->n_rows < tape->first_row) {
        memset(tape->hash, 0, sizeof(tape->hash));
        tape->n_rows = tape->last_row = 0;
    }
}

void tape_named_init(struct tape_named *named)
{
    memset(named, 0, sizeof(*named));
    named->port = (struct journal_named){.ctx = named, .tape_of = tape_of, .describe = describe};
}

/* Is a table, and known for the same by its instrument's symbol alone when it is read again? What
 * stands in lines of messages is read as the venue's list of instruments teaches, and is copied. */
static int is_table(const struct tape_config *config)
{
    struct tape_info info;

    return (config->info.kind == TAPE_BARS || config->info.kind == TAPE_TRADES) &&
           tape_look(config->path, config->instrument.symbol, &info, NULL) >= 0 &&
           memcmp(&info, &config->info, sizeof(info)) == 0;
}

int tape_named_add(struct tape_named *named, struct tape *tape, const struct tape_config *config,
                   struct lockstep_source *source, struct error *err)
{
    struct tape_named_one *one = &named->all[named->n];
    const struct tape_file *file = tape_source(tape);
    agon_instrument_t instrument = config->instrument.hdr.instrument;
    char path[PATH_MAX];

    REQUIRE(named->n < JOURNAL_TAPES && instrument <= INSTRUMENTS_MAX);
    named->n++;
    // Of several sources nobody could say which one an event is of.
    named->of[instrument] = named->of[instrument] == 0 ? (uint8_t)named->n : TAPE_NAMED_MANY;
    if (file == NULL && !is_table(config))
        return AGON_OK;
    if (realpath(config->path, path) == NULL || strlen(path) >= sizeof(one->said.path))
        return error_set(err, AGON_EIO, "%s: no absolute name of at most %d bytes: %s",
                         config->path, JOURNAL_TAPE_PATH - 1, strerror(errno));
    one->tape = tape;
    one->is_named = 1;
    one->is_bars = config->info.kind == TAPE_BARS;
    one->said = (struct journal_tape){.spread_ppm = config->spread_ppm,
                                      .volume_ppm = config->volume_ppm,
                                      .quote_exp = config->quote_exp,
                                      .has_book = config->has_book != 0,
                                      .is_lenient = config->is_lenient != 0,
                                      .is_table = file == NULL,
                                      .is_joined = config->is_joined != 0,
                                      .instrument = config->instrument};
    memcpy(one->said.path, path, strlen(path) + 1);
    if (file != NULL) {
        one->said.n_rows = tape_file_head_of(file)->n_rows;
        tape_file_hash(file, one->said.hash);
    } else {
        struct error own = {0};

        one->hash = data_hash_open(path, &own);
        if (one->hash == NULL)
            return error_set(err, own.code, "%s", own.text);
    }
    source->ctx = one;
    source->next = own_next;
    return AGON_OK;
}

void tape_named_hash(struct tape_named *named)
{
    for (uint32_t i = 0; i < named->n; i++) {
        if (named->all[i].hash != NULL &&
            one_of(named, named->all[i].said.instrument.hdr.instrument) != NULL)
            data_hash_begin(named->all[i].hash);
    }
}

void tape_named_deinit(struct tape_named *named)
{
    for (uint32_t i = 0; i < named->n; i++)
        data_hash_free(named->all[i].hash);
    named->n = 0;
}

void tape_named_begin(struct tape_named *named, struct lockstep_source *sources)
{
    for (uint32_t i = 0; i < named->n; i++) {
        struct tape_named_one *one = &named->all[i];
        uint64_t row;

        if (!one->is_named)
            continue;
        if (one_of(named, one->said.instrument.hdr.instrument) != NULL) {
            named->port.n = named->n;
            named->port.has_ends |= one->is_bars;
            named->port.has_tables |= one->said.is_table;
        }
        row = tape_row(one->tape);
        // What a clip passed over; the first that is played it has in hand.
        one->said.first_row = row > 0 ? row : 1;
        one->said.n_events = one->n_own > 0 ? one->n_own - 1 : 0;
        if (sources[i].next == own_next) { // nobody asks any more how many it gave
            sources[i].ctx = one->tape;
            sources[i].next = tape_next;
            continue;
        }
        named->has_clips = 1;
        one->next = sources[i].next;
        one->ctx = sources[i].ctx;
        sources[i] = (struct lockstep_source){.ctx = one,
                                              .next = told_next,
                                              .received = sources[i].received,
                                              .is_companion = sources[i].is_companion};
    }
    if (named->has_clips)
        return;
    for (agon_instrument_t id = 0; id <= INSTRUMENTS_MAX; id++) {
        if (one_of(named, id) == NULL)
            named->of[id] = 0;
    }
    named->port.of = named->of;
    named->port.types = types;
    named->port.n_of = INSTRUMENTS_MAX + 1;
}

HOT void tape_named_step(struct tape_named *named, const struct agon_event_hdr *event)
{
    struct tape_named_one *one = one_of(named, event->instrument);

    // They come before all that the tape gives.
    if (one != NULL && one->n_told > 0 && is_of_tape(event->type)) {
        one->n_told--;
        one->told_seq = event->seq;
    }
}
