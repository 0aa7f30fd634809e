// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "help.h"

#include "journal/refs.h"
#include "market/reasons.h"

#define TAPES 3

static uint64_t last_named = UINT64_MAX;
static int has_table; /* tape 1 is one, and known at the end alone */

/* Events of tapes are those small market events whose number a draw gives one; the rest is copied.
 * So what a tape gives next is known by its place alone. */
static int tape_of(void *ctx, const struct agon_event_hdr *event)
{
    uint64_t draw = rng_at(9, event->seq, 0, 0, 0) % (TAPES + 1);

    (void)ctx;
    return event->type == AGON_EVENT_BOOK_DELTA && event->granules == 1 && draw < TAPES &&
                   event->seq <= last_named
               ? (int)draw
               : -1;
}

static void describe(void *ctx, uint32_t number, int is_closed, struct journal_tape *tape)
{
    (void)ctx;
    tape->n_rows = 1000000;
    tape->first_row = 1;
    tape->last_row = 17 + number;
    tape->instrument.tick_px = tape->instrument.lot_qty = 1;
    tape->hash[0] = (unsigned char)number;
    (void)snprintf(tape->path, sizeof(tape->path), "/tapes/%u.tape", number);
    if (!has_table || number != 1)
        return;
    tape->is_table = 1;
    if (!is_closed)
        tape->n_rows = tape->hash[0] = 0;
}

static struct journal_named named = {.n = TAPES, .tape_of = tape_of, .describe = describe};

struct play {
    uint64_t seq[TAPES], given[TAPES];
    uint64_t n_open, n_late;
    uint64_t spoilt_seq; /* this one is given otherwise */
    uint64_t missing;    /* tape + 1 that is not there */
    union help_event event;
};

static struct agon_event_hdr *next(void *ctx, uint32_t number, struct error *err)
{
    struct play *play = ctx;

    ck_assert_uint_lt(number, TAPES);
    do {
        (void)help_event(&play->event, ++play->seq[number]);
    } while (tape_of(NULL, &play->event.hdr) != (int)number);
    play->given[number]++;
    if (play->seq[number] == play->spoilt_seq)
        play->event.bytes[40] ^= 1;
    play->event.hdr.seq = 0; // its caller numbers it, and says when it was received
    play->event.hdr.t = 12345;
    (void)err;
    return &play->event.hdr;
}

static int open_tape(void *ctx, const struct journal_tape *tape, struct error *err)
{
    struct play *play = ctx;

    play->n_open++;
    if (play->missing == tape->number + 1)
        return error_set(err, AGON_ENOENT, "tape %u is not there", tape->number);
    ck_assert_uint_eq(tape->hash[0], journal_tape_is_late(tape) ? 0 : tape->number);
    play->n_late += journal_tape_is_late(tape) != 0 ? 1 : 0;
    if (play->given[tape->number] > tape->n_events)
        play->given[tape->number] = play->seq[tape->number] = 0;
    while (play->given[tape->number] < tape->n_events)
        (void)next(play, tape->number, err);
    return AGON_OK;
}

/* A journal of n events, written in turns of `turn`. */
static void write_journal(struct disk_mem *mem, uint32_t n, uint32_t turn, int is_closed)
{
    struct journal_config config = help_config();
    struct help_host host;

    config.named = &named;
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    for (uint32_t done = 0; done < n; done += turn) {
        help_append(&host, turn < n - done ? turn : n - done);
        ck_assert_int_ge(journal_writer_step(host.writer), 0);
    }
    if (is_closed)
        ck_assert_int_eq(help_close(&host), AGON_OK);
    else
        help_kill(&host);
}

static int64_t read_journal(struct disk_mem *mem, struct play *play, uint64_t from_seq,
                            struct journal_summary *summary, struct error *err)
{
    struct journal_play port = {.ctx = play, .open = open_tape, .next = next};
    struct journal_reading reading = {.from_seq = from_seq, .play = &port};

    return help_read(mem, &reading, summary, err);
}

START_TEST(what_is_named_comes_back_with_its_numbers)
{
    static const struct {
        uint32_t n, turn;
        int is_closed;
    } cases[] = {{1, 1, 1},      {50, 1, 1},      {400, 7, 0},
                 {3000, 300, 1}, {60000, 250, 1}, {60000, 33, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct disk_mem *mem = disk_mem_new(512);
        struct journal_summary summary;
        struct error err = {0};
        struct play play = {.n_open = 0};

        write_journal(mem, cases[i].n, cases[i].turn, cases[i].is_closed);
        ck_assert_msg(read_journal(mem, &play, 0, &summary, &err) == (int64_t)cases[i].n, "%s",
                      err.text);
        ck_assert_int_eq(summary.is_clean, cases[i].is_closed);
        ck_assert_uint_eq(summary.n_records, cases[i].n);
        if (cases[i].n == 60000) {
            ck_assert_uint_gt(summary.n_segments[JOURNAL_MARKET], 3);
            ck_assert_uint_gt(play.n_open, TAPES);
            // From the middle of it on too, whatever segment that is in.
            for (uint64_t from = 2; from < 60000; from += 7919) {
                play = (struct play){.n_open = 0};
                ck_assert_msg(read_journal(mem, &play, from, &summary, &err) == 60000, "%s",
                              err.text);
                ck_assert_uint_eq(summary.first_seq, from);
            }
        }
        disk_mem_free(mem);
    }
}
END_TEST

/* Its hash stands behind all that was played of it, also where segments behind that name nothing;
 * without an end the events are there, and their sums. */
START_TEST(what_a_table_is_stands_at_the_end)
{
    static const struct {
        uint64_t last_named;
        int is_closed;
    } cases[] = {{UINT64_MAX, 1}, {20000, 1}, {UINT64_MAX, 0}, {20000, 0}};

    has_table = named.has_tables = 1;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct disk_mem *mem = disk_mem_new(512);
        struct disk disk = disk_mem_port(mem);
        struct journal_reading reading = {0};
        struct journal_reader *reader;
        const struct journal_tape *tapes;
        struct journal_summary summary;
        struct error err = {0};
        struct play play = {.n_open = 0};
        struct journal_play port = {.ctx = &play, .open = open_tape, .next = next};
        const struct agon_event_hdr *event;
        uint32_t n;
        int rc;

        last_named = cases[i].last_named;
        write_journal(mem, 60000, 250, cases[i].is_closed);
        ck_assert_msg(read_journal(mem, &play, 0, &summary, &err) == 60000, "%s", err.text);
        ck_assert_uint_gt(summary.n_segments[JOURNAL_MARKET], 3);
        ck_assert_uint_gt(play.n_late, 0);
        reader = journal_reader_open(&disk, &reading, &err);
        ck_assert_msg(reader != NULL, "%s", err.text);
        tapes = journal_reader_tapes(reader, &n);
        ck_assert_uint_eq(n, TAPES);
        ck_assert_int_eq(journal_tape_is_late(&tapes[1]), !cases[i].is_closed);
        ck_assert_int_eq(tapes[1].hash[0], cases[i].is_closed);
        ck_assert_uint_eq(tapes[1].n_rows, cases[i].is_closed ? 1000000 : 0);
        ck_assert_uint_eq(tapes[1].last_row, cases[i].is_closed ? 18 : 0);
        ck_assert_uint_eq(tapes[2].n_rows, 1000000);
        journal_reader_close(reader);
        // What another table gives in its place is found by the sums.
        play = (struct play){.spoilt_seq = 19001};
        while (tape_of(NULL, help_event(&play.event, play.spoilt_seq)) != 1)
            play.spoilt_seq++;
        reading.play = &port;
        reader = journal_reader_open(&disk, &reading, &err);
        ck_assert_msg(reader != NULL, "%s", err.text);
        while ((rc = journal_reader_next(reader, &event, &err)) == 1)
            continue;
        ck_assert_int_eq(rc, AGON_ECORRUPT);
        journal_reader_close(reader);
        disk_mem_free(mem);
    }
    last_named = UINT64_MAX;
    has_table = named.has_tables = 0;
}
END_TEST

START_TEST(it_holds_less_than_a_copy)
{
    struct disk_mem *mem = disk_mem_new(512), *other = disk_mem_new(512);
    struct journal_config config = help_config();
    struct help_host host;

    write_journal(mem, 20000, 250, 1);
    ck_assert_int_eq(help_open(&host, other, &config), AGON_OK);
    for (uint32_t done = 0; done < 20000; done += 250) {
        help_append(&host, 250);
        ck_assert_int_ge(journal_writer_step(host.writer), 0);
    }
    ck_assert_int_eq(help_close(&host), AGON_OK);
    ck_assert_uint_lt(disk_mem_taken(mem) + 200000, disk_mem_taken(other));
    disk_mem_free(mem);
    disk_mem_free(other);
}
END_TEST

START_TEST(who_brings_no_tapes_is_given_the_rest_or_refused)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    struct journal_reading reading = {0}, all = {.needs_all = 1};
    const struct agon_event_hdr *event;
    struct journal_reader *reader;
    const struct journal_tape *tapes;
    struct error err = {0};
    uint64_t seq = 0;
    uint32_t n;
    int rc;

    write_journal(mem, 3000, 100, 1);
    reader = journal_reader_open(&disk, &reading, &err);
    ck_assert_msg(reader != NULL, "%s", err.text);
    while ((rc = journal_reader_next(reader, &event, &err)) == 1) {
        union help_event passed;

        for (seq++; seq < event->seq; seq++)
            ck_assert_int_ge(tape_of(NULL, help_event(&passed, seq)), 0);
        ck_assert(help_is_event(event, seq));
    }
    ck_assert_int_eq(rc, 0);
    ck_assert_uint_eq(journal_reader_summary(reader)->n_records, 3000);
    tapes = journal_reader_tapes(reader, &n);
    ck_assert_uint_eq(n, TAPES);
    ck_assert_str_eq(tapes[2].path, "/tapes/2.tape");
    ck_assert_uint_eq(tapes[2].last_row, 19);
    journal_reader_close(reader);
    ck_assert_ptr_null(journal_reader_open(&disk, &all, &err));
    ck_assert_int_eq(err.code, AGON_ENOTSUP);
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_tape_that_is_missing_or_gives_something_else_is_named)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_summary summary;
    struct play play = {.missing = 2};
    struct error err = {0};
    struct journal_play port = {.ctx = &play, .open = open_tape, .next = next};
    struct journal_reading reading = {.play = &port};
    struct disk disk = disk_mem_port(mem);
    const struct agon_event_hdr *event;
    struct journal_reader *reader;
    uint64_t spoilt = 1500;
    union help_event found;
    int rc;

    write_journal(mem, 3000, 100, 1);
    ck_assert_int_eq(read_journal(mem, &play, 0, &summary, &err), AGON_ENOENT);
    ck_assert_msg(strstr(err.text, "tape 1 is not there") != NULL, "%s", err.text);
    while (tape_of(NULL, help_event(&found, spoilt)) < 0)
        spoilt++;
    play = (struct play){.spoilt_seq = spoilt};
    reader = journal_reader_open(&disk, &reading, &err);
    ck_assert_ptr_nonnull(reader);
    while ((rc = journal_reader_next(reader, &event, &err)) == 1) {
    }
    ck_assert_int_eq(rc, AGON_ECORRUPT);
    ck_assert_msg(strstr(err.text, ".tape: events ") != NULL &&
                      strstr(err.text, "are not those that the tape gave") != NULL,
                  "%s", err.text);
    journal_reader_close(reader);
    // It is no journal to go on with.
    ck_assert_int_eq(journal_recover(&disk, NULL, &summary, &err), AGON_ENOTSUP);
    disk_mem_free(mem);
}
END_TEST

/* Whatever byte is another: nothing is given that was not written. */
START_TEST(a_changed_byte_is_never_read_as_data)
{
    struct disk_mem *mem = disk_mem_new(512);
    uint64_t n, n_refused = 0;
    const char *name = "market-00000000000000000001.aj";

    // The first number is of the market: its segment is called by it.
    write_journal(mem, 400, 50, 1);
    if (disk_mem_bytes(mem, name, &n) == NULL)
        name = "market-00000000000000000002.aj";
    ck_assert_ptr_nonnull(disk_mem_bytes(mem, name, &n));
    for (uint64_t at = SEGMENT_HEAD; at < n; at++) {
        struct journal_summary summary;
        struct error err = {0};
        struct play play = {.n_open = 0};
        unsigned char *bytes = disk_mem_bytes(mem, name, &n);
        int64_t last;

        bytes[at] ^= 0x10;
        last = read_journal(mem, &play, 0, &summary, &err);
        ck_assert_msg(last < 0 || last == 400, "byte %llu: %lld", (unsigned long long)at,
                      (long long)last);
        n_refused += last < 0;
        bytes[at] ^= 0x10;
    }
    ck_assert_uint_eq(n_refused, n - SEGMENT_HEAD);
    disk_mem_free(mem);
}
END_TEST

START_TEST(without_room_all_is_copied_from_there_on)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct journal_summary summary;
    struct help_host host;
    struct error err = {0};
    struct play play = {.n_open = 0};
    uint32_t n = 0;

    config.named = &named;
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    disk_mem_room(mem, disk_mem_taken(mem) + 6 * SEGMENT_BYTES_MIN, 0);
    while (journal_state(&host.buffer) < JOURNAL_SHEDDING && n < 200000) {
        help_append(&host, 100);
        n += 100;
        (void)journal_writer_step(host.writer);
    }
    ck_assert_uint_lt(n, 200000);
    disk_mem_room(mem, UINT64_MAX / 2, 0);
    for (uint32_t i = 0; i < 300; i++) {
        help_append(&host, 100);
        n += 100;
        (void)journal_writer_step(host.writer);
    }
    ck_assert_msg(help_close(&host) == AGON_OK, "%s", host.err.text);
    ck_assert_msg(read_journal(mem, &play, 0, &summary, &err) == (int64_t)n, "%s", err.text);
    disk_mem_free(mem);
}
END_TEST

START_TEST(numbers_tapes_and_distances_of_any_size)
{
    static const struct {
        uint64_t gap;
        uint32_t tape;
        int64_t lag;
    } all[] = {{0, 0, 0},
               {6, 0, 0},
               {7, 0, 5},
               {8, 31, INT64_MAX},
               {1000, 31, INT64_MIN + 1},
               {1ull << 40, 1, -1},
               {0, 31, INT64_MAX},
               {0, 31, INT64_MAX},
               {134, 0, 63},
               {135, 0, 64},
               {0, 0, 0}};
    const uint32_t n = sizeof(all) / sizeof(all[0]);
    unsigned char payload[REFS_HEAD + REFS_BYTES_MAX];
    struct refs_out out;
    struct refs_in in;
    struct agon_event_hdr event = {.granules = 1};
    union help_event whole = {.hdr = event};
    uint64_t seq = 41;
    uint32_t bytes;

    refs_begin(&out, 42);
    for (uint32_t i = 0; i < n; i++) {
        whole.hdr.seq = seq += all[i].gap + 1;
        whole.hdr.t_venue = all[i].lag < 0 ? 0 : INT64_MIN / 2;
        whole.hdr.t = (agon_ns_t)((uint64_t)whole.hdr.t_venue + (uint64_t)all[i].lag);
        refs_add(&out, payload, all[i].tape, &whole.hdr);
    }
    bytes = refs_end(&out, payload);
    ck_assert_uint_eq(bytes % 8, 0);
    ck_assert(refs_open(&in, payload, bytes));
    seq = 41;
    for (uint32_t i = 0; i < n; i++) {
        ck_assert_int_eq(refs_next(&in), 1);
        ck_assert_uint_eq(in.seq, seq += all[i].gap + 1);
        ck_assert_uint_eq(in.tape, all[i].tape);
        ck_assert_int_eq(in.lag, all[i].lag);
    }
    ck_assert_int_eq(refs_next(&in), 0);
    // Shorter, longer, of other counts.
    ck_assert(!refs_open(&in, payload, bytes - 8));
    ck_assert(!refs_open(&in, payload, bytes + 8));
    payload[16]++;
    ck_assert(refs_open(&in, payload, bytes));
    for (uint32_t i = 0; i < n; i++)
        ck_assert_int_eq(refs_next(&in), 1);
    ck_assert_int_lt(refs_next(&in), 0);
    payload[16] -= 2;
    ck_assert(refs_open(&in, payload, bytes));
    for (uint32_t i = 0; i + 1 < n; i++)
        ck_assert_int_eq(refs_next(&in), 1);
    ck_assert_int_lt(refs_next(&in), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal_refs");
    TCase *tests = tcase_create("refs");

    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, what_is_named_comes_back_with_its_numbers);
    tcase_add_test(tests, what_a_table_is_stands_at_the_end);
    tcase_add_test(tests, it_holds_less_than_a_copy);
    tcase_add_test(tests, who_brings_no_tapes_is_given_the_rest_or_refused);
    tcase_add_test(tests, a_tape_that_is_missing_or_gives_something_else_is_named);
    tcase_add_test(tests, a_changed_byte_is_never_read_as_data);
    tcase_add_test(tests, without_room_all_is_copied_from_there_on);
    tcase_add_test(tests, numbers_tapes_and_distances_of_any_size);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
