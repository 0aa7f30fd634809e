// SPDX-License-Identifier: Apache-2.0
#include "sys/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int signals_open(const int *signals, int n, struct error *err)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t set;
    int fd;

    (void)sigemptyset(&set);
    for (int i = 0; i < n; i++) {
        if (sigaddset(&set, signals[i]) != 0)
            return error_set(err, AGON_EINVAL, "%d is not a signal", signals[i]);
    }
    (void)sigaction(SIGPIPE, &ignore, NULL);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return error_set(err, AGON_EIO, "blocking signals: %s", strerror(errno));
    fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return error_set(err, AGON_EIO, "signal descriptor: %s", strerror(errno));
    return fd;
}

int signals_next(int fd)
{
    struct signalfd_siginfo info;
    ssize_t n;

    do {
        n = read(fd, &info, sizeof(info));
    } while (n < 0 && errno == EINTR);
    if (n == (ssize_t)sizeof(info))
        return (int)info.ssi_signo;
    return n < 0 && errno == EAGAIN ? 0 : AGON_EIO;
}

void signals_close(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}
