// SPDX-License-Identifier: Apache-2.0
/* ahead JOURNAL SECONDS: leaves a journal as a run leaves it whose clock was wrong: one event from
 * a time that lies so far ahead, and before it everything that became due. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/driver.h"
#include "journal/reader.h"
#include "journal/writer.h"
#include "sys/disk_posix.h"

static struct journal_buffer buffer;
static struct journal_writer *writer;

static int write_on(void *ctx, int is_bound)
{
    (void)ctx;
    (void)is_bound;
    return journal_writer_step(writer) >= 0;
}

static int rebuild(struct engine *engine, const struct disk *disk, struct error *err)
{
    struct journal_reading reading = {0};
    struct journal_reader *reader = journal_reader_open(disk, &reading, err);
    const struct agon_event_hdr *event;
    int rc = reader != NULL ? 0 : -1;

    while (rc >= 0 && (rc = journal_reader_next(reader, &event, err)) == 1) {
        rc = engine_step_recorded(engine, event);
        rc = rc == AGON_ERANGE || rc == AGON_ECORRUPT ? rc : 0;
    }
    journal_reader_close(reader);
    return rc;
}

int main(int argc, char **argv)
{
    struct agon_health health = {.hdr = {.type = AGON_EVENT_HEALTH, .granules = 1}, .venue = 1};
    struct journal_reading reading = {0};
    struct journal_config config = {.segment_bytes = {0}};
    struct engine_config engine_config = {.journal = &buffer};
    struct journal_summary summary;
    struct engine *engine = NULL;
    struct disk_posix disk;
    struct error err = {0};
    struct driver driver;
    int rc;

    if (argc != 3)
        return 2;
    rc = disk_posix_open(&disk, argv[1], &err);
    if (rc >= 0)
        rc = journal_recover(&disk.port, &reading, &summary, &err);
    if (rc >= 0)
        rc = journal_buffer_init(&buffer, JOURNAL_BUFFER_BYTES, summary.end.next_seq);
    if (rc >= 0)
        rc = engine_new(&engine, &engine_config, &err);
    if (rc >= 0)
        rc = rebuild(engine, &disk.port, &err);
    config.run = summary.end.last_run;
    if (rc >= 0 &&
        (writer = journal_writer_new(&disk.port, &buffer, &config, &summary.end, &err)) == NULL)
        rc = -1;
    if (rc >= 0) {
        driver = (struct driver){.engine = engine, .port = {.wait = write_on}, .is_late = 1};
        health.hdr.t = engine_t(engine) + atoll(argv[2]) * 1000000000;
        rc = driver_step(&driver, &health.hdr);
    }
    if (rc >= 0)
        rc = journal_writer_close(writer, &err);
    engine_free(engine);
    journal_buffer_deinit(&buffer);
    if (rc < 0)
        fprintf(stderr, "ahead: %s %s\n", error_name(rc), err.text);
    return rc < 0;
}
