// SPDX-License-Identifier: Apache-2.0
#include "journal/copy.h"

#include <stdio.h>
#include <stdlib.h>

#include "journal/packed.h"
#include "journal/snapshot.h"

#define CHUNK ((uint64_t)1 << 20)

struct numbers { /* first numbers of segments, or numbers of snapshots; ascending as they are listed
                  */
    uint64_t *all; /* owned */
    uint32_t n, room;
};
struct copy {
    const struct disk *from, *to;
    struct journal_copied *copied;
    unsigned char *chunk; /* owned: CHUNK bytes */
    /* In the copy and finished: the snapshots, and of each class what another segment follows. */
    struct numbers snapshots, finished[JOURNAL_CLASSES];
    struct numbers listed;
    enum journal_class listed_class;
};

static int add(struct numbers *numbers, uint64_t number)
{
    if (numbers->n == numbers->room) {
        uint64_t *more = realloc(numbers->all, (numbers->room * 2 + 64) * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        numbers->all = more;
        numbers->room = numbers->room * 2 + 64;
    }
    numbers->all[numbers->n++] = number;
    return AGON_OK;
}

static int has(const struct numbers *numbers, uint64_t number)
{
    for (uint32_t i = numbers->n; i > 0; i--)
        if (numbers->all[i - 1] == number)
            return 1;
    return 0;
}

static int note_snapshot(void *arg, const char *name)
{
    struct copy *copy = arg;
    uint64_t seq;

    return snapshot_parse_name(name, &seq) ? add(&copy->listed, seq) : AGON_OK;
}

static int note_segment(void *arg, const char *name)
{
    struct copy *copy = arg;
    enum journal_class cls;
    uint64_t first_seq;

    if (!packed_parse_name(name, &cls, &first_seq) || cls != copy->listed_class ||
        has(&copy->listed, first_seq))
        return AGON_OK;
    return add(&copy->listed, first_seq);
}

static int list(struct copy *copy, int (*note)(void *arg, const char *name), struct error *err)
{
    int rc;

    copy->listed.n = 0;
    rc = copy->from->list(copy->from->ctx, note, copy);
    return rc < 0 ? error_set(err, rc, "listing the journal: %s", error_name(rc)) : AGON_OK;
}

static int copy_piece(struct copy *copy, int from, int to, uint64_t at, uint64_t *n)
{
    int64_t got = copy->from->read(copy->from->ctx, from, at, copy->chunk, CHUNK);

    *n = got > 0 ? (uint64_t)got : 0;
    if (got <= 0)
        return (int)got;
    copy->copied->n_bytes += *n;
    return copy->to->write(copy->to->ctx, to, at, copy->chunk, *n);
}

/* Of one that is being written the end goes first: what is read of it later was written later, so
 * that there is no hole before what is there. */
static int copy_pieces(struct copy *copy, int from, int to, uint64_t size, int is_finished,
                       uint64_t *end)
{
    uint64_t n = 0;
    int rc = AGON_OK;

    *end = 0;
    if (is_finished) {
        do {
            rc = copy_piece(copy, from, to, *end, &n);
            *end += n;
        } while (rc >= 0 && n > 0);
        return rc;
    }
    for (uint64_t at = size / CHUNK * CHUNK;; at -= CHUNK) {
        rc = copy_piece(copy, from, to, at, &n);
        if (at + n > *end && n > 0)
            *end = at + n;
        if (rc < 0 || at == 0)
            return rc;
    }
}

/* AGON_ENOENT, without a reason: it is not there any more. */
static int copy_file(struct copy *copy, const char *name, int is_finished, struct error *err)
{
    int from = copy->from->open(copy->from->ctx, name, 0), to;
    uint64_t end = 0;
    int64_t size;
    int rc;

    if (from == AGON_ENOENT)
        return from;
    if (from < 0)
        return error_set(err, from, "%s: %s", name, error_name(from));
    size = copy->from->size(copy->from->ctx, from);
    rc = copy->to->remove(copy->to->ctx, name); // of an earlier turn
    if (rc == AGON_ENOENT)
        rc = AGON_OK;
    if (size < 0)
        rc = (int)size;
    to = rc < 0 ? rc : copy->to->open(copy->to->ctx, name, size > 0 ? (uint64_t)size : 1);
    rc = to < 0 ? to : copy_pieces(copy, from, to, (uint64_t)size, is_finished, &end);
    if (rc >= 0)
        rc = copy->to->truncate(copy->to->ctx, to, end);
    if (rc >= 0)
        rc = copy->to->sync(copy->to->ctx, to);
    if (to >= 0)
        copy->to->close(copy->to->ctx, to);
    copy->from->close(copy->from->ctx, from);
    copy->copied->n_files++;
    return rc < 0 ? error_set(err, rc, "copying %s: %s", name, error_name(rc)) : AGON_OK;
}

/* In the form in which it is there; the packer may change it meanwhile. One that is in neither was
 * dropped. */
static int copy_segment(struct copy *copy, uint64_t first_seq, int is_finished, struct error *err)
{
    char plain[PACKED_NAME], packed[PACKED_NAME];
    const char *gone = packed;
    int rc;

    segment_name(plain, copy->listed_class, first_seq);
    packed_name(packed, copy->listed_class, first_seq);
    rc = copy_file(copy, plain, is_finished, err);
    if (rc == AGON_ENOENT) {
        rc = copy_file(copy, packed, 1, err);
        gone = plain;
    }
    if (rc == AGON_ENOENT)
        return AGON_OK;
    if (rc >= 0) // of an earlier turn
        (void)copy->to->remove(copy->to->ctx, gone);
    if (rc >= 0 && is_finished && add(&copy->finished[copy->listed_class], first_seq) < 0)
        rc = error_set(err, AGON_ENOMEM, "out of memory");
    return rc;
}

static int copy_class(struct copy *copy, enum journal_class cls, struct error *err)
{
    int rc;

    copy->listed_class = cls;
    rc = list(copy, note_segment, err);
    for (uint32_t i = 0; rc >= 0 && i < copy->listed.n; i++)
        if (!has(&copy->finished[cls], copy->listed.all[i]))
            rc = copy_segment(copy, copy->listed.all[i], i + 1 < copy->listed.n, err);
    return rc;
}

static int copy_snapshots(struct copy *copy, struct error *err)
{
    int rc = list(copy, note_snapshot, err);

    for (uint32_t i = 0; rc >= 0 && i < copy->listed.n; i++) {
        char name[SNAPSHOT_NAME];

        if (has(&copy->snapshots, copy->listed.all[i]))
            continue;
        snapshot_name(name, copy->listed.all[i]);
        rc = copy_file(copy, name, 1, err);
        if (rc >= 0 && add(&copy->snapshots, copy->listed.all[i]) < 0)
            rc = error_set(err, AGON_ENOMEM, "out of memory");
        if (rc == AGON_ENOENT)
            rc = AGON_OK; // a newer one took its place
    }
    return rc;
}

static int copy_all(struct copy *copy, struct error *err)
{
    int rc = copy_snapshots(copy, err);

    if (rc >= 0)
        rc = copy_class(copy, JOURNAL_MARKET, err);
    if (rc >= 0)
        rc = copy_class(copy, JOURNAL_MONEY, err);
    if (rc >= 0 && copy->to->sync_dir(copy->to->ctx) < 0)
        rc = error_set(err, AGON_EIO, "syncing the copy's folder");
    return rc;
}

/* Can a state be rebuilt of what was copied? Where market events were dropped, a snapshot has to
 * stand for them. */
static int judge(struct copy *copy, const struct journal_reading *reading, struct error *err)
{
    struct snapshot_want want = {0};
    struct snapshot snapshot;
    struct journal_reader *reader = journal_reader_open(copy->to, reading, err);
    uint64_t gone;
    int rc;

    if (reader == NULL)
        return err->code;
    copy->copied->summary = *journal_reader_summary(reader);
    journal_reader_close(reader);
    gone = copy->copied->summary.end.dropped_before;
    want.last_seq = copy->copied->summary.end.next_seq - 1;
    if (want.last_seq == 0)
        return error_set(err, AGON_ENOENT, "there is no event in the journal");
    if (gone <= 1)
        return AGON_OK;
    want.oldest_from = gone - 1;
    rc = snapshot_find(copy->to, &want, &snapshot, err);
    return rc != 0 ? rc
                   : error_set(err, AGON_ECORRUPT,
                               "market data before event %llu was dropped, and no snapshot of "
                               "that event or a later one is there",
                               (unsigned long long)gone);
}

/* A snapshot of events that the copy lacks would be taken for one of those that a host writes in
 * their place. */
static int drop_later(struct copy *copy, struct error *err)
{
    for (uint32_t i = 0; i < copy->snapshots.n; i++) {
        char name[SNAPSHOT_NAME];
        int rc;

        if (copy->snapshots.all[i] < copy->copied->summary.end.next_seq) {
            copy->copied->n_snapshots++;
            continue;
        }
        snapshot_name(name, copy->snapshots.all[i]);
        rc = copy->to->remove(copy->to->ctx, name);
        if (rc < 0)
            return error_set(err, rc, "removing %s: %s", name, error_name(rc));
    }
    return AGON_OK;
}

static int turns(struct copy *copy, const struct journal_copying *copying, struct error *err)
{
    struct journal_copied *copied = copy->copied;
    struct journal_reading reading = {0};

    for (;;) {
        uint64_t writer = copying->writer != NULL ? copying->writer(copying->ctx) : 0;
        struct error why = {0};
        int rc;

        copied->n_turns++;
        rc = copy_all(copy, err);
        if (rc < 0)
            return rc;
        reading.is_copy = writer != 0;
        copied->was_live |= writer != 0;
        rc = judge(copy, &reading, &why);
        // Another host has cut the journal's end and goes on behind it.
        if (copying->writer != NULL && copying->writer(copying->ctx) != writer)
            rc = error_set(&why, AGON_EAGAIN, "another host began meanwhile");
        else if (rc >= 0 || writer == 0 || rc == AGON_EVERSION)
            return rc < 0 ? error_set(err, rc, "%s", why.text)
                          : journal_recover(copy->to, &reading, &copied->summary, err);
        if (copied->n_turns == JOURNAL_COPY_TURNS)
            return error_set(err, rc == AGON_ECORRUPT ? rc : AGON_EAGAIN, "%s (%d times)", why.text,
                             JOURNAL_COPY_TURNS);
    }
}

int journal_copy(const struct journal_copying *copying, struct journal_copied *copied,
                 struct error *err)
{
    struct copy copy = {.from = copying->from, .to = copying->to, .copied = copied};
    int rc;

    memset(copied, 0, sizeof(*copied));
    copy.chunk = malloc(CHUNK);
    rc = copy.chunk != NULL ? turns(&copy, copying, err)
                            : error_set(err, AGON_ENOMEM, "out of memory");
    if (rc >= 0)
        rc = drop_later(&copy, err);
    if (rc >= 0 && copying->to->sync_dir(copying->to->ctx) < 0)
        rc = error_set(err, AGON_EIO, "syncing the copy's folder");
    free(copy.chunk);
    free(copy.snapshots.all);
    free(copy.listed.all);
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++)
        free(copy.finished[cls].all);
    return rc < 0 ? rc : AGON_OK;
}
