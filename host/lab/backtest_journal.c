// SPDX-License-Identifier: Apache-2.0
#include "lab/backtest_journal.h"

#include "base/hot.h"
#include "journal/near.h"
#include "journal/reader.h"
#include "sys/buildid.h"
#include "sys/entropy.h"

/* Small: what is appended is still near when it is taken, and no memory is touched only to wait.
 * Between two turns comes one event, of EVENT_BYTES_MAX at most. */
#define ROOM ((uint64_t)256 << 10)
#define TURN ((uint64_t)128 << 10)
/* Frames wait for more: most events are one byte of them, and each write wakes who has the files
 * (sys/disk_far.h), once a class. Who is killed loses that of each class and the ring. */
#define HOLD ((uint32_t)192 << 10)

int backtest_journal_open(struct backtest_journal *journal, const struct backtest_config *config,
                          const struct journal_named *named, struct error *err)
{
    struct journal_config writer = {
        .is_async = 1, .run = 1, .has_no_reserve = 1, .hold_bytes = HOLD, .named = named};
    unsigned char build[BUILD_ID_MAX] = {0};
    struct journal_summary summary;
    int rc = journal_recover(config->journal, &(struct journal_reading){0}, &summary, err);

    if (rc < 0)
        return rc;
    if (summary.end.next_seq != 1)
        return error_set(err, AGON_EBUSY,
                         "%s holds a journal of %llu events already; name an empty directory",
                         config->journal_name, (unsigned long long)summary.end.next_seq - 1);
    rc = journal_buffer_init(&journal->buffer, ROOM, 1);
    if (rc < 0)
        return error_set(err, rc, "no memory for the journal's buffer");
    journal->has_buffer = 1;
    entropy_bytes(writer.id, sizeof(writer.id));
    (void)buildid_own(build);
    memcpy(writer.build, build, sizeof(writer.build));
    journal->writer =
        journal_writer_new(config->journal, &journal->buffer, &writer, &summary.end, err);
    if (journal->writer == NULL)
        return AGON_EIO;
    journal_near(journal->writer);
    return AGON_OK;
}

HOT int backtest_journal_turn_of(struct backtest_journal *journal,
                                 const struct agon_event_hdr *event)
{
    if (journal_buffer_used(&journal->buffer) < TURN &&
        !journal_near_is_due(journal->writer, event))
        return AGON_OK;
    return journal_writer_step(journal->writer) < 0 ? AGON_EIO : AGON_OK;
}

int backtest_journal_close(struct backtest_journal *journal, struct error *err)
{
    int rc = AGON_OK;

    if (journal->writer != NULL) {
        rc = journal_writer_close(journal->writer, err);
        journal_writer_free(journal->writer);
    }
    if (journal->has_buffer)
        journal_buffer_deinit(&journal->buffer);
    return rc;
}

int backtest_journal_has_files(const struct backtest_config *config)
{
    int has = 0;

    for (uint32_t i = 0; i < config->n_slots; i++)
        has |= config->slots[i].n_files > 0;
    return has;
}

int backtest_journal_begins(struct crew *crew,
                            int (*step)(void *ctx, void *event, struct error *err), void *ctx,
                            struct error *err)
{
    const struct agon_event_hdr *note;
    int rc = AGON_OK;

    while (rc >= 0 && (note = crew_note(crew)) != NULL) {
        union begin_event copy;

        memcpy(copy.bytes, note, event_bytes(note));
        rc = step(ctx, &copy, err);
        crew_note_done(crew);
    }
    return rc;
}

void backtest_journal_pass(struct crew *crew, const struct agon_event_hdr *event)
{
    while (event->type != EVENT_BEGIN && crew_note(crew) != NULL)
        crew_note_done(crew);
}
