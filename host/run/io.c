// SPDX-License-Identifier: Apache-2.0
/* The thread of the venues' bytes: one libuv loop for all gateways of the host. */
#include "market/events.h"
#include "run/host_impl.h"
#include "sys/log.h"
#include "sys/proc.h"

#define TELL_NS       ((int64_t)20 * 1000 * 1000)
#define MARK_EVERY_NS ((int64_t)10 * 1000000000) /* of an instrument, on a full disk */

void host_wake_core(struct host *host)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&host->is_core_asleep, memory_order_relaxed) == 0)
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
    all->n_late += one->n_late;
    all->n_messages += one->n_messages;
    all->n_binary += one->n_binary;
    all->n_silent += one->n_silent;
    if (one->connect_wait_ns > all->connect_wait_ns)
        all->connect_wait_ns = one->connect_wait_ns;
    all->n_bad += one->n_bad;
    all->n_cut += one->n_cut;
    all->n_gaps += one->n_gaps;
    all->n_resyncs += one->n_resyncs;
    all->n_reconnects += one->n_reconnects;
    all->n_dropped += one->n_dropped;
    all->n_foreign += one->n_foreign;
    all->n_strays += one->n_strays;
    all->n_strays_seen += one->n_strays_seen;
    all->n_reopened += one->n_reopened;
    all->is_listed &= one->is_listed;
    all->n_foreign_open += one->n_foreign_open;
    all->n_other_open += one->n_other_open;
    all->n_others += one->n_others;
    for (uint32_t i = 0;
         i < one->n_foreign_listed && all->n_foreign_listed < GATEWAY_FOREIGN_LISTED; i++)
        all->foreign[all->n_foreign_listed++] = one->foreign[i];
    if (all->refusal == 0 && one->refusal != 0) {
        all->refusal = one->refusal;
        memcpy(all->refusal_text, one->refusal_text, sizeof(all->refusal_text));
    }
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

/* Venues are measured against transport time; for the core it is the monotonic clock, which on a
 * real machine is the same. */
int64_t host_transport_apart(const struct host *host)
{
    const struct stream_port *stream =
        host->config.ports != NULL ? host->config.ports->stream : stream_uv_port(host->stream);

    return stream->now(stream->ctx) - clock_mono();
}

static void to_mono(const struct host *host, struct gateway_times times[HOST_VENUES_MAX],
                    int64_t *transport_ns)
{
    int64_t apart_ns = host_transport_apart(host);

    for (uint32_t i = 0; i < host->n_lines; i++) {
        for (uint32_t k = 0; k < times[i].n; k++)
            times[i].offset_ns[k] += apart_ns;
        times[i].market.at_ns -= apart_ns;
    }
    if (*transport_ns != 0)
        *transport_ns += apart_ns;
}

// What a host cannot be traded on at its start is no outage.
static void count_uptime(struct host_line *line, const struct gateway_status *status, int is_keyed)
{
    struct host_uptime *uptime = &line->uptime;
    int is_up = status->health != GATEWAY_DOWN && (!is_keyed || status->is_ready) &&
                (status->n_books == 0 || status->n_live > 0);
    int64_t mono = clock_mono();

    if (line->looked_ns == 0 && !is_up)
        return;
    if (line->looked_ns != 0) {
        uptime->seen_ns += mono - line->looked_ns;
        if (!uptime->is_up)
            uptime->down_ns += mono - line->looked_ns;
        uptime->n_outages += uptime->is_up && !is_up;
    }
    uptime->is_up = (uint8_t)is_up;
    line->looked_ns = mono;
}

// Shows the gateways' figures to the other threads, each and all of one moment: their sum is that
// of its parts. Returns how many commands it holds back.
static uint32_t tell_status(struct host *host)
{
    struct gateway_times times[HOST_VENUES_MAX] = {{0}};
    struct gateway_status all;
    int64_t transport_ns, uncertainty_ns;

    gateway_status(host->lines[0].gateway, &all);
    host->io_next[0] = all;
    times[0] = all.times;
    transport_ns = all.transport_ns;
    uncertainty_ns = all.uncertainty_ns;
    for (uint32_t i = 1; i < host->n_lines; i++) {
        struct gateway_status *one = &host->io_next[i];

        gateway_status(host->lines[i].gateway, one);
        times[i] = one->times;
        if (one->uncertainty_ns < uncertainty_ns) {
            transport_ns = one->transport_ns;
            uncertainty_ns = one->uncertainty_ns;
        }
        add_status(&all, one);
    }
    to_mono(host, times, &transport_ns);
    lock_take(&host->io_lock);
    for (uint32_t i = 0; i < host->n_lines; i++) {
        host->io_each[i] = host->io_next[i];
        count_uptime(&host->lines[i], &host->io_each[i],
                     host->config.mode == RUN_LIVE && host->config.venues[i].is_private);
    }
    host->io_status = all;
    memcpy(host->io_times.of, times, sizeof(times));
    host->io_times.transport_ns = transport_ns;
    host->io_times.uncertainty_ns = uncertainty_ns;
    lock_give(&host->io_lock);
    return all.n_held;
}

void host_wake_io(struct host *host)
{
    if (host->config.ports == NULL)
        uv_async_send(&host->io_async);
    else
        atomic_fetch_add(&host->io_wake, 1);
}

void host_on_io_prepare(uv_prepare_t *handle)
{
    host_io_turn(handle->data);
}

void host_io_turn(struct host *host)
{
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

static void wake(struct host *host)
{
    uint32_t begun = ROUND_BEGUN;

    // Set before the gateway looks how far the journal is: what it then still holds, the writer
    // wakes it for.
    atomic_store(&host->is_holding, 1);
    if (atomic_load(&host->wants_round) != ROUND_NONE) {
        atomic_store(&host->wants_round, ROUND_BEGUN);
        for (uint32_t i = 0; i < host->n_lines; i++)
            gateway_reconcile(host->lines[i].gateway);
    }
    for (uint32_t i = 0; i < host->n_lines; i++) {
        gateway_check_time(host->lines[i].gateway,
                           atomic_load_explicit(&host->time_round, memory_order_acquire));
        gateway_poll(host->lines[i].gateway);
    }
    if (tell_status(host) == 0)
        atomic_store(&host->is_holding, 0);
    // Told only now: who waits for the round must not take an older one's end for its own.
    (void)atomic_compare_exchange_strong(&host->wants_round, &begun, ROUND_NONE);
    if (atomic_load_explicit(&host->is_io_stopping, memory_order_acquire) == 1) {
        for (uint32_t i = 0; i < host->n_lines; i++)
            gateway_stop(host->lines[i].gateway);
        if (host->stream != NULL)
            stream_uv_stop(host->stream);
        atomic_store(&host->is_io_stopping, 2);
    }
}

void host_on_io_wake(uv_async_t *handle)
{
    wake(handle->data);
}

/* Without a loop: callbacks come from outside, and this thread has the rest. */
static void turn_without_loop(struct host *host)
{
    uint32_t seen = 0;

    while (atomic_load(&host->is_io_stopping) < 2) {
        uint32_t now = atomic_load(&host->io_wake);

        if (now != seen)
            wake(host);
        seen = now;
        host_io_turn(host);
        if (atomic_load(&host->is_io_stopping) < 2)
            futex_wait(&host->io_wake, seen, TELL_NS);
    }
}

void *host_io_main(void *ctx)
{
    struct host *host = ctx;
    uv_run_mode mode = host_io_spins(host->config.core, proc_cores()) ? UV_RUN_NOWAIT : UV_RUN_ONCE;

    if (host->config.ports == NULL)
        uv_prepare_start(&host->io_prepare, host_on_io_prepare);
    for (uint32_t i = 0; i < host->n_lines; i++) {
        gateway_start(host->lines[i].gateway);
        gateway_check_time(host->lines[i].gateway, atomic_load(&host->time_round));
    }
    if (host->config.ports != NULL) {
        turn_without_loop(host);
        return NULL;
    }
    while (atomic_load(&host->is_io_stopping) < 2 || !stream_uv_is_stopped(host->stream))
        uv_run(&host->loop, mode);
    return NULL;
}

uint64_t host_durable_seq(void *ctx)
{
    return journal_durable_seq(&((struct host *)ctx)->buffer);
}

/* A mark price a second of each instrument would fill the reserve in hours; it is believed longer
 * than this. */
static int takes_mark(struct host *host, agon_instrument_t instrument, enum journal_state state)
{
    int64_t mono = clock_mono();

    if (state == JOURNAL_FULL || instrument > HOST_INSTRUMENTS_MAX ||
        mono - host->marked_ns[instrument] < MARK_EVERY_NS)
        return 0;
    host->marked_ns[instrument] = mono;
    return 1;
}

/* While the disk is full market events have nowhere to go, and an event without a place gets no
 * number: a state cannot be rebuilt over a hole. What says how a market and its venue stand and
 * what positions are valued at is small, and goes among the money events. A journal that has failed
 * keeps nothing any more; what is seen then is seen for the risk limits. */
int host_takes(void *ctx, const struct agon_event_hdr *record)
{
    struct host *host = ctx;
    enum journal_state state = journal_state(&host->buffer);

    if (state < JOURNAL_SHEDDING || state == JOURNAL_FAILED)
        return 1;
    switch (record->type) {
    case EVENT_RULES: // no journal has these
    case EVENT_LIMIT:
        return 1;
    case AGON_EVENT_MARK:
        return takes_mark(host, record->instrument, state);
    case EVENT_SENT:
        return 0; // of use to nobody who trades
    default:
        return event_is(record->type, AGON_EV_STANDING) ||
               journal_class_of(record->type) == JOURNAL_MONEY;
    }
}

void host_on_gateway_log(void *ctx, int level, const char *venue, const char *key, const char *text)
{
    (void)ctx;
    log_write_with(NULL,
                   level <= 3   ? LOG_ERROR
                   : level <= 4 ? LOG_WARN
                                : LOG_INFO,
                   "venue", key, LOG_FIELDS(LOG_TEXT("venue", venue)), "%s", text);
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
