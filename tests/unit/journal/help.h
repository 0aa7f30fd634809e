// SPDX-License-Identifier: Apache-2.0
/* help: what the tests of the journal share: events whose content follows from their number, and a
 * host's life over a simulated disk. */
#ifndef TEST_JOURNAL_HELP_H
#define TEST_JOURNAL_HELP_H

#include <check.h>

#include "base/disk_mem.h"
#include "base/rng.h"
#include "journal/reader.h"
#include "journal/writer.h"

union help_event {
    struct agon_event_hdr hdr;
    struct agon_trade trade;
    struct record_command command;
    unsigned char bytes[EVENT_BYTES_MAX];
};

/* The event of a number: money, small market and large market events by a draw. */
static inline const struct agon_event_hdr *help_event(union help_event *event, uint64_t seq)
{
    uint64_t draw = rng_at(7, seq, 0, 0, 0);
    uint32_t granules = draw % 10 == 9 ? 1 + (uint32_t)(draw >> 8) % 20 : 1;

    memset(event->bytes, 0, (size_t)granules * EVENT_GRANULE);
    event->hdr.type = draw % 10 < 3 ? AGON_EVENT_COMMAND : AGON_EVENT_BOOK_DELTA;
    event->hdr.granules = (uint8_t)granules;
    event->hdr.seq = seq;
    event->hdr.t = (agon_ns_t)seq * 1000;
    for (uint32_t i = 32; i < granules * EVENT_GRANULE; i++)
        event->bytes[i] = (unsigned char)(draw >> (i % 8 * 8)) ^ (unsigned char)i;
    return &event->hdr;
}

static inline int help_is_event(const struct agon_event_hdr *got, uint64_t seq)
{
    static union help_event want;

    (void)help_event(&want, seq);
    return got->granules == want.hdr.granules && memcmp(got, &want, event_bytes(got)) == 0;
}

struct help_host { /* a host's journal */
    struct disk disk;
    struct journal_buffer buffer;
    struct journal_writer *writer;
    uint64_t seq; /* last number given */
    struct journal_summary summary;
    struct error err;
};

static inline struct journal_config help_config(void)
{
    struct journal_config config = {.segment_bytes = {SEGMENT_BYTES_MIN, SEGMENT_BYTES_MIN},
                                    .run = 1,
                                    .id = "journal of test",
                                    .build = "test"};

    return config;
}

/* Recovers and opens. AGON_E... with the reason in host->err. */
static inline int help_open(struct help_host *host, struct disk_mem *mem,
                            const struct journal_config *config)
{
    int rc;

    memset(host, 0, sizeof(*host));
    host->disk = disk_mem_port(mem);
    rc = journal_recover(&host->disk, NULL, &host->summary, &host->err);
    if (rc < 0)
        return rc;
    host->seq = host->summary.end.next_seq - 1;
    ck_assert_int_eq(journal_buffer_init(&host->buffer, 65536, host->seq + 1), AGON_OK);
    host->writer =
        journal_writer_new(&host->disk, &host->buffer, config, &host->summary.end, &host->err);
    if (host->writer == NULL) {
        journal_buffer_deinit(&host->buffer);
        return host->err.code;
    }
    return AGON_OK;
}

static inline void help_append(struct help_host *host, uint32_t n)
{
    static union help_event event;

    while (n-- > 0) {
        ck_assert_int_eq(journal_append(&host->buffer, help_event(&event, host->seq + 1)), 0);
        host->seq++;
    }
}

static inline void help_kill(struct help_host *host)
{
    journal_writer_free(host->writer);
    journal_buffer_deinit(&host->buffer);
    host->writer = NULL;
}

static inline int help_close(struct help_host *host)
{
    int rc = journal_writer_close(host->writer, &host->err);

    help_kill(host);
    return rc;
}

/* Reads all and holds each event against what its number says. Returns the last number, or
 * AGON_E... */
static inline int64_t help_read(struct disk_mem *mem, const struct journal_reading *reading,
                                struct journal_summary *summary, struct error *err)
{
    struct disk disk = disk_mem_port(mem);
    struct journal_reader *reader = journal_reader_open(&disk, reading, err);
    const struct agon_event_hdr *event;
    uint64_t last = reading != NULL && reading->from_seq > 0 ? reading->from_seq - 1 : 0;
    int rc;

    if (reader == NULL)
        return err->code;
    while ((rc = journal_reader_next(reader, &event, err)) == 1) {
        ck_assert_uint_gt(event->seq, last);
        ck_assert_msg(help_is_event(event, event->seq), "event %llu is not what was written",
                      (unsigned long long)event->seq);
        last = event->seq;
    }
    ck_assert_int_eq(rc, 0);
    *summary = *journal_reader_summary(reader);
    journal_reader_close(reader);
    return (int64_t)last;
}

static inline int help_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int n_failed;

    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}

#endif
