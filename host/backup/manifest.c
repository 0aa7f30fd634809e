// SPDX-License-Identifier: Apache-2.0
#include "backup/manifest.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/files.h"
#include "lab/replay.h"
#include "market/records.h"
#include "run/restored.h"
#include "sys/clock.h"
#include "sys/disk_posix.h"
#include "sys/disk_read_only.h"
#include "sys/file.h"

#define MANIFEST_BYTES ((uint64_t)256 << 20)

static void note_number(struct facts *facts, uint32_t number)
{
    for (uint32_t i = 0; i < facts->n_numbers; i++)
        if (facts->numbers[i] == number)
            return;
    if (facts->n_numbers < FACTS_NUMBERS)
        facts->numbers[facts->n_numbers++] = number;
}

static void note(struct facts *facts, const struct agon_event_hdr *event)
{
    const struct record_ids *ids = (const void *)event;
    const struct record_start *start = (const void *)event;

    if (facts->last_seq == 0) {
        facts->first_seq = event->seq;
        facts->first_t = event->t;
    }
    facts->last_seq = event->seq;
    facts->last_t = event->t;
    if (event->type == EVENT_CONFIG && ids->kind == CONFIG_IDS)
        note_number(facts, ids->journal);
    if (event->type != EVENT_START)
        return;
    facts->run = start->run;
    facts->mode = start->mode;
    note_number(facts, start_journal(start));
}

int facts_read(struct facts *facts, const char *dir, struct error *err)
{
    struct disk_posix disk = {.dir_fd = -1};
    struct disk_read_only only;
    struct journal_reader *reader = NULL;
    const struct agon_event_hdr *event;
    int rc = disk_posix_open(&disk, dir, err);

    memset(facts, 0, sizeof(*facts));
    if (rc >= 0) {
        disk_read_only(&only, &disk.port);
        reader = journal_reader_open(&only.port, NULL, err);
        rc = reader != NULL ? AGON_OK : err->code;
    }
    while (rc >= 0 && (rc = journal_reader_next(reader, &event, err)) == 1)
        note(facts, event);
    if (reader != NULL)
        facts->summary = *journal_reader_summary(reader);
    journal_reader_close(reader);
    disk_posix_close(&disk);
    if (rc >= 0 && facts->last_seq == 0)
        rc = error_set(err, AGON_ENOENT, "%s holds no journal", dir);
    return rc < 0 ? rc : AGON_OK;
}

int facts_prove(const char *dir, json_t *manifest, struct error *err)
{
    struct replay_config config = {.dir = dir, .is_verified = 1};
    struct replay replay = {0};
    json_t *agents = json_array();
    char state[2 * HASH_SIZE + 1];
    int rc = replay_run(&config, &replay, err);

    if (rc >= 0) {
        const struct slots *slots = engine_slots(replay.engine);

        for (uint32_t id = 0; id < slots->n; id++) {
            char hash[20];

            if (!slots->all[id].is_used)
                continue;
            snprintf(hash, sizeof(hash), "%016llx",
                     (unsigned long long)__builtin_bswap64(slots->all[id].generation_hash));
            json_array_append_new(
                agents, json_pack("{s:s, s:s}", "name", slots->all[id].name, "plugin", hash));
        }
        hash_hex(replay.state, state);
        json_object_set_new(manifest, "state_hash", json_string(state));
        json_object_set_new(manifest, "marks", json_integer((json_int_t)replay.n_marks));
        json_object_set(manifest, "agents", agents);
    }
    json_decref(agents);
    replay_free(&replay);
    return rc;
}

struct listing {
    const char *dir;
    json_t *files;
    uint64_t n_bytes;
    struct error *err;
};

static int list_one(void *ctx, const char *name, int is_file)
{
    struct listing *listing = ctx;
    char hash[2 * HASH_SIZE + 1];
    struct file_sum sum;
    int rc;

    if (!is_file || strchr(name, '/') == NULL) {
        // Of the backup's own there is nothing yet but the mark of one that is being made.
        if (!is_file || strcmp(name, "unfinished") == 0)
            return AGON_OK;
    }
    rc = files_sum(listing->dir, name, &sum, listing->err);
    if (rc < 0)
        return rc;
    hash_hex(sum.hash, hash);
    listing->n_bytes += sum.n;
    json_array_append_new(listing->files, json_pack("{s:s, s:I, s:s}", "path", name, "bytes",
                                                    (json_int_t)sum.n, "blake2b_256", hash));
    return AGON_OK;
}

static void sum_line(const char *text, size_t n, char line[128])
{
    unsigned char hash[HASH_SIZE];
    char hex[2 * HASH_SIZE + 1];
    struct hash of;

    hash_init(&of);
    hash_update(&of, text, n);
    hash_final(&of, hash);
    hash_hex(hash, hex);
    snprintf(line, 128, "%s  %s\n", hex, BACKUP_MANIFEST);
}

int manifest_write(const char *dir, json_t *manifest, struct error *err)
{
    struct listing listing = {.dir = dir, .files = json_array(), .err = err};
    char path[PATH_MAX], line[128];
    char *text;
    int rc = files_walk(dir, list_one, &listing, err);

    json_object_set_new(manifest, "bytes", json_integer((json_int_t)listing.n_bytes));
    json_object_set_new(manifest, "files", listing.files);
    if (rc < 0)
        return rc;
    text = json_dumps(manifest, JSON_INDENT(1));
    if (text == NULL || file_join(path, sizeof(path), dir, BACKUP_MANIFEST) < 0)
        rc = error_set(err, AGON_ENOMEM, "out of memory");
    if (rc >= 0)
        rc = file_write_atomic(path, text, strlen(text), 0600, err);
    if (rc >= 0) {
        sum_line(text, strlen(text), line);
        (void)file_join(path, sizeof(path), dir, BACKUP_SUM);
        rc = file_write_atomic(path, line, strlen(line), 0600, err);
    }
    free(text);
    return rc;
}

/* Each file has a name within the backup, a length and a hash. */
static int has_shape(const json_t *manifest)
{
    const json_t *file, *files = json_object_get(manifest, "files");
    size_t i;

    if (!json_is_array(files) || json_array_size(files) == 0 ||
        !json_is_integer(json_object_get(manifest, "last_event")))
        return 0;
    json_array_foreach(files, i, file)
    {
        const char *path = json_string_value(json_object_get(file, "path"));
        const char *hash = json_string_value(json_object_get(file, "blake2b_256"));

        if (path == NULL || path[0] == '/' || path[0] == '.' || strstr(path, "/.") != NULL ||
            hash == NULL || strlen(hash) != 2 * HASH_SIZE ||
            !json_is_integer(json_object_get(file, "bytes")))
            return 0;
    }
    return 1;
}

int manifest_read(const char *dir, json_t **manifest, struct error *err)
{
    char path[PATH_MAX], line[128];
    char *text = NULL, *sum = NULL;
    uint64_t n = 0, n_sum = 0;
    struct error why = {0};
    int rc;

    *manifest = NULL;
    if (file_join(path, sizeof(path), dir, BACKUP_MANIFEST) < 0)
        return error_set(err, AGON_ERANGE, "%s: the path is too long", dir);
    rc = file_read(path, MANIFEST_BYTES, &text, &n, &why);
    if (rc == AGON_ENOENT)
        return error_set(
            err, AGON_EINVAL,
            "%s is not a backup: there is no %s in it; expected a folder that `agon backup make` "
            "made",
            dir, BACKUP_MANIFEST);
    if (rc < 0)
        return error_set(err, rc, "%s", why.text);
    (void)file_join(path, sizeof(path), dir, BACKUP_SUM);
    rc = file_read(path, 4096, &sum, &n_sum, &why);
    sum_line(text, n, line);
    if (rc < 0 || strcmp(sum, line) != 0)
        rc = error_set(
            err, AGON_ECORRUPT,
            "%s/%s is not as it was made: expected the bytes that %s is of; take another backup",
            dir, BACKUP_MANIFEST, BACKUP_SUM);
    else
        *manifest = json_loadb(text, n, 0, NULL);
    free(text);
    free(sum);
    if (rc >= 0 && json_integer_value(json_object_get(*manifest, "format")) > BACKUP_FORMAT)
        rc =
            error_set(err, AGON_EVERSION, "%s: made by a later version of agon; use that one", dir);
    else if (rc >= 0 && !has_shape(*manifest))
        rc = error_set(err, AGON_ECORRUPT, "%s/%s was not written by `agon backup make`", dir,
                       BACKUP_MANIFEST);
    if (rc >= 0)
        return AGON_OK;
    json_decref(*manifest);
    *manifest = NULL;
    return rc;
}
