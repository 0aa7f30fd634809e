// SPDX-License-Identifier: Apache-2.0
/* A copy of a journal beside a host that writes, packs, drops, writes snapshots and begins anew
 * between any two looks of who copies: the copy is a journal, of one moment, from which a host can
 * go on. What it lacks is only what came later. */
#include <stdio.h>
#include <stdlib.h>

#include "help.h"
#include "journal/copy.h"
#include "journal/packed.h"
#include "journal/snapshot.h"

#define PIECE ((uint64_t)4096) /* a read of more is several, and the host goes on between them */

struct busy { /* a host, and the disk that it writes as another sees it */
    struct disk_mem *mem;
    struct help_host host;
    struct disk under;
    struct journal_config config;
    struct journal_packing packing;
    struct rng rng;
    uint32_t pace;    /* of a thousand looks so many see the host go on */
    uint32_t n_begun; /* hosts */
    uint32_t ends;    /* of 10,000 looks so many see another host; 0: none */
    uint64_t keep_bytes, snapped_seq, snap_every;
    uint64_t snaps[3]; /* as a host keeps them */
    uint32_t n_snaps, n_dropped;
};

static void snapshot(struct busy *busy)
{
    struct snapshot snapshot = {.seq = busy->host.seq};
    unsigned char state[100];

    memset(state, (int)(busy->host.seq & 0xff), sizeof(state));
    ck_assert_int_eq(snapshot_write(&busy->host.disk, &snapshot, state, sizeof(state), NULL), 0);
    ck_assert_int_ge(snapshot_prune(&busy->host.disk, 3, NULL), 0);
    busy->snapped_seq = busy->host.seq;
    busy->snaps[busy->n_snaps++ % 3] = busy->host.seq;
    if (busy->n_snaps >= 3) {
        int rc = journal_writer_drop(busy->host.writer, busy->snaps[busy->n_snaps % 3],
                                     busy->keep_bytes, NULL);

        ck_assert_int_ge(rc, 0);
        busy->n_dropped += (uint32_t)rc;
    }
}

static void go_on(struct busy *busy)
{
    uint32_t n = 1 + (uint32_t)rng_below(&busy->rng, 40);

    help_append(&busy->host, n);
    ck_assert_int_eq(journal_writer_step(busy->host.writer), 1);
    if (busy->host.seq - busy->snapped_seq >= busy->snap_every)
        snapshot(busy);
    if (rng_below(&busy->rng, 8) == 0)
        ck_assert_int_ge(journal_pack(&busy->host.disk, &busy->packing, NULL), 0);
    if (busy->ends > 0 && rng_below(&busy->rng, 10000) < busy->ends) {
        help_kill(&busy->host);
        ck_assert_int_eq(help_open(&busy->host, busy->mem, &busy->config), AGON_OK);
        busy->n_begun++;
    }
}

static void look(struct busy *busy)
{
    while (rng_below(&busy->rng, 1000) < busy->pace)
        go_on(busy);
}

static int busy_open(void *ctx, const char *name, uint64_t bytes)
{
    struct busy *busy = ctx;

    ck_assert_uint_eq(bytes, 0); // nothing is made there
    look(busy);
    return busy->under.open(busy->under.ctx, name, 0);
}
static void busy_close(void *ctx, int file)
{
    struct busy *busy = ctx;

    busy->under.close(busy->under.ctx, file);
}
static int64_t busy_read(void *ctx, int file, uint64_t offset, void *bytes, uint64_t n)
{
    struct busy *busy = ctx;
    uint64_t done = 0;

    while (done < n) {
        uint64_t want = n - done < PIECE ? n - done : PIECE;
        int64_t got;

        look(busy);
        got = busy->under.read(busy->under.ctx, file, offset + done, (char *)bytes + done, want);
        ck_assert_int_ge(got, 0);
        done += (uint64_t)got;
        if ((uint64_t)got < want)
            break;
    }
    return (int64_t)done;
}
static int64_t busy_size(void *ctx, int file)
{
    struct busy *busy = ctx;

    return busy->under.size(busy->under.ctx, file);
}
static int busy_list(void *ctx, int (*each)(void *arg, const char *name), void *arg)
{
    struct busy *busy = ctx;

    look(busy);
    return busy->under.list(busy->under.ctx, each, arg);
}
static struct disk busy_port(struct busy *busy) // whoever writes by it falls
{
    return (struct disk){.ctx = busy,
                         .open = busy_open,
                         .close = busy_close,
                         .read = busy_read,
                         .size = busy_size,
                         .list = busy_list};
}

static uint64_t writer_of(void *ctx)
{
    return ((struct busy *)ctx)->n_begun;
}

static void begin(struct busy *busy, uint64_t seed)
{
    memset(busy, 0, sizeof(*busy));
    busy->mem = disk_mem_new(512);
    busy->config = help_config();
    busy->keep_bytes = UINT64_MAX;
    busy->snap_every = 2000;
    rng_init(&busy->rng, seed);
    ck_assert_int_eq(help_open(&busy->host, busy->mem, &busy->config), AGON_OK);
    busy->under = busy->host.disk;
    busy->n_begun = 1;
}

static void end(struct busy *busy)
{
    journal_packing_close(&busy->packing);
    help_kill(&busy->host);
    disk_mem_free(busy->mem);
}

struct snaps {
    uint64_t n, first, last;
};
static int note_snap(void *arg, const char *name)
{
    struct snaps *snaps = arg;
    uint64_t seq;

    if (!snapshot_parse_name(name, &seq))
        return 0;
    snaps->first = snaps->n++ == 0 ? seq : snaps->first;
    snaps->last = seq;
    return 0;
}

/* The copy is judged by who knows nothing of how it was made. snapped: a snapshot as new is there.
 */
static void is_good(struct disk_mem *mem, const struct journal_copied *copied, uint64_t least,
                    uint64_t snapped)
{
    struct disk disk = disk_mem_port(mem);
    struct journal_summary summary;
    struct journal_reading reading = {0};
    struct snaps snaps = {0};
    struct error err = {0};
    struct journal_config config = help_config();
    struct help_host host;
    int64_t last = help_read(mem, NULL, &summary, &err);

    ck_assert_msg(last > 0, "%s", err.text);
    ck_assert_int_eq(last, (int64_t)copied->summary.end.next_seq - 1);
    ck_assert_msg((uint64_t)last >= least, "it ends with %lld, and %llu was durable before",
                  (long long)last, (unsigned long long)least);
    ck_assert_uint_eq(summary.n_torn, 0);
    ck_assert_int_eq(disk.list(disk.ctx, note_snap, &snaps), 0);
    ck_assert_uint_eq(snaps.n, copied->n_snapshots);
    ck_assert_uint_le(snaps.last, (uint64_t)last); // none of what the copy does not have
    ck_assert_uint_ge(snaps.last, snapped);
    if (summary.n_dropped > 0) {
        ck_assert_uint_gt(snaps.n, 0);
        reading.from_seq = snaps.last + 1;
        ck_assert_int_ge(help_read(mem, &reading, &summary, &err), (int64_t)snaps.last);
        ck_assert_uint_eq(summary.n_dropped, 0); // the newest stands for all that is gone
    }
    // A host goes on behind it.
    ck_assert_msg(help_open(&host, mem, &config) == AGON_OK, "%s", host.err.text);
    ck_assert_uint_eq(host.seq, (uint64_t)last);
    help_append(&host, 100);
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    ck_assert_int_eq(help_close(&host), AGON_OK);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), last + 100);
}

static int copy(struct busy *busy, struct disk_mem *mem, struct journal_copied *copied,
                struct error *err)
{
    struct disk from = busy_port(busy), to = disk_mem_port(mem);
    struct journal_copying copying = {.from = &from, .to = &to, .writer = writer_of, .ctx = busy};

    return journal_copy(&copying, copied, err);
}

START_TEST(a_copy_beside_a_host_that_writes_is_a_journal)
{
    uint32_t n_cut = 0, n_dropped = 0, most_turns = 0;

    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct disk_mem *mem = disk_mem_new(512);
        struct journal_copied copied;
        struct error err = {0};
        struct busy busy;
        uint64_t least, snapped;

        begin(&busy, seed);
        if (seed % 3 != 0)
            busy.keep_bytes = seed % 3 * 200000;
        if (seed % 4 == 3)
            busy.snap_every = 400;
        while (busy.host.seq < 20000)
            go_on(&busy);
        busy.pace = (uint32_t)(seed % 5) * 75; // who copies is faster than who writes
        busy.ends = seed % 7 == 6 ? 20 : 0;
        least = busy.host.seq;
        snapped = busy.snapped_seq;
        ck_assert_msg(copy(&busy, mem, &copied, &err) == AGON_OK, "seed %llu: %s",
                      (unsigned long long)seed, err.text);
        ck_assert_int_eq(copied.was_live, 1);
        is_good(mem, &copied, least, snapped);
        n_cut += copied.summary.torn[0] != '\0';
        n_dropped += busy.n_dropped;
        most_turns = copied.n_turns > most_turns ? copied.n_turns : most_turns;
        disk_mem_free(mem);
        end(&busy);
    }
    // Each of what it is about happened.
    ck_assert_uint_gt(n_cut, 5);
    ck_assert_uint_gt(n_dropped, 100);
    printf("60 copies: %u cut, %u segments dropped, at most %u turns\n", n_cut, n_dropped,
           most_turns);
}
END_TEST

/* Whoever copies without need of a second turn has copied in the right order. */
START_TEST(what_only_grows_is_copied_in_one_turn)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct disk_mem *mem = disk_mem_new(512);
        struct journal_copied copied;
        struct error err = {0};
        struct busy busy;
        uint64_t snapped;

        begin(&busy, seed);
        busy.snap_every = 200 * seed;
        while (busy.host.seq < 5000)
            go_on(&busy);
        busy.pace = 300;
        snapped = busy.snapped_seq;
        ck_assert_msg(copy(&busy, mem, &copied, &err) == AGON_OK, "%s", err.text);
        ck_assert_uint_eq(copied.n_turns, 1);
        is_good(mem, &copied, 5000, snapped);
        disk_mem_free(mem);
        end(&busy);
    }
}
END_TEST

START_TEST(damage_is_refused_and_is_no_end_of_a_copy)
{
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
        struct disk_mem *mem = disk_mem_new(512);
        struct journal_copied copied;
        struct error err = {0};
        struct busy busy;
        char name[SEGMENT_NAME], last[SEGMENT_NAME] = "";
        unsigned char *bytes;
        uint64_t n;

        begin(&busy, 5);
        while (busy.host.seq < 5000)
            go_on(&busy);
        for (uint64_t seq = 1; seq <= 5000; seq++) { // the one that is being written
            segment_name(name, (enum journal_class)cls, seq);
            if (disk_mem_bytes(busy.mem, name, &n) != NULL)
                memcpy(last, name, sizeof(last));
        }
        bytes = disk_mem_bytes(busy.mem, last, &n);
        ck_assert_ptr_nonnull(bytes);
        bytes[SEGMENT_HEAD + 100] ^= 1;
        ck_assert_int_eq(copy(&busy, mem, &copied, &err), AGON_ECORRUPT);
        ck_assert_msg(strstr(err.text, last) != NULL, "%s, not %s", err.text, last);
        disk_mem_free(mem);
        end(&busy);
    }
}
END_TEST

START_TEST(a_disk_that_is_full_is_said)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_copied copied;
    struct error err = {0};
    struct busy busy;

    begin(&busy, 6);
    while (busy.host.seq < 5000)
        go_on(&busy);
    disk_mem_room(mem, 100000, 0);
    ck_assert_int_eq(copy(&busy, mem, &copied, &err), AGON_ENOSPC);
    ck_assert_ptr_nonnull(strstr(err.text, "copying "));
    disk_mem_free(mem);
    end(&busy);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal_copy");
    TCase *tcase = tcase_create("copy");

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, a_copy_beside_a_host_that_writes_is_a_journal);
    tcase_add_test(tcase, what_only_grows_is_copied_in_one_turn);
    tcase_add_test(tcase, damage_is_refused_and_is_no_end_of_a_copy);
    tcase_add_test(tcase, a_disk_that_is_full_is_said);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
