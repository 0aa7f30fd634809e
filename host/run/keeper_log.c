// SPDX-License-Identifier: Apache-2.0
#include "run/keeper_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/clock.h"
#include "sys/file.h"

#define LOG_MAX ((uint64_t)16 << 20)

static int log_fd = -1;

/* The host reads it, so it is made as whoever the run directory is of: root may be another. */
static int open_as_owner(const char *dir)
{
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = -1, code = errno;
    struct stat of;

    if (dir_fd >= 0 && geteuid() == 0 && fstat(dir_fd, &of) == 0 && of.st_uid != 0) {
        if (setegid(of.st_gid) == 0 && seteuid(of.st_uid) == 0)
            fd = openat(dir_fd, KEEPER_LOG, flags, 0600);
        REQUIRE(seteuid(0) == 0 && setegid(0) == 0); // who was root may be again
    }
    if (dir_fd >= 0 && fd < 0) {
        fd = openat(dir_fd, KEEPER_LOG, flags, 0600);
        code = errno;
    }
    if (dir_fd >= 0)
        (void)close(dir_fd);
    errno = code;
    return fd;
}

int keeper_log_open(const char *dir, struct error *err)
{
    char path[PATH_MAX];

    if (file_join(path, sizeof(path), dir, KEEPER_LOG) < 0)
        return error_set(err, AGON_ERANGE, "%s: too long a path", dir);
    log_fd = open_as_owner(dir);
    return log_fd >= 0 ? AGON_OK
                       : error_set(err, errno == ENOENT ? AGON_ENOENT : AGON_EIO, "%s: %s", path,
                                   strerror(errno));
}

int keeper_log_add(const char *dir, const char *text)
{
    char time[CLOCK_TEXT];
    char line[640];
    int n;

    (void)dir;
    clock_text(clock_now(), time);
    n = snprintf(line, sizeof(line), "%s %s\n", time, text);
    if (n < 0 || (size_t)n >= sizeof(line))
        return AGON_ERANGE;
    return write(log_fd, line, (size_t)n) == n && fdatasync(log_fd) == 0 ? AGON_OK : AGON_EIO;
}

static uint64_t taken_so_far(const char *path)
{
    char *text = NULL;
    uint64_t n = 0;
    uint64_t at = 0;

    if (file_read(path, 64, &text, &n, NULL) >= 0)
        at = strtoull(text, NULL, 10);
    free(text);
    return at;
}

int keeper_log_take(const char *dir, void (*each)(void *ctx, const char *text), void *ctx,
                    struct error *err)
{
    char path[PATH_MAX];
    char taken[PATH_MAX];
    char number[32];
    char *text = NULL;
    uint64_t n = 0;
    uint64_t at;
    int rc;

    if (file_join(path, sizeof(path), dir, KEEPER_LOG) < 0 ||
        file_join(taken, sizeof(taken), dir, KEEPER_TAKEN) < 0)
        return error_set(err, AGON_ERANGE, "%s: too long a path", dir);
    rc = file_read(path, LOG_MAX, &text, &n, err);
    if (rc == AGON_ENOENT) {
        memset(err, 0, sizeof(*err));
        return AGON_OK;
    }
    if (rc < 0)
        return rc;
    at = taken_so_far(taken);
    for (char *line = text + (at < n ? at : n); line < text + n;) {
        char *end = memchr(line, '\n', (size_t)(text + n - line));
        char *space;

        if (end == NULL)
            break; // being written
        *end = '\0';
        space = strchr(line, ' ');
        each(ctx, space != NULL ? space + 1 : line);
        line = end + 1;
        at = (uint64_t)(line - text);
    }
    free(text);
    snprintf(number, sizeof(number), "%llu\n", (unsigned long long)at);
    return file_write_atomic(taken, number, strlen(number), 0600, err);
}
