// SPDX-License-Identifier: Apache-2.0
/* recover: a journal after a crash is made one that can be written on: torn ends cut off, files
 * that are no part of it removed or put out of the way. */
#include <stdio.h>

#include "journal/reader_impl.h"

/* Whoever goes on behind records builds on them, and that they can be read does not say that a disk
 * has them: after a sync that failed the kernel calls them clean, and syncs nothing again. So they
 * are written once more. */
static int write_again(const struct disk *disk, const struct cursor *cursor, uint64_t end)
{
    int rc = AGON_OK;

    for (uint64_t at = 0; rc >= 0 && at < end;) {
        uint64_t n = end - at < READER_CHUNK ? end - at : READER_CHUNK;
        int64_t got = disk->read(disk->ctx, cursor->file, at, cursor->chunk, n);

        if (got >= 0 && (uint64_t)got != n)
            got = AGON_EIO;
        rc = got < 0 ? (int)got : disk->write(disk->ctx, cursor->file, at, cursor->chunk, n);
        at += n;
    }
    return rc < 0 ? rc : disk->sync(disk->ctx, cursor->file);
}

/* Nor does it where its writer forced nothing (sys/disk_posix.h: is_unforced): so each segment that
 * stays is, before anybody goes on from it. A compressed one was when it was made. */
static int force_all(const struct disk *disk, struct cursor *cursor, uint32_t n)
{
    int rc = AGON_OK;

    for (cursor->at = 0; rc >= 0 && cursor->at < n; cursor->at++) {
        int64_t size;

        if (cursor->segments[cursor->at].is_packed)
            continue;
        size = reader_open(cursor);
        rc = size < 0 ? (int)size : disk->sync(disk->ctx, cursor->file);
        reader_leave(cursor);
    }
    return rc;
}

static int cut_class(struct journal_reader *reader, enum journal_class cls)
{
    const struct disk *disk = &reader->disk;
    struct cursor *cursor = &reader->cursors[cls];
    const struct cut *cut = &reader->cuts[cls];
    int64_t size;
    int rc = AGON_OK;

    reader_leave(cursor);
    // The last first: a segment is never without the one that it follows.
    for (uint32_t at = cursor->n_segments; rc >= 0 && at > cut->keep; at--) {
        rc = packed_remove(disk, cls, cursor->segments[at - 1].first_seq);
        if (rc >= 0)
            rc = disk->sync_dir(disk->ctx);
    }
    if (rc >= 0)
        rc = force_all(disk, cursor, cut->keep);
    if (rc < 0 || cut->keep != cut->at + 1)
        return rc;
    REQUIRE(cut->offset >= SEGMENT_HEAD && cut->offset % FRAME_HEAD == 0); // behind a whole frame
    cursor->at = cut->at;
    size = reader_open(cursor);
    if (size < 0)
        return (int)size;
    if (size != (int64_t)cut->offset && cursor->packed != NULL) {
        rc = packed_restore(disk, cls, cursor->segments[cut->at].first_seq, cut->offset);
    } else if (cursor->packed == NULL &&
               (size != (int64_t)cut->offset || !reader->summary.is_clean)) {
        if (size != (int64_t)cut->offset)
            rc = disk->truncate(disk->ctx, cursor->file, cut->offset);
        if (rc >= 0)
            rc = write_again(disk, cursor, cut->offset);
    }
    reader_leave(cursor);
    return rc;
}

/* A segment that is no good, out of the way and not lost. */
static int put_aside(const struct disk *disk, const struct rubbish *rubbish)
{
    char name[PACKED_NAME], aside[PACKED_NAME + 8];
    int rc;

    segment_name(name, rubbish->cls, rubbish->first_seq);
    (void)snprintf(aside, sizeof(aside), "bad-%s", name);
    rc = disk->rename(disk->ctx, name, aside);
    if (rc != AGON_ENOENT)
        return rc;
    packed_name(name, rubbish->cls, rubbish->first_seq);
    (void)snprintf(aside, sizeof(aside), "bad-%s", name);
    return disk->rename(disk->ctx, name, aside);
}

int journal_recover(const struct disk *disk, const struct journal_reading *reading,
                    struct journal_summary *summary, struct error *err)
{
    struct error why = {0};
    struct journal_reader *reader = journal_reader_open(disk, reading, &why);
    int rc = AGON_OK;

    if (reader == NULL)
        return error_set(err, why.code, "%s", why.text);
    if (reader->n_tapes > 0) {
        journal_reader_close(reader);
        return error_set(err, AGON_ENOTSUP,
                         "it holds a backtest's journal already, which names tapes and is not "
                         "continued: name an empty directory");
    }
    rc = disk->remove(disk->ctx, PACKED_NEW);
    if (rc == AGON_ENOENT)
        rc = AGON_OK;
    for (uint32_t i = 0; rc >= 0 && i < reader->n_rubbish; i++) {
        const struct rubbish *rubbish = &reader->rubbish[i];

        rc = rubbish->is_bad ? put_aside(disk, rubbish)
                             : packed_remove(disk, rubbish->cls, rubbish->first_seq);
    }
    for (int cls = 0; rc >= 0 && cls < JOURNAL_CLASSES; cls++) {
        if (reader->cursors[cls].n_segments > 0)
            rc = cut_class(reader, (enum journal_class)cls);
    }
    if (rc >= 0)
        rc = disk->sync_dir(disk->ctx);
    *summary = reader->summary;
    journal_reader_close(reader);
    return rc < 0 ? error_set(err, rc, "removing the torn tail: %s", error_name(rc)) : AGON_OK;
}
