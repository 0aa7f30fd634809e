// SPDX-License-Identifier: Apache-2.0
/* What plugins began with, kept by its hash in RUNDIR/kept: the files that were loaded, and the
 * states. Complete or absent: written under another name, synced, renamed. And what the journal is
 * told of instances (agent/crew.h: crew_note). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/host_impl.h"
#include "sys/log.h"

#define KEPT_BYTES ((uint64_t)1 << 30) /* preset of the bound */
#define CHUNK      65536

static void name_of(char *name, size_t room, enum crew_kept kind,
                    const unsigned char hash[HASH_SIZE])
{
    char hex[2 * HASH_SIZE + 1];

    hash_hex(hash, hex);
    snprintf(name, room, "%s.%s", hex, kind == CREW_KEPT_FILE ? "so" : "state");
}

static int write_all(int fd, const unsigned char *bytes, uint64_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n < CHUNK ? n : CHUNK);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        bytes += done;
        n -= (uint64_t)done;
    }
    return 0;
}

static int copy_all(int to, int from, uint64_t n)
{
    static unsigned char chunk[CHUNK]; // the loader's, or before there is one
    uint64_t at = 0;

    while (at < n) {
        ssize_t got = pread(from, chunk, n - at < CHUNK ? n - at : CHUNK, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || write_all(to, chunk, (uint64_t)got) < 0)
            return -1;
        at += (uint64_t)got;
    }
    return 0;
}

struct kept_file {
    char name[2 * HASH_SIZE + 8];
    struct timespec t; /* last wanted */
    uint64_t n;
};

static int is_older(const struct kept_file *a, const struct kept_file *b)
{
    return a->t.tv_sec != b->t.tv_sec ? a->t.tv_sec < b->t.tv_sec : a->t.tv_nsec < b->t.tv_nsec;
}

/* The oldest, and how much there is in all. False: there is none beside keep. */
static int oldest(int dir_fd, const char *keep, struct kept_file *found, uint64_t *total)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    int is_found = 0;

    *total = 0;
    if (dir == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return 0;
    }
    while ((entry = readdir(dir)) != NULL) {
        struct kept_file file = {0};
        size_t n = strlen(entry->d_name);
        struct stat stat;

        if (n < 2 * HASH_SIZE || n >= sizeof(file.name) ||
            fstatat(dir_fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(stat.st_mode))
            continue;
        memcpy(file.name, entry->d_name, n);
        file.n = (uint64_t)stat.st_size;
        file.t = stat.st_mtim;
        *total += file.n;
        if (strcmp(file.name, keep) == 0 || (is_found && !is_older(&file, found)))
            continue;
        *found = file;
        is_found = 1;
    }
    (void)closedir(dir);
    return is_found;
}

static void bound(const struct host *host, int dir_fd, const char *keep)
{
    uint64_t most =
        host->config.plugin_keep_bytes != 0 ? host->config.plugin_keep_bytes : KEPT_BYTES;
    struct kept_file file;
    uint64_t total;

    while (oldest(dir_fd, keep, &file, &total) && total > most) {
        if (unlinkat(dir_fd, file.name, 0) < 0)
            return;
        log_warn("agent", "kept-dropped",
                 "%.16s (%s) is kept no longer: more than plugin_keep, %llu bytes; `agon parity` "
                 "cannot compare what began with it",
                 file.name, strrchr(file.name, '.') + 1, (unsigned long long)most);
    }
}

static int write_new(int dir_fd, const char *name, int from, const void *bytes, uint64_t n)
{
    char fresh[2 * HASH_SIZE + 16];
    int fd, rc;

    snprintf(fresh, sizeof(fresh), "new-%.60s", name);
    fd = openat(dir_fd, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0400);
    if (fd < 0 && errno == EACCES && unlinkat(dir_fd, fresh, 0) == 0) // one that was not finished
        fd = openat(dir_fd, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0400);
    if (fd < 0)
        return -1;
    rc = bytes != NULL ? write_all(fd, bytes, n) : copy_all(fd, from, n);
    if (rc == 0)
        rc = fsync(fd);
    if (close(fd) < 0)
        rc = -1;
    if (rc == 0)
        rc = renameat(dir_fd, fresh, dir_fd, name);
    if (rc == 0)
        rc = fsync(dir_fd);
    if (rc < 0)
        (void)unlinkat(dir_fd, fresh, 0);
    return rc;
}

/* One that is there already was complete when it got its name. */
void host_keep(void *ctx, enum crew_kept kind, const unsigned char hash[HASH_SIZE], int fd,
               const void *bytes, uint64_t n)
{
    struct host *host = ctx;
    char name[2 * HASH_SIZE + 8];
    struct stat stat;
    int dir_fd = -1, rc = -1;

    name_of(name, sizeof(name), kind, hash);
    if (mkdirat(host->rundir.dir_fd, "kept", 0700) == 0 || errno == EEXIST)
        dir_fd =
            openat(host->rundir.dir_fd, "kept", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir_fd >= 0 && fstatat(dir_fd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(stat.st_mode) && (uint64_t)stat.st_size == n)
        rc = utimensat(dir_fd, name, NULL, AT_SYMLINK_NOFOLLOW); // the newest again
    else if (dir_fd >= 0)
        rc = write_new(dir_fd, name, fd, bytes, n);
    if (rc < 0)
        log_warn("agent", "kept",
                 "%.16s (%s) could not be kept: %s; `agon parity` cannot compare what begins with "
                 "it",
                 name, strrchr(name, '.') + 1, strerror(errno));
    if (dir_fd < 0)
        return;
    bound(host, dir_fd, name);
    (void)close(dir_fd);
}

/* --- [core] --- */

/* The first intent of the slot that was taken and did not become an event. 0: there is none. */
static int find_left(const struct host *host, uint16_t slot, struct agon_origin *origin)
{
    uint64_t order = UINT64_MAX;

    for (uint32_t i = 0; i < host->due.n; i++) {
        const struct heap_node *node = &host->due.nodes[i];
        const struct agon_intent_event *wish = (const void *)host->wishes[node->a].bytes;

        if (host->wishes[node->a].slot != slot || node->order >= order)
            continue;
        order = node->order;
        *origin = wish->origin;
    }
    return order != UINT64_MAX;
}

int host_step_notes(struct host *host)
{
    const struct agon_event_hdr *note;

    while ((note = crew_note(host->crew)) != NULL) {
        union begin_event copy;

        memcpy(copy.bytes, note, event_bytes(note));
        copy.begin.hdr.t = host_now(host);
        if (host_step(host, &copy.begin.hdr) == AGON_EAGAIN)
            return AGON_EAGAIN;
        if (copy.begin.hdr.type == EVENT_BEGIN)
            host_show_tags(host, &copy.begin);
        crew_note_done(host->crew);
    }
    return AGON_OK;
}

/* Nobody plays any more. What is left was taken and is not done: an END of its own says so. */
void host_end_notes(struct host *host)
{
    for (int i = 0; i < 1000 && host_step_notes(host) == AGON_EAGAIN; i++)
        futex_wait(&host->writer_wake, atomic_load(&host->writer_wake), 1000000);
    for (uint16_t id = 0; id < engine_slots(host->engine)->n; id++) {
        struct record_end record = {
            .hdr = {.type = EVENT_END, .granules = 2}, .slot = id, .how = END_STOPPED};
        struct agon_origin origin;

        if (!find_left(host, id, &origin))
            continue;
        record.hdr.t = host_now(host);
        record.generation = origin.generation;
        record.done_seq = engine_seq(host->engine);
        record.unheard_seq = origin.cause_seq;
        record.unheard_n = origin.n;
        (void)host_step(host, &record.hdr);
    }
}
