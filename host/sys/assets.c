// SPDX-License-Identifier: Apache-2.0
#include "sys/assets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/memfd.h"

#define CHUNK ((size_t)1 << 20)

void assets_init(struct assets *assets, uint64_t limit)
{
    memset(assets, 0, sizeof(*assets));
    assets->limit = limit;
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

static int copy(int from, struct asset *asset, struct error *err)
{
    unsigned char again[HASH_SIZE];
    int fd = memfd_new("agon-asset", asset->bytes, err);
    int rc;

    if (fd < 0)
        return fd;
    rc = pass(from, asset->bytes, fd, again, err);
    if (rc >= 0 && memcmp(again, asset->digest, HASH_SIZE) != 0)
        rc = error_set(err, AGON_EAGAIN,
                       "changed while it was read; write such files under another name and rename");
    if (rc >= 0)
        rc = memfd_seal(fd, 1, err);
    if (rc < 0)
        (void)close(fd);
    else
        asset->fd = fd;
    return rc;
}

/* The one with these contents, or one that is free; NULL: all are in use for others. */
static struct asset *find(struct assets *assets, const unsigned char digest[HASH_SIZE])
{
    struct asset *unused = NULL;

    for (uint32_t i = 0; i < ASSETS_MAX; i++) {
        struct asset *asset = &assets->all[i];

        if (asset->n_users == 0)
            unused = unused == NULL ? asset : unused;
        else if (memcmp(asset->digest, digest, HASH_SIZE) == 0)
            return asset;
    }
    return unused;
}

static struct asset *take(struct assets *assets, int from, struct error *err)
{
    struct asset fresh = {.n_users = 1};
    struct asset *asset;
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
    if (fresh.bytes > assets->limit) { // not hashed first: it may be of any size
        (void)error_set(err, AGON_ERANGE, "%llu bytes, and the limit of all assets is %llu",
                        (unsigned long long)fresh.bytes, (unsigned long long)assets->limit);
        return NULL;
    }
    // The contents first: what is held already takes no memory a second time.
    if (pass(from, fresh.bytes, -1, fresh.digest, err) < 0)
        return NULL;
    asset = find(assets, fresh.digest);
    if (asset != NULL && asset->n_users > 0) {
        asset->n_users++;
        return asset;
    }
    if (asset == NULL) {
        (void)error_set(err, AGON_ERANGE, "%d other assets are in use, the limit", ASSETS_MAX);
        return NULL;
    }
    if (fresh.bytes > assets->limit - assets->held) {
        (void)error_set(err, AGON_ERANGE,
                        "%llu bytes beside %llu of others, and the limit of all assets is %llu",
                        (unsigned long long)fresh.bytes, (unsigned long long)assets->held,
                        (unsigned long long)assets->limit);
        return NULL;
    }
    if (copy(from, &fresh, err) < 0)
        return NULL;
    *asset = fresh;
    assets->held += fresh.bytes;
    return asset;
}

struct asset *assets_open(struct assets *assets, const char *path, struct error *err)
{
    struct error own = {0};
    struct asset *asset;
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe is no reason to wait

    if (from < 0) {
        int code = errno == EACCES || errno == EPERM ? AGON_EPERM : AGON_ENOENT;

        (void)error_set(err, code, "%s: %s", path, strerror(errno));
        return NULL;
    }
    asset = take(assets, from, &own);
    if (asset == NULL)
        (void)error_set(err, own.code, "%s: %s", path, own.text);
    (void)close(from);
    return asset;
}

void assets_close(struct assets *assets, struct asset *asset)
{
    REQUIRE(asset->n_users > 0 && assets->held >= asset->bytes);
    if (--asset->n_users > 0)
        return;
    (void)close(asset->fd);
    assets->held -= asset->bytes;
    memset(asset, 0, sizeof(*asset));
}
