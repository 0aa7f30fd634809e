// SPDX-License-Identifier: Apache-2.0
/* wallclock: preloaded into a program, it sets that program's wall clock by what stands in the file
 * that WALLCLOCK names: 20 characters of decimal digits and sign, in nanoseconds, read at each
 * call. The monotonic clock is left alone, as it is when somebody sets the time of a machine. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define DIGITS   20
#define EXPORTED __attribute__((visibility("default")))

static const volatile char *offset_text;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("WALLCLOCK");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = fd >= 0 ? mmap(NULL, DIGITS, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (at != MAP_FAILED)
        offset_text = at;
    if (fd >= 0)
        close(fd);
}

static long long offset_ns(void)
{
    long long value = 0;
    int is_negative = 0;

    for (int i = 0; offset_text != NULL && i < DIGITS; i++) {
        char c = offset_text[i];

        if (c == '-')
            is_negative = 1;
        else if (c >= '0' && c <= '9')
            value = value * 10 + (c - '0');
    }
    return is_negative ? -value : value;
}

EXPORTED int clock_gettime(clockid_t id, struct timespec *at)
{
    long rc = syscall(SYS_clock_gettime, id, at);
    long long ns;

    if (rc != 0 || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE))
        return (int)rc;
    ns = (long long)at->tv_sec * 1000000000 + at->tv_nsec + offset_ns();
    at->tv_sec = ns / 1000000000;
    at->tv_nsec = ns % 1000000000;
    return 0;
}

EXPORTED int gettimeofday(struct timeval *restrict at, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

EXPORTED time_t time(time_t *at)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (at != NULL)
        *at = now.tv_sec;
    return now.tv_sec;
}
