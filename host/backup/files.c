// SPDX-License-Identifier: Apache-2.0
#include "backup/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup.h"
#include "sys/file.h"

#define CHUNK ((size_t)1 << 18)

static int code_of(int error)
{
    return error == ENOENT                                        ? AGON_ENOENT
           : error == ENOSPC || error == EDQUOT || error == EFBIG ? AGON_ENOSPC
                                                                  : AGON_EIO;
}

static int say(const char *path, int error, struct error *err)
{
    return error_set(err, code_of(error), "%s: %s", path, strerror(error));
}

static int open_read(const char *dir, const char *name, char *path, struct error *err)
{
    struct stat stat;
    int fd;

    if (file_join(path, PATH_MAX, dir, name) < 0)
        return error_set(err, AGON_ERANGE, "%s: the path is too long", name);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ELOOP ? error_set(err, AGON_EINVAL, "%s: it is a link, and no file", path)
                              : say(path, errno, err);
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        (void)close(fd);
        return error_set(err, AGON_EINVAL, "%s: not a regular file", path);
    }
    return fd;
}

static int write_all(int fd, const unsigned char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t put = write(fd, bytes, n);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return -1;
        bytes += put;
        n -= (size_t)put;
    }
    return 0;
}

/* to below 0: it is only read. */
static int pump(int from, int to, struct file_sum *sum, const char *path, struct error *err)
{
    static unsigned char chunk[CHUNK];
    struct hash hash;

    hash_init(&hash);
    sum->n = 0;
    for (;;) {
        ssize_t got = read(from, chunk, CHUNK);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return say(path, errno, err);
        if (got == 0)
            break;
        hash_update(&hash, chunk, (size_t)got);
        sum->n += (uint64_t)got;
        if (to >= 0 && write_all(to, chunk, (size_t)got) != 0)
            return say(path, errno, err);
    }
    hash_final(&hash, sum->hash);
    return AGON_OK;
}

int files_sum(const char *dir, const char *name, struct file_sum *sum, struct error *err)
{
    char path[PATH_MAX];
    int fd = open_read(dir, name, path, err), rc;

    if (fd < 0)
        return fd;
    rc = pump(fd, -1, sum, path, err);
    (void)close(fd);
    return rc;
}

int files_copy(const char *from_dir, const char *to_dir, const char *name, struct file_sum *sum,
               struct error *err)
{
    mode_t mode = strncmp(name, BACKUP_KEPT "/", strlen(BACKUP_KEPT) + 1) == 0 ? 0400 : 0600;
    char from_path[PATH_MAX], to_path[PATH_MAX];
    int from = open_read(from_dir, name, from_path, err), to, rc;

    if (from < 0)
        return from;
    if (file_join(to_path, sizeof(to_path), to_dir, name) < 0) {
        (void)close(from);
        return error_set(err, AGON_ERANGE, "%s: the path is too long", name);
    }
    to = open(to_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    rc = to < 0 ? say(to_path, errno, err) : pump(from, to, sum, to_path, err);
    if (rc >= 0 && fsync(to) != 0)
        rc = say(to_path, errno, err);
    if (to >= 0 && close(to) != 0 && rc >= 0)
        rc = say(to_path, errno, err);
    (void)close(from);
    return rc;
}

static int is_shown(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int walk(const char *dir, const char *under, int depth,
                int (*each)(void *ctx, const char *name, int is_file), void *ctx, struct error *err)
{
    char path[PATH_MAX];
    struct dirent **entries = NULL;
    int rc = AGON_OK;
    int n;

    if (file_join(path, sizeof(path), dir, under) < 0)
        return error_set(err, AGON_ERANGE, "%s: the path is too long", dir);
    n = scandir(path, &entries, is_shown, by_bytes);
    if (n < 0)
        return say(path, errno, err);
    for (int i = 0; i < n; i++) {
        char name[PATH_MAX];
        struct stat stat;

        if (rc == AGON_OK && snprintf(name, sizeof(name), "%s%s%s", under,
                                      under[0] != '\0' ? "/" : "", entries[i]->d_name) >= PATH_MAX)
            rc = AGON_ERANGE;
        if (rc == AGON_OK && file_join(path, sizeof(path), dir, name) >= 0 &&
            lstat(path, &stat) == 0)
            rc = S_ISDIR(stat.st_mode) && depth > 0 ? walk(dir, name, depth - 1, each, ctx, err)
                                                    : each(ctx, name, S_ISREG(stat.st_mode));
        free(entries[i]);
    }
    free(entries);
    return rc;
}

int files_walk(const char *dir, int (*each)(void *ctx, const char *name, int is_file), void *ctx,
               struct error *err)
{
    return walk(dir, "", 1, each, ctx, err);
}
