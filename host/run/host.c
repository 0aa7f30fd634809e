// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "run/host_impl.h"
#include "run/past.h"
#include "sys/log.h"
#include "sys/signals.h"

#define HURRY_NS    ((int64_t)500 * 1000 * 1000)
#define LAST_BAR_NS ((int64_t)2 * 1000000000)

// Not before its children have ended: they die with the thread that began them.
static void stop_loader(struct host *host)
{
    atomic_store(&host->is_loader_stopping, 2);
    host_wake_loader(host);
    machine_join(&host->loader_thread);
}

int host_start(struct host *host, struct error *err)
{
    if (history_new(&host->history, engine_instruments(host->engine)->n_instruments) < 0)
        return error_set(err, AGON_ENOMEM, "no memory for the history");
    if (host_alerts_start(host, err) < 0)
        return AGON_EIO;
    host->started_ns = clock_mono();
    if (machine_start(&host->writer_thread, host_writer_main, host) < 0)
        goto fail;
    if (machine_start(&host->packer_thread, host_packer_main, host) < 0)
        goto fail_writer;
    if (machine_start(&host->io_thread, host_io_main, host) < 0)
        goto fail_packer;
    if (machine_start(&host->loader_thread, host_loader_main, host) < 0)
        goto fail_io;
    if (host_cards_start(host, err) < 0)
        goto fail_loader;
    if (machine_start(&host->core_thread, host_core_main, host) < 0)
        goto fail_cards;
    host->is_running = 1;
    return AGON_OK;

fail_cards:
    host_cards_stop(host);
fail_loader:
    stop_loader(host);
fail_io:
    atomic_store(&host->is_io_stopping, 1);
    host_wake_io(host);
    machine_join(&host->io_thread);
fail_packer:
    host_stop_packer(host);
fail_writer:
    atomic_store(&host->is_writer_stopping, 1);
    machine_join(&host->writer_thread);
fail:
    host_alerts_stop(host);
    return error_set(err, AGON_EIO, "a thread could not be started");
}

void host_view(struct host *host, struct host_view *view)
{
    host_wake_io(host); // refreshes the gateway's figures for the next look
    lock_take(&host->view_lock);
    host_copy_view(view, host->view);
    lock_give(&host->view_lock);
    lock_take(&host->io_lock);
    view->venue = host->io_status;
    view->is_ready = host->io_status.is_ready;
    for (uint32_t i = 0; i < view->n_venues; i++) {
        view->venues[i].status = host->io_each[i];
        view->venues[i].uptime = host->lines[i].uptime;
    }
    lock_give(&host->io_lock);
    // On paper orders, fills and balances are ours: nobody has to tell them.
    view->venue.is_ready |= !view->is_live;
    for (uint32_t i = 0; i < view->n_venues; i++)
        view->venues[i].status.is_ready |= !view->is_live;
}

void host_plans(struct host *host, struct host_plans *plans)
{
    lock_take(&host->plans_lock);
    if (host->plans.n - plans->n > HOST_PLANS_MAX)
        plans->n = host->plans.n - HOST_PLANS_MAX;
    for (; plans->n < host->plans.n; plans->n++)
        plans->all[plans->n % HOST_PLANS_MAX] = host->plans.all[plans->n % HOST_PLANS_MAX];
    lock_give(&host->plans_lock);
}

int host_slot_of(struct host *host, const char *name)
{
    int found = AGON_ENOENT;

    lock_take(&host->view_lock);
    for (uint32_t id = 0; id < host->view->n_slots && found < 0; id++) {
        if (host->view->slots[id].is_used && strcmp(host->view->slots[id].name, name) == 0)
            found = (int)id;
    }
    lock_give(&host->view_lock);
    return found;
}

static int give_command(struct host *host, const struct record_command_by *by, uint64_t *ticket)
{
    struct record_command_by *slot;

    // Operators, signals and the end of the host each come from a thread of their own.
    lock_take(&host->control_lock);
    slot = ring_claim(&host->control);
    if (slot != NULL) {
        *slot = *by;
        slot->command.hdr.type = AGON_EVENT_COMMAND;
        slot->command.hdr.granules = sizeof(*by) / EVENT_GRANULE;
        *ticket = host->n_commands++;
        ring_publish(&host->control);
    }
    lock_give(&host->control_lock);
    if (slot == NULL)
        return AGON_EAGAIN;
    host_wake_core(host);
    return AGON_OK;
}

int host_command(struct host *host, const struct record_command_by *command)
{
    uint64_t ticket;

    return give_command(host, command, &ticket);
}

int host_await_durable(struct host *host, uint64_t seq, int64_t until_ns)
{
    _Atomic uint32_t never = 0;

    while (journal_durable_seq(&host->buffer) < seq &&
           journal_state(&host->buffer) < JOURNAL_FULL && clock_mono() <= until_ns)
        futex_wait(&never, 0, 1000000);
    return journal_durable_seq(&host->buffer) >= seq;
}

int host_order(struct host *host, const struct record_command_by *command, int64_t wait_ns,
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
    rc = host->command_results[ticket % COMMAND_RESULTS].rc;
    // It has been done. Whoever is told so may rely on it over a crash, where the disk lets us.
    return !host_await_durable(host, *seq, until) && rc >= 0 ? 1 : rc;
}

int host_order_was_so(const struct host *host, uint64_t seq)
{
    uint64_t done = atomic_load_explicit(&host->n_commands_done, memory_order_acquire);

    for (uint64_t i = 0; i < done && i < COMMAND_RESULTS; i++) {
        if (host->command_results[i].seq == seq)
            return host->command_results[i].was_so;
    }
    return 0;
}

void host_left(const struct host_view *view, int slot, struct host_left *left)
{
    *left = (struct host_left){.is_heard = !view->is_live || view->is_ready};
    for (uint32_t id = 0; id < view->n_slots; id++) {
        const struct host_view_slot *at = &view->slots[id];

        if (slot >= 0 && (int)id != slot)
            continue;
        left->n_orders += at->n_open;
        for (uint32_t i = 0; i < at->n_positions; i++)
            left->n_positions += !at->positions[i].is_dust;
    }
    left->is_done = left->n_orders == 0 && left->n_positions == 0 && left->is_heard;
}

static uint32_t n_open_orders(const struct host_view *view)
{
    uint32_t n_open = 0;

    for (uint32_t i = 0; i < view->n_slots; i++)
        n_open += view->slots[i].n_open;
    return n_open;
}

/* What the host leaves behind, for who looks after it. */
static void tell_left(const struct host *host, const struct host_view *view, int is_listed)
{
    uint32_t n_open = n_open_orders(view);

    if (host->config.mode != RUN_LIVE)
        return;
    if (n_open == 0 && view->venue.n_strays == 0 && is_listed)
        log_info("host", "left", "nothing: no order is open, here or at the venues");
    else
        log_warn_with(
            "host", "left",
            LOG_FIELDS(LOG_NUMBER("open_orders", n_open),
                       LOG_NUMBER("unconfirmed", view->venue.n_unknown),
                       LOG_NUMBER("strays", view->venue.n_strays)),
            "%u orders open, %u of them with a request that is unconfirmed; %u open at the "
            "venues that should not be; the venues' open orders were %sread at the end",
            n_open, view->venue.n_unknown, view->venue.n_strays, is_listed ? "" : "not ");
}

/* Was the view made after the core had taken the command? One from before does not show what was
 * placed since, and would be taken for the end of it. */
static int is_after(const struct host *host, const struct host_view *view, uint64_t ticket)
{
    return atomic_load_explicit(&host->n_commands_done, memory_order_acquire) > ticket &&
           view->seq >= host->command_results[ticket % COMMAND_RESULTS].seq;
}

/* Waits until no order is open, as the view shows it and then as the venues do, or the time is up;
 * who asks again for the end gets it sooner. A venue that takes no orders now is not waited for. */
static void wait_for_orders(struct host *host, uint64_t ticket, int64_t until, int signal_fd)
{
    struct host_view *view = malloc(sizeof(*view));
    _Atomic uint32_t never = 0;
    int is_asked = 0;
    int is_listed = 0;

    while (view != NULL && clock_mono() < until) {
        int is_open;

        host_view(host, view);
        is_open = !is_after(host, view, ticket) || n_open_orders(view) > 0;
        if (!is_open && !is_asked) {
            is_asked = 1;
            atomic_store(&host->wants_round, ROUND_WANTED);
            host_wake_io(host);
        } else if (!is_open && atomic_load(&host->wants_round) == ROUND_NONE) {
            is_listed = view->venue.is_listed;
            if ((is_listed && view->venue.n_strays == 0) || !view->is_ready)
                break;
        }
        futex_wait(&never, 0, 10000000);
        if (signal_fd >= 0 && signals_next(signal_fd) > 0)
            until = clock_mono() + HURRY_NS < until ? clock_mono() + HURRY_NS : until;
    }
    if (view != NULL)
        tell_left(host, view, is_listed);
    free(view);
}

void host_clear_orders(struct host *host, struct record_command_by *cancel, int64_t wait_ns,
                       int signal_fd)
{
    int64_t until = clock_mono() + wait_ns;
    _Atomic uint32_t never = 0;
    uint64_t ticket = UINT64_MAX;

    while (give_command(host, cancel, &ticket) < 0 && clock_mono() < until)
        futex_wait(&never, 0, 1000000);
    wait_for_orders(host, ticket, until, signal_fd);
}

// Nothing new is taken any more, and what is open is cancelled and waited for.
static void end_orders(struct host *host, int64_t grace_ns, int signal_fd)
{
    struct record_command_by cancel = {
        .command = {.kind = COMMAND_CANCEL_ALL, .scope = SCOPE_GLOBAL, .reason = REASON_OPERATOR},
        .who = "host",
        .why = "the host is about to end"};

    // The core halts before it takes this command: nothing new slips in between.
    atomic_store(&host->is_closing, 1);
    host_clear_orders(host, &cancel, grace_ns, signal_fd);
}

/* Half a path is no state to end with. The journal's writer still runs: there will be room. */
static int end_bar(struct host *host)
{
    static _Atomic uint32_t never;
    int64_t until = clock_mono() + LAST_BAR_NS;
    int rc;

    while ((rc = host_tell_on(host)) == AGON_EAGAIN && clock_mono() < until)
        futex_wait(&never, 0, 1000000);
    return rc;
}

uint64_t host_turns(const struct host *host)
{
    return atomic_load_explicit(&host->n_turns, memory_order_relaxed);
}

int host_stop(struct host *host, int64_t grace_ns, int signal_fd, struct error *err)
{
    int rc;

    if (!host->is_running)
        return AGON_OK;
    host->is_running = 0;
    if (grace_ns > 0)
        end_orders(host, grace_ns, signal_fd);
    atomic_store(&host->is_stopping, 1);
    atomic_fetch_add(&host->core_wake, 1);
    futex_wake(&host->core_wake, 1);
    machine_join(&host->core_thread);
    host_cards_stop(host);
    host_beat(host, BEAT_STOPPING, clock_mono());
    stop_loader(host);
    atomic_store(&host->is_io_stopping, 1);
    host_wake_io(host);
    machine_join(&host->io_thread);
    // From here on this thread is the core: the journal gets its last word.
    // A halt by the host itself ends with it; the next start begins without.
    host->halts &= ~(uint32_t)HOST_HALT_STOPPING;
    host_tell(host);
    host_drain_alerts(host);
    rc = end_bar(host);
    if (rc >= 0)
        rc = driver_mark(&host->driver);
    if (rc >= 0)
        rc = engine_hash(host->engine, host->last_hash);
    host->last_seq = engine_seq(host->engine);
    host_show(host);
    host_stop_packer(host);
    atomic_store(&host->is_writer_stopping, 1);
    machine_join(&host->writer_thread);
    host_alerts_stop(host);
    if (rc < 0)
        error_set(err, rc, "the last state could not be marked: %s", error_name(rc));
    if (rc >= 0)
        rc = journal_writer_close(host->writer, err);
    if (rc >= 0)
        host_beat(host, BEAT_ENDED, clock_mono());
    return rc;
}

static void on_close(uv_handle_t *handle)
{
    (void)handle;
}

void host_abandon(struct host *host)
{
    host->beat = NULL; // whoever is killed says nothing
    host->is_running = 0;
    host_free(host);
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
    if (host->io_async.data != NULL) {
        if (host->stream != NULL && !stream_uv_is_stopped(host->stream)) {
            stream_uv_stop(host->stream);
            while (!stream_uv_is_stopped(host->stream))
                uv_run(&host->loop, UV_RUN_NOWAIT);
        }
        stream_uv_free(host->stream);
        uv_close((uv_handle_t *)&host->io_async, on_close);
        uv_close((uv_handle_t *)&host->io_prepare, on_close);
        uv_run(&host->loop, UV_RUN_DEFAULT);
        uv_loop_close(&host->loop);
    }
    for (uint32_t i = 0; i < host->n_lines; i++)
        paper_free(host->lines[i].paper);
    along_free(host->along);
    engine_free(host->engine);
    process_bus_free(&host->bus);
    host_cards_close(host);
    host_alerts_close(host);
    journal_writer_free(host->writer);
    journal_packing_close(&host->packing);
    if (host->has_buffer)
        journal_buffer_deinit(&host->buffer);
    if (host->has_disk)
        disk_posix_close(&host->posix);
    rundir_close(&host->rundir);
    host_claims_close(host);
    host_beat_close(host);
    for (uint32_t i = 0; i < host->n_lines; i++) {
        ring_deinit(&host->lines[i].to_venue);
        free(host->lines[i].from_venue_memory);
        host_copies_close(&host->lines[i]);
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
    past_free(host->past);
    lock_deinit(&host->io_lock);
    lock_deinit(&host->view_lock);
    lock_deinit(&host->plans_lock);
    lock_deinit(&host->loader_lock);
    lock_deinit(&host->control_lock);
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
