// SPDX-License-Identifier: Apache-2.0
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int code_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return AGON_ENOENT;
    case EACCES:
    case EPERM:
    case EROFS:
        return AGON_EPERM;
    case ENOSPC:
    case EFBIG: // ulimit -f
    case EDQUOT:
        return AGON_ENOSPC;
    case ENOMEM:
        return AGON_ENOMEM;
    default:
        return AGON_EIO;
    }
}

static int refuse_read(const char *path, int error, int code, const char *what, struct error *err)
{
    char here[PATH_MAX];
    int why = code_of(error);
    int rc = error_set(err, code != 0 ? code : why, "%s: %s", path, strerror(error));
    int is_relative = path[0] != '/' && getcwd(here, sizeof(here)) != NULL;

    if (why == AGON_ENOENT && is_relative && what == NULL)
        error_hint(err, "expected it below %s", here);
    else if (why == AGON_ENOENT)
        error_hint(err, "expected %s%s%s", what != NULL ? what : "a file there",
                   is_relative ? ", below " : "", is_relative ? here : "");
    else if (why == AGON_EPERM)
        error_hint(err, "expected %s that this user may read", what != NULL ? what : "a file");
    return rc;
}

int file_refuse_read(const char *path, int error, int code, struct error *err)
{
    return refuse_read(path, error, code, NULL, err);
}

int file_refuse_look(const char *path, int error, const char *what, struct error *err)
{
    return refuse_read(path, error, 0, what, err);
}

int file_refuse_write(const char *path, int error, int code, struct error *err)
{
    int why = code_of(error);
    int rc =
        error_set(err, code != 0 ? code : why, "%s cannot be written: %s", path, strerror(error));

    if (error == EISDIR)
        error_hint(err, "expected the name of a file in it");
    else if (why == AGON_ENOENT || why == AGON_EPERM || error == EROFS)
        error_hint(err, "expected a folder that is there and that this user may write to");
    return rc;
}

static int open_regular(const char *path, uint64_t *size, struct error *err)
{
    struct stat stat = {0};
    // Non-blocking, so that a named pipe cannot hold us before we see that it is one.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return file_refuse_read(path, errno, 0, err);
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        (void)close(fd);
        return error_set(err, AGON_EINVAL, "%s: %s; expected a file", path,
                         S_ISDIR(stat.st_mode) ? "is a directory" : "not a regular file");
    }
    *size = (uint64_t)stat.st_size;
    return fd;
}

static int64_t read_full(int fd, void *bytes, uint64_t n)
{
    uint64_t done = 0;

    while (done < n) {
        ssize_t got = read(fd, (char *)bytes + done, n - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return AGON_EIO;
        if (got == 0)
            break;
        done += (uint64_t)got;
    }
    return (int64_t)done;
}

int file_read(const char *path, uint64_t cap, char **bytes, uint64_t *n, struct error *err)
{
    uint64_t size = 0;
    int64_t got;
    char *memory;
    int fd = open_regular(path, &size, err);

    *bytes = NULL;
    *n = 0;
    if (fd < 0)
        return fd;
    if (size > cap) {
        (void)close(fd);
        return error_set(err, AGON_ERANGE, "%s: %llu bytes, at most %llu are read", path,
                         (unsigned long long)size, (unsigned long long)cap);
    }
    memory = malloc(size + 1);
    if (memory == NULL) {
        (void)close(fd);
        return error_set(err, AGON_ENOMEM, "%s: out of memory", path);
    }
    got = read_full(fd, memory, size);
    (void)close(fd);
    if (got < 0) {
        free(memory);
        return error_set(err, AGON_EIO, "%s: %s", path, strerror(errno));
    }
    memory[got] = '\0';
    *bytes = memory;
    *n = (uint64_t)got;
    return AGON_OK;
}

static int write_full(int fd, const void *bytes, uint64_t n)
{
    uint64_t done = 0;

    while (done < n) {
        ssize_t put = write(fd, (const char *)bytes + done, n - done);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return -1;
        done += (uint64_t)put;
    }
    return 0;
}

static int sync_dir_of(const char *path)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash - path);
    int fd, rc;

    if (n >= sizeof(dir))
        return -1;
    if (slash == NULL) {
        (void)snprintf(dir, sizeof(dir), ".");
    } else {
        memcpy(dir, path, n);
        dir[n] = '\0';
        if (n == 0)
            (void)snprintf(dir, sizeof(dir), "/");
    }
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    rc = fsync(fd);
    (void)close(fd);
    return rc;
}

int file_write_atomic(const char *path, const void *bytes, uint64_t n, unsigned mode,
                      struct error *err)
{
    char fresh[PATH_MAX];
    int fd, rc;

    if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
        return error_set(err, AGON_ERANGE, "%s: the path is too long", path);
    // What an interrupted write left there is of no use to anybody.
    (void)unlink(fresh);
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    if (fd < 0)
        return file_refuse_write(path, errno, 0, err);
    if (write_full(fd, bytes, n) != 0 || fsync(fd) != 0) {
        rc = error_set(err, code_of(errno), "%s: %s", fresh, strerror(errno));
        (void)close(fd);
        (void)unlink(fresh);
        return rc;
    }
    if (close(fd) != 0 || rename(fresh, path) != 0) {
        rc = error_set(err, code_of(errno), "%s: %s", path, strerror(errno));
        (void)unlink(fresh);
        return rc;
    }
    if (sync_dir_of(path) != 0)
        return error_set(err, AGON_EIO, "%s: syncing its directory: %s", path, strerror(errno));
    return AGON_OK;
}

int file_is_dir(const char *path)
{
    struct stat stat_of;

    return stat(path, &stat_of) == 0 && S_ISDIR(stat_of.st_mode);
}

int file_is_there(const char *path)
{
    struct stat stat_of;

    return stat(path, &stat_of) == 0;
}

int file_make_dir(const char *path, struct error *err)
{
    char part[PATH_MAX];
    size_t n = strlen(path);
    struct stat stat_of;

    if (n == 0 || n >= sizeof(part))
        return error_set(err, AGON_EINVAL, "a directory needs a path of 1 to %d bytes",
                         PATH_MAX - 1);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return file_refuse_write(part, errno, 0, err);
    }
    if (stat(path, &stat_of) != 0 || !S_ISDIR(stat_of.st_mode))
        return error_set(err, AGON_EINVAL, "%s: not a directory; expected one, or a new name",
                         path);
    return AGON_OK;
}

int file_join(char *path, size_t room, const char *directory, const char *name)
{
    size_t n = strlen(directory);
    int has_slash = n > 0 && directory[n - 1] == '/';
    int length = snprintf(path, room, "%s%s%s", directory, has_slash ? "" : "/", name);

    return length < 0 || (size_t)length >= room ? AGON_ERANGE : AGON_OK;
}

struct file_bytes {
    int fd;
    char *path; /* owned */
};

struct file_bytes *file_bytes_open(const char *path, struct error *err)
{
    struct file_bytes *file = calloc(1, sizeof(*file));
    uint64_t size;

    if (file == NULL || (file->path = strdup(path)) == NULL) {
        (void)error_set(err, AGON_ENOMEM, "%s: out of memory", path);
        free(file);
        return NULL;
    }
    file->fd = open_regular(path, &size, err);
    if (file->fd < 0) {
        file_bytes_close(file);
        return NULL;
    }
    return file;
}

void file_bytes_close(void *opened)
{
    struct file_bytes *file = opened;

    if (file == NULL)
        return;
    if (file->fd >= 0)
        (void)close(file->fd);
    free(file->path);
    free(file);
}

int64_t file_bytes_read(void *opened, void *bytes, uint64_t n, struct error *err)
{
    struct file_bytes *file = opened;
    int64_t got = read_full(file->fd, bytes, n);

    return got < 0 ? error_set(err, AGON_EIO, "%s: %s", file->path, strerror(errno)) : got;
}

static int remove_one(const char *path, const struct stat *at, int kind, struct FTW *where)
{
    (void)at;
    (void)kind;
    (void)where;
    (void)remove(path);
    return 0;
}

void file_remove_tree(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
