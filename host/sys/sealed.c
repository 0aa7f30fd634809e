// SPDX-License-Identifier: Apache-2.0
#include "sys/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/memfd.h"

#define CHUNK ((size_t)1 << 20)

void sealed_init(struct sealed_set *set, uint64_t limit)
{
    memset(set, 0, sizeof(*set));
    set->limit = limit;
}

static int put(int fd, const unsigned char *bytes, size_t n, struct error *err)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return error_set(err, AGON_ENOMEM, "no memory for a copy: %s", strerror(errno));
        bytes += done;
        n -= (size_t)done;
    }
    return AGON_OK;
}

/* Hashes all of the file, which has to have that size, and copies it unless to is -1. */
static int pass(int from, uint64_t bytes, int to, unsigned char digest[HASH_SIZE],
                struct error *err)
{
    unsigned char *chunk = malloc(CHUNK);
    struct sha256 hash;
    uint64_t at = 0;
    int rc = AGON_OK;

    if (chunk == NULL)
        return error_set(err, AGON_ENOMEM, "no memory to read it");
    sha256_init(&hash);
    while (rc >= 0) {
        ssize_t got = pread(from, chunk, CHUNK, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = error_set(err, AGON_EIO, "cannot be read: %s", strerror(errno));
        if (got <= 0)
            break;
        at += (uint64_t)got;
        if (at > bytes)
            break;
        sha256_update(&hash, chunk, (size_t)got);
        if (to >= 0)
            rc = put(to, chunk, (size_t)got, err);
    }
    free(chunk);
    sha256_final(&hash, digest);
    if (rc >= 0 && at != bytes)
        rc = error_set(err, AGON_EAGAIN,
                       "changed while it was read; write such files under another name and rename");
    return rc;
}

static int copy(int from, struct sealed *sealed, struct error *err)
{
    unsigned char again[HASH_SIZE];
    int fd = memfd_new("agon-sealed", sealed->bytes, err);
    int rc;

    if (fd < 0)
        return fd;
    rc = pass(from, sealed->bytes, fd, again, err);
    if (rc >= 0 && memcmp(again, sealed->digest, HASH_SIZE) != 0)
        rc = error_set(err, AGON_EAGAIN,
                       "changed while it was read; write such files under another name and rename");
    if (rc >= 0)
        rc = memfd_seal(fd, 1, err);
    if (rc < 0)
        (void)close(fd);
    else
        sealed->fd = fd;
    return rc;
}

/* The one with these contents, or one that is free; NULL: all are in use for others. */
static struct sealed *find(struct sealed_set *set, const unsigned char digest[HASH_SIZE])
{
    struct sealed *unused = NULL;

    for (uint32_t i = 0; i < SEALED_MAX; i++) {
        struct sealed *sealed = &set->all[i];

        if (sealed->n_users == 0)
            unused = unused == NULL ? sealed : unused;
        else if (memcmp(sealed->digest, digest, HASH_SIZE) == 0)
            return sealed;
    }
    return unused;
}

static struct sealed *take(struct sealed_set *set, int from, struct error *err)
{
    struct sealed fresh = {.n_users = 1, .fd = -1};
    struct sealed *sealed;
    struct stat stat;

    if (fstat(from, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        (void)error_set(err, AGON_EINVAL, "no regular file; name the file itself");
        return NULL;
    }
    fresh.bytes = (uint64_t)stat.st_size;
    if (fresh.bytes == 0) {
        (void)error_set(err, AGON_EINVAL, "an empty file");
        return NULL;
    }
    if (fresh.bytes > set->limit) { // not hashed first: it may be of any size
        (void)error_set(err, AGON_ERANGE,
                        "%llu bytes, and the limit of all files of agents (files_max) is %llu",
                        (unsigned long long)fresh.bytes, (unsigned long long)set->limit);
        return NULL;
    }
    // The contents first: what is held already takes no memory a second time.
    if (pass(from, fresh.bytes, -1, fresh.digest, err) < 0)
        return NULL;
    sealed = find(set, fresh.digest);
    if (sealed != NULL && sealed->n_users > 0) {
        sealed->n_users++;
        return sealed;
    }
    if (sealed == NULL) {
        (void)error_set(err, AGON_ERANGE, "%d other files of agents are in use, the limit",
                        SEALED_MAX);
        return NULL;
    }
    if (fresh.bytes > set->limit - set->held) {
        (void)error_set(err, AGON_ERANGE,
                        "%llu bytes beside %llu of others, and the limit of all files of agents "
                        "(files_max) is %llu",
                        (unsigned long long)fresh.bytes, (unsigned long long)set->held,
                        (unsigned long long)set->limit);
        return NULL;
    }
    if (!set->is_dry && copy(from, &fresh, err) < 0)
        return NULL;
    *sealed = fresh;
    set->held += fresh.bytes;
    return sealed;
}

struct sealed *sealed_open(struct sealed_set *set, const char *path, struct error *err)
{
    struct error own = {0};
    struct sealed *sealed;
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe is no reason to wait

    if (from < 0) {
        int code = errno == EACCES || errno == EPERM ? AGON_EPERM : AGON_ENOENT;

        (void)error_set(err, code, "%s: %s", path, strerror(errno));
        return NULL;
    }
    sealed = take(set, from, &own);
    if (sealed == NULL)
        (void)error_set(err, own.code, "%s: %s", path, own.text);
    (void)close(from);
    return sealed;
}

void sealed_again(struct sealed *sealed)
{
    sealed->n_users++;
}

void sealed_close(struct sealed_set *set, struct sealed *sealed)
{
    REQUIRE(sealed->n_users > 0 && set->held >= sealed->bytes);
    if (--sealed->n_users > 0)
        return;
    if (sealed->fd >= 0)
        (void)close(sealed->fd);
    set->held -= sealed->bytes;
    memset(sealed, 0, sizeof(*sealed));
}
