// SPDX-License-Identifier: Apache-2.0
/* slowdisk: preloaded into a program, it makes each sync of a file take longer, by the milliseconds
 * that stand in the file that SLOWDISK names; none while that file is not there. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static void wait_for_it(void)
{
    const char *path = getenv("SLOWDISK");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    char text[16] = "";
    long ms;
    struct timespec at = {0};

    if (fd < 0)
        return;
    if (read(fd, text, sizeof(text) - 1) < 0)
        text[0] = '\0';
    close(fd);
    ms = strtol(text, NULL, 10);
    at.tv_sec = ms / 1000;
    at.tv_nsec = ms % 1000 * 1000000;
    nanosleep(&at, NULL);
}

EXPORTED int fdatasync(int fd)
{
    wait_for_it();
    return (int)syscall(SYS_fdatasync, fd);
}

EXPORTED int fsync(int fd)
{
    wait_for_it();
    return (int)syscall(SYS_fsync, fd);
}
