// SPDX-License-Identifier: Apache-2.0
#include "sys/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USEC_MAX (INT64_MAX / 1000)

/* A whole number from 1 to max; 0: it is none. */
static int64_t number(const char *text, int64_t max)
{
    int64_t n = 0;

    if (text == NULL || *text == '\0')
        return 0;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || n > (max - (*text - '0')) / 10)
            return 0;
        n = n * 10 + (*text - '0');
    }
    return n;
}

/* Half of what it may be silent for, as sd_watchdog_enabled(3) advises. */
static int64_t period(void)
{
    const char *pid = getenv("WATCHDOG_PID");
    int64_t usec = number(getenv("WATCHDOG_USEC"), USEC_MAX);

    if (pid != NULL && number(pid, INT32_MAX) != getpid())
        return 0;
    return usec * 1000 / 2;
}

static int address(struct sockaddr_un *to, const char *path, socklen_t *n)
{
    size_t length = strlen(path);

    // A file, or a name in the kernel's own space, which has no 0 at its end.
    if ((path[0] != '/' && path[0] != '@') || length < 2 || length >= sizeof(to->sun_path))
        return 0;
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(to->sun_path, path, length);
    if (path[0] == '@')
        to->sun_path[0] = '\0';
    *n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (path[0] == '/'));
    return 1;
}

int notify_open(struct notify *notify, struct error *err)
{
    const char *path = getenv("NOTIFY_SOCKET");
    int rc = AGON_OK;

    *notify = (struct notify){.fd = -1};
    if (path == NULL || *path == '\0')
        return AGON_OK;
    if (!address(&notify->to, path, &notify->n_to)) {
        rc = error_set(err, AGON_EINVAL, "NOTIFY_SOCKET=%.200s: expected a path or @name", path);
    } else {
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (notify->fd < 0)
            rc = error_set(err, AGON_EIO, "no socket for NOTIFY_SOCKET: %s", strerror(errno));
        else
            notify->every_ns = period();
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return rc;
}

void notify_say(struct notify *notify, const char *lines)
{
    // Who does not read loses it. By name each time: a manager may have been started again.
    if (notify->fd >= 0)
        (void)sendto(notify->fd, lines, strlen(lines), MSG_NOSIGNAL,
                     (const struct sockaddr *)&notify->to, notify->n_to);
}

int notify_alive(struct notify *notify, uint64_t turns, int64_t mono_ns)
{
    if (notify->fd < 0 || notify->every_ns == 0 || turns == notify->turns ||
        (notify->sent_ns != 0 && mono_ns - notify->sent_ns < notify->every_ns))
        return 0;
    notify->turns = turns;
    notify->sent_ns = mono_ns;
    notify_say(notify, "WATCHDOG=1");
    return 1;
}

void notify_close(struct notify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    notify->fd = -1;
}
