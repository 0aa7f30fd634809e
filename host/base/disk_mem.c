// SPDX-License-Identifier: Apache-2.0
#include "base/disk_mem.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/rng.h"

#define NAME_MAX_BYTES 64
#define HANDLE_SHIFT   10 /* a handle is inode << shift | generation of the power supply */

struct inode {
    unsigned char *now, *safe; /* owned; as seen, and as after a crash that keeps nothing */
    uint64_t *dirty;           /* owned; per sector: order of its last unsynced write, 0: clean */
    unsigned char *is_taken;   /* owned: [n_taken]; per sector: it has its room (lazy) */
    uint64_t n, n_safe, n_taken;
    uint64_t room; /* of now and safe, in bytes; what a file has beyond was never written: zeros */
    uint64_t size_order; /* of the last unsynced change of size */
    int is_used;
};
struct entry {
    char name[NAME_MAX_BYTES];
    uint32_t inode;
};
struct entries {
    struct entry *all; /* owned; in bytewise order of names */
    uint32_t n, room;
};
enum op_kind { OP_CREATE, OP_RENAME, OP_REMOVE };
struct op { /* on the directory, not yet synced */
    enum op_kind kind;
    char name[NAME_MAX_BYTES], to[NAME_MAX_BYTES];
    uint32_t inode;
    uint64_t order;
};
struct disk_mem {
    struct inode *inodes; /* owned; [0] unused */
    uint32_t n_inodes;
    struct entries now, safe;
    struct op *ops; /* owned */
    uint32_t n_pending, room_pending;
    uint32_t sector, power;
    uint64_t order, n_ops, stop_at;
    uint64_t fail_sync, fail_write;
    uint64_t room, taken;
    int is_lazy, is_stopped;
    struct rng rng;
};

static void *grow(void *memory, uint64_t bytes)
{
    void *more = realloc(memory, bytes == 0 ? 1 : bytes);

    REQUIRE(more != NULL); // a simulated disk is no place to simulate a lack of memory
    return more;
}

/* The same with zeros behind it, which cost no memory before they are written: most of what a
 * journal reserves never is. */
static void *extend(void *memory, uint64_t old, uint64_t bytes)
{
    void *more = calloc(1, bytes);

    REQUIRE(more != NULL);
    if (old > 0)
        memcpy(more, memory, old);
    free(memory);
    return more;
}

static struct entry *find(const struct entries *entries, const char *name)
{
    for (uint32_t i = 0; i < entries->n; i++) {
        if (strcmp(entries->all[i].name, name) == 0)
            return &entries->all[i];
    }
    return NULL;
}

static void drop_entry(struct entries *entries, const char *name)
{
    struct entry *entry = find(entries, name);

    if (entry == NULL)
        return;
    memmove(entry, entry + 1, (size_t)(entries->all + entries->n - entry - 1) * sizeof(*entry));
    entries->n--;
}

static void put_entry(struct entries *entries, const char *name, uint32_t inode)
{
    struct entry *entry = find(entries, name);
    uint32_t at = 0;

    if (entry != NULL) {
        entry->inode = inode;
        return;
    }
    if (entries->n == entries->room) {
        entries->room = entries->room * 2 + 16;
        entries->all = grow(entries->all, entries->room * sizeof(*entries->all));
    }
    while (at < entries->n && strcmp(entries->all[at].name, name) < 0)
        at++;
    memmove(entries->all + at + 1, entries->all + at, (entries->n - at) * sizeof(*entry));
    memset(&entries->all[at], 0, sizeof(*entry));
    memcpy(entries->all[at].name, name, strlen(name) + 1);
    entries->all[at].inode = inode;
    entries->n++;
}

static void apply(struct entries *entries, const struct op *op)
{
    if (op->kind == OP_CREATE) {
        put_entry(entries, op->name, op->inode);
    } else if (op->kind == OP_REMOVE) {
        drop_entry(entries, op->name);
    } else {
        drop_entry(entries, op->name);
        put_entry(entries, op->to, op->inode);
    }
}

static void do_op(struct disk_mem *disk, enum op_kind kind, const char *name, const char *to,
                  uint32_t inode)
{
    struct op *op;

    if (disk->n_pending == disk->room_pending) {
        disk->room_pending = disk->room_pending * 2 + 16;
        disk->ops = grow(disk->ops, disk->room_pending * sizeof(*disk->ops));
    }
    op = &disk->ops[disk->n_pending++];
    memset(op, 0, sizeof(*op));
    op->kind = kind;
    op->inode = inode;
    op->order = ++disk->order;
    memcpy(op->name, name, strlen(name) + 1);
    if (to != NULL)
        memcpy(op->to, to, strlen(to) + 1);
    apply(&disk->now, op);
}

static uint64_t sectors(const struct disk_mem *disk, uint64_t bytes)
{
    return (bytes + disk->sector - 1) / disk->sector;
}

static void inode_room(struct disk_mem *disk, struct inode *inode, uint64_t bytes)
{
    uint64_t old = sectors(disk, inode->room), all = sectors(disk, bytes);

    if (bytes <= inode->room)
        return;
    all += all / 4;
    inode->now = extend(inode->now, old * disk->sector, all * disk->sector);
    inode->safe = extend(inode->safe, old * disk->sector, all * disk->sector);
    inode->dirty = extend(inode->dirty, old * sizeof(*inode->dirty), all * sizeof(*inode->dirty));
    inode->room = all * disk->sector;
}

static void inode_empty(struct inode *inode)
{
    free(inode->now);
    free(inode->safe);
    free(inode->dirty);
    free(inode->is_taken);
    memset(inode, 0, sizeof(*inode));
}

static void note_sectors(struct inode *inode, uint64_t end)
{
    if (end <= inode->n_taken)
        return;
    inode->is_taken = extend(inode->is_taken, inode->n_taken, end + end / 4);
    inode->n_taken = end + end / 4;
}

/* Room that sectors [first, end) still need is taken, or AGON_ENOSPC. */
static int take_room(struct disk_mem *disk, struct inode *inode, uint64_t first, uint64_t end)
{
    uint64_t need = 0;

    note_sectors(inode, end);
    for (uint64_t i = first; i < end; i++)
        need += inode->is_taken[i] ? 0 : disk->sector;
    if (need > 0 && (disk->taken > disk->room || need > disk->room - disk->taken))
        return AGON_ENOSPC;
    for (uint64_t i = first; i < end; i++)
        inode->is_taken[i] = 1;
    disk->taken += need;
    return AGON_OK;
}

static void give_room(struct disk_mem *disk, struct inode *inode, uint64_t first)
{
    for (uint64_t i = first; i < inode->n_taken; i++) {
        disk->taken -= inode->is_taken[i] ? disk->sector : 0;
        inode->is_taken[i] = 0;
    }
}

/* Counts an operation; true when the power fails in it. */
static int is_last_op(struct disk_mem *disk)
{
    disk->n_ops++;
    if (disk->stop_at == 0 || --disk->stop_at > 0)
        return 0;
    disk->is_stopped = 1;
    return 1;
}

static struct inode *inode_of(struct disk_mem *disk, int file)
{
    uint32_t at = (uint32_t)file >> HANDLE_SHIFT;

    if (disk->is_stopped || file < 0 || at == 0 || at >= disk->n_inodes ||
        ((uint32_t)file & ((1u << HANDLE_SHIFT) - 1)) != disk->power)
        return NULL;
    return &disk->inodes[at];
}

static int is_name_good(const char *name)
{
    return name[0] != '\0' && strlen(name) < NAME_MAX_BYTES && strchr(name, '/') == NULL;
}

static int open_file(void *ctx, const char *name, uint64_t preallocate_bytes)
{
    struct disk_mem *disk = ctx;
    struct entry *entry;
    struct inode *inode;
    uint32_t at;

    if (disk->is_stopped)
        return AGON_EIO;
    if (!is_name_good(name))
        return AGON_EINVAL;
    entry = find(&disk->now, name);
    if (entry == NULL && preallocate_bytes == 0)
        return AGON_ENOENT;
    if (entry == NULL) {
        if (is_last_op(disk))
            return AGON_EIO;
        at = disk->n_inodes++;
        disk->inodes = grow(disk->inodes, disk->n_inodes * sizeof(*disk->inodes));
        memset(&disk->inodes[at], 0, sizeof(*disk->inodes));
        disk->inodes[at].is_used = 1;
        do_op(disk, OP_CREATE, name, NULL, at);
    } else {
        at = entry->inode;
    }
    inode = &disk->inodes[at];
    if (preallocate_bytes > inode->n) {
        if (!disk->is_lazy && take_room(disk, inode, 0, sectors(disk, preallocate_bytes)) < 0)
            return AGON_ENOSPC;
        inode->n = preallocate_bytes;
        inode->size_order = ++disk->order;
    }
    return (int)(at << HANDLE_SHIFT | disk->power);
}

static void close_file(void *ctx, int file)
{
    (void)ctx;
    (void)file;
}

static int write_file(void *ctx, int file, uint64_t offset, const void *bytes, uint64_t n)
{
    struct disk_mem *disk = ctx;
    struct inode *inode = inode_of(disk, file);
    uint64_t first, end;
    int rc = AGON_OK;

    if (inode == NULL)
        return AGON_EIO;
    if (disk->fail_write > 0 && --disk->fail_write == 0)
        return AGON_EIO;
    if (is_last_op(disk)) {
        n = rng_below(&disk->rng, n + 1);
        rc = AGON_EIO;
    }
    if (n == 0)
        return rc;
    inode_room(disk, inode, offset + n);
    first = offset / disk->sector;
    end = sectors(disk, offset + n);
    if (take_room(disk, inode, first, end) < 0) {
        // A real disk writes what still fits; half of it stands for that here.
        n /= 2;
        end = n == 0 ? first : sectors(disk, offset + n);
        if (n == 0 || take_room(disk, inode, first, end) < 0)
            return AGON_ENOSPC;
        rc = AGON_ENOSPC;
    }
    memcpy(inode->now + offset, bytes, n);
    disk->order++;
    for (uint64_t i = first; i < end; i++)
        inode->dirty[i] = disk->order;
    if (offset + n > inode->n) {
        inode->n = offset + n;
        inode->size_order = disk->order;
    }
    return rc;
}

static int64_t read_file(void *ctx, int file, uint64_t offset, void *bytes, uint64_t n)
{
    struct disk_mem *disk = ctx;
    struct inode *inode = inode_of(disk, file);

    if (inode == NULL)
        return AGON_EIO;
    if (offset >= inode->n)
        return 0;
    if (n > inode->n - offset)
        n = inode->n - offset;
    memset(bytes, 0, n);
    if (offset < inode->room)
        memcpy(bytes, inode->now + offset, n < inode->room - offset ? n : inode->room - offset);
    return (int64_t)n;
}

static void settle(struct disk_mem *disk, struct inode *inode, int is_kept)
{
    uint64_t all = sectors(disk, inode->room);

    for (uint64_t i = 0; i < all; i++) {
        if (inode->dirty[i] == 0)
            continue;
        if (is_kept)
            memcpy(inode->safe + i * disk->sector, inode->now + i * disk->sector, disk->sector);
        inode->dirty[i] = 0;
    }
    inode->n_safe = inode->n;
    inode->size_order = 0;
}

static int sync_file(void *ctx, int file)
{
    struct disk_mem *disk = ctx;
    struct inode *inode = inode_of(disk, file);

    if (inode == NULL)
        return AGON_EIO;
    if (disk->fail_sync > 0 && --disk->fail_sync == 0) {
        // The pages are marked clean though they never reached the disk: a later sync would say all
        // is well. That is why nobody may retry.
        settle(disk, inode, 0);
        return AGON_EIO;
    }
    if (is_last_op(disk))
        return AGON_EIO;
    settle(disk, inode, 1);
    return AGON_OK;
}

static int64_t size_of_file(void *ctx, int file)
{
    struct inode *inode = inode_of(ctx, file);

    return inode == NULL ? AGON_EIO : (int64_t)inode->n;
}

static int truncate_file(void *ctx, int file, uint64_t bytes)
{
    struct disk_mem *disk = ctx;
    struct inode *inode = inode_of(disk, file);
    uint64_t written;

    if (inode == NULL || is_last_op(disk))
        return AGON_EIO;
    disk->order++;
    if (bytes < inode->n) {
        written = inode->n < inode->room ? inode->n : inode->room;
        if (bytes < written)
            memset(inode->now + bytes, 0, written - bytes);
        for (uint64_t i = bytes / disk->sector; i < sectors(disk, written); i++)
            inode->dirty[i] = disk->order;
        give_room(disk, inode, sectors(disk, bytes));
    }
    inode->n = bytes;
    inode->size_order = disk->order;
    return AGON_OK;
}

static int rename_file(void *ctx, const char *from, const char *to)
{
    struct disk_mem *disk = ctx;
    struct entry *entry;

    if (disk->is_stopped || !is_name_good(to))
        return AGON_EIO;
    entry = find(&disk->now, from);
    if (entry == NULL)
        return AGON_ENOENT;
    if (is_last_op(disk))
        return AGON_EIO;
    if (find(&disk->now, to) != NULL)
        give_room(disk, &disk->inodes[find(&disk->now, to)->inode], 0);
    do_op(disk, OP_RENAME, from, to, entry->inode);
    return AGON_OK;
}

static int remove_file(void *ctx, const char *name)
{
    struct disk_mem *disk = ctx;
    struct entry *entry;

    if (disk->is_stopped)
        return AGON_EIO;
    entry = find(&disk->now, name);
    if (entry == NULL)
        return AGON_ENOENT;
    if (is_last_op(disk))
        return AGON_EIO;
    give_room(disk, &disk->inodes[entry->inode], 0);
    do_op(disk, OP_REMOVE, name, NULL, entry->inode);
    return AGON_OK;
}

static void copy_entries(struct entries *to, const struct entries *from)
{
    if (to->room < from->n) {
        to->room = from->n;
        to->all = grow(to->all, to->room * sizeof(*to->all));
    }
    to->n = from->n;
    if (from->n > 0)
        memcpy(to->all, from->all, from->n * sizeof(*to->all));
}

static int sync_dir(void *ctx)
{
    struct disk_mem *disk = ctx;

    if (disk->is_stopped || is_last_op(disk))
        return AGON_EIO;
    copy_entries(&disk->safe, &disk->now);
    disk->n_pending = 0;
    return AGON_OK;
}

static int list_files(void *ctx, int (*each)(void *arg, const char *name), void *arg)
{
    struct disk_mem *disk = ctx;
    struct entries copy = {0};
    int rc = AGON_OK;

    if (disk->is_stopped)
        return AGON_EIO;
    copy_entries(&copy, &disk->now);
    for (uint32_t i = 0; rc == AGON_OK && i < copy.n; i++)
        rc = each(arg, copy.all[i].name);
    free(copy.all);
    return rc;
}

struct disk_mem *disk_mem_new(uint32_t sector)
{
    struct disk_mem *disk = calloc(1, sizeof(*disk));

    if (disk == NULL)
        return NULL;
    disk->sector = sector;
    disk->room = UINT64_MAX;
    disk->n_inodes = 1;
    disk->inodes = grow(NULL, sizeof(*disk->inodes));
    memset(disk->inodes, 0, sizeof(*disk->inodes));
    return disk;
}

void disk_mem_free(struct disk_mem *disk)
{
    if (disk == NULL)
        return;
    for (uint32_t i = 0; i < disk->n_inodes; i++)
        inode_empty(&disk->inodes[i]);
    free(disk->inodes);
    free(disk->now.all);
    free(disk->safe.all);
    free(disk->ops);
    free(disk);
}

struct disk disk_mem_port(struct disk_mem *disk)
{
    return (struct disk){.ctx = disk,
                         .open = open_file,
                         .close = close_file,
                         .write = write_file,
                         .read = read_file,
                         .sync = sync_file,
                         .size = size_of_file,
                         .truncate = truncate_file,
                         .rename = rename_file,
                         .remove = remove_file,
                         .sync_dir = sync_dir,
                         .list = list_files};
}

void disk_mem_fail_sync(struct disk_mem *disk, uint64_t nth)
{
    disk->fail_sync = nth;
}

void disk_mem_fail_write(struct disk_mem *disk, uint64_t nth)
{
    disk->fail_write = nth;
}

void disk_mem_room(struct disk_mem *disk, uint64_t bytes, int is_lazy)
{
    disk->room = bytes;
    disk->is_lazy = is_lazy;
}

uint64_t disk_mem_taken(const struct disk_mem *disk)
{
    return disk->taken;
}

void disk_mem_stop_at(struct disk_mem *disk, uint64_t nth)
{
    disk->stop_at = nth;
    rng_init(&disk->rng, nth);
}

int disk_mem_is_stopped(const struct disk_mem *disk)
{
    return disk->is_stopped;
}

uint64_t disk_mem_ops(const struct disk_mem *disk)
{
    return disk->n_ops;
}

static int is_order_kept(struct disk_mem *disk, enum disk_mem_keep keep, uint64_t order,
                         uint64_t last)
{
    switch (keep) {
    case DISK_MEM_ALL:
        return 1;
    case DISK_MEM_PREFIX:
        return order <= last;
    case DISK_MEM_RANDOM:
        return (int)rng_below(&disk->rng, 2);
    default:
        return 0;
    }
}

static void crash_inode(struct disk_mem *disk, struct inode *inode, enum disk_mem_keep keep,
                        uint64_t last)
{
    for (uint64_t i = 0; i < sectors(disk, inode->room); i++) {
        unsigned char *now = inode->now + i * disk->sector;
        unsigned char *safe = inode->safe + i * disk->sector;
        uint64_t from = 0, to = disk->sector;

        if (inode->dirty[i] == 0 || !is_order_kept(disk, keep, inode->dirty[i], last))
            continue;
        if (keep == DISK_MEM_RANDOM && rng_below(&disk->rng, 4) == 0) { // torn inside
            from = rng_below(&disk->rng, disk->sector);
            to = from + rng_below(&disk->rng, disk->sector - from + 1);
        }
        memcpy(safe + from, now + from, to - from);
    }
    if (inode->size_order != 0 && is_order_kept(disk, keep, inode->size_order, last))
        inode->n_safe = inode->n;
    inode->n = inode->n_safe;
    if (inode->room > 0) {
        if (inode->n < inode->room)
            memset(inode->safe + inode->n, 0, inode->room - inode->n);
        memcpy(inode->now, inode->safe, inode->room);
        memset(inode->dirty, 0, sectors(disk, inode->room) * sizeof(*inode->dirty));
    }
    inode->size_order = 0;
}

void disk_mem_crash(struct disk_mem *disk, enum disk_mem_keep keep, uint64_t seed)
{
    uint64_t last;
    uint32_t n_kept = 0;

    rng_init(&disk->rng, seed);
    last = rng_below(&disk->rng, disk->order + 2);
    if (keep == DISK_MEM_ALL)
        n_kept = disk->n_pending;
    else if (keep == DISK_MEM_RANDOM)
        n_kept = (uint32_t)rng_below(&disk->rng, (uint64_t)disk->n_pending + 1);
    else if (keep == DISK_MEM_PREFIX) {
        while (n_kept < disk->n_pending && disk->ops[n_kept].order <= last)
            n_kept++;
    }
    for (uint32_t i = 0; i < n_kept; i++)
        apply(&disk->safe, &disk->ops[i]);
    // A removal may overtake what was done before it and was not synced.
    for (uint32_t i = n_kept; keep == DISK_MEM_RANDOM && i < disk->n_pending; i++) {
        const struct entry *entry = find(&disk->safe, disk->ops[i].name);

        if (disk->ops[i].kind == OP_REMOVE && entry != NULL && entry->inode == disk->ops[i].inode &&
            rng_below(&disk->rng, 2) == 0)
            apply(&disk->safe, &disk->ops[i]);
    }
    disk->n_pending = 0;
    copy_entries(&disk->now, &disk->safe);
    disk->taken = 0;
    for (uint32_t i = 1; i < disk->n_inodes; i++) {
        struct inode *inode = &disk->inodes[i];
        int is_named = 0;

        for (uint32_t k = 0; k < disk->now.n; k++)
            is_named |= disk->now.all[k].inode == i;
        if (!is_named) {
            inode_empty(inode);
            continue;
        }
        crash_inode(disk, inode, keep, last);
        note_sectors(inode, sectors(disk, inode->n));
        if (inode->n_taken > 0) {
            memset(inode->is_taken, 0, inode->n_taken);
            memset(inode->is_taken, 1, sectors(disk, inode->n));
        }
        disk->taken += sectors(disk, inode->n) * disk->sector;
    }
    disk->power = (disk->power + 1) & ((1u << HANDLE_SHIFT) - 1);
    disk->is_stopped = 0;
    disk->stop_at = 0;
}

unsigned char *disk_mem_bytes(struct disk_mem *disk, const char *name, uint64_t *n)
{
    struct entry *entry = find(&disk->now, name);

    if (entry == NULL)
        return NULL;
    *n = disk->inodes[entry->inode].n;
    inode_room(disk, &disk->inodes[entry->inode], *n);
    return disk->inodes[entry->inode].now;
}

int disk_mem_set(struct disk_mem *disk, const char *name, const void *bytes, uint64_t n)
{
    struct disk port = disk_mem_port(disk);
    int file = port.open(disk, name, 1);
    int rc = file < 0 ? file : port.truncate(disk, file, 0);

    if (rc >= 0 && n > 0)
        rc = port.write(disk, file, 0, bytes, n);
    if (rc >= 0)
        rc = port.sync(disk, file);
    return rc < 0 ? rc : port.sync_dir(disk);
}

struct disk_mem *disk_mem_copy(const struct disk_mem *disk)
{
    struct disk_mem *copy = disk_mem_new(disk->sector);

    for (uint32_t i = 0; copy != NULL && i < disk->now.n; i++) {
        const struct inode *inode = &disk->inodes[disk->now.all[i].inode];
        uint64_t written = inode->n < inode->room ? inode->n : inode->room;
        struct entry *entry;

        REQUIRE(disk_mem_set(copy, disk->now.all[i].name, inode->now, written) >= 0);
        entry = find(&copy->now, disk->now.all[i].name);
        copy->inodes[entry->inode].n = copy->inodes[entry->inode].n_safe = inode->n;
    }
    return copy;
}
