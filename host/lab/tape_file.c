// SPDX-License-Identifier: Apache-2.0
#include "lab/tape_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/num.h"
#include "sys/file.h"

#define KIND_AT   offsetof(struct tape_head, kind)
#define ROWS_MAX  ((uint64_t)1 << 40)
#define AGAIN     "make it again by agon tape make"
#define BAR_S_MAX (366 * 86400)

_Static_assert(sizeof(struct tape_head) == 560, "the header's layout is the format's");
_Static_assert(offsetof(struct tape_head, n_rows) == 24, "the header's layout is the format's");
_Static_assert(offsetof(struct tape_head, source_hash) == 80,
               "the header's layout is the format's");
_Static_assert(offsetof(struct tape_head, venue) == 176, "the header's layout is the format's");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "columns are used where they lie");

static const struct {
    const char *name;
    uint32_t n;
    struct tape_column columns[TAPE_COLUMNS_MAX];
} kinds[TAPE_FILE_KINDS] = {
    [TAPE_FILE_BARS] =
        {"bars",
         6,
         {{"t_open", 8}, {"open", 8}, {"high", 8}, {"low", 8}, {"close", 8}, {"volume", 8}}},
    [TAPE_FILE_TRADES] =
        {"trades", 6, {{"t", 8}, {"t_venue", 8}, {"px", 8}, {"qty", 8}, {"id", 8}, {"side", 1}}},
    [TAPE_FILE_QUOTES] =
        {"quotes",
         6,
         {{"t", 8}, {"t_venue", 8}, {"bid_px", 8}, {"bid_qty", 8}, {"ask_px", 8}, {"ask_qty", 8}}},
    [TAPE_FILE_L2] = {"l2",
                      6,
                      {{"t", 8}, {"t_venue", 8}, {"px", 8}, {"qty", 8}, {"id", 8}, {"what", 4}}},
};

struct tape_file {
    struct tape_head head;
    int fd;
    const unsigned char *bytes;        /* owned: a mapping */
    uint64_t n_bytes, n_blocks, whole; /* whole: bytes of a block that is not the last */
    const uint32_t *sums;
    unsigned char *is_good; /* owned; of each block: its sum was right */
    const char *path;       /* owned */
};

const char *tape_file_kind_name(uint8_t kind)
{
    return kind > 0 && kind < TAPE_FILE_KINDS ? kinds[kind].name : "?";
}

const struct tape_column *tape_file_columns(uint8_t kind, uint32_t *n)
{
    REQUIRE(kind > 0 && kind < TAPE_FILE_KINDS);
    *n = kinds[kind].n;
    return kinds[kind].columns;
}

static uint64_t to_page(uint64_t n)
{
    return (n + TAPE_PAGE - 1) / TAPE_PAGE * TAPE_PAGE;
}

uint64_t tape_file_block(uint8_t kind, uint32_t n_rows, uint64_t at[TAPE_COLUMNS_MAX])
{
    uint64_t bytes = 0;

    REQUIRE(kind > 0 && kind < TAPE_FILE_KINDS);
    for (uint32_t i = 0; i < kinds[kind].n; i++) {
        if (at != NULL)
            at[i] = bytes;
        bytes += to_page((uint64_t)n_rows * kinds[kind].columns[i].width);
    }
    return bytes;
}

uint32_t tape_file_head_crc(const void *page)
{
    return crc32c(0, (const unsigned char *)page + KIND_AT, TAPE_PAGE - KIND_AT);
}

static uint64_t blocks_of(const struct tape_head *head)
{
    return (head->n_rows + TAPE_BLOCK_ROWS - 1) / TAPE_BLOCK_ROWS;
}

static uint32_t rows_of_last(const struct tape_head *head)
{
    return (uint32_t)(head->n_rows - (blocks_of(head) - 1) * TAPE_BLOCK_ROWS);
}

static uint64_t bytes_of(const struct tape_head *head)
{
    uint64_t blocks = blocks_of(head);

    return TAPE_PAGE + (blocks - 1) * tape_file_block(head->kind, TAPE_BLOCK_ROWS, NULL) +
           tape_file_block(head->kind, rows_of_last(head), NULL) +
           to_page(blocks * sizeof(uint32_t));
}

static int read_page(int fd, unsigned char page[TAPE_PAGE])
{
    uint64_t done = 0;

    while (done < TAPE_PAGE) {
        ssize_t got = pread(fd, page + done, TAPE_PAGE - done, (off_t)done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (uint64_t)got;
    }
    return (int)done;
}

static int open_regular(const char *path, uint64_t *bytes, struct error *err)
{
    struct stat stat;
    // Non-blocking, so that a named pipe cannot hold us before we see that it is one.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return file_refuse_read(path, errno, errno == ENOENT ? AGON_ENOENT : AGON_EIO, err);
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        (void)close(fd);
        return error_set(err, AGON_EINVAL, "%s: not a regular file", path);
    }
    *bytes = (uint64_t)stat.st_size;
    return fd;
}

int tape_file_is(const char *path)
{
    unsigned char page[TAPE_PAGE];
    uint64_t bytes;
    int fd = open_regular(path, &bytes, NULL);
    int n = fd >= 0 ? read_page(fd, page) : 0;

    if (fd >= 0)
        (void)close(fd);
    return n >= 8 && memcmp(page, TAPE_MAGIC, 8) == 0;
}

static int is_text(const char *text, size_t room)
{
    size_t n = strnlen(text, room);

    for (size_t i = 0; i < n; i++) {
        if (text[i] < ' ' || text[i] == 0x7f)
            return 0;
    }
    return n < room;
}

/* What is wrong with a field of a header whose checksum is right; NULL: nothing. */
static const char *wrong_field(const struct tape_head *head)
{
    if (head->kind == 0 || head->kind >= TAPE_FILE_KINDS)
        return "kind is not one of bars, trades, quotes and l2";
    if (head->px_exp < 0 || head->px_exp > NUM_EXP_MAX)
        return "px_exp is not from 0 to 18";
    if (head->qty_exp < 0 || head->qty_exp > NUM_EXP_MAX)
        return "qty_exp is not from 0 to 18";
    if ((head->flags & ~TAPE_HAS_RECEIVED) != 0)
        return "flags has bits that are not known";
    if ((head->kind == TAPE_FILE_BARS) != (head->length_s != 0) || head->length_s > BAR_S_MAX)
        return "length_s is not the length of a bar";
    if (head->n_rows == 0 || head->n_rows > ROWS_MAX)
        return "n_rows is 0 or beyond 2^40";
    if (head->n_events == 0 || head->n_events > head->n_rows)
        return "n_events is 0 or more than the rows";
    // Of a table of several symbols the first row may be another's, and later.
    if (head->t_begin < 0 || head->t_first < 0 || head->t_last < head->t_first)
        return "t_begin, t_first and t_last are not times in order";
    if (head->block_rows != TAPE_BLOCK_ROWS)
        return "block_rows is not 65536";
    if (head->n_columns != kinds[head->kind].n)
        return "n_columns is not that of its kind";
    if (!is_text(head->venue, sizeof(head->venue)))
        return "venue is not text";
    if (!is_text(head->symbol, sizeof(head->symbol)) || head->symbol[0] == '\0' ||
        !is_text(head->plain, sizeof(head->plain)) || head->plain[0] == '\0')
        return "symbol is not text";
    if (!is_text(head->base, sizeof(head->base)) || head->base[0] == '\0' ||
        !is_text(head->quote, sizeof(head->quote)) || head->quote[0] == '\0')
        return "base or quote is not text";
    // It becomes part of a path, of the tape's own folder.
    if (!is_text(head->source, sizeof(head->source)) || head->source[0] == '\0' ||
        strchr(head->source, '/') != NULL)
        return "source is not a file's name";
    return NULL;
}

static int check_size(const char *path, const struct tape_head *head, uint64_t bytes,
                      struct error *err)
{
    uint64_t want = bytes_of(head);
    uint64_t whole = tape_file_block(head->kind, TAPE_BLOCK_ROWS, NULL);
    uint64_t blocks = bytes > TAPE_PAGE ? (bytes - TAPE_PAGE) / whole : 0;

    if (bytes == want)
        return AGON_OK;
    if (bytes > want)
        return error_set(
            err, AGON_ECORRUPT,
            "%s: %llu bytes behind its end at byte %llu: something was added to it; " AGAIN, path,
            (unsigned long long)(bytes - want), (unsigned long long)want);
    blocks = blocks < blocks_of(head) ? blocks : blocks_of(head) - 1;
    return error_set(
        err, AGON_ECORRUPT,
        "%s: it ends at byte %llu, in block %llu of %llu (behind row %llu of %llu), and "
        "has %llu bytes by its header: copy it again, or " AGAIN,
        path, (unsigned long long)bytes, (unsigned long long)blocks,
        (unsigned long long)blocks_of(head), (unsigned long long)(blocks * TAPE_BLOCK_ROWS),
        (unsigned long long)head->n_rows, (unsigned long long)want);
}

static int check_head(const char *path, const unsigned char page[TAPE_PAGE], int n, uint64_t bytes,
                      struct tape_head *head, struct error *err)
{
    const char *wrong;

    memcpy(head, page, sizeof(*head));
    if (n < 8 || memcmp(head->magic, TAPE_MAGIC, sizeof(head->magic)) != 0)
        return error_set(err, AGON_EINVAL,
                         "%s: not a tape: it does not begin with %s; agon tape make makes one of a "
                         "recording",
                         path, TAPE_MAGIC);
    if (n < TAPE_PAGE)
        return error_set(err, AGON_ECORRUPT,
                         "%s: header: the file ends in it, at byte %llu: copy it again, or " AGAIN,
                         path, (unsigned long long)bytes);
    if (head->version != TAPE_VERSION)
        return error_set(err, AGON_EVERSION,
                         "%s: header: version %u, and this program reads version %d: " AGAIN, path,
                         head->version, TAPE_VERSION);
    if (tape_file_head_crc(page) != head->crc)
        return error_set(err, AGON_ECORRUPT,
                         "%s: header: damaged: its checksum is %08x, and its bytes come to %08x: "
                         "copy it again, or " AGAIN,
                         path, head->crc, tape_file_head_crc(page));
    wrong = wrong_field(head);
    if (wrong != NULL)
        return error_set(err, AGON_ECORRUPT, "%s: header: %s: " AGAIN, path, wrong);
    return check_size(path, head, bytes, err);
}

static int open_checked(const char *path, struct tape_head *head, uint64_t *bytes,
                        struct error *err)
{
    unsigned char page[TAPE_PAGE] = {0};
    int fd = open_regular(path, bytes, err);
    int rc;

    if (fd < 0)
        return fd;
    rc = check_head(path, page, read_page(fd, page), *bytes, head, err);
    if (rc < 0) {
        (void)close(fd);
        return rc;
    }
    return fd;
}

int tape_file_look(const char *path, struct tape_head *head, struct error *err)
{
    uint64_t bytes;
    int fd = open_checked(path, head, &bytes, err);

    if (fd < 0)
        return fd;
    (void)close(fd);
    return AGON_OK;
}

int tape_file_open(struct tape_file **out, const char *path, struct error *err)
{
    struct tape_file *file = calloc(1, sizeof(*file));
    uint64_t sums_bytes;
    uint32_t crc;
    void *bytes;
    int rc = AGON_ENOMEM;

    *out = NULL;
    if (file == NULL || (file->path = strdup(path)) == NULL) {
        free(file);
        return error_set(err, rc, "%s: out of memory", path);
    }
    file->fd = open_checked(path, &file->head, &file->n_bytes, err);
    if (file->fd < 0) {
        rc = file->fd;
        goto fail;
    }
    file->n_blocks = blocks_of(&file->head);
    file->whole = tape_file_block(file->head.kind, TAPE_BLOCK_ROWS, NULL);
    file->is_good = calloc(file->n_blocks, 1);
    bytes = mmap(NULL, file->n_bytes, PROT_READ, MAP_PRIVATE, file->fd, 0);
    if (bytes == MAP_FAILED || file->is_good == NULL) {
        error_set(err, rc, "%s: %llu bytes could not be mapped: %s", path,
                  (unsigned long long)file->n_bytes, strerror(errno));
        if (bytes != MAP_FAILED)
            (void)munmap(bytes, file->n_bytes);
        goto fail;
    }
    file->bytes = bytes;
    (void)madvise(bytes, file->n_bytes, MADV_SEQUENTIAL);
    sums_bytes = to_page(file->n_blocks * sizeof(*file->sums));
    file->sums = (const uint32_t *)(const void *)(file->bytes + file->n_bytes - sums_bytes);
    crc = crc32c(0, file->sums, sums_bytes);
    if (crc != file->head.sums_crc) {
        rc = error_set(err, AGON_ECORRUPT,
                       "%s: the blocks' checksums, at byte %llu, are damaged: copy it again, "
                       "or " AGAIN,
                       path, (unsigned long long)(file->n_bytes - sums_bytes));
        goto fail;
    }
    *out = file;
    return AGON_OK;
fail:
    tape_file_close(file);
    return rc;
}

void tape_file_close(struct tape_file *file)
{
    if (file == NULL)
        return;
    if (file->bytes != NULL)
        (void)munmap((void *)(uintptr_t)file->bytes, file->n_bytes);
    if (file->fd >= 0)
        (void)close(file->fd);
    free(file->is_good);
    free((void *)(uintptr_t)file->path);
    free(file);
}

const struct tape_head *tape_file_head_of(const struct tape_file *file)
{
    return &file->head;
}

void tape_file_hash(const struct tape_file *file, unsigned char hash[HASH_SIZE])
{
    uint64_t sums_bytes = to_page(file->n_blocks * sizeof(*file->sums));
    struct hash all;

    hash_init(&all);
    hash_update(&all, file->bytes, TAPE_PAGE);
    hash_update(&all, file->sums, sums_bytes);
    hash_final(&all, hash);
}

/* What the kernel is to bring next while this block is in use. */
static void read_ahead(const struct tape_file *file, uint64_t block)
{
    uint64_t at = TAPE_PAGE + (block + 1) * file->whole;

    if (block + 1 < file->n_blocks)
        (void)madvise((void *)(uintptr_t)(file->bytes + at),
                      file->whole < file->n_bytes - at ? file->whole : file->n_bytes - at,
                      MADV_WILLNEED);
}

int tape_file_read(struct tape_file *file, uint64_t block, const void *columns[TAPE_COLUMNS_MAX],
                   uint32_t *n_rows, struct error *err)
{
    const unsigned char *from = file->bytes + TAPE_PAGE + block * file->whole;
    uint64_t at[TAPE_COLUMNS_MAX];
    uint64_t bytes;
    struct stat stat;
    uint32_t crc;

    REQUIRE(block < file->n_blocks);
    *n_rows = block + 1 < file->n_blocks ? TAPE_BLOCK_ROWS : rows_of_last(&file->head);
    bytes = tape_file_block(file->head.kind, *n_rows, at);
    for (uint32_t i = 0; i < kinds[file->head.kind].n; i++)
        columns[i] = from + at[i];
    if (file->is_good[block])
        return AGON_OK;
    // A page behind the end of a file that became shorter is a signal and no error.
    if (fstat(file->fd, &stat) != 0 || (uint64_t)stat.st_size < file->n_bytes)
        return error_set(err, AGON_ECORRUPT,
                         "%s: block %llu: the file became shorter while it was read; " AGAIN,
                         file->path, (unsigned long long)block);
    read_ahead(file, block);
    crc = crc32c(0, from, bytes);
    if (crc != file->sums[block])
        return error_set(
            err, AGON_ECORRUPT,
            "%s: block %llu (rows %llu to %llu, from byte %llu): damaged: its checksum "
            "is %08x, and its bytes come to %08x: copy it again, or " AGAIN,
            file->path, (unsigned long long)block,
            (unsigned long long)(block * TAPE_BLOCK_ROWS + 1),
            (unsigned long long)(block * TAPE_BLOCK_ROWS + *n_rows),
            (unsigned long long)(TAPE_PAGE + block * file->whole), file->sums[block], crc);
    file->is_good[block] = 1;
    return AGON_OK;
}
