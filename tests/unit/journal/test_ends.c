// SPDX-License-Identifier: Apache-2.0
/* Ends of bars that follow from a tape's bars are named with them, and all others are records. What
 * is read is what was appended, byte for byte. */
#include <stdio.h>
#include <stdlib.h>

#include "help.h"

#include "journal/ends.h"
#include "journal/near.h"
#include "journal/refs.h"

#define TAPES 3 /* of instruments 1 to 3 */
#define ROOM  ((uint64_t)1 << 20)
#define N     24000 /* records */

union record {
    struct agon_event_hdr hdr;
    struct agon_bar bar;
    struct agon_quote quote;
    struct record_path path;
    struct record_command command;
};
static union record all[N + 64];
static int is_followed[N + 64]; /* an end that follows from the bar that its tape gives next */
static uint32_t n_all;
static int is_regular; /* each minute ends, has its bar and its open, and nothing else */

static union record *put(uint16_t type, uint32_t bytes, agon_instrument_t instrument)
{
    union record *record = &all[n_all++];

    memset(record, 0, sizeof(*record));
    record->hdr.type = type;
    record->hdr.granules = (uint8_t)(bytes / EVENT_GRANULE);
    record->hdr.instrument = instrument;
    record->hdr.seq = n_all;
    return record;
}

static uint64_t draw(uint64_t at, uint64_t of)
{
    return rng_at(3, at, of, 0, 0);
}

/* Minutes of all instruments: their ends, what else happens, their bars and opens. Of some the end
 * says something else, or a quote comes before the bar; of instrument 3 there are ends without. */
static void make(uint16_t n_tapes)
{
    n_all = 0;
    memset(is_followed, 0, sizeof(is_followed));
    for (uint64_t minute = 1; n_all < N; minute++) {
        agon_ns_t t = (agon_ns_t)minute * 60000000000;
        int has_quote[TAPES] = {0};

        for (uint16_t k = 0; k < n_tapes; k++) {
            uint64_t d = draw(minute, k), how = is_regular ? 0 : d % 16;
            struct record_path *end;

            if ((d >> 8 & 1) != 0 && !is_regular)
                continue;
            end = &put(EVENT_PATH, sizeof(*end), (agon_instrument_t)(k + 1))->path;
            end->hdr.t_venue = how == 1 ? t - 1 : t;
            end->hdr.t = t + (d >> 10 & 7 ? 5 : 1000000);
            end->px = (agon_px_t)(d >> 32) + (how == 2);
            end->slots = d >> 13 & 1 ? 1 : d >> 14;
            end->kind = how == 3 ? PATH_CLOSE : PATH_END;
            end->word = how == 4;
            end->pad[3] = how == 5;
            has_quote[k] = how == 6;
            is_followed[n_all] = how == 0 || how > 6;
        }
        for (uint64_t i = draw(minute, 9) % (n_tapes > 1 ? 3 : 8); i > 0 && i < 3 && !is_regular;
             i--)
            put(AGON_EVENT_COMMAND, EVENT_GRANULE, 0)->hdr.t = t + 2000000;
        for (uint16_t k = 0; k < n_tapes; k++) {
            union record *bar, *quote;

            if (has_quote[k])
                put(AGON_EVENT_QUOTE, sizeof(quote->quote), (agon_instrument_t)(k + 1))
                    ->hdr.t_venue = t;
            bar = put(AGON_EVENT_BAR, sizeof(bar->bar), (agon_instrument_t)(k + 1));
            bar->hdr.t_venue = t;
            bar->hdr.t = t + (draw(minute, k) >> 20 & 7 || is_regular ? 7 : 8);
            bar->bar.close_px = (agon_px_t)(draw(minute, k) >> 32);
            quote = put(AGON_EVENT_QUOTE, sizeof(quote->quote), (agon_instrument_t)(k + 1));
            quote->hdr.t_venue = t;
            quote->hdr.t = t + 7;
            quote->quote.bid_px = (agon_px_t)minute;
        }
    }
}

static int tape_of(void *ctx, const struct agon_event_hdr *event)
{
    (void)ctx;
    return event->type == AGON_EVENT_BAR || event->type == AGON_EVENT_QUOTE
               ? (int)event->instrument - 1
               : -1;
}

static void describe(void *ctx, uint32_t number, int is_closed, struct journal_tape *tape)
{
    (void)ctx;
    (void)is_closed;
    tape->n_rows = 1000000;
    tape->first_row = 1;
    tape->instrument.tick_px = tape->instrument.lot_qty = 1;
    (void)snprintf(tape->path, sizeof(tape->path), "/tapes/%u.tape", number);
}

struct play {
    uint32_t at[TAPES];
    uint64_t given[TAPES];
    uint64_t spoilt; /* number of a bar that is given as something else */
    union record event;
};

static struct agon_event_hdr *next(void *ctx, uint32_t number, struct error *err)
{
    struct play *play = ctx;

    (void)err;
    do {
        if (play->at[number] == n_all)
            return NULL;
    } while (tape_of(NULL, &all[play->at[number]++].hdr) != (int)number);
    play->given[number]++;
    play->event = all[play->at[number] - 1];
    if (play->event.hdr.seq == play->spoilt)
        play->event.hdr.type = AGON_EVENT_QUOTE;
    play->event.hdr.seq = 0;
    play->event.hdr.t = 4711;
    return &play->event.hdr;
}

static int open_tape(void *ctx, const struct journal_tape *tape, struct error *err)
{
    struct play *play = ctx;

    if (play->given[tape->number] > tape->n_events)
        play->given[tape->number] = play->at[tape->number] = 0;
    while (play->given[tape->number] < tape->n_events)
        (void)next(play, tape->number, err);
    return AGON_OK;
}

struct wanted {
    uint32_t turn;
    int is_closed, has_ends;
    uint32_t hold;
    int is_near;            /* and turns are more, behind what is named of tapes (journal/near.h) */
    uint64_t segment_bytes; /* 0: the least */
    uint32_t short_until;   /* up to that record there is no room for the market's segments */
};
static uint32_t n_in_ring; /* records that were not taken where they stood */
static uint32_t n_pairs;   /* ends that were taken with their bars */

/* Half of those that may be: an end and the bar behind it at once. */
static int append_pair(struct journal_buffer *buffer, uint32_t at)
{
    const union record *end = &all[at], *bar = end + 1;

    return at + 1 < n_all && end->hdr.type == EVENT_PATH && bar->hdr.type == AGON_EVENT_BAR &&
           draw(at, 77) % 2 == 0 && journal_append_pair(buffer, &end->path, &bar->bar);
}

static void write_all(struct disk_mem *mem, const struct wanted *wanted)
{
    struct journal_named named = {
        .n = TAPES, .has_ends = wanted->has_ends, .tape_of = tape_of, .describe = describe};
    struct journal_config config = help_config();
    struct help_host host;

    config.named = &named;
    config.is_async = wanted->hold > 0;
    config.has_no_reserve = wanted->hold > 0;
    config.hold_bytes = wanted->hold;
    for (int cls = 0; wanted->segment_bytes > 0 && cls < JOURNAL_CLASSES; cls++)
        config.segment_bytes[cls] = wanted->segment_bytes;
    if (wanted->short_until > 0) {
        config.segment_bytes[JOURNAL_MARKET] = (uint64_t)4 << 20;
        disk_mem_room(mem, (uint64_t)2 << 20, 0);
    }
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    journal_buffer_deinit(&host.buffer);
    ck_assert_int_eq(journal_buffer_init(&host.buffer, ROOM, 1), AGON_OK);
    if (wanted->is_near)
        journal_near(host.writer);
    n_in_ring = n_pairs = 0;
    for (uint32_t i = 0; i < n_all; i++) {
        uint64_t before = journal_buffer_used(&host.buffer);

        if (i == wanted->short_until)
            disk_mem_room(mem, UINT64_MAX, 0);
        if (append_pair(&host.buffer, i)) {
            n_pairs++;
            i++;
        } else {
            ck_assert_int_eq(journal_append(&host.buffer, &all[i].hdr), AGON_OK);
        }
        n_in_ring += journal_buffer_used(&host.buffer) > before;
        if ((i + 1) % wanted->turn == 0 ||
            (wanted->is_near && journal_near_is_due(host.writer, &all[i].hdr)))
            ck_assert_int_ge(journal_writer_step(host.writer), 0);
    }
    ck_assert_int_ge(journal_writer_step(host.writer), 0);
    if (wanted->is_closed)
        ck_assert_msg(help_close(&host) == AGON_OK, "%s", host.err.text);
    else
        help_kill(&host);
}

/* Reads from that number on; the last number. n_paths: those of them that came. */
static uint64_t read_all(struct disk_mem *mem, struct play *play, uint64_t from, uint32_t *n_paths,
                         struct journal_summary *summary)
{
    struct journal_play port = {.ctx = play, .open = open_tape, .next = next};
    struct journal_reading reading = {.from_seq = from, .play = play != NULL ? &port : NULL};
    struct disk disk = disk_mem_port(mem);
    struct error err = {0};
    struct journal_reader *reader = journal_reader_open(&disk, &reading, &err);
    const struct agon_event_hdr *event;
    uint64_t last = from > 0 ? from - 1 : 0;
    int rc;

    ck_assert_msg(reader != NULL, "%s", err.text);
    *n_paths = 0;
    while ((rc = journal_reader_next(reader, &event, &err)) == 1) {
        ck_assert(play == NULL || event->seq == last + 1);
        last = event->seq;
        ck_assert_msg(memcmp(event, &all[last - 1], event_bytes(event)) == 0 &&
                          event->granules == all[last - 1].hdr.granules,
                      "record %llu is another", (unsigned long long)last);
        *n_paths += event->type == EVENT_PATH;
    }
    ck_assert_msg(rc == 0, "%s", err.text);
    *summary = *journal_reader_summary(reader);
    journal_reader_close(reader);
    return last;
}

START_TEST(ends_that_follow_are_named_and_come_back_as_they_were)
{
    static const struct wanted cases[] = {{4000, 1, 1, 0, 0, 0},  {250, 1, 1, 0, 0, 0},
                                          {1, 1, 1, 0, 0, 0},     {3, 0, 1, 0, 0, 0},
                                          {400, 1, 0, 0, 0, 0},   {400, 1, 1, 20000, 0, 0},
                                          {7, 1, 1, 60000, 0, 0}, {90, 1, 1, 1, 0, 0}};
    uint32_t n_paths = 0, n_followed = 0;

    make(TAPES);
    for (uint32_t i = 0; i < n_all; i++) {
        n_paths += all[i].hdr.type == EVENT_PATH;
        n_followed += is_followed[i + 1] != 0;
    }
    ck_assert_uint_gt(n_followed, n_paths / 3);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct disk_mem *mem = disk_mem_new(512);
        struct journal_summary summary;
        struct play play = {.spoilt = 0};
        uint32_t n_read, n_records;

        write_all(mem, &cases[i]);
        ck_assert_uint_eq(read_all(mem, &play, 0, &n_read, &summary), n_all);
        ck_assert_uint_eq(n_read, n_paths);
        ck_assert_uint_eq(summary.n_records, n_all);
        ck_assert_int_eq(summary.is_clean, cases[i].is_closed);
        ck_assert_uint_gt(summary.n_segments[JOURNAL_MARKET], 1);
        for (uint64_t from = 2; from < n_all; from += 1013) {
            play = (struct play){.spoilt = 0};
            ck_assert_uint_eq(read_all(mem, &play, from, &n_read, &summary), n_all);
        }
        // Without tapes come those alone that are records.
        (void)read_all(mem, NULL, 0, &n_records, &summary);
        ck_assert_uint_ge(n_records, n_paths - n_followed);
        if (!cases[i].has_ends || cases[i].turn == 1)
            ck_assert_uint_eq(n_records, n_paths);
        else if (cases[i].turn > 200)
            ck_assert_uint_le(n_records, n_paths - n_followed + n_all / cases[i].turn * TAPES + 4);
        disk_mem_free(mem);
    }
}
END_TEST

/* Of followed ends those that are records all the same: something was staged behind them, and then
 * it was not their bar that came. Where nothing was they are in the ring, and so is all behind them
 * until their bars have come. */
static uint32_t count_passed(void)
{
    const union record *end = NULL; /* that waits at hand */
    uint32_t waiting = 0;           /* instruments whose ends are in the ring */
    uint32_t n_behind = 0, n_passed = 0;

    for (uint32_t i = 0; i < n_all; i++) {
        const union record *record = &all[i];
        uint32_t bit = (uint32_t)1 << record->hdr.instrument;
        int is_bar = record->hdr.type == AGON_EVENT_BAR;
        int is_end = record->hdr.type == EVENT_PATH && ends_is_plain(&record->path);

        if (waiting != 0) {
            waiting = is_bar ? waiting & ~bit : is_end ? waiting | bit : waiting;
            continue;
        }
        if (!is_bar && !is_end && record->hdr.type != AGON_EVENT_QUOTE) {
            n_behind++;
            continue;
        }
        if (end != NULL && n_behind > 0)
            n_passed += is_followed[end - all + 1] &&
                        (!is_bar || record->hdr.instrument != end->hdr.instrument);
        else if (end != NULL && (!is_bar || record->hdr.instrument != end->hdr.instrument))
            waiting = (uint32_t)1 << end->hdr.instrument | (is_end ? bit : 0);
        end = is_end && waiting == 0 ? record : NULL;
        n_behind = 0;
    }
    return n_passed;
}

/* What is taken where it stands is as if it had been in the ring, and ends are with their bars. */
START_TEST(what_is_taken_where_it_stands_is_as_what_was_in_the_ring)
{
    static const struct wanted cases[] = {
        {4000, 1, 1, 65536, 1, 0}, {250, 1, 1, 20000, 1, 0},
        {3, 1, 1, 65536, 1, 0},    {N + 64, 1, 1, 200000, 1, 4 << 20},
        {N + 64, 1, 1, 600, 1, 0}, {90, 1, 0, 65536, 1, 0},
        {N + 64, 0, 1, 1, 1, 0}};
    const size_t n_cases = sizeof(cases) / sizeof(cases[0]);

    for (size_t i = 0; i < 2 * n_cases; i++) {
        const struct wanted *wanted = &cases[i / 2];
        struct disk_mem *mem = disk_mem_new(512);
        struct journal_summary summary;
        struct play play = {.spoilt = 0};
        uint32_t n_read, n_records, n_followed = 0, n_paths = 0;

        make(i % 2 == 0 ? TAPES : 1);
        for (uint32_t k = 0; k < n_all; k++) {
            n_paths += all[k].hdr.type == EVENT_PATH;
            n_followed += is_followed[k + 1] != 0;
        }
        write_all(mem, wanted);
        ck_assert_uint_eq(read_all(mem, &play, 0, &n_read, &summary), n_all);
        ck_assert_uint_eq(n_read, n_paths);
        ck_assert_uint_eq(summary.n_records, n_all);
        ck_assert_int_eq(summary.is_clean, wanted->is_closed);
        for (uint64_t from = 2; from < n_all; from += 1013) {
            play = (struct play){.spoilt = 0};
            ck_assert_uint_eq(read_all(mem, &play, from, &n_read, &summary), n_all);
        }
        (void)read_all(mem, NULL, 0, &n_records, &summary);
        ck_assert_uint_ge(n_records, n_paths - n_followed);
        if (!wanted->has_ends)
            ck_assert_uint_eq(n_records, n_paths);
        else if (wanted->turn > N && wanted->hold > 20000) // no step but where it is due
            ck_assert_uint_le(n_records, n_paths - n_followed + count_passed());
        if (i % 2 == 1)
            ck_assert_uint_eq(count_passed(), 0);
        if (wanted->turn > N && wanted->hold > 20000) // some are taken, and some cannot be
            ck_assert_uint_lt(n_in_ring, n_all * (i % 2 == 0 ? 9 : 4) / 10);
        if (i % 2 == 1 && wanted->turn > N && wanted->hold > 20000)
            ck_assert_uint_ge(n_pairs, n_followed / 20); // the others have something of their own
        ck_assert(wanted->has_ends || n_pairs == 0);
        disk_mem_free(mem);
    }
}
END_TEST

/* Whatever it ends with: also where a frame has just been written, and where an end still waits. */
START_TEST(a_journal_of_any_length_is_whole)
{
    static const struct wanted near[] = {{N + 64, 1, 1, 600, 1, 0}, {N + 64, 1, 1, 1, 1, 0}};

    for (uint16_t n_tapes = 1; n_tapes <= TAPES; n_tapes += TAPES - 1) {
        for (uint32_t n = 1; n < 300; n++) {
            struct disk_mem *mem = disk_mem_new(512);
            struct journal_summary summary;
            struct play play = {.spoilt = 0};
            uint32_t n_read;

            make(n_tapes);
            n_all = n;
            write_all(mem, &near[n % 2]);
            n_all = N; // its tapes go on
            ck_assert_uint_eq(read_all(mem, &play, 0, &n_read, &summary), n);
            ck_assert_uint_eq(summary.n_records, n);
            disk_mem_free(mem);
        }
    }
}
END_TEST

/* What has a number is kept without room for its class, and behind that nothing is named. */
START_TEST(without_room_nothing_is_named_and_all_is_kept)
{
    static const struct wanted cases[] = {{2, 1, 1, 20000, 1, 256 << 10, N},
                                          {2, 1, 1, 20000, 1, 256 << 10, 3000},
                                          {90, 1, 1, 600, 1, 256 << 10, 3000}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (uint16_t n_tapes = 1; n_tapes <= TAPES; n_tapes += TAPES - 1) {
            struct disk_mem *mem = disk_mem_new(512);
            struct journal_summary summary;
            struct play play = {.spoilt = 0};
            uint32_t n_read;

            make(n_tapes);
            n_all = 8000;
            write_all(mem, &cases[i]);
            ck_assert_uint_eq(read_all(mem, &play, 0, &n_read, &summary), n_all);
            ck_assert_int_eq(summary.is_clean, 1);
            disk_mem_free(mem);
        }
    }
}
END_TEST

/* Where nothing of a tape comes for long too; and closed at any length, all of it is there. */
START_TEST(no_more_is_held_than_may_be)
{
    static const struct wanted killed = {10, 0, 1, 6000, 1, 0}, closed = {10, 1, 1, 6000, 1, 0};
    const uint32_t n_lost = killed.hold / (FRAME_HEAD + EVENT_GRANULE) + killed.turn;

    make(1);
    n_all = 1000;
    while (n_all < 2000)
        put(AGON_EVENT_COMMAND, EVENT_GRANULE, 0)->hdr.t = all[n_all - 2].hdr.t;
    for (; n_all > 2000 - 2 * n_lost; n_all--) {
        struct disk_mem *mem = disk_mem_new(512);
        struct journal_summary summary;
        struct play play = {.spoilt = 0};
        int is_killed = n_all == 2000;
        uint32_t n_read;

        write_all(mem, is_killed ? &killed : &closed);
        ck_assert_uint_ge(read_all(mem, &play, 0, &n_read, &summary),
                          n_all - (is_killed ? n_lost : 0));
        disk_mem_free(mem);
    }
}
END_TEST

/* Nothing comes between that would end a frame: it is full, and the next one begins. */
START_TEST(a_frame_that_is_full_takes_nothing_where_it_stands)
{
    static const struct wanted near = {N + 64, 1, 1, 200000, 1, 4 << 20};
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_summary summary;
    struct play play = {.spoilt = 0};
    uint32_t n_read;

    is_regular = 1;
    make(1);
    is_regular = 0;
    write_all(mem, &near);
    ck_assert_uint_eq(read_all(mem, &play, 0, &n_read, &summary), n_all);
    ck_assert_uint_lt(n_in_ring, 100);
    disk_mem_free(mem);
}
END_TEST

/* A bar's end is the last that is said, and waits for its bar when the journal is closed. */
START_TEST(an_end_whose_bar_never_came_is_kept)
{
    static const struct wanted near = {N + 64, 1, 1, 65536, 1, 0};
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_summary summary;
    struct play play = {.spoilt = 0};
    uint32_t n_read, at = 3000, n_paths = 0;

    make(1);
    while (!is_followed[at + 1] || all[at - 1].hdr.type != AGON_EVENT_QUOTE)
        at++;
    n_all = at + 1;
    for (uint32_t k = 0; k < n_all; k++)
        n_paths += all[k].hdr.type == EVENT_PATH;
    write_all(mem, &near);
    ck_assert_uint_eq(read_all(mem, &play, 0, &n_read, &summary), n_all);
    ck_assert_uint_eq(n_read, n_paths);
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_tape_that_gives_no_bar_where_one_ends_is_named)
{
    static const struct wanted whole = {4000, 1, 1, 0, 0, 0};
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    struct play play = {.spoilt = 0};
    struct journal_play port = {.ctx = &play, .open = open_tape, .next = next};
    struct journal_reading reading = {.play = &port};
    struct journal_reader *reader;
    const struct agon_event_hdr *event;
    struct error err = {0};
    uint32_t at = 12000;
    uint64_t last = 0;
    int rc;

    make(TAPES);
    while (!is_followed[at + 1])
        at++;
    for (uint32_t i = at; play.spoilt == 0; i++) {
        if (all[i].hdr.type == AGON_EVENT_BAR && all[i].hdr.instrument == all[at].hdr.instrument)
            play.spoilt = all[i].hdr.seq;
    }
    write_all(mem, &whole);
    reader = journal_reader_open(&disk, &reading, &err);
    ck_assert_msg(reader != NULL, "%s", err.text);
    while ((rc = journal_reader_next(reader, &event, &err)) == 1)
        last = event->seq;
    ck_assert_int_eq(rc, AGON_ECORRUPT);
    ck_assert_msg(strstr(err.text, "ends a bar, and none is what the tape gives next") != NULL,
                  "%s", err.text);
    ck_assert_uint_le(last, at);
    journal_reader_close(reader);
    disk_mem_free(mem);
}
END_TEST

/* Frames of the version before have none: a bit that says so is damage there. */
START_TEST(no_end_is_read_where_there_can_be_none)
{
    unsigned char payload[REFS_HEAD + REFS_BYTES_MAX];
    struct record_path end = {.hdr = {.seq = 42, .granules = 1, .t = 1ll << 62},
                              .slots = UINT64_MAX};
    struct refs_out out;
    struct refs_in in;
    uint32_t bytes;

    refs_begin(&out, 42);
    refs_add_end(&out, payload, 31, &end);
    end.hdr.seq = UINT64_MAX / 4;
    end.slots = 5;
    refs_add_end(&out, payload, 0, &end);
    ck_assert_uint_le(out.bytes, 2 * REFS_EVENT_MAX);
    bytes = refs_end(&out, payload);
    ck_assert(refs_open(&in, payload, bytes));
    ck_assert_int_lt(refs_next(&in), 0);
    ck_assert(refs_open(&in, payload, bytes));
    in.has_ends = 1;
    ck_assert_int_eq(refs_next(&in), 1);
    ck_assert(in.is_end && in.tape == 31 && in.end_slots == UINT64_MAX && in.lag == 1ll << 62);
    ck_assert_int_eq(refs_next(&in), 1);
    ck_assert(in.is_end && in.tape == 0 && in.end_slots == 5 && in.seq == UINT64_MAX / 4);
    ck_assert_int_eq(refs_next(&in), 0);
    // Slots of what is no end.
    payload[REFS_HEAD] &= (unsigned char)~32u;
    ck_assert(refs_open(&in, payload, bytes));
    in.has_ends = 1;
    ck_assert_int_lt(refs_next(&in), 0);
}
END_TEST

/* What steps lay together is written once there is enough of it, and when the journal is closed. */
START_TEST(frames_wait_until_there_are_enough)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct journal_summary summary;
    struct journal_stats stats;
    struct help_host host;
    struct error err = {0};
    uint64_t durable;

    config.is_async = config.has_no_reserve = 1;
    config.hold_bytes = 8192;
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    help_append(&host, 20); // a segment of each class is made, and nothing lies beside it
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    durable = journal_durable_seq(&host.buffer);
    ck_assert_uint_lt(durable, 20);
    help_append(&host, 10);
    ck_assert_int_eq(journal_writer_step(host.writer), 0);
    ck_assert_uint_eq(journal_buffer_used(&host.buffer), 0);
    ck_assert_uint_eq(journal_durable_seq(&host.buffer), durable);
    for (int i = 0; i < 50 && journal_durable_seq(&host.buffer) == durable; i++) {
        help_append(&host, 20);
        ck_assert_int_ge(journal_writer_step(host.writer), 0);
    }
    journal_writer_stats(host.writer, &stats);
    ck_assert_uint_eq(journal_durable_seq(&host.buffer), host.seq);
    ck_assert_uint_gt(stats.n_bytes, 8192);
    help_append(&host, 20);
    ck_assert_int_eq(journal_writer_step(host.writer), 0);
    ck_assert_msg(help_close(&host) == AGON_OK, "%s", host.err.text);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), (int64_t)host.seq);
    ck_assert_int_eq(summary.is_clean, 1);
    disk_mem_free(mem);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal_ends");
    TCase *tests = tcase_create("ends");

    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, ends_that_follow_are_named_and_come_back_as_they_were);
    tcase_add_test(tests, a_tape_that_gives_no_bar_where_one_ends_is_named);
    tcase_add_test(tests, no_end_is_read_where_there_can_be_none);
    tcase_add_test(tests, what_is_taken_where_it_stands_is_as_what_was_in_the_ring);
    tcase_add_test(tests, a_journal_of_any_length_is_whole);
    tcase_add_test(tests, no_more_is_held_than_may_be);
    tcase_add_test(tests, without_room_nothing_is_named_and_all_is_kept);
    tcase_add_test(tests, a_frame_that_is_full_takes_nothing_where_it_stands);
    tcase_add_test(tests, an_end_whose_bar_never_came_is_kept);
    tcase_add_test(tests, frames_wait_until_there_are_enough);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
