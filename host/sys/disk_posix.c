// SPDX-License-Identifier: Apache-2.0
#include "sys/disk_posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sys/file.h"

static int code_of(int error)
{
    switch (error) {
    case ENOENT:
        return AGON_ENOENT;
    case ENOSPC:
    case EFBIG: // ulimit -f
    case EDQUOT:
        return AGON_ENOSPC;
    case EACCES:
    case EPERM:
    case EROFS:
        return AGON_EPERM;
    case EINVAL:
        return AGON_EINVAL;
    case ENOMEM:
        return AGON_ENOMEM;
    default:
        return AGON_EIO;
    }
}

static const struct disk_posix *self_of(void *ctx)
{
    return ctx;
}

static int open_file(void *ctx, const char *name, uint64_t preallocate_bytes)
{
    static const int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    struct stat stat;
    int fd = openat(self_of(ctx)->dir_fd, name,
                    O_RDWR | (preallocate_bytes > 0 ? O_CREAT : 0) | flags, 0600);
    int rc;

    // Somebody who may only look: reading has to work all the same.
    if (fd < 0 && (errno == EACCES || errno == EROFS) && preallocate_bytes == 0)
        fd = openat(self_of(ctx)->dir_fd, name, O_RDONLY | flags);
    if (fd < 0)
        return code_of(errno);
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        (void)close(fd);
        return AGON_EINVAL;
    }
    if (preallocate_bytes > 0) {
        do {
            rc = posix_fallocate(fd, 0, (off_t)preallocate_bytes);
        } while (rc == EINTR);
        if (rc != 0) {
            (void)close(fd);
            return code_of(rc);
        }
    }
    return fd;
}

#define PAGE_BYTES 4096

/* The device is given whole pages as they are written, as far as its queue has room: a sync far
 * behind, of what came together until then, then finds little left. The last page, which the next
 * write goes on in, is left to it. */
static void begin_writing(int file, uint64_t from, uint64_t end)
{
    end -= end % PAGE_BYTES;
    if (end > from && end - from >= PAGE_BYTES)
        (void)sync_file_range(file, (off_t)from, (off_t)(end - from), SYNC_FILE_RANGE_WRITE);
}

static void close_file(void *ctx, int file)
{
    (void)ctx;
    (void)close(file);
}

static int write_file(void *ctx, int file, uint64_t offset, const void *bytes, uint64_t n)
{
    const char *at = bytes;

    while (n > 0) {
        ssize_t put = pwrite(file, at, n, (off_t)offset);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put < 0 ? code_of(errno) : AGON_EIO;
        if (!self_of(ctx)->is_unforced)
            begin_writing(file, offset, offset + (uint64_t)put);
        at += put;
        offset += (uint64_t)put;
        n -= (uint64_t)put;
    }
    return AGON_OK;
}

static int64_t read_file(void *ctx, int file, uint64_t offset, void *bytes, uint64_t n)
{
    uint64_t done = 0;

    (void)ctx;
    while (done < n) {
        ssize_t got = pread(file, (char *)bytes + done, n - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return code_of(errno);
        if (got == 0)
            break;
        done += (uint64_t)got;
    }
    return (int64_t)done;
}

static int sync_file(void *ctx, int file)
{
    return self_of(ctx)->is_unforced || fdatasync(file) == 0 ? AGON_OK : code_of(errno);
}

static int64_t size_of_file(void *ctx, int file)
{
    struct stat stat;

    (void)ctx;
    return fstat(file, &stat) == 0 ? stat.st_size : code_of(errno);
}

static int truncate_file(void *ctx, int file, uint64_t bytes)
{
    (void)ctx;
    return ftruncate(file, (off_t)bytes) == 0 ? AGON_OK : code_of(errno);
}

static int rename_file(void *ctx, const char *from, const char *to)
{
    int dir = self_of(ctx)->dir_fd;

    return renameat(dir, from, dir, to) == 0 ? AGON_OK : code_of(errno);
}

static int remove_file(void *ctx, const char *name)
{
    return unlinkat(self_of(ctx)->dir_fd, name, 0) == 0 ? AGON_OK : code_of(errno);
}

static int sync_dir(void *ctx)
{
    const struct disk_posix *self = self_of(ctx);

    return self->is_unforced || fsync(self->dir_fd) == 0 ? AGON_OK : code_of(errno);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_files(void *ctx, int (*each)(void *arg, const char *name), void *arg)
{
    char **names = NULL;
    size_t n = 0, room = 0;
    int rc = AGON_OK;
    // A second descriptor: a directory stream has a place of its own and closes what it was given.
    int fd = openat(self_of(ctx)->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

    if (dir == NULL) {
        rc = code_of(errno);
        if (fd >= 0)
            (void)close(fd);
        return rc;
    }
    for (;;) {
        struct dirent *entry = (errno = 0, readdir(dir));

        if (entry == NULL) {
            rc = errno == 0 ? AGON_OK : code_of(errno);
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (n == room) {
            char **more = realloc(names, (room = room * 2 + 64) * sizeof(*names));

            if (more == NULL) {
                rc = AGON_ENOMEM;
                break;
            }
            names = more;
        }
        names[n] = strdup(entry->d_name);
        if (names[n] == NULL) {
            rc = AGON_ENOMEM;
            break;
        }
        n++;
    }
    (void)closedir(dir);
    if (rc >= 0 && n > 0)
        qsort(names, n, sizeof(*names), by_bytes);
    for (size_t i = 0; i < n; i++) {
        if (rc == AGON_OK)
            rc = each(arg, names[i]);
        free(names[i]);
    }
    free(names);
    return rc;
}

int disk_posix_open(struct disk_posix *disk, const char *path, struct error *err)
{
    int rc = file_make_dir(path, err);

    memset(disk, 0, sizeof(*disk));
    disk->dir_fd = -1;
    if (rc < 0)
        return rc;
    disk->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (disk->dir_fd < 0)
        return file_refuse_read(path, errno, code_of(errno), err);
    disk->port = (struct disk){.ctx = disk,
                               .open = open_file,
                               .close = close_file,
                               .write = write_file,
                               .read = read_file,
                               .sync = sync_file,
                               .size = size_of_file,
                               .truncate = truncate_file,
                               .rename = rename_file,
                               .remove = remove_file,
                               .sync_dir = sync_dir,
                               .list = list_files};
    return AGON_OK;
}

void disk_posix_close(struct disk_posix *disk)
{
    if (disk->dir_fd >= 0)
        (void)close(disk->dir_fd);
    disk->dir_fd = -1;
}

int64_t disk_posix_free(void *ctx, int64_t *total)
{
    struct statvfs stat;

    if (fstatvfs(self_of(ctx)->dir_fd, &stat) != 0)
        return code_of(errno);
    *total = (int64_t)(stat.f_blocks * stat.f_frsize);
    return (int64_t)(stat.f_bavail * stat.f_frsize);
}
