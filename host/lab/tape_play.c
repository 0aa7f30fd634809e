// SPDX-License-Identifier: Apache-2.0
#include "lab/tape_play.h"

#include <limits.h>
#include <stdio.h>

#include "base/hot.h"
#include "lab/data_hash.h"
#include "lab/tape_file.h"

#define SHOWN 16 /* digits of a hash */

static int is_at(const char *path, const struct journal_tape *named, unsigned char hash[HASH_SIZE],
                 struct error *err)
{
    struct tape_file *file;
    uint64_t n_bytes;
    int rc;

    // Its events have to be those: their sums say so.
    if (journal_tape_is_late(named)) {
        struct data_hash *of = data_hash_open(path, err);

        data_hash_free(of);
        return of != NULL ? 1 : err->code;
    }
    if (named->is_table) {
        rc = data_hash_now(path, hash, &n_bytes, err);
        return rc < 0 ? rc : memcmp(hash, named->hash, HASH_SIZE) == 0;
    }
    rc = tape_file_open(&file, path, err);
    if (rc < 0)
        return rc;
    tape_file_hash(file, hash);
    rc = memcmp(hash, named->hash, HASH_SIZE) == 0 &&
         tape_file_head_of(file)->n_rows == named->n_rows;
    tape_file_close(file);
    return rc;
}

static const char *kind_of(const struct journal_tape *named)
{
    return named->is_table ? "table" : "tape";
}

/* Where it lies. AGON_ENOENT: nowhere; else why what is there cannot be it. */
static int find(const struct tape_play *play, const struct journal_tape *named, char path[PATH_MAX],
                struct error *err)
{
    const char *slash = strrchr(named->path, '/');
    const char *name = slash != NULL ? slash + 1 : named->path;
    const char *dir = play->dir != NULL ? play->dir : ".";
    const char *folder = play->folder != NULL && play->folder[0] != '\0' ? play->folder : NULL;
    struct error first = {0};
    char shown[2 * HASH_SIZE + 1], other[2 * HASH_SIZE + 1], about[64];
    char at[4][PATH_MAX];
    int n = 0;

    if (folder != NULL)
        (void)snprintf(at[n++], PATH_MAX, "%s/%s", folder, name);
    (void)snprintf(at[n++], PATH_MAX, "%s", named->path);
    (void)snprintf(at[n++], PATH_MAX, "%s/%s", dir, name);
    (void)snprintf(at[n++], PATH_MAX, "%s/../%s", dir, name);
    hash_hex(named->hash, shown);
    if (journal_tape_is_late(named))
        snprintf(about, sizeof(about), "hash not known");
    else
        snprintf(about, sizeof(about), "hash %.*s, %llu %s", SHOWN, shown,
                 (unsigned long long)named->n_rows, named->is_table ? "bytes" : "rows");
    for (int i = 0; i < n; i++) {
        unsigned char hash[HASH_SIZE];
        struct error why = {0};
        int rc = is_at(at[i], named, hash, &why);

        if (rc == 1) {
            memcpy(path, at[i], PATH_MAX);
            return AGON_OK;
        }
        if (first.code < 0 || rc == AGON_ENOENT)
            continue;
        if (rc < 0) {
            first = why;
            continue;
        }
        hash_hex(hash, other);
        (void)error_set(&first, AGON_ECORRUPT,
                        "%.200s: another %s than the journal names: its hash is %.*s, and the "
                        "journal's %.*s: bring back the one that the backtest read, or name its "
                        "folder by --tapes",
                        at[i], kind_of(named), SHOWN, other, SHOWN, shown);
    }
    if (first.code < 0)
        return error_set(err, first.code, "%s", first.text);
    return error_set(err, AGON_ENOENT,
                     "the journal names the %s %.200s (%s), and it is neither there nor in the "
                     "journal's folder nor in the one above%s%.100s: put it there, or name its "
                     "folder by --tapes",
                     kind_of(named), named->path, about, folder != NULL ? " nor in " : "",
                     folder != NULL ? folder : "");
}

static int open_tape(struct tape_play *play, const struct journal_tape *named, struct error *err)
{
    struct tape_config config = {.instrument = named->instrument,
                                 .quote_exp = named->quote_exp,
                                 .spread_ppm = named->spread_ppm,
                                 .volume_ppm = named->volume_ppm,
                                 .has_book = named->has_book,
                                 .is_lenient = named->is_lenient,
                                 .is_joined = named->is_joined};
    char path[PATH_MAX];
    int rc = find(play, named, path, err);

    if (rc >= 0)
        rc = tape_look(path, named->is_table ? named->instrument.symbol : NULL, &config.info, err);
    config.path = path;
    if (rc >= 0)
        rc = tape_open(&play->all[named->number].tape, &config, err);
    if (rc < 0)
        return rc;
    play->all[named->number].n_events = 0;
    memcpy(play->all[named->number].hash, named->hash, HASH_SIZE);
    return AGON_OK;
}

static HOT struct agon_event_hdr *next(void *ctx, uint32_t number, struct error *err)
{
    struct tape_play *play = ctx;
    struct tape *tape = number < JOURNAL_TAPES ? play->all[number].tape : NULL;
    const struct agon_event_hdr *event = tape != NULL ? tape_next(tape) : NULL;
    struct tape_report report;

    if (event != NULL) {
        play->all[number].n_events++;
        return (struct agon_event_hdr *)(uintptr_t)event; // the caller's until the next call
    }
    if (tape == NULL) {
        (void)error_set(err, AGON_ECORRUPT, "an event of tape %u, which is not open", number);
        return NULL;
    }
    tape_report(tape, &report);
    if (report.err.code < 0)
        (void)error_set(err, report.err.code, "%s", report.err.text);
    else
        (void)error_set(err, AGON_ECORRUPT,
                        "the journal wants more of a tape than its %llu rows give",
                        (unsigned long long)report.n_rows);
    return NULL;
}

static int open_named(void *ctx, const struct journal_tape *named, struct error *err)
{
    struct tape_play *play = ctx;
    uint32_t number = named->number;

    REQUIRE(number < JOURNAL_TAPES);
    // What is late was opened by what stands at the journal's end, else by its name alone.
    if (play->all[number].tape == NULL ||
        (!journal_tape_is_late(named) &&
         memcmp(play->all[number].hash, named->hash, HASH_SIZE) != 0) ||
        play->all[number].n_events > named->n_events) {
        int rc;

        tape_close(play->all[number].tape);
        play->all[number].tape = NULL;
        rc = open_tape(play, named, err);
        if (rc < 0)
            return rc;
    }
    while (play->all[number].n_events < named->n_events) {
        if (next(play, number, err) == NULL)
            return AGON_ECORRUPT;
    }
    return AGON_OK;
}

void tape_play_init(struct tape_play *play, const char *dir, const char *folder)
{
    memset(play, 0, sizeof(*play));
    play->port = (struct journal_play){.ctx = play, .open = open_named, .next = next};
    play->dir = dir;
    play->folder = folder;
}

void tape_play_deinit(struct tape_play *play)
{
    for (uint32_t i = 0; i < JOURNAL_TAPES; i++)
        tape_close(play->all[i].tape);
    memset(play->all, 0, sizeof(play->all));
}
