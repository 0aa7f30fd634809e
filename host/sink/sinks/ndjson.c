// SPDX-License-Identifier: Apache-2.0
/* ndjson: one JSON object a line, at the end of a file. What it has is what stands in the file: the
 * last whole line says the number, and half a line behind it is cut off. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "sink/sink.h"

#define TAIL_BYTES (1 << 20) /* no line is longer */

struct ndjson {
    FILE *file;
};

static int fail(struct error *err, const char *what)
{
    return error_set(err, AGON_EIO, "%s: %s; expected a file in a folder that is there", what,
                     strerror(errno));
}

/* The number of the last whole line that ends before n; 0: there is none, or it has none. */
static uint64_t number_of(const char *tail, size_t n)
{
    static const char key[] = "{\"seq\":\"";
    size_t from = n - 1;

    while (from > 0 && tail[from - 1] != '\n')
        from--;
    return n - from > sizeof(key) && memcmp(tail + from, key, sizeof(key) - 1) == 0
               ? strtoull(tail + from + sizeof(key) - 1, NULL, 10)
               : 0;
}

/* Finds the end of the last whole line, cuts off what stands behind it, and reads its number. */
static int mend(int fd, const char *where, uint64_t *last, struct error *err)
{
    char *tail = malloc(TAIL_BYTES + 1);
    off_t size = lseek(fd, 0, SEEK_END);
    off_t from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
    ssize_t got = tail != NULL && size >= 0 ? pread(fd, tail, TAIL_BYTES, from) : -1;
    size_t n = got > 0 ? (size_t)got : 0;
    int rc = got < 0 ? fail(err, where) : AGON_OK;

    while (n > 0 && tail[n - 1] != '\n')
        n--;
    if (rc >= 0)
        tail[got] = '\0';
    *last = rc >= 0 && n > 0 ? number_of(tail, n) : 0;
    // Nobody's own file loses anything: what is cut off is half a line of ours.
    if (rc >= 0 && *last == 0 && size > 0 && (n > 0 || from > 0 || tail[0] != '{'))
        rc = error_set(err, AGON_EINVAL, "%s: its last line is not an event with a number", where);
    else if (rc >= 0 && (size_t)got != n && ftruncate(fd, from + (off_t)n) < 0)
        rc = fail(err, where);
    free(tail);
    return rc;
}

static int open_file(void **self, const char *where, uint64_t *last, struct error *err)
{
    struct ndjson *ndjson = calloc(1, sizeof(*ndjson));
    int fd = open(where, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int rc = ndjson == NULL ? AGON_ENOMEM : fd < 0 ? fail(err, where) : AGON_OK;

    if (rc >= 0)
        rc = mend(fd, where, last, err);
    if (rc >= 0 && (ndjson->file = fdopen(fd, "a")) == NULL)
        rc = fail(err, where);
    if (rc < 0) {
        if (fd >= 0)
            (void)close(fd);
        free(ndjson);
        return rc;
    }
    *self = ndjson;
    return AGON_OK;
}

static int put(void *self, const struct agon_event_hdr *event, const char *text, size_t n,
               struct error *err)
{
    struct ndjson *ndjson = self;

    (void)event;
    if (fwrite(text, 1, n, ndjson->file) != n || fputc('\n', ndjson->file) == EOF)
        return fail(err, "a line");
    return AGON_OK;
}

static int flush(void *self, struct error *err)
{
    struct ndjson *ndjson = self;

    return fflush(ndjson->file) == 0 && fdatasync(fileno(ndjson->file)) == 0
               ? AGON_OK
               : fail(err, "the file");
}

static void close_file(void *self)
{
    struct ndjson *ndjson = self;

    (void)fclose(ndjson->file);
    free(ndjson);
}

const struct sink sink_ndjson = {.name = "ndjson",
                                 .where = "FILE",
                                 .doc = "one JSON object a line, at the end of FILE",
                                 .open = open_file,
                                 .put = put,
                                 .flush = flush,
                                 .close = close_file};
