// SPDX-License-Identifier: Apache-2.0
/* The journal's threads: the writer, and the packer that compresses what nobody writes any more. */
#include "journal/packed.h"
#include "journal/snapshot.h"
#include "run/host_impl.h"
#include "sys/log.h"
#include "sys/memory.h"
#include "sys/proc.h"

/* Who writes waits for more: at first so long, and longer and longer while nothing comes, until the
 * core has done something again. */
#define WAIT_NS      ((int64_t)1000 * 1000)
#define WAIT_MOST_NS ((int64_t)128 * 1000 * 1000)
#define PACK_NS      ((int64_t)2 * 1000 * 1000 * 1000)
#define PACK_FULL_NS ((int64_t)60 * 1000 * 1000 * 1000)

/* Market data that three snapshots cover, each of which a restart can begin from. */
static void drop_market(struct host *host, uint64_t seq)
{
    struct error err = {0};
    uint64_t covered_seq;
    int rc;

    host->snap_seqs[host->n_snaps++ % SNAPSHOTS_KEPT] = seq;
    if (host->n_snaps < SNAPSHOTS_KEPT || host->config.market_keep_bytes == 0)
        return;
    covered_seq = host->snap_seqs[host->n_snaps % SNAPSHOTS_KEPT]; // the oldest that is kept
    rc = journal_writer_drop(host->writer, covered_seq, host->config.market_keep_bytes, &err);
    if (rc < 0)
        log_warn("journal", "drop", "%s", err.text);
    else if (rc > 0)
        log_info_with(
            "journal", "drop",
            LOG_FIELDS(LOG_NUMBER("segments", rc), LOG_NUMBER("before_event", covered_seq)),
            "%d segments of market data before event %llu were dropped", rc,
            (unsigned long long)covered_seq);
}

static void write_snapshot(struct host *host)
{
    struct snapshot snapshot = {0};
    struct error err = {0};

    // What it is of is the core's until the flag says otherwise: it is not read before.
    if (!atomic_load_explicit(&host->is_snap_full, memory_order_acquire) ||
        journal_durable_seq(&host->buffer) < host->snap_seq)
        return;
    snapshot.seq = host->snap_seq;
    if (snapshot_write(host->disk, &snapshot, host->snap, host->snap_n, &err) < 0)
        log_warn("journal", "snapshot", "no snapshot was written: %s", err.text);
    else {
        snapshot_prune(host->disk, SNAPSHOTS_KEPT, &err);
        drop_market(host, host->snap_seq);
    }
    atomic_store_explicit(&host->is_snap_full, 0, memory_order_release);
}

void host_wake_writer(struct host *host)
{
    atomic_fetch_add_explicit(&host->writer_wake, 1, memory_order_release);
    futex_wake(&host->writer_wake, 1);
}

void *host_writer_main(void *ctx)
{
    struct host *host = ctx;
    int64_t wait_ns = WAIT_NS;

    memory_thread();
    for (;;) {
        uint32_t seen = atomic_load_explicit(&host->writer_wake, memory_order_acquire);
        int is_last = (int)atomic_load_explicit(&host->is_writer_stopping, memory_order_acquire);
        int rc;

        // Before the look: the core looks at this after it has put something there.
        atomic_store(&host->is_writer_idle, wait_ns > WAIT_NS);
        atomic_thread_fence(memory_order_seq_cst);
        rc = journal_writer_step(host->writer);

        if (rc == 1 && atomic_load(&host->is_holding))
            host_wake_io(host);
        write_snapshot(host);
        if (rc != 1 && is_last)
            return NULL;
        if (rc != 1)
            futex_wait(&host->writer_wake, seen, wait_ns);
        // In a simulation it is as busy as ever: what others do by then is decided by that.
        wait_ns = rc == 1 || machine_simulated() != NULL ? WAIT_NS
                  : wait_ns < WAIT_MOST_NS               ? 2 * wait_ns
                                                         : WAIT_MOST_NS;
    }
}

/* ---- packer ---- */

/* There has to be room for a segment's compressed form besides the next ones of the writer. */
static int has_room_to_pack(struct host *host)
{
    uint64_t segment = host->config.market_segment_bytes;
    int64_t total, free_bytes = host->has_disk ? disk_posix_free(&host->posix, &total) : -1;

    if (segment == 0)
        segment = (uint64_t)64 << 20;
    return journal_state(&host->buffer) <= JOURNAL_LOW &&
           (free_bytes < 0 || (uint64_t)free_bytes > 4 * segment);
}

void *host_packer_main(void *ctx)
{
    struct host *host = ctx;
    struct journal_packing *packing = &host->packing;

    packing->stop = &host->is_packer_stopping;
    proc_give_way();
    if (journal_packing_open(packing) < 0)
        log_warn("journal", "pack", "no memory to compress with: it is asked for each time");
    while (atomic_load_explicit(&host->is_packer_stopping, memory_order_acquire) == 0) {
        struct error err = {0};
        int rc = has_room_to_pack(host) ? journal_pack(host->disk, packing, &err) : 0;

        if (rc < 0)
            log_warn("journal", "pack", "%s", err.text);
        if (rc != 1)
            futex_wait(&host->is_packer_stopping, 0, rc == AGON_ENOSPC ? PACK_FULL_NS : PACK_NS);
    }
    return NULL;
}

void host_stop_packer(struct host *host)
{
    atomic_store(&host->is_packer_stopping, 1);
    futex_wake(&host->is_packer_stopping, 1);
    machine_join(&host->packer_thread);
}
