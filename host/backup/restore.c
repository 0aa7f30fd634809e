// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/check.h"
#include "backup/files.h"
#include "backup/stage.h"
#include "run/restored.h"
#include "sys/entropy.h"
#include "sys/file.h"
#include "sys/rundir.h"

static int any(void *ctx, const char *name, int is_file)
{
    (void)ctx;
    (void)name;
    (void)is_file;
    return 1;
}

static int refuse_what_is_there(const char *to, struct error *err)
{
    int holder = rundir_holder(to);

    if (holder > 0)
        return error_set(
            err, AGON_EBUSY,
            "a host runs in %s (process %d); end it, or name a folder that is not there "
            "or empty",
            to, holder);
    if (file_is_there(to) && (!file_is_dir(to) || files_walk(to, any, NULL, err) != 0))
        return error_set(err, AGON_EPERM,
                         "%s is not empty, and a restore takes the place of nothing; move it away, "
                         "or name a folder that is not there",
                         to);
    return AGON_OK;
}

static int copy_one(const struct backup_config *config, const struct stage *stage,
                    const json_t *file, struct error *err)
{
    const char *path = json_string_value(json_object_get(file, "path"));
    const char *slash = strchr(path, '/');
    char folder[PATH_MAX], bad[512];
    struct file_sum sum;
    int rc;

    if (slash != NULL && snprintf(folder, sizeof(folder), "%s/%.*s", stage->fresh,
                                  (int)(slash - path), path) < PATH_MAX) {
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return file_refuse_write(folder, errno, 0, err);
    }
    rc = files_copy(config->from, stage->fresh, path, &sum, err);
    if (rc < 0)
        return rc == AGON_ENOENT ? (err->code = AGON_ECORRUPT) : rc;
    check_sum(file, &sum, bad, sizeof(bad));
    return bad[0] == '\0'
               ? AGON_OK
               : error_set(err, AGON_ECORRUPT, "%s: %s; take another backup", config->from, bad);
}

/* None that the journal has had. */
static uint32_t draw(const struct facts *facts)
{
    for (;;) {
        uint32_t number = (uint32_t)entropy_u64() & 0xffffff;
        int is_known = number == 0;

        for (uint32_t i = 0; i < facts->n_numbers; i++)
            is_known |= facts->numbers[i] == number;
        if (!is_known)
            return number;
    }
}

static int fill(const struct backup_config *config, struct stage *stage, const json_t *manifest,
                struct error *err)
{
    const json_t *file;
    static struct facts facts;
    char journal[PATH_MAX], about[400];
    size_t i;
    int rc = AGON_OK;

    json_array_foreach(json_object_get(manifest, "files"), i, file)
    {
        rc = copy_one(config, stage, file, err);
        if (rc < 0)
            return rc;
    }
    if (file_join(journal, sizeof(journal), stage->fresh, BACKUP_JOURNAL) < 0)
        return error_set(err, AGON_ERANGE, "%s: the path is too long", config->to);
    rc = check_journal(journal, manifest, config->is_replayed, &facts, err);
    if (rc < 0)
        return rc;
    snprintf(about, sizeof(about), "restored from %.200s, made %s, which ends with event %llu",
             config->from, json_string_value(json_object_get(manifest, "made")),
             (unsigned long long)facts.last_seq);
    return restored_write(stage->fresh, draw(&facts), about, err);
}

int backup_restore(const struct backup_config *config, json_t **manifest, struct error *err)
{
    char above[PATH_MAX];
    struct stage stage;
    char *slash;
    int rc = manifest_read(config->from, manifest, err);

    if (rc < 0)
        return rc;
    snprintf(above, sizeof(above), "%s", config->to);
    slash = strrchr(above, '/');
    rc = refuse_what_is_there(config->to, err);
    if (rc >= 0 && slash != NULL && slash != above) {
        *slash = '\0';
        rc = file_make_dir(above, err);
    }
    if (rc >= 0)
        rc = stage_open(&stage, config->to, err);
    if (rc >= 0) {
        rc = fill(config, &stage, *manifest, err);
        if (rc >= 0)
            rc = stage_finish(&stage, err);
        stage_drop(&stage);
    }
    if (rc >= 0)
        return rc;
    json_decref(*manifest);
    *manifest = NULL;
    return rc;
}
