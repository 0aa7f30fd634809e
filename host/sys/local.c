// SPDX-License-Identifier: Apache-2.0
#include "sys/local.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

// The folder is reached by its descriptor, so that its path may be as long as it is.
static int make_address(const char *dir, const char *name, struct sockaddr_un *to, int *dir_fd,
                        struct error *err)
{
    int n;

    memset(to, 0, sizeof(*to));
    to->sun_family = AF_UNIX;
    *dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*dir_fd < 0)
        return error_set(err, errno == ENOENT || errno == ENOTDIR ? AGON_ENOENT : AGON_EPERM,
                         "%s: %s", dir, strerror(errno));
    n = snprintf(to->sun_path, sizeof(to->sun_path), "/proc/self/fd/%d/%s", *dir_fd, name);
    if (n < 0 || (size_t)n >= sizeof(to->sun_path)) {
        (void)close(*dir_fd);
        return error_set(err, AGON_ERANGE, "%s: too long a name for a socket", name);
    }
    return AGON_OK;
}

int local_listen(const char *dir, const char *name, struct error *err)
{
    struct sockaddr_un address;
    int dir_fd, fd;
    int rc = make_address(dir, name, &address, &dir_fd, err);

    if (rc < 0)
        return rc;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    // The run directory is locked by us: what lies there is what a host that died left.
    (void)unlinkat(dir_fd, name, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        fchmodat(dir_fd, name, 0700, 0) != 0 || listen(fd, 64) != 0) {
        rc = error_set(err, errno == EACCES || errno == EPERM ? AGON_EPERM : AGON_EIO, "%s/%s: %s",
                       dir, name, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        fd = rc;
    }
    (void)close(dir_fd);
    return fd;
}

int local_connect(const char *dir, const char *name, int64_t wait_ns, struct error *err)
{
    struct timeval wait = {.tv_sec = wait_ns / 1000000000, .tv_usec = wait_ns / 1000 % 1000000};
    struct sockaddr_un address;
    int dir_fd, fd;
    int rc = make_address(dir, name, &address, &dir_fd, err);

    if (rc < 0)
        return rc;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        rc = error_set(err,
                       errno == ENOENT         ? AGON_ENOENT
                       : errno == ECONNREFUSED ? AGON_EBUSY
                                               : AGON_EIO,
                       "%s/%s: %s", dir, name, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        fd = rc;
    }
    (void)close(dir_fd);
    return fd;
}

int local_peer(int fd, struct local_peer *peer)
{
    struct ucred who = {0};
    socklen_t n = sizeof(who);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0 || n != sizeof(who))
        return AGON_EIO;
    *peer = (struct local_peer){.uid = who.uid, .pid = who.pid};
    return AGON_OK;
}

void local_name(uint32_t uid, char *name, size_t room)
{
    char bytes[1024];
    struct passwd entry;
    struct passwd *found = NULL;

    if (getpwuid_r((uid_t)uid, &entry, bytes, sizeof(bytes), &found) == 0 && found != NULL)
        (void)snprintf(name, room, "%s", found->pw_name);
    else
        (void)snprintf(name, room, "uid %u", (unsigned)uid);
}
