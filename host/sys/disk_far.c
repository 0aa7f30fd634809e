// SPDX-License-Identifier: Apache-2.0
#include "sys/disk_far.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/futex.h"

enum far_op {
    FAR_OPEN = 1,
    FAR_CLOSE,
    FAR_WRITE,
    FAR_READ,
    FAR_SYNC,
    FAR_SIZE,
    FAR_TRUNCATE,
    FAR_RENAME,
    FAR_REMOVE,
    FAR_SYNC_DIR,
    FAR_LIST
};

static struct disk_far_call *call_of(struct disk_far_shm *shm, uint32_t n)
{
    return &shm->calls[n % DISK_FAR_CALLS];
}

/* --- who asks --- */

/* Until call number n is answered; of writes before it what became of them is kept. */
static int64_t await(struct disk_far *far, uint32_t n)
{
    struct disk_far_shm *shm = far->shm;
    int64_t result = AGON_OK;

    while ((int32_t)(n - far->n_known) > 0) {
        uint32_t answered = atomic_load_explicit(&shm->answered, memory_order_acquire);

        if ((int32_t)(answered - far->n_known) <= 0) {
            (void)futex_wait(&shm->answered, answered, -1);
            continue;
        }
        far->n_known++;
        result = call_of(shm, far->n_known)->result;
        if (call_of(shm, far->n_known)->op == FAR_WRITE && result < 0 && far->failed == AGON_OK)
            far->failed = (int)result;
    }
    return result;
}

/* The place of the next call, once it is free. */
static struct disk_far_call *place(struct disk_far *far)
{
    uint32_t next = atomic_load_explicit(&far->shm->asked, memory_order_relaxed) + 1;

    (void)await(far, next - DISK_FAR_CALLS);
    return call_of(far->shm, next);
}

/* Puts the call on its way that was made in its place. */
static int send(struct disk_far *far, struct disk_far_call *call, uint32_t op)
{
    static const uint64_t one = 1;

    call->op = op;
    (void)atomic_fetch_add_explicit(&far->shm->asked, 1, memory_order_release);
    return write(far->knock, &one, sizeof(one)) == (ssize_t)sizeof(one) ? AGON_OK : AGON_EIO;
}

static int64_t ask(struct disk_far *far, struct disk_far_call *call, uint32_t op)
{
    int rc = send(far, call, op);

    return rc < 0 ? rc : await(far, atomic_load(&far->shm->asked));
}

/* What became of writes that nobody was told. That there was no room is no word of the call that
 * asks now: whoever makes room for that one would go on over the hole. */
static int take_failed(struct disk_far *far)
{
    int failed = far->failed == AGON_ENOSPC ? AGON_EIO : far->failed;

    far->failed = AGON_OK;
    return failed;
}

static int name_it(char room[DISK_FAR_NAME], const char *name)
{
    size_t n = strlen(name);

    if (n >= DISK_FAR_NAME)
        return AGON_EINVAL;
    memcpy(room, name, n + 1);
    return AGON_OK;
}

static int far_open(void *ctx, const char *name, uint64_t preallocate_bytes)
{
    struct disk_far_call *call = place(ctx);

    if (name_it(call->name, name) < 0)
        return AGON_EINVAL;
    call->n = preallocate_bytes;
    return (int)ask(ctx, call, FAR_OPEN);
}

static void far_close(void *ctx, int file)
{
    struct disk_far_call *call = place(ctx);

    call->file = file;
    (void)ask(ctx, call, FAR_CLOSE);
}

static int far_write(void *ctx, int file, uint64_t offset, const void *bytes, uint64_t n)
{
    struct disk_far *far = ctx;
    const unsigned char *at = bytes;

    while (n > 0) {
        uint64_t some = n < DISK_FAR_ROOM ? n : DISK_FAR_ROOM;
        struct disk_far_call *call = place(far);
        int rc = take_failed(far);

        if (rc < 0)
            return rc;
        call->file = file;
        call->offset = offset;
        call->n = some;
        memcpy(call->bytes, at, some);
        rc = send(far, call, FAR_WRITE);
        if (rc < 0)
            return rc;
        at += some;
        offset += some;
        n -= some;
    }
    return AGON_OK;
}

static int64_t far_read(void *ctx, int file, uint64_t offset, void *bytes, uint64_t n)
{
    struct disk_far *far = ctx;
    uint64_t done = 0;

    while (done < n) {
        uint64_t some = n - done < DISK_FAR_ROOM ? n - done : DISK_FAR_ROOM;
        struct disk_far_call *call = place(far);
        int64_t got;

        call->file = file;
        call->offset = offset + done;
        call->n = some;
        got = ask(far, call, FAR_READ);
        if (got < 0)
            return got;
        if ((uint64_t)got > some)
            return AGON_EIO;
        memcpy((unsigned char *)bytes + done, call->bytes, (size_t)got);
        done += (uint64_t)got;
        if ((uint64_t)got < some)
            break;
    }
    return (int64_t)done;
}

/* Of a file, behind all writes so far. */
static int ask_behind(struct disk_far *far, int file, uint64_t n, uint32_t op)
{
    struct disk_far_call *call;
    int rc;

    (void)await(far, atomic_load(&far->shm->asked));
    rc = take_failed(far);
    if (rc < 0)
        return rc;
    call = place(far);
    call->file = file;
    call->n = n;
    return (int)ask(far, call, op);
}

static int far_sync(void *ctx, int file)
{
    return ask_behind(ctx, file, 0, FAR_SYNC);
}

static int64_t far_size(void *ctx, int file)
{
    struct disk_far_call *call = place(ctx);

    call->file = file;
    return ask(ctx, call, FAR_SIZE);
}

static int far_truncate(void *ctx, int file, uint64_t bytes)
{
    return ask_behind(ctx, file, bytes, FAR_TRUNCATE);
}

static int far_rename(void *ctx, const char *from, const char *to)
{
    struct disk_far_call *call = place(ctx);

    if (name_it(call->name, from) < 0 || name_it(call->to, to) < 0)
        return AGON_EINVAL;
    return (int)ask(ctx, call, FAR_RENAME);
}

static int far_remove(void *ctx, const char *name)
{
    struct disk_far_call *call = place(ctx);

    if (name_it(call->name, name) < 0)
        return AGON_EINVAL;
    return (int)ask(ctx, call, FAR_REMOVE);
}

static int far_sync_dir(void *ctx)
{
    return (int)ask(ctx, place(ctx), FAR_SYNC_DIR);
}

/* All at once: what is called with a name may ask for another file. */
static int far_list(void *ctx, int (*each)(void *arg, const char *name), void *arg)
{
    static char names[DISK_FAR_ROOM]; // one thread of a process asks
    struct disk_far_call *call = place(ctx);
    int64_t n = ask(ctx, call, FAR_LIST);
    int rc = AGON_OK;

    if (n < 0 || (uint64_t)n > sizeof(names))
        return n < 0 ? (int)n : AGON_EIO;
    memcpy(names, call->bytes, (size_t)n);
    for (int64_t at = 0; at < n && rc == AGON_OK; at += (int64_t)strlen(names + at) + 1)
        rc = each(arg, names + at);
    return rc;
}

void disk_far_init(struct disk_far *far, struct disk_far_shm *shm, int knock)
{
    *far = (struct disk_far){.port = {.ctx = far,
                                      .open = far_open,
                                      .close = far_close,
                                      .write = far_write,
                                      .read = far_read,
                                      .sync = far_sync,
                                      .size = far_size,
                                      .truncate = far_truncate,
                                      .rename = far_rename,
                                      .remove = far_remove,
                                      .sync_dir = far_sync_dir,
                                      .list = far_list},
                             .shm = shm,
                             .knock = knock};
}

/* --- who serves --- */

static int is_plain(const char *name)
{
    size_t n = strnlen(name, DISK_FAR_NAME);

    return n < DISK_FAR_NAME && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == n;
}

static int is_snapshot(const char *name)
{
    return is_plain(name) && strncmp(name, "snap-", 5) == 0;
}

static int is_served(const char *name)
{
    static const char *const begins[] = {"money-", "market-", "bad-money-", "bad-market-"};
    static const char *const whole[] = {"reserve.aj", "new.aj", "pack.new"};

    if (!is_plain(name))
        return 0;
    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        if (strncmp(name, begins[i], strlen(begins[i])) == 0)
            return 1;
    }
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        if (strcmp(name, whole[i]) == 0)
            return 1;
    }
    return 0;
}

struct far_names {
    unsigned char *bytes;
    uint64_t n;
};

static int note_name(void *arg, const char *name)
{
    struct far_names *names = arg;
    size_t n = strlen(name) + 1;

    if (!is_served(name) && !is_snapshot(name))
        return 0;
    if (names->n + n > DISK_FAR_ROOM)
        return AGON_ERANGE;
    memcpy(names->bytes + names->n, name, n);
    names->n += n;
    return 0;
}

static int open_one(struct disk_far_server *server, const char *name, uint64_t bytes)
{
    const struct disk *disk = server->disk;
    int at = 0, file;

    while (at < DISK_FAR_FILES && server->is_open[at])
        at++;
    if (at == DISK_FAR_FILES)
        return AGON_EBUSY;
    file = disk->open(disk->ctx, name, bytes);
    if (file < 0)
        return file;
    server->files[at] = file;
    server->is_open[at] = 1;
    server->is_fixed[at] = (uint8_t)is_snapshot(name);
    return at;
}

/* What is asked, copied: it can change while it is looked at. */
struct far_call {
    uint32_t op;
    int32_t file;
    uint64_t offset, n;
    char name[DISK_FAR_NAME], to[DISK_FAR_NAME];
    unsigned char *bytes; // in the shared block
};

static int64_t serve_name(struct disk_far_server *server, const struct far_call *call)
{
    const struct disk *disk = server->disk;

    if (call->op == FAR_OPEN && call->n == 0 && is_snapshot(call->name))
        return open_one(server, call->name, 0);
    if (!is_served(call->name) || (call->op == FAR_RENAME && !is_served(call->to)))
        return AGON_EPERM;
    if (call->op == FAR_OPEN)
        return open_one(server, call->name, call->n);
    return call->op == FAR_RENAME ? disk->rename(disk->ctx, call->name, call->to)
                                  : disk->remove(disk->ctx, call->name);
}

static int64_t serve_file(struct disk_far_server *server, const struct far_call *call)
{
    const struct disk *disk = server->disk;
    int file;

    if (call->file < 0 || call->file >= DISK_FAR_FILES || !server->is_open[call->file])
        return AGON_EINVAL;
    if ((call->op == FAR_WRITE || call->op == FAR_READ) &&
        (call->n > DISK_FAR_ROOM || call->offset > INT64_MAX - DISK_FAR_ROOM))
        return AGON_EINVAL;
    if (server->is_fixed[call->file] && (call->op == FAR_WRITE || call->op == FAR_TRUNCATE))
        return AGON_EPERM;
    file = server->files[call->file];
    switch (call->op) {
    case FAR_CLOSE:
        disk->close(disk->ctx, file);
        server->is_open[call->file] = 0;
        return AGON_OK;
    case FAR_WRITE:
        return disk->write(disk->ctx, file, call->offset, call->bytes, call->n);
    case FAR_READ:
        return disk->read(disk->ctx, file, call->offset, call->bytes, call->n);
    case FAR_SYNC:
        return disk->sync(disk->ctx, file);
    case FAR_SIZE:
        return disk->size(disk->ctx, file);
    default:
        return call->n > INT64_MAX ? AGON_EINVAL : disk->truncate(disk->ctx, file, call->n);
    }
}

static int64_t serve_dir(struct disk_far_server *server, const struct far_call *call)
{
    const struct disk *disk = server->disk;
    struct far_names names = {.bytes = call->bytes};
    int rc;

    if (call->op == FAR_SYNC_DIR)
        return disk->sync_dir(disk->ctx);
    rc = disk->list(disk->ctx, note_name, &names);
    return rc < 0 ? rc : (int64_t)names.n;
}

void disk_far_server_init(struct disk_far_server *server, struct disk_far_shm *shm,
                          const struct disk *disk)
{
    *server = (struct disk_far_server){.shm = shm, .disk = disk};
}

static int64_t serve_call(struct disk_far_server *server, const struct far_call *call)
{
    switch (call->op) {
    case FAR_OPEN:
    case FAR_RENAME:
    case FAR_REMOVE:
        return serve_name(server, call);
    case FAR_CLOSE:
    case FAR_WRITE:
    case FAR_READ:
    case FAR_SYNC:
    case FAR_SIZE:
    case FAR_TRUNCATE:
        return serve_file(server, call);
    case FAR_SYNC_DIR:
    case FAR_LIST:
        return serve_dir(server, call);
    default:
        return AGON_EINVAL;
    }
}

void disk_far_serve(struct disk_far_server *server)
{
    struct disk_far_shm *shm = server->shm;

    // Whatever a stranger says is asked: it knocks for each.
    for (int i = 0; i < DISK_FAR_CALLS; i++) {
        uint32_t n = atomic_load(&shm->answered);
        struct disk_far_call *asked;
        struct far_call call;

        if (atomic_load_explicit(&shm->asked, memory_order_acquire) == n)
            return;
        asked = call_of(shm, ++n);
        call = (struct far_call){.op = asked->op,
                                 .file = asked->file,
                                 .offset = asked->offset,
                                 .n = asked->n,
                                 .bytes = asked->bytes};
        memcpy(call.name, asked->name, sizeof(call.name));
        memcpy(call.to, asked->to, sizeof(call.to));
        asked->result = serve_call(server, &call);
        atomic_store_explicit(&shm->answered, n, memory_order_release);
        futex_wake(&shm->answered, 1);
    }
}

void disk_far_server_deinit(struct disk_far_server *server)
{
    for (int i = 0; i < DISK_FAR_FILES; i++) {
        if (server->is_open[i])
            server->disk->close(server->disk->ctx, server->files[i]);
        server->is_open[i] = 0;
    }
}
