// SPDX-License-Identifier: Apache-2.0
#include "journal/snapshot.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/codec.h"
#include "base/crc.h"

#define HEAD       512
#define NEW        "snap.new"
#define CHUNK      ((uint64_t)256 << 10)
#define ENDIAN_TAG 0x01020304u

static const unsigned char magic[8] = {'A', 'G', 'O', 'N', 'S', 'N', '\r', '\n'};

void snapshot_name(char name[SNAPSHOT_NAME], uint64_t seq)
{
    int n = snprintf(name, SNAPSHOT_NAME, "snap-%020llu.as", (unsigned long long)seq);

    REQUIRE(n > 0 && n < SNAPSHOT_NAME);
}

int snapshot_parse_name(const char *name, uint64_t *seq)
{
    char again[SNAPSHOT_NAME];

    *seq = 0;
    if (strncmp(name, "snap-", 5) != 0)
        return 0;
    for (const char *at = name + 5; *at >= '0' && *at <= '9'; at++)
        *seq = *seq * 10 + (uint64_t)(*at - '0');
    snapshot_name(again, *seq);
    return strcmp(again, name) == 0;
}

static void encode_head(const struct snapshot *snapshot, unsigned char bytes[HEAD])
{
    struct enc enc = {.at = bytes, .room = HEAD};
    uint32_t crc;

    memset(bytes, 0, HEAD);
    enc_bytes(&enc, magic, sizeof(magic));
    enc_u32(&enc, ENDIAN_TAG);
    enc_u32(&enc, SNAPSHOT_VERSION);
    enc_u64(&enc, snapshot->seq);
    enc_u64(&enc, snapshot->n_bytes);
    enc_bytes(&enc, snapshot->journal_id, sizeof(snapshot->journal_id));
    enc_bytes(&enc, snapshot->config_hash, HASH_SIZE);
    enc_bytes(&enc, snapshot->state_hash, HASH_SIZE);
    REQUIRE(enc.used <= HEAD - 4); // the checksum overwrites no field
    crc = crc32c(0, bytes, HEAD - 4);
    enc = (struct enc){.at = bytes + HEAD - 4, .room = 4};
    enc_u32(&enc, crc);
}

static const char *decode_head(struct snapshot *snapshot, const unsigned char bytes[HEAD])
{
    struct dec dec = {.at = bytes, .n = HEAD, .used = sizeof(magic)};
    struct dec end = {.at = bytes + HEAD - 4, .n = 4};
    uint32_t tag = dec_u32(&dec), version = dec_u32(&dec);

    if (memcmp(bytes, magic, sizeof(magic)) != 0)
        return "no snapshot: it does not begin with the snapshot's magic";
    if (crc32c(0, bytes, HEAD - 4) != dec_u32(&end) || tag != ENDIAN_TAG)
        return "its head is damaged";
    if (version != SNAPSHOT_VERSION)
        return "its format is newer than this program reads";
    snapshot->seq = dec_u64(&dec);
    snapshot->n_bytes = dec_u64(&dec);
    dec_bytes(&dec, snapshot->journal_id, sizeof(snapshot->journal_id));
    dec_bytes(&dec, snapshot->config_hash, HASH_SIZE);
    dec_bytes(&dec, snapshot->state_hash, HASH_SIZE);
    return snapshot->n_bytes > SNAPSHOT_BYTES_MAX ? "its length is beyond all bounds" : NULL;
}

static int write_all(const struct disk *disk, int file, const unsigned char *head,
                     const void *bytes, uint64_t n)
{
    int rc = disk->write(disk->ctx, file, 0, head, HEAD);

    if (rc >= 0 && n > 0)
        rc = disk->write(disk->ctx, file, HEAD, bytes, n);
    if (rc >= 0)
        rc = disk->truncate(disk->ctx, file, HEAD + n);
    return rc < 0 ? rc : disk->sync(disk->ctx, file);
}

int snapshot_write(const struct disk *disk, struct snapshot *snapshot, const void *bytes,
                   uint64_t n, struct error *err)
{
    unsigned char head[HEAD];
    struct hash hash;
    char name[SNAPSHOT_NAME];
    int file, rc;

    if (n > SNAPSHOT_BYTES_MAX)
        return error_set(err, AGON_ERANGE, "snapshot: %llu bytes are too many",
                         (unsigned long long)n);
    snapshot->n_bytes = n;
    hash_init(&hash);
    if (n > 0)
        hash_update(&hash, bytes, n);
    hash_final(&hash, snapshot->state_hash);
    encode_head(snapshot, head);
    snapshot_name(name, snapshot->seq);
    rc = disk->remove(disk->ctx, NEW);
    if (rc < 0 && rc != AGON_ENOENT)
        return error_set(err, rc, "snapshot %s: %s", NEW, error_name(rc));
    file = disk->open(disk->ctx, NEW, HEAD + n);
    rc = file < 0 ? file : write_all(disk, file, head, bytes, n);
    if (file >= 0)
        disk->close(disk->ctx, file);
    if (rc >= 0)
        rc = disk->rename(disk->ctx, NEW, name);
    if (rc >= 0)
        rc = disk->sync_dir(disk->ctx);
    if (rc < 0) {
        (void)disk->remove(disk->ctx, NEW);
        return error_set(err, rc, "snapshot %s: %s", name, error_name(rc));
    }
    return AGON_OK;
}

struct found {
    uint64_t *seqs; /* owned; ascending */
    uint32_t n, room;
};

static int note(void *arg, const char *name)
{
    struct found *found = arg;
    uint64_t seq;

    if (!snapshot_parse_name(name, &seq))
        return AGON_OK;
    if (found->n == found->room) {
        uint64_t *more = realloc(found->seqs, (found->room * 2 + 16) * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        found->seqs = more;
        found->room = found->room * 2 + 16;
    }
    // The port lists in bytewise order, which is that of the numbers: the last is the newest.
    REQUIRE(found->n == 0 || found->seqs[found->n - 1] < seq);
    found->seqs[found->n++] = seq;
    return AGON_OK;
}

/* Why the open file is not what is wanted, or NULL; *rc: a failure of the disk. */
static const char *check(const struct disk *disk, int file, const struct snapshot_want *want,
                         uint64_t seq, struct snapshot *snapshot, unsigned char *chunk, int *rc)
{
    unsigned char head[HEAD] = {0}, digest[HASH_SIZE];
    int64_t got = disk->read(disk->ctx, file, 0, head, HEAD);
    int64_t size = disk->size(disk->ctx, file);
    struct hash hash;
    const char *wrong;

    if (got < 0 || size < 0) {
        *rc = got < 0 ? (int)got : (int)size;
        return "it cannot be read";
    }
    wrong = decode_head(snapshot, head);
    if (wrong != NULL)
        return wrong;
    if (snapshot->seq != seq)
        return "its name and its head differ";
    if ((uint64_t)size != HEAD + snapshot->n_bytes)
        return "it is truncated";
    if (want->journal_id != NULL &&
        memcmp(want->journal_id, snapshot->journal_id, sizeof(snapshot->journal_id)) != 0)
        return "it belongs to another journal";
    if (want->config_hash != NULL &&
        memcmp(want->config_hash, snapshot->config_hash, HASH_SIZE) != 0)
        return "it was made under another configuration";
    if (snapshot->seq > want->last_seq)
        return "it is newer than the journal";
    hash_init(&hash);
    for (uint64_t at = 0; at < snapshot->n_bytes; at += (uint64_t)got) {
        got = disk->read(disk->ctx, file, HEAD + at, chunk, CHUNK);
        if (got <= 0)
            return "it cannot be read";
        REQUIRE((uint64_t)got <= CHUNK);
        hash_update(&hash, chunk, (size_t)got);
    }
    hash_final(&hash, digest);
    return memcmp(digest, snapshot->state_hash, HASH_SIZE) == 0
               ? NULL
               : "its bytes do not have the hash it names";
}

int snapshot_find(const struct disk *disk, const struct snapshot_want *want,
                  struct snapshot *snapshot, struct error *err)
{
    struct found found = {0};
    unsigned char *chunk = malloc(CHUNK);
    int is_found = 0;
    int rc = chunk == NULL ? AGON_ENOMEM : disk->list(disk->ctx, note, &found);

    for (uint32_t i = 0; rc >= 0 && !is_found && i < found.n; i++) {
        uint64_t seq = found.seqs[want->oldest_from > 0 ? i : found.n - 1 - i];
        char name[SNAPSHOT_NAME], text[160];
        const char *wrong;
        int file;

        if (seq < want->oldest_from)
            continue;
        snapshot_name(name, seq);
        file = disk->open(disk->ctx, name, 0);
        if (file < 0) {
            rc = file;
            break;
        }
        wrong = check(disk, file, want, seq, snapshot, chunk, &rc);
        disk->close(disk->ctx, file);
        is_found = wrong == NULL && rc >= 0;
        if (wrong != NULL && want->on_skip != NULL) {
            (void)snprintf(text, sizeof(text), "snapshot %s is passed over: %s", name, wrong);
            want->on_skip(want->ctx, text);
        }
        // One bad file must not hide the older ones, not even one that cannot be read.
        rc = rc == AGON_EIO ? AGON_OK : rc;
    }
    free(found.seqs);
    free(chunk);
    return rc < 0 ? error_set(err, rc, "looking for snapshots: %s", error_name(rc)) : is_found;
}

int snapshot_load(const struct disk *disk, const struct snapshot *snapshot, void *bytes,
                  uint64_t room, struct error *err)
{
    unsigned char digest[HASH_SIZE];
    struct hash hash;
    char name[SNAPSHOT_NAME];
    int64_t got;
    int file;

    snapshot_name(name, snapshot->seq);
    if (room < snapshot->n_bytes)
        return error_set(err, AGON_ERANGE, "snapshot %s: %llu bytes, room for %llu", name,
                         (unsigned long long)snapshot->n_bytes, (unsigned long long)room);
    file = disk->open(disk->ctx, name, 0);
    if (file < 0)
        return error_set(err, file, "snapshot %s: %s", name, error_name(file));
    got = disk->read(disk->ctx, file, HEAD, bytes, snapshot->n_bytes);
    disk->close(disk->ctx, file);
    if (got < 0)
        return error_set(err, (int)got, "snapshot %s: %s", name, error_name((int)got));
    hash_init(&hash);
    hash_update(&hash, bytes, (size_t)got);
    hash_final(&hash, digest);
    if ((uint64_t)got != snapshot->n_bytes || memcmp(digest, snapshot->state_hash, HASH_SIZE) != 0)
        return error_set(err, AGON_ECORRUPT, "snapshot %s: its bytes do not have the hash it names",
                         name);
    return AGON_OK;
}

int snapshot_prune(const struct disk *disk, uint32_t n_keep, struct error *err)
{
    struct found found = {0};
    int rc = disk->list(disk->ctx, note, &found);
    int n_gone = 0;

    if (n_keep < 2)
        n_keep = 2;
    for (uint32_t i = 0; rc >= 0 && found.n > n_keep && i < found.n - n_keep; i++) {
        char name[SNAPSHOT_NAME];

        snapshot_name(name, found.seqs[i]);
        rc = disk->remove(disk->ctx, name);
        n_gone += rc >= 0;
    }
    if (rc >= 0 && n_gone > 0)
        rc = disk->sync_dir(disk->ctx);
    // A restart always has one to fall back on, should the newest be damaged.
    REQUIRE(n_gone == 0 || found.n - (uint32_t)n_gone >= 2);
    free(found.seqs);
    return rc < 0 ? error_set(err, rc, "removing old snapshots: %s", error_name(rc)) : n_gone;
}
