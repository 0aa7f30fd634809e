// SPDX-License-Identifier: Apache-2.0
#include "market/lines.h"

#include <stdlib.h>
#include <zlib.h>

#define CHUNK      65536u
#define TOTAL_MAX  ((uint64_t)64 << 30)
#define RATIO_MAX  1000u
#define RATIO_FREE (1u << 20) /* output up to here is not held against the ratio */
#define LINE_MAX_  (1u << 20)

struct memory {
    const unsigned char *bytes; /* borrowed */
    uint64_t n, at;
};

struct lines {
    char *name; /* owned */
    struct lines_input input;
    struct lines_limits limits;
    struct memory memory; /* of lines_of_bytes */
    int is_gzip, is_done;
    int is_member_open; /* inside a gzip member: the end of the input now is damage */
    uint64_t in, out;
    z_stream zlib;
    char *line; /* owned: line_max + CHUNK + LINES_BEHIND bytes, taken with the first line */
    uint64_t line_at, line_n, n_lines;
    int is_line_end;
    unsigned char chunk[CHUNK];
};

static int64_t read_memory(void *ctx, void *bytes, uint64_t n, struct error *err)
{
    struct memory *memory = ctx;

    (void)err;
    if (n > memory->n - memory->at)
        n = memory->n - memory->at;
    memcpy(bytes, memory->bytes + memory->at, n);
    memory->at += n;
    return (int64_t)n;
}

static int refill(struct lines *lines, struct error *err)
{
    int64_t got;

    if (lines->zlib.avail_in > 0)
        return AGON_OK;
    got = lines->input.read(lines->input.ctx, lines->chunk, CHUNK, err);
    if (got < 0)
        return (int)got;
    lines->in += (uint64_t)got;
    lines->zlib.next_in = lines->chunk;
    lines->zlib.avail_in = (unsigned)got;
    return AGON_OK;
}

static struct lines *lines_new(const char *name, const struct lines_limits *limits,
                               struct error *err)
{
    struct lines *lines = calloc(1, sizeof(*lines));

    if (lines == NULL || (lines->name = strdup(name)) == NULL) {
        (void)error_set(err, AGON_ENOMEM, "%s: out of memory", name);
        free(lines);
        return NULL;
    }
    if (limits != NULL)
        lines->limits = *limits;
    if (lines->limits.total_max == 0)
        lines->limits.total_max = TOTAL_MAX;
    if (lines->limits.ratio_max == 0)
        lines->limits.ratio_max = RATIO_MAX;
    if (lines->limits.line_max == 0)
        lines->limits.line_max = LINE_MAX_;
    return lines;
}

// The first bytes say what it is.
static struct lines *lines_begin(struct lines *lines, struct error *err)
{
    if (refill(lines, err) < 0) {
        lines_close(lines);
        return NULL;
    }
    if (lines->zlib.avail_in >= 2 && lines->chunk[0] == 0x1f && lines->chunk[1] == 0x8b) {
        if (inflateInit2(&lines->zlib, 15 + 16) != Z_OK) {
            (void)error_set(err, AGON_ENOMEM, "%s: out of memory", lines->name);
            lines_close(lines);
            return NULL;
        }
        lines->is_gzip = 1;
        lines->is_member_open = 1;
    }
    return lines;
}

struct lines *lines_open(const char *name, const struct lines_input *input,
                         const struct lines_limits *limits, struct error *err)
{
    struct lines *lines = lines_new(name, limits, err);

    if (lines == NULL) {
        if (input->close != NULL)
            input->close(input->ctx);
        return NULL;
    }
    lines->input = *input;
    return lines_begin(lines, err);
}

struct lines *lines_of_bytes(const char *name, const void *bytes, uint64_t n,
                             const struct lines_limits *limits, struct error *err)
{
    struct lines *lines = lines_new(name, limits, err);

    if (lines == NULL)
        return NULL;
    lines->memory = (struct memory){.bytes = bytes, .n = n};
    lines->input = (struct lines_input){.read = read_memory, .ctx = &lines->memory};
    return lines_begin(lines, err);
}

void lines_close(struct lines *lines)
{
    if (lines == NULL)
        return;
    if (lines->is_gzip)
        (void)inflateEnd(&lines->zlib);
    if (lines->input.close != NULL)
        lines->input.close(lines->input.ctx);
    free(lines->line);
    free(lines->name);
    free(lines);
}

// What is not packed goes where it is wanted at once, but for the first bytes, which said so.
static int64_t read_plain(struct lines *lines, void *bytes, uint64_t n, struct error *err)
{
    uint64_t some;

    if (lines->zlib.avail_in == 0) {
        int64_t got = lines->input.read(lines->input.ctx, bytes, n, err);

        lines->in += got > 0 ? (uint64_t)got : 0;
        return got;
    }
    some = lines->zlib.avail_in < n ? lines->zlib.avail_in : n;
    memcpy(bytes, lines->zlib.next_in, some);
    lines->zlib.next_in += some;
    lines->zlib.avail_in -= (unsigned)some;
    return (int64_t)some;
}

static int64_t read_gzip(struct lines *lines, void *bytes, uint64_t n, struct error *err)
{
    unsigned room = n > (1u << 30) ? 1u << 30 : (unsigned)n;

    lines->zlib.next_out = bytes;
    lines->zlib.avail_out = room;
    while (lines->zlib.avail_out == room) {
        int rc = refill(lines, err);

        if (rc < 0)
            return rc;
        if (lines->zlib.avail_in == 0) {
            if (lines->is_member_open)
                return error_set(err, AGON_ECORRUPT, "%s: gzip ends in the middle, at byte %llu",
                                 lines->name, (unsigned long long)lines->in);
            return 0;
        }
        if (!lines->is_member_open) {
            (void)inflateReset(&lines->zlib);
            lines->is_member_open = 1;
        }
        rc = inflate(&lines->zlib, Z_NO_FLUSH);
        if (rc == Z_STREAM_END)
            lines->is_member_open = 0;
        else if (rc != Z_OK && rc != Z_BUF_ERROR)
            return error_set(err, AGON_ECORRUPT, "%s: gzip is damaged before byte %llu: %s",
                             lines->name, (unsigned long long)lines->in,
                             lines->zlib.msg != NULL ? lines->zlib.msg : "no valid data");
    }
    return (int64_t)(room - lines->zlib.avail_out);
}

int64_t lines_read(struct lines *lines, void *bytes, uint64_t n, struct error *err)
{
    int64_t got;

    if (lines->is_done || n == 0)
        return 0;
    got = lines->is_gzip ? read_gzip(lines, bytes, n, err) : read_plain(lines, bytes, n, err);
    if (got <= 0) {
        lines->is_done = 1;
        return got;
    }
    lines->out += (uint64_t)got;
    if (lines->out > lines->limits.total_max) {
        lines->is_done = 1;
        return error_set(err, AGON_ERANGE, "%s: more than %llu bytes", lines->name,
                         (unsigned long long)lines->limits.total_max);
    }
    if (lines->is_gzip && lines->out > RATIO_FREE &&
        lines->out / lines->limits.ratio_max > lines->in - lines->zlib.avail_in) {
        lines->is_done = 1;
        return error_set(err, AGON_ERANGE, "%s: unpacks to more than %u times its size",
                         lines->name, lines->limits.ratio_max);
    }
    return got;
}

int lines_next(struct lines *lines, char **line, uint32_t *n, struct error *err)
{
    uint32_t most = lines->limits.line_max;
    uint64_t seen = 0;

    if (lines->line == NULL &&
        (lines->line = calloc((uint64_t)most + CHUNK + LINES_BEHIND, 1)) == NULL)
        return error_set(err, AGON_ENOMEM, "%s: out of memory", lines->name);
    for (;;) {
        char *from = lines->line + lines->line_at;
        uint64_t have = lines->line_n - lines->line_at;
        char *end = memchr(from + seen, '\n', have - seen);
        uint64_t length = end != NULL ? (uint64_t)(end - from) : have;
        int64_t got;

        if (length > most)
            return error_set(err, AGON_ERANGE, "%s:%llu: the line is longer than %u bytes",
                             lines->name, (unsigned long long)lines->n_lines + 1, most);
        if (end != NULL || (lines->is_line_end && have > 0)) {
            lines->line_at += length + (end != NULL);
            if (length > 0 && from[length - 1] == '\r')
                length--;
            from[length] = '\0';
            *line = from;
            *n = (uint32_t)length;
            lines->n_lines++;
            return 1;
        }
        if (lines->is_line_end)
            return 0;
        seen = have;
        memmove(lines->line, from, have);
        lines->line_at = 0;
        lines->line_n = have;
        got = lines_read(lines, lines->line + have, CHUNK, err);
        if (got < 0)
            return (int)got;
        lines->is_line_end = got == 0;
        lines->line_n += (uint64_t)got;
    }
}

uint64_t lines_number(const struct lines *lines)
{
    return lines->n_lines;
}

const char *lines_name(const struct lines *lines)
{
    return lines->name;
}
