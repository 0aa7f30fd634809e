// SPDX-License-Identifier: Apache-2.0
#include "lab/data_file.h"

#include <stdlib.h>

#include "sys/file.h"

struct lines *data_file_open(const char *path, const struct lines_limits *limits, struct error *err)
{
    struct lines_input input = {.read = file_bytes_read, .close = file_bytes_close};

    input.ctx = file_bytes_open(path, err);
    return input.ctx != NULL ? lines_open(path, &input, limits, err) : NULL;
}

struct counted {
    struct file_bytes *file; /* owned */
    struct data_count *count;
};

static int64_t read_counted(void *ctx, void *bytes, uint64_t n, struct error *err)
{
    struct counted *counted = ctx;
    int64_t got = file_bytes_read(counted->file, bytes, n, err);

    if (got > 0) {
        sha256_update(&counted->count->hash, bytes, (size_t)got);
        counted->count->n_bytes += (uint64_t)got;
    }
    return got;
}

static void close_counted(void *ctx)
{
    struct counted *counted = ctx;

    file_bytes_close(counted->file);
    free(counted);
}

struct lines *data_file_open_counted(const char *path, struct data_count *count, struct error *err)
{
    struct lines_input input = {.read = read_counted, .close = close_counted};
    struct counted *counted;

    if (count == NULL)
        return data_file_open(path, NULL, err);
    counted = calloc(1, sizeof(*counted));
    if (counted == NULL) {
        (void)error_set(err, AGON_ENOMEM, "%s: out of memory", path);
        return NULL;
    }
    count->n_bytes = 0;
    sha256_init(&count->hash);
    counted->count = count;
    counted->file = file_bytes_open(path, err);
    if (counted->file == NULL) {
        free(counted);
        return NULL;
    }
    input.ctx = counted;
    return lines_open(path, &input, NULL, err);
}
