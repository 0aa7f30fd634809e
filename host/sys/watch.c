// SPDX-License-Identifier: Apache-2.0
#include "sys/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

int watch_open(struct watch *watch, const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    char dir[PATH_MAX];

    watch->fd = -1;
    if (snprintf(dir, sizeof(dir), "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1,
                 slash != NULL ? path : ".") >= (int)sizeof(dir) ||
        snprintf(watch->name, sizeof(watch->name), "%s", name) >= (int)sizeof(watch->name))
        return error_set(err, AGON_ERANGE, "%s: too long a path to watch", path);
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd < 0 || inotify_add_watch(watch->fd, dir, IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
        error_set(err, errno == ENOENT ? AGON_ENOENT : AGON_EIO, "%s cannot be watched: %s", path,
                  strerror(errno));
        watch_close(watch);
        return errno == ENOENT ? AGON_ENOENT : AGON_EIO;
    }
    return AGON_OK;
}

int watch_changed(struct watch *watch)
{
    _Alignas(struct inotify_event) char bytes[4096];
    int is_changed = 0;
    ssize_t n;

    while (watch->fd >= 0 && (n = read(watch->fd, bytes, sizeof(bytes))) > 0) {
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *event = (const void *)(bytes + at);

            // Too many at once: one of them may have been ours.
            if ((event->mask & IN_Q_OVERFLOW) != 0 ||
                (event->len > 0 && strcmp(event->name, watch->name) == 0))
                is_changed = 1;
            at += (ssize_t)(sizeof(*event) + event->len);
        }
    }
    return is_changed;
}

void watch_close(struct watch *watch)
{
    if (watch->fd >= 0)
        (void)close(watch->fd);
    watch->fd = -1;
}
