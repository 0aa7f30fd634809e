// SPDX-License-Identifier: Apache-2.0
#include "sys/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/sanitized.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#define PAGE   ((uintptr_t)4096)
#define SPARED 1024
#define MAPS   4096

struct range {
    uintptr_t from, to;
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct range spared[SPARED];
static uint32_t n_spared;

void memory_spare(void *from, uint64_t bytes)
{
    struct range range = {.from = ((uintptr_t)from + PAGE - 1) & ~(PAGE - 1),
                          .to = ((uintptr_t)from + bytes) & ~(PAGE - 1)};

    pthread_mutex_lock(&lock);
    if (range.from < range.to)
        spared[n_spared++ % SPARED] = range; // the oldest goes: it is the likeliest to be gone
    pthread_mutex_unlock(&lock);
}

void memory_spare_stack(pthread_t thread)
{
    pthread_attr_t attr;
    void *stack;
    size_t bytes;

    if (pthread_getattr_np(thread, &attr) != 0)
        return;
    if (pthread_attr_getstack(&attr, &stack, &bytes) == 0)
        memory_spare(stack, bytes);
    (void)pthread_attr_destroy(&attr);
}

void memory_thread(void)
{
    void *volatile any = malloc(1); // a compiler may leave out what nobody looks at

    free(any);
}

static int populate(const void *from, uint64_t bytes, int advice)
{
    uintptr_t at = (uintptr_t)from & ~(PAGE - 1);
    uintptr_t to = ((uintptr_t)from + bytes + PAGE - 1) & ~(PAGE - 1);

    if (madvise((void *)at, to - at, advice) == 0)
        return AGON_OK;
    return errno == EINVAL ? AGON_ENOTSUP : AGON_ENOMEM;
}

int memory_place(void *from, uint64_t bytes)
{
    return populate(from, bytes, MADV_POPULATE_WRITE);
}

int memory_show(const void *from, uint64_t bytes)
{
    return populate(from, bytes, MADV_POPULATE_READ);
}

/* What of a range is not spared, from that spared one on, and how much that is. */
static int place_but(struct range range, uint32_t at, uint64_t *bytes)
{
    struct range behind = range;
    int rc;

    while (at < SPARED && (spared[at].to <= range.from || spared[at].from >= range.to))
        at++;
    if (range.from >= range.to)
        return AGON_OK;
    if (at == SPARED) {
        *bytes += range.to - range.from;
        return memory_place((void *)range.from, range.to - range.from);
    }
    range.to = spared[at].from < range.from ? range.from : spared[at].from;
    behind.from = spared[at].to > behind.to ? behind.to : spared[at].to;
    rc = place_but(range, at + 1, bytes);
    return rc == AGON_ENOTSUP ? rc : place_but(behind, at + 1, bytes);
}

/* Private, writable, of no file, and not the first thread's stack. */
static int is_plain(const char *line, struct range *range)
{
    unsigned long long from, to, inode;
    char name[16] = "";

    if (sscanf(line, "%llx-%llx rw-p %*x %*s %llu %15s", &from, &to, &inode, name) < 3 ||
        inode != 0 || (name[0] != '\0' && strcmp(name, "[heap]") != 0))
        return 0;
    *range = (struct range){.from = (uintptr_t)from, .to = (uintptr_t)to};
    return 1;
}

static int read_maps(struct range *ranges, uint32_t *n, struct error *err)
{
    FILE *file = fopen("/proc/self/maps", "re");
    char line[512];
    int is_new = 1;

    *n = 0;
    if (file == NULL)
        return error_set(err, AGON_ENOTSUP, "/proc/self/maps cannot be read");
    while (*n < MAPS && fgets(line, sizeof(line), file) != NULL) {
        *n += is_new && is_plain(line, &ranges[*n]);
        is_new = strchr(line, '\n') != NULL; // what follows is the rest of a long name
    }
    (void)fclose(file);
    return AGON_OK;
}

int memory_settle(uint64_t *bytes, uint64_t *left, struct error *err)
{
    struct range *ranges;
    uint64_t placed = 0, all = 0;
    uint32_t n = 0;
    int rc;

    // Their shadow is private writable memory of terabytes, none of which is to be there.
    if (IS_SANITIZED)
        return error_set(err, AGON_ENOTSUP, "a build with a sanitizer keeps its memory as it is");
    ranges = malloc(MAPS * sizeof(*ranges));
    if (ranges == NULL)
        return error_set(err, AGON_ENOMEM, "memory: no room for the list of it");
    rc = read_maps(ranges, &n, err);
    // Not while it is looked at: the list is read whole before a page of it is placed.
    pthread_mutex_lock(&lock);
    for (uint32_t i = 0; rc >= 0 && i < n; i++) {
        all += ranges[i].to - ranges[i].from;
        // What was given back meanwhile is not there to be placed, and no fault.
        if (place_but(ranges[i], 0, &placed) == AGON_ENOTSUP)
            rc = error_set(err, AGON_ENOTSUP, "this kernel cannot place pages ahead");
    }
    pthread_mutex_unlock(&lock);
    free(ranges);
    if (bytes != NULL)
        *bytes = placed;
    if (left != NULL)
        *left = all - placed;
    return rc;
}
