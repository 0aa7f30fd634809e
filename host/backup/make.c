// SPDX-License-Identifier: Apache-2.0
/* make: the copy of a run directory. What a host writes once and reads at its start goes before the
 * journal where the journal has what follows from it (keeper.taken), and else behind it, so that
 * all that the journal names is there (kept). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup.h"
#include "backup/files.h"
#include "backup/manifest.h"
#include "backup/stage.h"
#include "journal/copy.h"
#include "journal/text.h"
#include "run/keeper_log.h"
#include "sys/buildid.h"
#include "sys/clock.h"
#include "sys/disk_posix.h"
#include "sys/disk_read_only.h"
#include "sys/file.h"
#include "sys/rundir.h"

/* Who has the lock and since when; 0: nobody. */
static uint64_t writer_of(void *ctx)
{
    const char *dir = ctx;
    int pid = rundir_holder(dir);
    struct stat stat_of = {0};
    char path[PATH_MAX];
    uint64_t who;

    if (pid == 0)
        return 0;
    if (file_join(path, sizeof(path), dir, "lock") >= 0)
        (void)stat(path, &stat_of);
    who = hash_mix((uint64_t)pid) ^ hash_mix((uint64_t)stat_of.st_mtim.tv_sec * 1000000000 +
                                             (uint64_t)stat_of.st_mtim.tv_nsec);
    return who != 0 ? who : 1;
}

static int copy_if_there(const struct backup_config *config, const struct stage *stage,
                         const char *name, struct error *err)
{
    struct file_sum sum;
    struct error why = {0};
    int rc = files_copy(config->from, stage->fresh, name, &sum, &why);

    return rc >= 0 || rc == AGON_ENOENT ? AGON_OK : error_set(err, rc, "%s", why.text);
}

struct kept {
    const struct backup_config *config;
    const struct stage *stage;
    struct error *err;
};

static int copy_kept(void *ctx, const char *name, int is_file)
{
    const struct kept *kept = ctx;
    char path[PATH_MAX];

    if (!is_file || strchr(name, '/') != NULL || strncmp(name, "new-", 4) == 0)
        return AGON_OK;
    snprintf(path, sizeof(path), "%s/%.200s", BACKUP_KEPT, name);
    return copy_if_there(kept->config, kept->stage, path, kept->err);
}

static int copy_kept_all(const struct backup_config *config, const struct stage *stage,
                         struct error *err)
{
    struct kept kept = {.config = config, .stage = stage, .err = err};
    char from[PATH_MAX], to[PATH_MAX];

    if (file_join(from, sizeof(from), config->from, BACKUP_KEPT) < 0 ||
        file_join(to, sizeof(to), stage->fresh, BACKUP_KEPT) < 0)
        return error_set(err, AGON_ERANGE, "%s: the path is too long", config->from);
    if (!file_is_dir(from))
        return AGON_OK;
    if (mkdir(to, 0700) != 0)
        return file_refuse_write(to, errno, 0, err);
    return files_walk(from, copy_kept, &kept, err);
}

static int copy_journal(const struct backup_config *config, const char *from, const char *to,
                        struct journal_copied *copied, struct error *err)
{
    struct disk_posix from_disk = {.dir_fd = -1}, to_disk = {.dir_fd = -1};
    struct disk_read_only only;
    int rc = disk_posix_open(&from_disk, from, err);

    if (rc >= 0)
        rc = disk_posix_open(&to_disk, to, err);
    if (rc >= 0) {
        struct journal_copying copying = {
            .to = &to_disk.port, .writer = writer_of, .ctx = (void *)(uintptr_t)config->from};

        disk_read_only(&only, &from_disk.port);
        copying.from = &only.port;
        rc = journal_copy(&copying, copied, err);
    }
    disk_posix_close(&from_disk);
    disk_posix_close(&to_disk);
    return rc;
}

static json_t *describe(const struct backup_config *config, const struct journal_copied *copied,
                        const struct facts *facts)
{
    unsigned char build[BUILD_ID_MAX] = {0};
    char made[CLOCK_TEXT], first[CLOCK_TEXT], last[CLOCK_TEXT], id[33], hex[2 * BUILD_ID_MAX + 1];
    size_t n = buildid_own(build);
    json_t *manifest = json_object();

    for (int i = 0; i < 16; i++)
        snprintf(id + 2 * i, 3, "%02x", facts->summary.end.id[i]);
    for (size_t i = 0; i < n; i++)
        snprintf(hex + 2 * i, 3, "%02x", build[i]);
    hex[2 * n] = '\0';
    clock_text(clock_now(), made);
    clock_text(facts->first_t, first);
    clock_text(facts->last_t, last);
#define TEXT(key, value)   json_object_set_new(manifest, key, json_string(value))
#define NUMBER(key, value) json_object_set_new(manifest, key, json_integer((json_int_t)(value)))
    NUMBER("format", BACKUP_FORMAT);
    TEXT("made", made);
    TEXT("version", AGON_VERSION);
    TEXT("build", hex);
    TEXT("directory", config->from);
    json_object_set_new(manifest, "host_was_running", json_boolean(copied->was_live));
    TEXT("journal_id", id);
    NUMBER("run", facts->run);
    TEXT("mode", text_name(TEXT_MODE, facts->mode));
    NUMBER("first_event", facts->first_seq);
    NUMBER("last_event", facts->last_seq);
    TEXT("first_time", first);
    TEXT("last_time", last);
    NUMBER("market_dropped_before", facts->summary.end.dropped_before);
    NUMBER("snapshots", copied->n_snapshots);
    TEXT("cut", copied->summary.torn);
    NUMBER("turns", copied->n_turns);
    json_object_set_new(manifest, "left_out",
                        json_pack("[s,s,s,s]", "configuration and roster", "credentials and tokens",
                                  "log", "plugins' own folders"));
#undef TEXT
#undef NUMBER
    return manifest;
}

static int fill(const struct backup_config *config, struct stage *stage, json_t **manifest,
                struct error *err)
{
    char from[PATH_MAX], to[PATH_MAX];
    struct journal_copied copied;
    static struct facts facts;
    int rc = AGON_OK;

    if (file_join(from, sizeof(from), config->from, BACKUP_JOURNAL) < 0 ||
        file_join(to, sizeof(to), stage->fresh, BACKUP_JOURNAL) < 0)
        return error_set(err, AGON_ERANGE, "%s: the path is too long", config->from);
    rc = copy_if_there(config, stage, KEEPER_TAKEN, err);
    if (rc >= 0)
        rc = copy_journal(config, from, to, &copied, err);
    if (rc >= 0)
        rc = copy_if_there(config, stage, KEEPER_LOG, err);
    if (rc >= 0)
        rc = copy_if_there(config, stage, "quarantine", err);
    if (rc >= 0)
        rc = copy_if_there(config, stage, "KILL", err);
    if (rc >= 0)
        rc = copy_kept_all(config, stage, err);
    if (rc >= 0)
        rc = facts_read(&facts, to, err); // as any other reader has it
    if (rc < 0)
        return rc;
    *manifest = describe(config, &copied, &facts);
    if (config->is_replayed)
        rc = facts_prove(to, *manifest, err);
    return rc < 0 ? rc : manifest_write(stage->fresh, *manifest, err);
}

/* Is it in that folder, or below it, wherever links lead? What is not there yet is where its folder
 * is; a folder that is missing is reported by whoever makes the backup. */
static int is_within(const char *path, const char *dir)
{
    char real_dir[PATH_MAX], real[PATH_MAX], parent[PATH_MAX];
    char *slash;
    size_t n;

    snprintf(parent, sizeof(parent), "%s", path);
    for (n = strlen(parent); n > 1 && parent[n - 1] == '/'; n--)
        parent[n - 1] = '\0';
    slash = strrchr(parent, '/');
    if (slash == NULL)
        snprintf(parent, sizeof(parent), ".");
    else
        slash[slash == parent] = '\0';
    if (realpath(dir, real_dir) == NULL || realpath(parent, real) == NULL)
        return 0;
    n = strlen(real_dir);
    return strncmp(real, real_dir, n) == 0 && (real[n] == '\0' || real[n] == '/');
}

int backup_make(const struct backup_config *config, json_t **manifest, struct error *err)
{
    char journal[PATH_MAX];
    struct stage stage;
    int rc;

    *manifest = NULL;
    if (file_join(journal, sizeof(journal), config->from, BACKUP_JOURNAL) < 0 ||
        !file_is_dir(journal))
        return error_set(
            err, AGON_ENOENT,
            "%s is not a run directory: there is no %s/ in it; expected the --dir of an `agon "
            "run`",
            config->from, BACKUP_JOURNAL);
    if (is_within(config->to, config->from))
        return error_set(err, AGON_EPERM,
                         "%s would lie in the run directory that it is a copy of, and be lost with "
                         "it; name one outside, best on another disk",
                         config->to);
    if (file_is_there(config->to))
        return error_set(err, AGON_EPERM,
                         "%s is there already, and a backup takes the place of nothing; name one "
                         "that is not there, such as %s-2",
                         config->to, config->to);
    rc = stage_open(&stage, config->to, err);
    if (rc < 0)
        return rc;
    rc = fill(config, &stage, manifest, err);
    if (rc >= 0)
        rc = stage_finish(&stage, err);
    stage_drop(&stage);
    if (rc < 0) {
        json_decref(*manifest);
        *manifest = NULL;
    }
    return rc;
}
