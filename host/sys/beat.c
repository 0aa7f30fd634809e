// SPDX-License-Identifier: Apache-2.0
#include "sys/beat.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/file.h"
#include "sys/proc.h"

static void *map(const char *dir, int is_host, struct error *err)
{
    char path[PATH_MAX];
    struct stat stat;
    void *at = MAP_FAILED;
    int fd;

    if (file_join(path, sizeof(path), dir, BEAT_FILE) < 0) {
        error_set(err, AGON_ERANGE, "%s: too long a path", dir);
        return NULL;
    }
    fd = open(path, (is_host ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == ENOENT)
        return NULL;
    if (fd >= 0 && (!is_host || ftruncate(fd, (off_t)sizeof(struct beat)) == 0) &&
        fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) &&
        // What lacks of a shorter one lies in the same page, and is 0.
        stat.st_size >= (off_t)BEAT_BYTES_BEFORE)
        at = mmap(NULL, sizeof(struct beat), is_host ? PROT_READ | PROT_WRITE : PROT_READ,
                  MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        error_set(err, AGON_EIO, "%s: cannot be mapped: %s", path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return at != MAP_FAILED ? at : NULL;
}

/* The turn before the state: that of the host before may be hours old. The number last: who sees
 * it sees all of this host and nothing of the one before. */
void beat_begin(struct beat *beat, int32_t pid, uint64_t pid_start, int64_t mono_ns)
{
    beat->version = BEAT_VERSION;
    atomic_store(&beat->in_slot, 0);
    atomic_store(&beat->beat_ns, mono_ns);
    atomic_store(&beat->state, BEAT_STARTING);
    atomic_store(&beat->pid_start, pid_start);
    atomic_store(&beat->pid, pid);
    atomic_fetch_add(&beat->n_hosts, 1);
}

struct beat *beat_open(const char *dir, struct error *err)
{
    struct beat *beat = map(dir, 1, err);

    if (beat != NULL)
        beat_begin(beat, (int32_t)getpid(), proc_start(getpid()), clock_mono());
    return beat;
}

const struct beat *beat_look(const char *dir, struct error *err)
{
    const struct beat *beat = map(dir, 0, err);

    if (beat != NULL && beat->version != BEAT_VERSION) {
        error_set(err, AGON_EVERSION, "the host in %s writes another kind of heartbeat", dir);
        beat_close(beat);
        return NULL;
    }
    return beat;
}

void beat_close(const struct beat *beat)
{
    void *at;

    if (beat == NULL)
        return;
    memcpy(&at, &beat, sizeof(at));
    (void)munmap(at, sizeof(*beat));
}
