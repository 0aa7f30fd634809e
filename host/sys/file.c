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
#include <zlib.h>

#define CHUNK          65536u
#define LINE_MAX_BYTES (1u << 20)
#define RATIO_FREE     (1u << 20) /* output up to here is not held against the ratio */

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

static int open_regular(const char *path, uint64_t *size, struct error *err)
{
    struct stat stat;
    // Non-blocking, so that a named pipe cannot hold us before we see that it is one.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return error_set(err, code_of(errno), "%s: %s", path, strerror(errno));
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        (void)close(fd);
        return error_set(err, AGON_EINVAL, "%s: not a regular file", path);
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
        return error_set(err, code_of(errno), "%s: %s", fresh, strerror(errno));
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
            return error_set(err, code_of(errno), "%s: %s", part, strerror(errno));
    }
    if (stat(path, &stat_of) != 0 || !S_ISDIR(stat_of.st_mode))
        return error_set(err, AGON_EINVAL, "%s: not a directory", path);
    return AGON_OK;
}

int file_join(char *path, size_t room, const char *directory, const char *name)
{
    size_t n = strlen(directory);
    int has_slash = n > 0 && directory[n - 1] == '/';
    int length = snprintf(path, room, "%s%s%s", directory, has_slash ? "" : "/", name);

    return length < 0 || (size_t)length >= room ? AGON_ERANGE : AGON_OK;
}

struct file_stream {
    int fd;
    int is_gzip, is_done;
    int is_member_open; /* inside a gzip member: the end of the file now is damage */
    char *path;         /* owned */
    uint64_t size, in, out;
    struct file_limits limits;
    z_stream zlib;
    unsigned char chunk[CHUNK];
    char *line; /* owned: LINE_MAX_BYTES + CHUNK + 1 bytes, taken with the first line */
    uint64_t line_at, line_n, n_lines;
    int is_line_end;
};

static int64_t fill(struct file_stream *stream)
{
    int64_t got = read_full(stream->fd, stream->chunk, CHUNK);

    if (got > 0)
        stream->in += (uint64_t)got;
    return got;
}

struct file_stream *file_stream_open(const char *path, const struct file_limits *limits,
                                     struct error *err)
{
    struct file_stream *stream = calloc(1, sizeof(*stream));
    int64_t got;

    if (stream == NULL || (stream->path = strdup(path)) == NULL) {
        (void)error_set(err, AGON_ENOMEM, "%s: out of memory", path);
        free(stream);
        return NULL;
    }
    stream->fd = open_regular(path, &stream->size, err);
    if (stream->fd < 0) {
        file_stream_close(stream);
        return NULL;
    }
    if (limits != NULL)
        stream->limits = *limits;
    if (stream->limits.total_max == 0)
        stream->limits.total_max = (uint64_t)64 << 30;
    if (stream->limits.ratio_max == 0)
        stream->limits.ratio_max = 1000;
    got = fill(stream);
    if (got < 0) {
        (void)error_set(err, AGON_EIO, "%s: %s", path, strerror(errno));
        file_stream_close(stream);
        return NULL;
    }
    stream->zlib.next_in = stream->chunk;
    stream->zlib.avail_in = (unsigned)got;
    if (got >= 2 && stream->chunk[0] == 0x1f && stream->chunk[1] == 0x8b) {
        if (inflateInit2(&stream->zlib, 15 + 16) != Z_OK) {
            (void)error_set(err, AGON_ENOMEM, "%s: out of memory", path);
            file_stream_close(stream);
            return NULL;
        }
        stream->is_gzip = 1;
        stream->is_member_open = 1;
    }
    return stream;
}

void file_stream_close(struct file_stream *stream)
{
    if (stream == NULL)
        return;
    if (stream->is_gzip)
        (void)inflateEnd(&stream->zlib);
    if (stream->fd >= 0)
        (void)close(stream->fd);
    free(stream->line);
    free(stream->path);
    free(stream);
}

static int refill(struct file_stream *stream, struct error *err)
{
    int64_t got;

    if (stream->zlib.avail_in > 0)
        return AGON_OK;
    got = fill(stream);
    if (got < 0)
        return error_set(err, AGON_EIO, "%s: %s", stream->path, strerror(errno));
    stream->zlib.next_in = stream->chunk;
    stream->zlib.avail_in = (unsigned)got;
    return AGON_OK;
}

static int64_t read_plain(struct file_stream *stream, void *bytes, uint64_t n, struct error *err)
{
    int rc = refill(stream, err);
    uint64_t some;

    if (rc < 0)
        return rc;
    some = stream->zlib.avail_in < n ? stream->zlib.avail_in : n;
    memcpy(bytes, stream->zlib.next_in, some);
    stream->zlib.next_in += some;
    stream->zlib.avail_in -= (unsigned)some;
    return (int64_t)some;
}

static int64_t read_gzip(struct file_stream *stream, void *bytes, uint64_t n, struct error *err)
{
    unsigned room = n > (1u << 30) ? 1u << 30 : (unsigned)n;

    stream->zlib.next_out = bytes;
    stream->zlib.avail_out = room;
    while (stream->zlib.avail_out == room) {
        int rc = refill(stream, err);

        if (rc < 0)
            return rc;
        if (stream->zlib.avail_in == 0) {
            if (stream->is_member_open)
                return error_set(err, AGON_ECORRUPT, "%s: gzip ends in the middle, at byte %llu",
                                 stream->path, (unsigned long long)stream->in);
            return 0;
        }
        if (!stream->is_member_open) {
            (void)inflateReset(&stream->zlib);
            stream->is_member_open = 1;
        }
        rc = inflate(&stream->zlib, Z_NO_FLUSH);
        if (rc == Z_STREAM_END)
            stream->is_member_open = 0;
        else if (rc != Z_OK && rc != Z_BUF_ERROR)
            return error_set(err, AGON_ECORRUPT, "%s: gzip is damaged before byte %llu: %s",
                             stream->path, (unsigned long long)stream->in,
                             stream->zlib.msg != NULL ? stream->zlib.msg : "no valid data");
    }
    return (int64_t)(room - stream->zlib.avail_out);
}

int64_t file_stream_read(struct file_stream *stream, void *bytes, uint64_t n, struct error *err)
{
    int64_t got;

    if (stream->is_done || n == 0)
        return 0;
    got = stream->is_gzip ? read_gzip(stream, bytes, n, err) : read_plain(stream, bytes, n, err);
    if (got <= 0) {
        stream->is_done = 1;
        return got;
    }
    stream->out += (uint64_t)got;
    if (stream->out > stream->limits.total_max) {
        stream->is_done = 1;
        return error_set(err, AGON_ERANGE, "%s: more than %llu bytes", stream->path,
                         (unsigned long long)stream->limits.total_max);
    }
    if (stream->is_gzip && stream->out > RATIO_FREE &&
        stream->out / stream->limits.ratio_max > stream->in - stream->zlib.avail_in) {
        stream->is_done = 1;
        return error_set(err, AGON_ERANGE, "%s: unpacks to more than %u times its size",
                         stream->path, stream->limits.ratio_max);
    }
    return got;
}

int file_stream_line(struct file_stream *stream, uint32_t line_max, char **line, uint32_t *n,
                     uint64_t *number, struct error *err)
{
    uint64_t seen = 0;

    if (line_max == 0 || line_max > LINE_MAX_BYTES)
        line_max = LINE_MAX_BYTES;
    if (stream->line == NULL && (stream->line = malloc(LINE_MAX_BYTES + CHUNK + 1)) == NULL)
        return error_set(err, AGON_ENOMEM, "%s: out of memory", stream->path);
    for (;;) {
        char *from = stream->line + stream->line_at;
        uint64_t have = stream->line_n - stream->line_at;
        char *end = memchr(from + seen, '\n', have - seen);
        uint64_t length = end != NULL ? (uint64_t)(end - from) : have;
        int64_t got;

        if (length > line_max)
            return error_set(err, AGON_ERANGE, "%s:%llu: the line is longer than %u bytes",
                             stream->path, (unsigned long long)stream->n_lines + 1, line_max);
        if (end != NULL || (stream->is_line_end && have > 0)) {
            stream->line_at += length + (end != NULL);
            if (length > 0 && from[length - 1] == '\r')
                length--;
            from[length] = '\0';
            *line = from;
            *n = (uint32_t)length;
            *number = ++stream->n_lines;
            return 1;
        }
        if (stream->is_line_end)
            return 0;
        seen = have;
        memmove(stream->line, from, have);
        stream->line_at = 0;
        stream->line_n = have;
        got = file_stream_read(stream, stream->line + have, CHUNK, err);
        if (got < 0)
            return (int)got;
        stream->is_line_end = got == 0;
        stream->line_n += (uint64_t)got;
    }
}

uint64_t file_stream_used(const struct file_stream *stream, uint64_t *size)
{
    *size = stream->size;
    return stream->in - stream->zlib.avail_in;
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
