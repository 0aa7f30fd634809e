// SPDX-License-Identifier: Apache-2.0
/* The writer on disks that give out. */
#include "help.h"

#include <pthread.h>
#include <sched.h>

START_TEST(durable_seq_follows_the_step)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct help_host host;

    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    ck_assert_int_eq(journal_writer_step(host.writer), 0);
    help_append(&host, 25);
    ck_assert_uint_eq(journal_durable_seq(&host.buffer), 0);
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    ck_assert_uint_eq(journal_durable_seq(&host.buffer), 25);
    ck_assert_int_eq(journal_writer_step(host.writer), 0);
    ck_assert_int_eq(help_close(&host), AGON_OK);
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_failed_sync_is_final)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct journal_summary summary;
    struct journal_stats stats;
    struct help_host host;
    struct error err = {0};

    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    help_append(&host, 30);
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    help_append(&host, 30);
    disk_mem_fail_sync(mem, 1);
    ck_assert_int_eq(journal_writer_step(host.writer), AGON_EIO);
    ck_assert_int_eq(journal_state(&host.buffer), JOURNAL_FAILED);
    ck_assert_uint_eq(journal_durable_seq(&host.buffer), 30);
    // The disk is well again, and still nothing is ever called durable.
    for (int i = 0; i < 3 * JOURNAL_RETRY_STEPS; i++) {
        help_append(&host, 5);
        ck_assert_int_eq(journal_writer_step(host.writer), AGON_EIO);
    }
    ck_assert_uint_eq(journal_durable_seq(&host.buffer), 30);
    ck_assert_uint_eq(journal_buffer_used(&host.buffer), 0);
    journal_writer_stats(host.writer, &stats);
    ck_assert_uint_gt(stats.n_lost, 0);
    ck_assert_int_eq(journal_writer_close(host.writer, &host.err), AGON_EIO);
    help_kill(&host);
    disk_mem_crash(mem, DISK_MEM_NONE, 1);
    ck_assert_int_ge(help_read(mem, NULL, &summary, &err), 30);
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_failed_write_is_final)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct help_host host;

    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    help_append(&host, 30);
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    help_append(&host, 30);
    disk_mem_fail_write(mem, 1);
    ck_assert_int_eq(journal_writer_step(host.writer), AGON_EIO);
    ck_assert_int_eq(journal_state(&host.buffer), JOURNAL_FAILED);
    ck_assert_uint_eq(journal_durable_seq(&host.buffer), 30);
    help_kill(&host);
    disk_mem_free(mem);
}
END_TEST

struct told {
    enum journal_state states[64];
    int n;
};

static void on_state(void *ctx, enum journal_state state, const char *text)
{
    struct told *told = ctx;

    ck_assert_uint_gt(strlen(text), 0);
    if (told->n < 64)
        told->states[told->n++] = state;
}

/* Appends and steps until the state is reached or a worse one, at most so many events. */
static void until(struct help_host *host, enum journal_state state, uint32_t n_most)
{
    for (uint32_t n = 0; journal_state(&host->buffer) < state; n += 20) {
        ck_assert_msg(n < n_most, "state %s is not reached", journal_state_name(state));
        help_append(host, 20);
        (void)journal_writer_step(host->writer);
    }
}

/* Nothing that has a number is lost on a full disk: who is killed then starts again, and goes on.
 */
START_TEST(a_full_disk_takes_the_markets_room_first_and_keeps_all_that_has_a_number)
{
    static const enum journal_state states[] = {JOURNAL_SHEDDING, JOURNAL_RESERVE, JOURNAL_FULL};
    enum journal_state worst = states[_i / 2 % 3];
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct told told = {.n = 0};
    struct journal_summary summary;
    struct help_host host;
    struct error err = {0};
    uint64_t full_seq;

    config.on_state = on_state;
    config.state_ctx = &told;
    // Room for the reserve, a money segment and two market segments, and a rest of half a segment.
    disk_mem_room(mem, 4 * SEGMENT_BYTES_MIN + SEGMENT_BYTES_MIN / 2, _i % 2);
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    until(&host, JOURNAL_SHEDDING, 5000);
    until(&host, worst, 40000);
    ck_assert_int_eq(told.states[0], JOURNAL_SHEDDING);
    full_seq = journal_durable_seq(&host.buffer);
    if (worst == JOURNAL_FULL) {
        ck_assert_int_eq(told.states[1], JOURNAL_RESERVE);
        ck_assert_int_eq(told.states[2], JOURNAL_FULL);
        ck_assert_uint_lt(full_seq, host.seq);
        help_append(&host, 20);
        ck_assert_int_eq(journal_writer_step(host.writer), AGON_ENOSPC);
        ck_assert_uint_eq(journal_durable_seq(&host.buffer), full_seq);
    }
    if (_i >= 6) { // killed: all that was durable is there
        help_kill(&host);
        disk_mem_room(mem, UINT64_MAX, 0);
        ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
        ck_assert_uint_ge(host.seq, full_seq);
    }
    // Room comes back: it goes on without a restart, and the reserve is made anew.
    disk_mem_room(mem, UINT64_MAX, 0);
    for (int i = 0; i < JOURNAL_RETRY_STEPS; i++)
        (void)journal_writer_step(host.writer);
    ck_assert_int_eq(journal_state(&host.buffer), JOURNAL_RUNNING);
    ck_assert_uint_eq(journal_durable_seq(&host.buffer), host.seq);
    help_append(&host, 500);
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    ck_assert_int_eq(help_close(&host), AGON_OK);

    ck_assert_uint_eq((uint64_t)help_read(mem, NULL, &summary, &err), host.seq);
    ck_assert_uint_eq(summary.n_shed, 0);
    ck_assert_uint_eq(summary.n_records, host.seq);
    ck_assert_uint_eq(summary.end.next_seq, host.seq + 1);
    disk_mem_free(mem);
}
END_TEST

/* The room that came back is enough for the money and for no segment of the market: orders go on,
 * without the market's events in a file of their own, until there is room for that too. */
START_TEST(room_for_the_money_alone_ends_a_full_disk)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct journal_summary summary;
    struct help_host host;
    struct error err = {0};
    uint64_t room = 7 * SEGMENT_BYTES_MIN;

    config.segment_bytes[JOURNAL_MARKET] = 4 * SEGMENT_BYTES_MIN;
    disk_mem_room(mem, room, 0);
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    until(&host, JOURNAL_FULL, 40000);
    ck_assert_uint_lt(journal_durable_seq(&host.buffer), host.seq);
    disk_mem_room(mem, room + 3 * SEGMENT_BYTES_MIN, 0);
    for (int i = 0; i < JOURNAL_RETRY_STEPS; i++)
        (void)journal_writer_step(host.writer);
    ck_assert_int_eq(journal_state(&host.buffer), JOURNAL_SHEDDING);
    ck_assert_uint_eq(journal_durable_seq(&host.buffer), host.seq);
    help_append(&host, 100);
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    ck_assert_uint_eq(journal_durable_seq(&host.buffer), host.seq);
    disk_mem_room(mem, UINT64_MAX, 0);
    for (int i = 0; i < JOURNAL_RETRY_STEPS; i++)
        (void)journal_writer_step(host.writer);
    ck_assert_int_eq(journal_state(&host.buffer), JOURNAL_RUNNING);
    ck_assert_int_eq(help_close(&host), AGON_OK);
    ck_assert_uint_eq((uint64_t)help_read(mem, NULL, &summary, &err), host.seq);
    disk_mem_free(mem);
}
END_TEST

static void append_money(struct help_host *host, uint32_t n)
{
    union help_event event;

    for (uint32_t i = 0; i < n; i++) {
        memset(&event, 0, sizeof(event));
        event.hdr = (struct agon_event_hdr){
            .type = AGON_EVENT_COMMAND, .granules = 1, .seq = ++host->seq, .t = 1};
        ck_assert_int_eq(journal_append(&host->buffer, &event.hdr), AGON_OK);
    }
}

static void check_money(struct help_host *host)
{
    const struct agon_event_hdr *event;
    struct error err = {0};
    struct journal_reader *reader = journal_reader_open(&host->disk, NULL, &err);
    uint64_t n = 0;

    ck_assert_msg(reader != NULL, "%s", err.text);
    while (journal_reader_next(reader, &event, &err) == 1)
        ck_assert_uint_eq(event->seq, ++n);
    ck_assert_uint_eq(n, host->seq);
    journal_reader_close(reader);
}

/* A file system that promises room and takes it back, at any point: a segment may be begun several
 * times before one can be written, and each follows the last that was. */
START_TEST(a_segment_that_is_begun_again_and_again_leaves_a_journal_that_is_read)
{
    struct journal_config config = help_config();

    for (uint64_t rest = 0; rest < 12 * SEGMENT_HEAD; rest += 512) {
        struct disk_mem *mem = disk_mem_new(512);
        struct help_host host;

        disk_mem_room(mem, SEGMENT_BYTES_MIN + rest, 1); // the reserve, and little more
        ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
        append_money(&host, 400);
        (void)journal_writer_step(host.writer);
        disk_mem_room(mem, UINT64_MAX, 0);
        for (int i = 0; i < JOURNAL_RETRY_STEPS; i++)
            (void)journal_writer_step(host.writer);
        append_money(&host, 50);
        ck_assert_int_eq(help_close(&host), AGON_OK);
        check_money(&host);
        disk_mem_free(mem);
    }
}
END_TEST

START_TEST(nothing_is_dropped_by_a_journal_that_has_failed)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct journal_summary summary;
    struct help_host host;
    struct error err = {0};

    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    for (int i = 0; i < 100; i++) {
        help_append(&host, 30);
        ck_assert_int_eq(journal_writer_step(host.writer), 1);
    }
    disk_mem_fail_write(mem, 1);
    help_append(&host, 30);
    ck_assert_int_eq(journal_writer_step(host.writer), AGON_EIO);
    ck_assert_int_eq(journal_writer_drop(host.writer, 2000, 0, &err), AGON_EIO);
    help_kill(&host);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), 3000);
    ck_assert_uint_eq(summary.n_dropped, 0);
    disk_mem_free(mem);
}
END_TEST

START_TEST(no_room_for_the_reserve_refuses_the_start)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct help_host host;

    disk_mem_room(mem, SEGMENT_BYTES_MIN / 2, 0);
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_ENOSPC);
    ck_assert_ptr_nonnull(strstr(host.err.text, "reserve"));
    disk_mem_free(mem);
}
END_TEST

/* Who can begin again keeps none: nothing is written ahead for it, and a full disk is full at once.
 * What was durable is read. */
START_TEST(without_a_reserve_a_full_disk_is_full_at_once)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct told told = {.n = 0};
    struct journal_summary summary;
    struct help_host host;
    struct error err = {0};
    uint64_t full_seq;

    config.has_no_reserve = 1;
    config.on_state = on_state;
    config.state_ctx = &told;
    disk_mem_room(mem, 2 * SEGMENT_BYTES_MIN + SEGMENT_BYTES_MIN / 2, 0);
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    ck_assert_int_eq(host.disk.open(host.disk.ctx, SEGMENT_RESERVE, 0), AGON_ENOENT);
    help_append(&host, 20);
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    for (int i = 0; i < 3 * JOURNAL_RETRY_STEPS; i++)
        ck_assert_int_eq(journal_writer_step(host.writer), 0);
    ck_assert_int_eq(journal_state(&host.buffer), JOURNAL_RUNNING);
    ck_assert_int_eq(host.disk.open(host.disk.ctx, SEGMENT_RESERVE, 0), AGON_ENOENT);
    until(&host, JOURNAL_FULL, 40000);
    for (int i = 0; i < told.n; i++)
        ck_assert_int_ne(told.states[i], JOURNAL_RESERVE);
    full_seq = journal_durable_seq(&host.buffer);
    ck_assert_uint_lt(full_seq, host.seq);
    ck_assert_int_eq(journal_writer_close(host.writer, &host.err), AGON_ENOSPC);
    help_kill(&host);
    ck_assert_uint_eq((uint64_t)help_read(mem, NULL, &summary, &err), full_seq);
    disk_mem_free(mem);
}
END_TEST

static int64_t little_room(void *ctx, int64_t *total)
{
    *total = 1000 << 20;
    return *(int64_t *)ctx;
}

START_TEST(low_water_is_told_before_anything_is_lost)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct told told = {.n = 0};
    int64_t room = 500 << 20;
    struct help_host host;

    config.on_state = on_state;
    config.state_ctx = &told;
    config.free_bytes = little_room;
    config.free_ctx = &room;
    config.low_water_ppm = 50000;
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    ck_assert_int_eq(journal_state(&host.buffer), JOURNAL_RUNNING);
    room = 49 << 20;
    for (int i = 0; i < JOURNAL_RETRY_STEPS; i++)
        (void)journal_writer_step(host.writer);
    ck_assert_int_eq(journal_state(&host.buffer), JOURNAL_LOW);
    room = 51 << 20;
    for (int i = 0; i < JOURNAL_RETRY_STEPS; i++)
        (void)journal_writer_step(host.writer);
    ck_assert_int_eq(journal_state(&host.buffer), JOURNAL_RUNNING);
    ck_assert_int_eq(told.n, 2);
    ck_assert_int_eq(help_close(&host), AGON_OK);
    disk_mem_free(mem);
}
END_TEST

START_TEST(old_market_goes_by_name_and_the_rest_is_read)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct journal_reading reading = {.from_seq = 0};
    struct journal_summary summary;
    struct help_host host;
    struct error err = {0};

    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    for (int i = 0; i < 100; i++) {
        help_append(&host, 30);
        ck_assert_int_eq(journal_writer_step(host.writer), 1);
    }
    ck_assert_int_eq(journal_writer_drop(host.writer, 0, 0, &err), 0); // nothing is covered
    ck_assert_int_gt(journal_writer_drop(host.writer, 2000, 0, &err), 2);
    help_append(&host, 30);
    ck_assert_int_eq(help_close(&host), AGON_OK);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), 3030);
    ck_assert_uint_gt(summary.n_dropped, 0);
    ck_assert_uint_eq(summary.n_dropped + summary.n_records, 3030);
    ck_assert_uint_le(summary.end.dropped_before, 2001);
    // From the snapshot that covers it all is there.
    reading.from_seq = 2001;
    ck_assert_int_eq(help_read(mem, &reading, &summary, &err), 3030);
    ck_assert_uint_eq(summary.n_dropped, 0);
    ck_assert_uint_eq(summary.n_records, 1030);
    disk_mem_free(mem);
}
END_TEST

START_TEST(class_async_is_durable_when_written)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct journal_summary summary;
    struct journal_stats stats;
    struct help_host host;
    struct error err = {0};

    config.is_async = 1;
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    for (int i = 0; i < 50; i++) {
        help_append(&host, 20);
        ck_assert_int_eq(journal_writer_step(host.writer), 1);
        ck_assert_uint_eq(journal_durable_seq(&host.buffer), host.seq);
    }
    journal_writer_stats(host.writer, &stats);
    ck_assert_uint_eq(stats.n_syncs, 0);
    ck_assert_int_eq(help_close(&host), AGON_OK);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), 1000);
    ck_assert_int_eq(summary.is_clean, 1);
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_full_buffer_takes_no_more)
{
    struct journal_buffer buffer;
    static union help_event event;
    uint64_t seq = 0;
    int rc = 0;

    ck_assert_int_eq(journal_buffer_init(&buffer, 65536, 1), AGON_OK);
    while (rc == 0)
        rc = journal_append(&buffer, help_event(&event, ++seq));
    ck_assert_int_eq(rc, AGON_EAGAIN);
    ck_assert_int_eq(journal_has_room(&buffer), 0);
    journal_buffer_deinit(&buffer);
}
END_TEST

static void put_frame(unsigned char *bytes, uint64_t *at, enum frame_kind kind, uint32_t n,
                      uint32_t *crc)
{
    *crc = frame_seal(bytes + *at, kind, n, *crc);
    *at += n;
}

static void put_event(unsigned char *bytes, uint64_t *at, uint64_t seq, uint32_t *crc)
{
    struct record_command command = {
        .hdr = {.type = AGON_EVENT_COMMAND, .granules = 1, .seq = seq}};

    memcpy(bytes + *at + FRAME_HEAD, &command, sizeof(command));
    put_frame(bytes, at, FRAME_EVENT, FRAME_HEAD + sizeof(command), crc);
}

/* Earlier builds marked the numbers that a full disk had no room for. Such a journal is read, from
 * any number on. */
START_TEST(what_an_earlier_build_had_no_room_for_is_read_as_such)
{
    static _Alignas(8) unsigned char bytes[SEGMENT_BYTES_MIN];
    struct segment_head head = {.cls = JOURNAL_MONEY, .align = 512, .first_seq = 1, .run = 1};
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    struct journal_summary summary;
    struct error err = {0};
    const uint64_t shed[2] = {3, 9};
    char name[SEGMENT_NAME];
    uint32_t crc = segment_head_encode(&head, bytes);
    uint64_t at = SEGMENT_HEAD;
    int file;

    put_event(bytes, &at, 1, &crc);
    put_event(bytes, &at, 2, &crc);
    memcpy(bytes + at + FRAME_HEAD, shed, sizeof(shed));
    put_frame(bytes, &at, FRAME_SHED, SHED_BYTES, &crc);
    put_event(bytes, &at, 10, &crc);
    segment_name(name, JOURNAL_MONEY, 1);
    file = disk.open(disk.ctx, name, at);
    ck_assert_int_ge(file, 0);
    ck_assert_int_ge(disk.write(disk.ctx, file, 0, bytes, at), 0);
    disk.close(disk.ctx, file);
    for (uint64_t from = 1; from <= 10; from++) {
        const struct journal_reading reading = {.from_seq = from};
        struct journal_reader *reader = journal_reader_open(&disk, &reading, &err);
        const struct agon_event_hdr *event;
        uint64_t last = 0;

        ck_assert_msg(reader != NULL, "%s", err.text);
        while (journal_reader_next(reader, &event, &err) == 1)
            last = event->seq;
        summary = *journal_reader_summary(reader);
        journal_reader_close(reader);
        ck_assert_uint_eq(last, 10);
        ck_assert_uint_eq(summary.end.next_seq, 11);
        ck_assert_uint_eq(summary.n_records + summary.n_shed, 11 - from);
    }
    disk_mem_free(mem);
}
END_TEST

struct producer {
    struct journal_buffer *buffer;
    uint64_t n;
};

static void *produce(void *arg)
{
    struct producer *producer = arg;
    static union help_event event;

    for (uint64_t seq = 1; seq <= producer->n; seq++) {
        (void)help_event(&event, seq);
        while (journal_append(producer->buffer, &event.hdr) == AGON_EAGAIN)
            (void)sched_yield();
    }
    return NULL;
}

/* The producer stops between the two stores of an append: its record lies in the buffer, its number
 * is not given yet. The writer may take the record and go on. */
START_TEST(a_record_is_taken_before_its_number_is_given)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct journal_summary summary;
    struct help_host host;
    struct error err = {0};

    config.is_async = _i;
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    help_append(&host, 7);
    atomic_store(&host.buffer.seq, host.seq - 1);
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    atomic_store(&host.buffer.seq, host.seq);
    help_append(&host, 3);
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    ck_assert_uint_eq(journal_durable_seq(&host.buffer), 10);
    ck_assert_int_eq(help_close(&host), AGON_OK);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), 10);
    disk_mem_free(mem);
}
END_TEST

START_TEST(one_thread_appends_while_another_writes)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct journal_summary summary;
    struct journal_buffer buffer;
    struct journal_writer *writer;
    struct journal_end end = {.next_seq = 1};
    struct disk disk = disk_mem_port(mem);
    struct error err = {0};
    struct producer producer = {.buffer = &buffer, .n = 40000};
    pthread_t thread;

    config.segment_bytes[JOURNAL_MARKET] = 1 << 20;
    config.is_async = _i;
    ck_assert_int_eq(journal_buffer_init(&buffer, 65536, 1), AGON_OK);
    writer = journal_writer_new(&disk, &buffer, &config, &end, &err);
    ck_assert_ptr_nonnull(writer);
    ck_assert_int_eq(pthread_create(&thread, NULL, produce, &producer), 0);
    while (journal_durable_seq(&buffer) < producer.n) {
        if (journal_writer_step(writer) == 0)
            (void)sched_yield();
    }
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(journal_writer_close(writer, &err), AGON_OK);
    journal_writer_free(writer);
    journal_buffer_deinit(&buffer);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), 40000);
    ck_assert_uint_eq(summary.n_records, 40000);
    disk_mem_free(mem);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal_writer");
    TCase *tcase = tcase_create("writer");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, durable_seq_follows_the_step);
    tcase_add_test(tcase, a_failed_sync_is_final);
    tcase_add_test(tcase, a_failed_write_is_final);
    tcase_add_loop_test(
        tcase, a_full_disk_takes_the_markets_room_first_and_keeps_all_that_has_a_number, 0, 12);
    tcase_add_test(tcase, a_segment_that_is_begun_again_and_again_leaves_a_journal_that_is_read);
    tcase_add_test(tcase, nothing_is_dropped_by_a_journal_that_has_failed);
    tcase_add_test(tcase, no_room_for_the_reserve_refuses_the_start);
    tcase_add_test(tcase, without_a_reserve_a_full_disk_is_full_at_once);
    tcase_add_test(tcase, low_water_is_told_before_anything_is_lost);
    tcase_add_test(tcase, old_market_goes_by_name_and_the_rest_is_read);
    tcase_add_test(tcase, class_async_is_durable_when_written);
    tcase_add_test(tcase, room_for_the_money_alone_ends_a_full_disk);
    tcase_add_test(tcase, a_full_buffer_takes_no_more);
    tcase_add_test(tcase, what_an_earlier_build_had_no_room_for_is_read_as_such);
    tcase_add_loop_test(tcase, a_record_is_taken_before_its_number_is_given, 0, 2);
    tcase_add_loop_test(tcase, one_thread_appends_while_another_writes, 0, 2);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
