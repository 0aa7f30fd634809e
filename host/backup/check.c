// SPDX-License-Identifier: Apache-2.0
#include "backup/check.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "backup/files.h"
#include "run/restored.h"
#include "sys/file.h"

void check_sum(const json_t *file, const struct file_sum *sum, char *bad, size_t room)
{
    const char *path = json_string_value(json_object_get(file, "path"));
    uint64_t n = (uint64_t)json_integer_value(json_object_get(file, "bytes"));
    char hash[2 * HASH_SIZE + 1];

    bad[0] = '\0';
    hash_hex(sum->hash, hash);
    if (sum->n != n)
        snprintf(bad, room, "%s has %llu bytes, and had %llu", path, (unsigned long long)sum->n,
                 (unsigned long long)n);
    else if (strcmp(hash, json_string_value(json_object_get(file, "blake2b_256"))) != 0)
        snprintf(bad, room, "%s has other bytes than it had (BLAKE2b %.16s, was %.16s)", path, hash,
                 json_string_value(json_object_get(file, "blake2b_256")));
}

struct extras {
    const struct backup_config *config;
    const json_t *files;
    uint32_t n_bad;
};

static int look_extra(void *ctx, const char *name, int is_file)
{
    struct extras *extras = ctx;
    const json_t *file;
    char bad[512];
    size_t i;

    if (strcmp(name, BACKUP_MANIFEST) == 0 || strcmp(name, BACKUP_SUM) == 0)
        return AGON_OK;
    json_array_foreach(extras->files, i, file)
    {
        if (is_file && strcmp(json_string_value(json_object_get(file, "path")), name) == 0)
            return AGON_OK;
    }
    snprintf(bad, sizeof(bad), "%.400s does not belong to the backup", name);
    if (extras->config->on_bad != NULL)
        extras->config->on_bad(extras->config->ctx, bad);
    extras->n_bad++;
    return AGON_OK;
}

int check_journal(const char *dir, const json_t *manifest, int is_replayed, struct facts *facts,
                  struct error *err)
{
    const char *state = json_string_value(json_object_get(manifest, "state_hash"));
    json_t *again = json_object();
    int rc = facts_read(facts, dir, err);

    if (rc >= 0 &&
        facts->last_seq != (uint64_t)json_integer_value(json_object_get(manifest, "last_event")))
        rc = error_set(err, AGON_ECORRUPT, "the journal ends with event %llu, and ended with %lld",
                       (unsigned long long)facts->last_seq,
                       (long long)json_integer_value(json_object_get(manifest, "last_event")));
    if (rc >= 0 && is_replayed)
        rc = facts_prove(dir, again, err);
    if (rc >= 0 && is_replayed && state != NULL &&
        strcmp(state, json_string_value(json_object_get(again, "state_hash"))) != 0)
        rc = error_set(err, AGON_ECORRUPT, "the journal replays to another state than it did");
    json_decref(again);
    return rc;
}

int backup_check(const struct backup_config *config, json_t **manifest, struct error *err)
{
    struct extras extras = {.config = config};
    char journal[PATH_MAX];
    static struct facts facts;
    const json_t *file;
    size_t i;
    int rc = manifest_read(config->from, manifest, err);

    if (rc < 0)
        return rc;
    extras.files = json_object_get(*manifest, "files");
    json_array_foreach(extras.files, i, file)
    {
        struct error why = {0};
        struct file_sum sum;
        char bad[ERROR_TEXT + 16];

        if (files_sum(config->from, json_string_value(json_object_get(file, "path")), &sum, &why) <
            0)
            snprintf(bad, sizeof(bad), "%s", why.text);
        else
            check_sum(file, &sum, bad, sizeof(bad));
        if (bad[0] == '\0')
            continue;
        if (config->on_bad != NULL)
            config->on_bad(config->ctx, bad);
        extras.n_bad++;
    }
    rc = files_walk(config->from, look_extra, &extras, err);
    if (rc >= 0 && extras.n_bad > 0)
        rc = error_set(err, AGON_ECORRUPT,
                       "%s: %u of its files are not as they were made; take another backup",
                       config->from, extras.n_bad);
    if (rc >= 0 && file_join(journal, sizeof(journal), config->from, BACKUP_JOURNAL) >= 0)
        rc = check_journal(journal, *manifest, config->is_replayed, &facts, err);
    if (rc >= 0)
        return rc;
    json_decref(*manifest);
    *manifest = NULL;
    return rc;
}
