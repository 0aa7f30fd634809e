// SPDX-License-Identifier: Apache-2.0
/* The host's part of the loader: the copy. A plugin's process has none of this (runner.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/loader.h"
#include "base/utf8.h"
#include "sys/memfd.h"

#define COPY_CHUNK 65536

/* Counts every copy of this process, so that no name comes twice: the dynamic loader matches names
 * before it looks at files (SDK E1, E3). */
static _Atomic uint32_t copies;

static int open_source(const char *path, uint64_t *bytes, struct error *err)
{
    struct stat stat;
    // Not blocking: a FIFO of that name must not stop us.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0) {
        int error = errno;

        if (error == ELOOP)
            return error_set(err, AGON_EINVAL, "a symbolic link; name the file itself");
        return error_set(err,
                         error == ENOENT   ? AGON_ENOENT
                         : error == EACCES ? AGON_EPERM
                                           : AGON_EIO,
                         "cannot be opened: %s; expected a plugin there, as its build makes it",
                         strerror(error));
    }
    if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode)) {
        close(fd);
        return error_set(err, AGON_EINVAL, "not a regular file; expected a plugin, NAME.so");
    }
    if (stat.st_size <= 0 || stat.st_size > (off_t)ELF_FILE_MAX) {
        close(fd);
        return error_set(err, AGON_EINVAL, "%s",
                         stat.st_size <= 0
                             ? "the file is empty; expected a plugin as its build makes it"
                             : "larger than 256 MiB, which no plugin is");
    }
    *bytes = (uint64_t)stat.st_size;
    return fd;
}

static int write_all(int fd, const unsigned char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t got = write(fd, bytes, n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return errno == ENOSPC ? AGON_ENOSPC : AGON_EIO;
        bytes += got;
        n -= (size_t)got;
    }
    return AGON_OK;
}

/* Copies exactly n bytes and hashes what it writes. */
static int copy(int to, int from, uint64_t n, unsigned char digest[HASH_SIZE], struct error *err)
{
    unsigned char *chunk = malloc(COPY_CHUNK);
    struct hash hash;
    int rc = AGON_OK;

    if (chunk == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the copy");
    hash_init(&hash);
    while (n > 0 && rc >= 0) {
        ssize_t got = read(from, chunk, n < COPY_CHUNK ? n : COPY_CHUNK);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            rc = error_set(err, AGON_EIO, "%s",
                           got < 0 ? strerror(errno) : "became shorter while it was copied");
            break;
        }
        hash_update(&hash, chunk, (size_t)got);
        rc = write_all(to, chunk, (size_t)got);
        if (rc < 0)
            error_set(err, rc, "the copy cannot be written: %s", strerror(errno));
        n -= (uint64_t)got;
    }
    hash_final(&hash, digest);
    free(chunk);
    return rc;
}

static int stage_memfd(struct plugin_file *file, int from, struct error *err)
{
    int rc;

    file->fd = memfd_new("agon-plugin", file->bytes, err);
    if (file->fd < 0)
        return file->fd;
    rc = copy(file->fd, from, file->bytes, file->hash, err);
    return rc < 0 ? rc : memfd_seal(file->fd, 1, err);
}

static int stage_disk(struct plugin_file *file, int from, const char *dir, uint16_t slot,
                      struct error *err)
{
    char partial[512];
    int fd = -1, rc;
    uint32_t n;

    do {
        n = atomic_fetch_add(&copies, 1);
        if ((size_t)snprintf(partial, sizeof(partial), "%s/gen-%u-%u.part", dir, slot, n) >=
            sizeof(partial) - 16)
            return error_set(err, AGON_ERANGE, "the name of the directory is too long");
        fd = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0500);
    } while (fd < 0 && errno == EEXIST);
    if (fd < 0)
        return error_set(err, AGON_EIO, "no copy can be made in %s: %s", dir, strerror(errno));
    rc = copy(fd, from, file->bytes, file->hash, err);
    close(fd);
    if (rc >= 0) {
        snprintf(file->path, sizeof(file->path), "%s/gen-%u-%u-%02x%02x%02x%02x.so", dir, slot, n,
                 file->hash[0], file->hash[1], file->hash[2], file->hash[3]);
        if (rename(partial, file->path) < 0 ||
            (file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0)
            rc = error_set(err, AGON_EIO, "the copy in %s: %s", dir, strerror(errno));
    }
    if (rc < 0) {
        unlink(partial);
        if (file->path[0])
            unlink(file->path);
        file->path[0] = 0;
    }
    return rc;
}

int plugin_file_stage(struct plugin_file *file, const char *path, const char *dir, uint16_t slot,
                      struct error *err)
{
    char shown[256];
    int from, rc;

    memset(file, 0, sizeof(*file));
    file->fd = -1;
    from = open_source(path, &file->bytes, err);
    rc = from;
    if (from >= 0) {
        rc = dir ? stage_disk(file, from, dir, slot, err) : stage_memfd(file, from, err);
        close(from);
    }
    if (rc < 0) {
        plugin_file_drop(file);
        utf8_escape(path, strlen(path), shown, sizeof(shown));
        error_wrap(err, "plugin %s", shown);
        return rc;
    }
    return AGON_OK;
}

void plugin_file_drop(struct plugin_file *file)
{
    if (file->fd > 0 || (file->fd == 0 && file->bytes > 0))
        close(file->fd);
    if (file->path[0])
        unlink(file->path);
    memset(file, 0, sizeof(*file));
    file->fd = -1;
}
