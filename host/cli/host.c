// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "cli/host_impl.h"
#include "journal/packed.h"
#include "journal/snapshot.h"
#include "sys/log.h"
#include "sys/proc.h"
#include "sys/signals.h"

#define TELL_NS      ((int64_t)20 * 1000 * 1000)
#define HURRY_NS     ((int64_t)500 * 1000 * 1000)
#define PACK_NS      ((int64_t)2 * 1000 * 1000 * 1000)
#define PACK_FULL_NS ((int64_t)60 * 1000 * 1000 * 1000)

/* ---- writer ---- */

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
        log_info("journal", "drop", "%d segments of market data before event %llu were dropped", rc,
                 (unsigned long long)covered_seq);
}

static void write_snapshot(struct host *host)
{
    struct snapshot snapshot = {.seq = host->snap_seq};
    struct error err = {0};

    if (!atomic_load_explicit(&host->is_snap_full, memory_order_acquire) ||
        journal_durable_seq(&host->buffer) < host->snap_seq)
        return;
    if (snapshot_write(&host->disk.port, &snapshot, host->snap, host->snap_n, &err) < 0)
        log_warn("journal", "snapshot", "no snapshot was written: %s", err.text);
    else {
        snapshot_prune(&host->disk.port, SNAPSHOTS_KEPT, &err);
        drop_market(host, host->snap_seq);
    }
    atomic_store_explicit(&host->is_snap_full, 0, memory_order_release);
}

void *host_writer_main(void *ctx)
{
    struct host *host = ctx;

    for (;;) {
        uint32_t seen = atomic_load_explicit(&host->writer_wake, memory_order_acquire);
        int is_last = (int)atomic_load_explicit(&host->is_writer_stopping, memory_order_acquire);
        int rc = journal_writer_step(host->writer);

        if (rc == 1 && atomic_load(&host->is_holding))
            uv_async_send(&host->io_wake);
        write_snapshot(host);
        if (rc != 1 && is_last)
            return NULL;
        if (rc != 1)
            futex_wait(&host->writer_wake, seen, 1000000);
    }
}

/* ---- packer ---- */

/* There has to be room for a segment's compressed form besides the next ones of the writer. */
static int has_room_to_pack(struct host *host)
{
    uint64_t segment = host->config.market_segment_bytes;
    int64_t total, free_bytes = disk_posix_free(&host->disk, &total);

    if (segment == 0)
        segment = (uint64_t)64 << 20;
    return journal_state(&host->buffer) <= JOURNAL_LOW &&
           (free_bytes < 0 || (uint64_t)free_bytes > 4 * segment);
}

void *host_packer_main(void *ctx)
{
    struct host *host = ctx;
    struct journal_packing packing = {.stop = &host->is_packer_stopping};

    proc_give_way();
    while (atomic_load_explicit(&host->is_packer_stopping, memory_order_acquire) == 0) {
        struct error err = {0};
        int rc = has_room_to_pack(host) ? journal_pack(&host->disk.port, &packing, &err) : 0;

        if (rc < 0)
            log_warn("journal", "pack", "%s", err.text);
        if (rc != 1)
            futex_wait(&host->is_packer_stopping, 0, rc == AGON_ENOSPC ? PACK_FULL_NS : PACK_NS);
    }
    return NULL;
}

static void stop_packer(struct host *host)
{
    atomic_store(&host->is_packer_stopping, 1);
    futex_wake(&host->is_packer_stopping, 1);
    pthread_join(host->packer_thread, NULL);
}

/* ---- io ---- */

void host_wake_core(struct host *host)
{
    if (atomic_load_explicit(&host->is_core_asleep, memory_order_seq_cst) == 0)
        return;
    atomic_fetch_add_explicit(&host->core_wake, 1, memory_order_release);
    futex_wake(&host->core_wake, 1);
}

// Several venues as one: sums, and of states the worse.
static void add_status(struct gateway_status *all, const struct gateway_status *one)
{
    all->n_links += one->n_links;
    all->n_up += one->n_up;
    all->n_books += one->n_books;
    all->n_live += one->n_live;
    all->n_warm += one->n_warm;
    all->n_held += one->n_held;
    all->n_queued += one->n_queued;
    all->n_unknown += one->n_unknown;
    all->n_messages += one->n_messages;
    all->n_bad += one->n_bad;
    all->n_gaps += one->n_gaps;
    all->n_resyncs += one->n_resyncs;
    all->n_reconnects += one->n_reconnects;
    all->n_dropped += one->n_dropped;
    all->n_foreign += one->n_foreign;
    all->is_ready &= one->is_ready;
    all->is_auth_halted |= one->is_auth_halted;
    all->is_banned |= one->is_banned;
    if (one->health > all->health)
        all->health = one->health;
    if (one->uncertainty_ns > all->uncertainty_ns)
        all->uncertainty_ns = one->uncertainty_ns;
    if (one->weight_free < all->weight_free)
        all->weight_free = one->weight_free;
}

// Shows the gateways' figures to the other threads. Returns how many commands it holds back.
static uint32_t tell_status(struct host *host)
{
    struct gateway_status all;

    gateway_status(host->lines[0].gateway, &all);
    for (uint32_t i = 1; i < host->n_lines; i++) {
        struct gateway_status one;

        gateway_status(host->lines[i].gateway, &one);
        add_status(&all, &one);
    }
    pthread_mutex_lock(&host->io_lock);
    host->io_status = all;
    pthread_mutex_unlock(&host->io_lock);
    return all.n_held;
}

void host_on_io_turn(uv_prepare_t *handle)
{
    struct host *host = handle->data;

    int64_t mono = clock_mono();

    for (uint32_t i = 0; i < host->n_lines; i++) {
        if (evring_used(&host->lines[i].from_venue_in) > 0) {
            host_wake_core(host);
            break;
        }
    }
    if (mono - host->io_told_ns > TELL_NS) {
        host->io_told_ns = mono;
        tell_status(host);
    }
}

void host_on_io_wake(uv_async_t *handle)
{
    struct host *host = handle->data;

    // Set before the gateway looks how far the journal is: what it then still holds, the writer
    // wakes it for.
    atomic_store(&host->is_holding, 1);
    for (uint32_t i = 0; i < host->n_lines; i++)
        gateway_poll(host->lines[i].gateway);
    if (tell_status(host) == 0)
        atomic_store(&host->is_holding, 0);
    if (atomic_load_explicit(&host->is_io_stopping, memory_order_acquire) == 1) {
        for (uint32_t i = 0; i < host->n_lines; i++)
            gateway_stop(host->lines[i].gateway);
        stream_uv_stop(host->stream);
        atomic_store(&host->is_io_stopping, 2);
    }
}

void *host_io_main(void *ctx)
{
    struct host *host = ctx;

    for (uint32_t i = 0; i < host->n_lines; i++)
        gateway_start(host->lines[i].gateway);
    while (atomic_load(&host->is_io_stopping) < 2 || !stream_uv_is_stopped(host->stream))
        uv_run(&host->loop, UV_RUN_ONCE);
    return NULL;
}

uint64_t host_durable_seq(void *ctx)
{
    return journal_durable_seq(&((struct host *)ctx)->buffer);
}

void host_on_gateway_log(void *ctx, int level, const char *key, const char *text)
{
    (void)ctx;
    log_write(NULL,
              level <= 3   ? LOG_ERROR
              : level <= 4 ? LOG_WARN
                           : LOG_INFO,
              "venue", key, "%s", text);
}

/* Whether there is room must not show in the engine's state: a replay has no ring. So the ring has
 * a place for one command of each order that there can be, and for questions beside; a question
 * that finds none is asked again later. */
int host_send(void *ctx, const struct order_cmd *cmd)
{
    struct host_line *line = ctx;
    struct order_cmd *slot;

    if (cmd->kind == CMD_QUERY && ring_used(&line->to_venue) >= HOST_TO_VENUE / 2)
        return AGON_OK;
    slot = ring_claim(&line->to_venue);
    if (slot == NULL) {
        log_error("host", "to-venue", "no room towards the gateway: it has stopped reading");
        return AGON_EAGAIN;
    }
    *slot = *cmd;
    ring_publish(&line->to_venue);
    return AGON_OK;
}

/* ---- control ---- */

// Not before its children have ended: they die with the thread that began them.
static void stop_loader(struct host *host)
{
    atomic_store(&host->is_loader_stopping, 2);
    host_wake_loader(host);
    pthread_join(host->loader_thread, NULL);
}

int host_start(struct host *host, struct error *err)
{
    if (history_new(&host->history, engine_instruments(host->engine)->n_instruments) < 0)
        return error_set(err, AGON_ENOMEM, "no memory for the history");
    host->started_ns = clock_mono();
    if (pthread_create(&host->writer_thread, NULL, host_writer_main, host) != 0)
        goto fail;
    if (pthread_create(&host->packer_thread, NULL, host_packer_main, host) != 0)
        goto fail_writer;
    if (pthread_create(&host->io_thread, NULL, host_io_main, host) != 0)
        goto fail_packer;
    if (pthread_create(&host->loader_thread, NULL, host_loader_main, host) != 0)
        goto fail_io;
    if (pthread_create(&host->core_thread, NULL, host_core_main, host) != 0)
        goto fail_loader;
    host->is_running = 1;
    return AGON_OK;

fail_loader:
    stop_loader(host);
fail_io:
    atomic_store(&host->is_io_stopping, 1);
    uv_async_send(&host->io_wake);
    pthread_join(host->io_thread, NULL);
fail_packer:
    stop_packer(host);
fail_writer:
    atomic_store(&host->is_writer_stopping, 1);
    pthread_join(host->writer_thread, NULL);
fail:
    return error_set(err, AGON_EIO, "a thread could not be started");
}

void host_view(struct host *host, struct host_view *view)
{
    uv_async_send(&host->io_wake); // refreshes the gateway's figures for the next look
    pthread_mutex_lock(&host->view_lock);
    *view = *host->view;
    pthread_mutex_unlock(&host->view_lock);
    pthread_mutex_lock(&host->io_lock);
    view->venue = host->io_status;
    view->is_ready = host->io_status.is_ready;
    pthread_mutex_unlock(&host->io_lock);
}

static int give_command(struct host *host, const struct record_command *command, uint64_t *ticket)
{
    struct record_command *slot;

    // Operators, signals and the end of the host each come from a thread of their own.
    pthread_mutex_lock(&host->control_lock);
    slot = ring_claim(&host->control);
    if (slot != NULL) {
        *slot = *command;
        slot->hdr.type = AGON_EVENT_COMMAND;
        slot->hdr.granules = 1;
        *ticket = host->n_commands++;
        ring_publish(&host->control);
    }
    pthread_mutex_unlock(&host->control_lock);
    if (slot == NULL)
        return AGON_EAGAIN;
    host_wake_core(host);
    return AGON_OK;
}

int host_command(struct host *host, const struct record_command *command)
{
    uint64_t ticket;

    return give_command(host, command, &ticket);
}

int host_order(struct host *host, const struct record_command *command, int64_t wait_ns,
               uint64_t *seq)
{
    int64_t until = clock_mono() + wait_ns;
    _Atomic uint32_t never = 0;
    uint64_t ticket;
    int rc = give_command(host, command, &ticket);

    if (rc < 0)
        return rc;
    while (atomic_load_explicit(&host->n_commands_done, memory_order_acquire) <= ticket) {
        if (clock_mono() > until)
            return AGON_ETIME;
        futex_wait(&never, 0, 1000000);
    }
    *seq = host->command_results[ticket % COMMAND_RESULTS].seq;
    return host->command_results[ticket % COMMAND_RESULTS].rc;
}

// Waits until no order is open, as the view shows it, or the time is up; who asks again for the end
// gets it sooner.
static void wait_for_orders(struct host *host, int64_t grace_ns, int signal_fd)
{
    int64_t until = clock_mono() + grace_ns;
    struct host_view *view = malloc(sizeof(*view));
    _Atomic uint32_t never = 0;

    while (view != NULL && clock_mono() < until) {
        uint32_t n_open = 0;

        host_view(host, view);
        for (uint32_t i = 0; i < view->n_slots; i++)
            n_open += view->slots[i].n_open;
        if (n_open == 0)
            break;
        futex_wait(&never, 0, 10000000);
        if (signal_fd >= 0 && signals_next(signal_fd) > 0)
            until = clock_mono() + HURRY_NS < until ? clock_mono() + HURRY_NS : until;
    }
    free(view);
}

int host_stop(struct host *host, int64_t grace_ns, int signal_fd, struct error *err)
{
    struct record_command cancel = {
        .kind = COMMAND_CANCEL_ALL, .scope = SCOPE_GLOBAL, .reason = REASON_OPERATOR};
    struct record_mark last;
    int rc;

    if (!host->is_running)
        return AGON_OK;
    host->is_running = 0;
    if (grace_ns > 0) {
        // The core halts before it takes this command: nothing new slips in between.
        atomic_store(&host->is_closing, 1);
        host_command(host, &cancel);
        wait_for_orders(host, grace_ns, signal_fd);
    }
    atomic_store(&host->is_stopping, 1);
    atomic_fetch_add(&host->core_wake, 1);
    futex_wake(&host->core_wake, 1);
    pthread_join(host->core_thread, NULL);
    stop_loader(host);
    atomic_store(&host->is_io_stopping, 1);
    uv_async_send(&host->io_wake);
    pthread_join(host->io_thread, NULL);
    // From here on this thread is the core: the journal gets its last word.
    // A halt by the host itself ends with it; the next start begins without.
    host->halts = 0;
    host_tell(host);
    rc = engine_make_mark(host->engine, &last);
    if (rc >= 0)
        rc = host_step(host, &last.hdr);
    if (rc >= 0)
        rc = engine_hash(host->engine, host->last_hash);
    host->last_seq = engine_seq(host->engine);
    host_show(host);
    stop_packer(host);
    atomic_store(&host->is_writer_stopping, 1);
    pthread_join(host->writer_thread, NULL);
    if (rc < 0)
        error_set(err, rc, "the last state could not be marked: %s", error_name(rc));
    return rc < 0 ? rc : journal_writer_close(host->writer, err);
}

static void on_close(uv_handle_t *handle)
{
    (void)handle;
}

void host_free(struct host *host)
{
    if (host == NULL)
        return;
    if (host->is_running)
        host_stop(host, 0, -1, NULL);
    crew_free(host->crew);
    for (uint32_t i = 0; i < host->n_lines; i++)
        gateway_free(host->lines[i].gateway);
    if (host->io_wake.data != NULL) {
        if (host->stream != NULL && !stream_uv_is_stopped(host->stream)) {
            stream_uv_stop(host->stream);
            while (!stream_uv_is_stopped(host->stream))
                uv_run(&host->loop, UV_RUN_NOWAIT);
        }
        stream_uv_free(host->stream);
        uv_close((uv_handle_t *)&host->io_wake, on_close);
        uv_close((uv_handle_t *)&host->io_turn, on_close);
        uv_run(&host->loop, UV_RUN_DEFAULT);
        uv_loop_close(&host->loop);
    }
    for (uint32_t i = 0; i < host->n_lines; i++)
        paper_free(host->lines[i].paper);
    engine_free(host->engine);
    process_bus_free(&host->bus);
    journal_writer_free(host->writer);
    if (host->has_buffer)
        journal_buffer_deinit(&host->buffer);
    if (host->has_disk)
        disk_posix_close(&host->disk);
    rundir_close(&host->rundir);
    for (uint32_t i = 0; i < host->n_lines; i++) {
        ring_deinit(&host->lines[i].to_venue);
        free(host->lines[i].from_venue_memory);
    }
    ring_deinit(&host->control);
    ring_deinit(&host->notes);
    ring_deinit(&host->bars);
    history_free(host->history);
    free(host->told);
    heap_deinit(&host->due);
    free(host->wishes);
    free(host->free);
    free(host->snap);
    free(host->view);
    free(host->draft);
    pthread_mutex_destroy(&host->io_lock);
    pthread_mutex_destroy(&host->view_lock);
    pthread_mutex_destroy(&host->loader_lock);
    pthread_cond_destroy(&host->loader_done);
    pthread_mutex_destroy(&host->control_lock);
    free(host);
}

void host_state(const struct host *host, unsigned char hash[HASH_SIZE], uint64_t *seq)
{
    memcpy(hash, host->last_hash, HASH_SIZE);
    *seq = host->last_seq;
}

const struct crew_pauses *host_pauses(const struct host *host)
{
    return crew_pauses(host->crew);
}

const char *host_journal_dir(const struct host *host)
{
    return host->journal_dir;
}
