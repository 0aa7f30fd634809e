// SPDX-License-Identifier: Apache-2.0
#include "lab/tape_write.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/crc.h"

struct tape_writer {
    char path[512], fresh[520];
    struct tape_head head;
    int fd;               /* -1: nothing of ours is on the disk */
    unsigned char *block; /* owned; of a whole block */
    uint64_t at[TAPE_COLUMNS_MAX];
    uint8_t widths[TAPE_COLUMNS_MAX];
    uint32_t n_columns, n; /* n: rows in block */
    uint64_t offset;       /* where the next block is to lie */
    uint32_t *sums;        /* owned */
    uint64_t n_sums, room;
};

static int code_of(int error)
{
    return error == ENOSPC || error == EFBIG || error == EDQUOT ? AGON_ENOSPC
           : error == EEXIST                                    ? AGON_EBUSY
                                                                : AGON_EIO;
}

static int failed(const struct tape_writer *writer, struct error *err)
{
    return file_refuse_write(writer->path, errno, code_of(errno), err);
}

int tape_writer_new(struct tape_writer **out, const char *path, const struct tape_head *head,
                    struct error *err)
{
    struct tape_writer *writer = calloc(1, sizeof(*writer));
    const struct tape_column *columns;
    int rc;

    *out = NULL;
    if (writer == NULL)
        return error_set(err, AGON_ENOMEM, "%s: out of memory", path);
    writer->fd = -1;
    writer->head = *head;
    writer->block = calloc(1, tape_file_block(head->kind, TAPE_BLOCK_ROWS, writer->at));
    columns = tape_file_columns(head->kind, &writer->n_columns);
    for (uint32_t i = 0; i < writer->n_columns; i++)
        writer->widths[i] = columns[i].width;
    writer->offset = TAPE_PAGE;
    if (writer->block == NULL) {
        rc = error_set(err, AGON_ENOMEM, "%s: out of memory", path);
        goto fail;
    }
    if (snprintf(writer->path, sizeof(writer->path), "%s", path) >= (int)sizeof(writer->path)) {
        rc = error_set(err, AGON_ERANGE, "%.60s...: the name is too long", path);
        goto fail;
    }
    snprintf(writer->fresh, sizeof(writer->fresh), "%s.new", writer->path);
    if (access(path, F_OK) == 0) {
        rc = error_set(err, AGON_EBUSY, "%s is there already: remove it, or name another by --out",
                       path);
        goto fail;
    }
    // What an interrupted run left there is of no use to anybody.
    (void)unlink(writer->fresh);
    writer->fd = open(writer->fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (writer->fd < 0) {
        rc = failed(writer, err);
        goto fail;
    }
    *out = writer;
    return AGON_OK;
fail:
    tape_writer_free(writer);
    return rc;
}

void tape_writer_free(struct tape_writer *writer)
{
    if (writer == NULL)
        return;
    if (writer->fd >= 0) {
        (void)close(writer->fd);
        (void)unlink(writer->fresh);
    }
    free(writer->block);
    free(writer->sums);
    free(writer);
}

static int put_bytes(struct tape_writer *writer, const void *bytes, uint64_t n, uint64_t offset,
                     struct error *err)
{
    const unsigned char *from = bytes;

    while (n > 0) {
        ssize_t put = pwrite(writer->fd, from, n, (off_t)offset);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return failed(writer, err);
        from += put;
        offset += (uint64_t)put;
        n -= (uint64_t)put;
    }
    return AGON_OK;
}

/* The rows that are there, each column filled up with zeros. */
static int put_block(struct tape_writer *writer, struct error *err)
{
    uint64_t at[TAPE_COLUMNS_MAX + 1];
    uint64_t bytes = tape_file_block(writer->head.kind, writer->n, at);
    uint32_t crc = 0;

    if (writer->n_sums == writer->room) {
        uint64_t room = writer->room == 0 ? 1024 : 2 * writer->room;
        uint32_t *more = realloc(writer->sums, room * sizeof(*more));

        if (more == NULL)
            return error_set(err, AGON_ENOMEM, "%s: out of memory", writer->path);
        writer->sums = more;
        writer->room = room;
    }
    at[writer->n_columns] = bytes;
    for (uint32_t i = 0; i < writer->n_columns; i++) {
        unsigned char *column = writer->block + writer->at[i];
        uint64_t used = (uint64_t)writer->n * writer->widths[i];
        uint64_t stride = at[i + 1] - at[i];
        int rc;

        memset(column + used, 0, stride - used);
        crc = crc32c(crc, column, stride);
        rc = put_bytes(writer, column, stride, writer->offset + at[i], err);
        if (rc < 0)
            return rc;
    }
    writer->sums[writer->n_sums++] = crc;
    writer->offset += bytes;
    writer->n = 0;
    return AGON_OK;
}

/* values: of the columns, in their order. */
static int put_row(struct tape_writer *writer, const int64_t *values, struct error *err)
{
    for (uint32_t i = 0; i < writer->n_columns; i++)
        memcpy(writer->block + writer->at[i] + (uint64_t)writer->n * writer->widths[i], &values[i],
               writer->widths[i]);
    writer->n++;
    writer->head.n_rows++;
    return writer->n == TAPE_BLOCK_ROWS ? put_block(writer, err) : AGON_OK;
}

static int put_l2(struct tape_writer *writer, const struct agon_event_hdr *event, int64_t what,
                  int64_t px, int64_t qty, int64_t id, struct error *err)
{
    const int64_t values[] = {event->t, event->t_venue, px, qty, id, what};

    return put_row(writer, values, err);
}

static int put_part(struct tape_writer *writer, const struct agon_book_part *part,
                    struct error *err)
{
    const struct agon_level *levels = (const struct agon_level *)(const void *)(part + 1);
    int64_t what = part->hdr.type == AGON_EVENT_BOOK_SNAPSHOT ? TAPE_SNAPSHOT : TAPE_DELTA;
    uint32_t n = (uint32_t)part->n_bid + part->n_ask;
    int rc = put_l2(writer, &part->hdr, what | (int64_t)part->flags << 8, (int64_t)part->first_id,
                    (int64_t)part->last_id, part->n_bid | (int64_t)part->n_ask << 16, err);

    for (uint32_t i = 0; i < n && rc >= 0; i++)
        rc = put_l2(writer, &part->hdr, TAPE_LEVEL, levels[i].px, levels[i].qty, 0, err);
    return rc;
}

/* 1: written; 0: left out. */
static int put_stream(struct tape_writer *writer, const struct agon_event_hdr *event,
                      struct error *err)
{
    const void *of = event;
    const struct agon_trade *trade = of;
    const struct agon_quote *quote = of;
    const struct agon_status *status = of;
    int rc;

    switch (event->type) {
    case AGON_EVENT_TRADE:
        rc = put_l2(writer, event,
                    TAPE_TRADE | (int64_t)trade->side << 8 | (int64_t)trade->flags << 16, trade->px,
                    trade->qty, (int64_t)trade->venue_id, err);
        break;
    case AGON_EVENT_QUOTE:
        rc = put_l2(writer, event, TAPE_QUOTE_BID, quote->bid_px, quote->bid_qty, 0, err);
        if (rc >= 0)
            rc = put_l2(writer, event, TAPE_QUOTE_ASK, quote->ask_px, quote->ask_qty, 0, err);
        break;
    case AGON_EVENT_BOOK_SNAPSHOT:
    case AGON_EVENT_BOOK_DELTA:
        rc = put_part(writer, of, err);
        break;
    case AGON_EVENT_STATUS:
        rc = put_l2(writer, event,
                    TAPE_STATUS | (int64_t)status->trading << 8 | (int64_t)status->book << 16, 0, 0,
                    status->reason, err);
        break;
    default:
        return 0;
    }
    return rc < 0 ? rc : 1;
}

/* What is a row of its own; 0: left out. */
static int row_of(uint8_t kind, const struct agon_event_hdr *event, int64_t values[7])
{
    const void *of = event;
    const struct agon_bar *bar = of;
    const struct agon_trade *trade = of;
    const struct agon_quote *quote = of;

    if (kind == TAPE_FILE_BARS && event->type == AGON_EVENT_BAR) {
        const int64_t row[] = {bar->t_open, bar->open_px,  bar->high_px,
                               bar->low_px, bar->close_px, bar->volume_qty};

        memcpy(values, row, sizeof(row));
        return 1;
    }
    if (kind == TAPE_FILE_TRADES && event->type == AGON_EVENT_TRADE) {
        const int64_t row[] = {event->t,   event->t_venue,           trade->px,
                               trade->qty, (int64_t)trade->venue_id, trade->side};

        memcpy(values, row, sizeof(row));
        return 1;
    }
    if (kind == TAPE_FILE_QUOTES && event->type == AGON_EVENT_QUOTE) {
        const int64_t row[] = {event->t,       event->t_venue, quote->bid_px,
                               quote->bid_qty, quote->ask_px,  quote->ask_qty};

        memcpy(values, row, sizeof(row));
        return 1;
    }
    return 0;
}

int tape_writer_put(struct tape_writer *writer, const struct agon_event_hdr *event,
                    struct error *err)
{
    int64_t values[7];
    int rc;

    if (writer->head.kind == TAPE_FILE_L2) {
        rc = put_stream(writer, event, err);
    } else {
        rc = row_of(writer->head.kind, event, values);
        if (rc == 1) {
            int put = put_row(writer, values, err);

            rc = put < 0 ? put : 1;
        }
    }
    if (rc != 1)
        return rc;
    writer->head.n_events++;
    if (writer->head.t_first == 0) // what a stream says of its books before they come has no time
        writer->head.t_first = writer->head.kind == TAPE_FILE_BARS ? values[0] : event->t;
    writer->head.t_last = writer->head.kind == TAPE_FILE_BARS ? values[0] : event->t;
    return AGON_OK;
}

/* The blocks' sums, and where the file ends. */
static int put_sums(struct tape_writer *writer, uint32_t *crc, struct error *err)
{
    uint64_t bytes = writer->n_sums * sizeof(*writer->sums);
    uint64_t whole = (bytes + TAPE_PAGE - 1) / TAPE_PAGE * TAPE_PAGE;
    unsigned char *page = calloc(1, whole);
    int rc;

    if (page == NULL)
        return error_set(err, AGON_ENOMEM, "%s: out of memory", writer->path);
    memcpy(page, writer->sums, bytes);
    *crc = crc32c(0, page, whole);
    rc = put_bytes(writer, page, whole, writer->offset, err);
    free(page);
    return rc;
}

int tape_writer_finish(struct tape_writer *writer, struct tape_head *head, struct error *err)
{
    _Alignas(8) unsigned char page[TAPE_PAGE] = {0};
    int rc = AGON_OK;

    if (writer->head.n_rows == 0)
        return error_set(err, AGON_EINVAL, "%s: nothing in the recording is of its kind: %s",
                         writer->path, tape_file_kind_name(writer->head.kind));
    if (writer->n > 0)
        rc = put_block(writer, err);
    if (rc < 0)
        return rc;
    head->n_rows = writer->head.n_rows;
    head->n_events = writer->head.n_events;
    head->t_first = writer->head.t_first;
    head->t_last = writer->head.t_last;
    head->block_rows = TAPE_BLOCK_ROWS;
    head->n_columns = writer->n_columns;
    head->version = TAPE_VERSION;
    memcpy(head->magic, TAPE_MAGIC, sizeof(head->magic));
    rc = put_sums(writer, &head->sums_crc, err);
    if (rc < 0)
        return rc;
    memcpy(page, head, sizeof(*head));
    head->crc = tape_file_head_crc(page);
    memcpy(page, head, sizeof(*head));
    rc = put_bytes(writer, page, sizeof(page), 0, err);
    if (rc < 0)
        return rc;
    if (fsync(writer->fd) != 0 || rename(writer->fresh, writer->path) != 0)
        return failed(writer, err);
    (void)close(writer->fd);
    writer->fd = -1;
    return AGON_OK;
}
