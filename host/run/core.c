// SPDX-License-Identifier: Apache-2.0
/* The core thread: sources in a fixed order, one step at a time. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/sandbox.h"
#include "base/utf8.h"
#include "roster/roster.h"
#include "run/host_impl.h"
#include "score/undone.h"
#include "sys/log.h"
#include "sys/memory.h"

#define LAST_MS       2000 /* so long may agents take for their last events at an end */
#define POLL_NS       ((int64_t)2 * 1000 * 1000)
#define VIEW_NS       ((int64_t)100 * 1000 * 1000)
#define JOIN_NS       ((int64_t)10 * 1000000000)
#define MINUTE_NS     ((agon_ns_t)60 * 1000000000)
#define WISHES_OF_ONE 1024 /* that one slot may have under way, and that one turn takes */

/* Engine time of a receive time: the market's, where the venue says that its market has one of its
 * own (time.c); else the same at speed 1, once somebody vouches for our clock. */
agon_ns_t host_market_time(struct host *host, agon_ns_t received)
{
    if (host->has_market_clock)
        return clock_market_at(&host->market, received);
    return host->config.speed_milli == 1000 && host->is_timed ? received : engine_t(host->engine);
}

agon_ns_t host_now(struct host *host)
{
    return host_market_time(host, clock_now());
}

// The plugin is gone: nothing more comes from it, and the engine is told as soon as it can be.
void host_fail_slot(struct host *host, uint16_t slot, const char *why)
{
    if (host->failures[slot][0] != '\0')
        return;
    snprintf(host->failures[slot], sizeof(host->failures[slot]), "%.159s",
             why[0] != '\0' ? why : "no reason given");
    memcpy(host->last_failures[slot], host->failures[slot], sizeof(host->last_failures[slot]));
    host->last_failures_t[slot] = host_now(host);
    log_error_with("host", "slot-ended",
                   LOG_FIELDS(LOG_TEXT("agent", engine_slots(host->engine)->all[slot].name)),
                   "slot %s: its plugin has ended (%s)", engine_slots(host->engine)->all[slot].name,
                   host->failures[slot]);
    slot_set_add(&host->gone, slot);
}

void host_lose_slot(struct host *host, uint16_t slot, const char *why)
{
    char text[160];

    snprintf(text, sizeof(text), "%.159s", why); // it goes with the plugin
    crew_bury(host->crew, slot, &host->crashes[slot]);
    if (host->crashes[slot].text[0] == '\0')
        (void)utf8_escape(text, strlen(text), host->crashes[slot].text,
                          sizeof(host->crashes[slot].text));
    host->is_crash[slot] = 1;
    host->is_crash_told[slot] = 0;
    host->failures[slot][0] = '\0';
    host_fail_slot(host, slot, text);
}

static void collect_slot(struct host *host, uint16_t id)
{
    const struct slot *slot = &engine_slots(host->engine)->all[id];

    // Nobody gets more than a share of the room: what a flooding agent has too much stays in its
    // ring, and it sees that full.
    while (host->n_free > 0 && host->n_due[id] < WISHES_OF_ONE) {
        struct heap_node node = {.order = host->order, .a = host->free[host->n_free - 1]};
        int rc = engine_take_wish(host->engine, id,
                                  (struct agon_event_hdr *)(void *)host->wishes[node.a].bytes);

        if (rc == AGON_EINVAL)
            continue;
        if (rc == AGON_ECORRUPT) {
            host_lose_slot(host, id, "it wrote something other than records into its ring");
            return;
        }
        if (rc <= 0)
            return;
        host->wishes[node.a].slot = id;
        host->n_free--;
        host->n_due[id]++;
        host->order++;
        node.t = engine_t(host->engine) + slot->intent_latency_ns;
        REQUIRE(heap_push(&host->due, &node) == AGON_OK);
    }
}

static void collect(struct host *host)
{
    struct slots *slots = engine_slots(host->engine);

    for (uint16_t id = 0; id < slots->n; id++)
        collect_slot(host, id);
}

// The markets' newest trades, for who looks.
static void keep_trade(struct host *host, const struct agon_trade *trade)
{
    struct host_view *draft = host->draft;

    draft->trades[draft->n_trades++ % HOST_VIEW_TRADES] =
        (struct host_view_trade){.t = trade->hdr.t,
                                 .px = trade->px,
                                 .qty = trade->qty,
                                 .instrument = trade->hdr.instrument,
                                 .side = trade->side};
    if (trade->hdr.instrument >= 1 && trade->hdr.instrument <= HOST_VIEW_TRADED) {
        int64_t minute = trade->hdr.t / MINUTE_NS;
        struct host_view_traded *of =
            &draft->traded[trade->hdr.instrument - 1][minute % HOST_VIEW_MINUTES];

        if (of->t != minute * MINUTE_NS)
            *of = (struct host_view_traded){.t = minute * MINUTE_NS};
        of->qty = num_add(of->qty, trade->qty);
    }
}

static void keep_bar(struct host *host, const struct agon_bar *bar)
{
    struct host_view *draft = host->draft;

    draft->bars[draft->n_bars++ % HOST_VIEW_BARS] =
        (struct host_view_bar){.t_open = bar->t_open,
                               .volume_qty = bar->volume_qty,
                               .instrument = bar->hdr.instrument,
                               .length_s = bar->length_s};
}

static inline int is_tick(const struct agon_event_hdr *event)
{
    return event->type == AGON_EVENT_TRADE || event->type == AGON_EVENT_QUOTE;
}

static void measure(struct host *host, const struct agon_event_hdr *event)
{
    int64_t end_ns = clock_mono();
    uint32_t n = 1;

    if (is_tick(event)) {
        n += host->n_unmeasured;
        host->n_unmeasured = 0;
    }
    hist_add_n(&host->draft->step_ns, end_ns - host->step_ns, n);
    if (host->batch_ns != 0)
        host->batch_ns = end_ns;
}

static void before(void *ctx, struct agon_event_hdr *event)
{
    struct host *host = ctx;

    // In a batch a step begins where the one before ended: a look at the clock takes as long as a
    // small step. Where more waits, one trade or quote in HOST_MEASURED stands for those before it.
    host->is_measured = (uint8_t)(host->batch_ns == 0 || !is_tick(event) || !host->is_behind ||
                                  host->n_unmeasured + 1 >= HOST_MEASURED);
    if (host->batch_ns == 0)
        host->step_ns = clock_mono();
    else if (host->is_measured && host->n_unmeasured > 0)
        host->step_ns = host->batch_ns = clock_mono();
    else
        host->step_ns = host->batch_ns;
    bus_stamp(host->bus.memory, engine_seq(host->engine) + 1, host->step_ns);
}

/* The view's tournament, as it is now: there is one once in minutes. */
static void keep_plan(struct host *host)
{
    lock_take(&host->plans_lock);
    host->plans.all[host->plans.n++ % HOST_PLANS_MAX] = host->draft->plan;
    lock_give(&host->plans_lock);
}

static int after(void *ctx, const struct agon_event_hdr *event, int rc)
{
    struct host *host = ctx;
    int is_fill = 0;

    host_meter(host, event);
    if (event->type == EVENT_REPORT) {
        is_fill = host_keep_fill(host, event);
        host->draft->n_rate_refused +=
            rc >= 0 && host_is_rate_refused((const struct record_report *)(const void *)event);
    }
    if (host->is_measured)
        measure(host, event);
    else
        host->n_unmeasured++;
    host_keep_ended(host, event, is_fill);
    if (event->type == AGON_EVENT_TRADE)
        keep_trade(host, (const struct agon_trade *)(const void *)event);
    else if (event->type == AGON_EVENT_BAR)
        keep_bar(host, (const struct agon_bar *)(const void *)event);
    else if (event->type == AGON_EVENT_COMMAND && rc >= 0) {
        if (plan_undo(&host->draft->plan, event, engine_undone_amt(host->engine)))
            keep_plan(host);
        host_keep_asked(host, event);
    }
    if (host->config.stepped != NULL)
        host->config.stepped(host->config.stepped_ctx, event);
    return AGON_OK;
}

// An event of its own can be offered again next turn; what has to follow one waits for the writer.
static int wait_for_writer(void *ctx, int is_bound)
{
    struct host *host = ctx;

    if (is_bound && atomic_load(&host->is_writer_idle))
        host_wake_writer(host);
    if (is_bound)
        futex_wait(&host->writer_wake, atomic_load(&host->writer_wake), 1000000);
    return is_bound;
}

static void planned(void *ctx, const union plan_event *event)
{
    struct host *host = ctx;
    const struct record_plan *plan = &event->plan;

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];

        if (line->verdict == PLAN_UNLOADED)
            slot_set_add(&host->demoted, line->slot);
    }
    log_info_with(
        "host", "tournament",
        LOG_FIELDS(LOG_NUMBER("tournament", plan->number), LOG_NUMBER("agents", plan->n_lines)),
        "tournament %u: capital of %u agents was planned", plan->number, plan->n_lines);
    host->draft->plan = *event;
    host->draft->n_plans = plan->number;
    keep_plan(host);
}

/* A snapshot is of the state that a MARK has just spoken of. */
static void marked(void *ctx)
{
    struct host *host = ctx;

    if (engine_seq(host->engine) < host->next_snapshot || atomic_load(&host->is_snap_full))
        return;
    host->snap_n = engine_save(host->engine, host->snap, host->snap_room);
    if (host->snap_n > host->snap_room)
        return;
    host->snap_seq = engine_seq(host->engine);
    host->next_snapshot = host->snap_seq + host->config.snapshot_every;
    atomic_store_explicit(&host->is_snap_full, 1, memory_order_release);
}

void host_drive(struct host *host)
{
    host->driver =
        (struct driver){.engine = host->engine,
                        .port = {.ctx = host,
                                 .alerted = host_send_alert,
                                 .before = before,
                                 .after = after,
                                 .wait = wait_for_writer,
                                 .planned = planned,
                                 .marked = marked},
                        .mark_every = host->config.mark_every,
                        .next_mark = engine_seq(host->engine) + host->config.mark_every,
                        // Late is late: a timer is told when it was due and when it came.
                        .is_late = 1};
    host->next_snapshot = engine_seq(host->engine) + host->config.snapshot_every;
}

int host_step(struct host *host, struct agon_event_hdr *event)
{
    int rc;

    if (host_tell_on(host) == AGON_EAGAIN)
        return AGON_EAGAIN;
    rc = driver_step(&host->driver, event);
    if (rc == AGON_ENOSPC && !host->is_state_told &&
        engine_save(host->engine, host->snap, 0) > host->snap_room) {
        host->is_state_told = 1;
        log_error(
            "host", "state",
            "the state has outgrown its room of %llu bytes: marks and snapshots have ended, the "
            "journal grows and starts take longer; stop trading with it and begin another "
            "run directory (instruments that were configured once stay in a state)",
            (unsigned long long)host->snap_room);
    }
    return rc == AGON_EAGAIN || rc == AGON_ECORRUPT ? rc : AGON_OK;
}

/* Once a turn, not once an event: a runner takes in order all that a batch brought, and a child is
 * woken once for it. */
static void advance(struct host *host)
{
    uint16_t failed;

    if (host->advanced_seq == engine_seq(host->engine))
        return;
    host->advanced_seq = engine_seq(host->engine);
    while (engine_advance_wanting(host->engine, &failed) < 0) {
        host_lose_slot(host, failed, crew_failure(host->crew, failed));
    }
}

static int command(struct host *host, struct record_command *what)
{
    what->hdr =
        (struct agon_event_hdr){.type = AGON_EVENT_COMMAND, .granules = 1, .t = host_now(host)};
    return host_step(host, &what->hdr);
}

static int tell_gone(struct host *host, uint16_t id)
{
    struct record_command suspend = {.kind = COMMAND_SLOT_CONDITION,
                                     .scope = SCOPE_SLOT,
                                     .id = id,
                                     .value = CONDITION_SUSPENDED,
                                     .reason = REASON_SLOT_GONE};
    struct record_command orders = {
        .kind = COMMAND_CANCEL_ALL, .scope = SCOPE_SLOT, .id = id, .reason = REASON_SLOT_GONE};
    uint8_t on_crash = host->config.slots[id].record.on_crash;

    if (host->is_crash[id]) {
        if (host_tell_crash(host, id) == AGON_EAGAIN)
            return AGON_EAGAIN;
        host->is_crash[id] = 0;
        return AGON_OK;
    }
    // One whose plugin could not be loaded was suspended at the start, unless an operator had.
    if ((!slot_set_has(&host->unfit, id) ||
         engine_slots(host->engine)->all[id].condition == CONDITION_ACTIVE) &&
        command(host, &suspend) == AGON_EAGAIN)
        return AGON_EAGAIN;
    if (on_crash == CRASH_KEEP)
        return AGON_OK;
    if (on_crash == CRASH_FLATTEN)
        orders.kind = COMMAND_FLATTEN;
    return command(host, &orders) == AGON_EAGAIN ? AGON_EAGAIN : AGON_OK;
}

// The engine hears of one cause. AGON_EAGAIN: later.
static int tell_halt(struct host *host, enum halt_cause cause)
{
    uint32_t bit = (uint32_t)1 << cause;
    int is_halted = (host->halts & bit) != 0;
    struct record_command_by by = {.command = {.kind = is_halted ? COMMAND_HALT : COMMAND_RESUME,
                                               .scope = SCOPE_GLOBAL,
                                               .which = (uint8_t)cause,
                                               .reason = cause == HALT_JOURNAL ? REASON_DISK
                                                         : cause == HALT_CLOCK ? REASON_CLOCK
                                                                               : REASON_OPERATOR},
                                   .who = "host"};

    if (((host->halts ^ host->told_halts) & bit) == 0)
        return AGON_OK;
    snprintf(by.why, sizeof(by.why), "%s",
             cause == HALT_STOPPING ? "the host is about to end"
             : cause == HALT_CLOCK  ? "the time is unconfirmed"
                                    : journal_state_name(journal_state(&host->buffer)));
    by.command.hdr = (struct agon_event_hdr){
        .type = AGON_EVENT_COMMAND, .granules = sizeof(by) / EVENT_GRANULE, .t = host_now(host)};
    if (host_step(host, &by.command.hdr) == AGON_EAGAIN)
        return AGON_EAGAIN;
    host->told_halts ^= bit;
    return AGON_OK;
}

void host_tell(struct host *host)
{
    if (tell_halt(host, HALT_STOPPING) < 0 || tell_halt(host, HALT_JOURNAL) < 0 ||
        tell_halt(host, HALT_CLOCK) < 0)
        return;
    while (!slot_set_is_empty(&host->gone)) {
        uint16_t id = (uint16_t)slot_set_first(&host->gone);

        if (tell_gone(host, id) == AGON_EAGAIN)
            return;
        slot_set_remove(&host->gone, id);
    }
}

static void mind_journal(struct host *host)
{
    enum journal_state state = journal_state(&host->buffer);
    uint32_t before = host->halts;

    if (atomic_load_explicit(&host->is_closing, memory_order_acquire))
        host->halts |= HOST_HALT_STOPPING;
    if (state > JOURNAL_RUNNING)
        host->halts |= HOST_HALT_JOURNAL;
    else
        host->halts &= ~(uint32_t)HOST_HALT_JOURNAL;
    if ((host->halts ^ before) & HOST_HALT_JOURNAL) {
        if (state > JOURNAL_RUNNING)
            host_alert(host, ALERT_JOURNAL, ALERT_NO_SLOT, 0, 0, 0,
                       "the journal is %s: no new orders from now on, cancels pass",
                       journal_state_name(state));
        else
            log_warn("host", "journal-resume", "the journal runs again: orders are taken");
    }
    host_tell(host);
}

static void after_order(struct host *host)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < host->n_lines; i++)
        n += ring_used(&host->lines[i].to_venue);
    if (n == 0) {
        // What was stepped is to be on the disk soon also where no order waits for it.
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load(&host->is_writer_idle))
            host_wake_writer(host);
        return;
    }
    atomic_store(&host->is_holding, 1);
    host_wake_writer(host);
    host_wake_io(host);
}

static int drain_control(struct host *host)
{
    struct record_command_by *command;
    int n = 0;

    while ((command = ring_peek(&host->control)) != NULL) {
        struct record_command_by copy = *command;
        int was_so = engine_is_so(host->engine, &copy.command);
        uint64_t done = atomic_load_explicit(&host->n_commands_done, memory_order_relaxed);

        copy.command.hdr.t = host_now(host);
        if (host_step(host, &copy.command.hdr) == AGON_EAGAIN)
            break;
        ring_release(&host->control);
        host->command_results[done % COMMAND_RESULTS].seq = copy.command.hdr.seq;
        host->command_results[done % COMMAND_RESULTS].rc = host->driver.rc;
        host->command_results[done % COMMAND_RESULTS].was_so = (uint8_t)was_so;
        host_show(host); // who ordered it and looks sees it done
        atomic_store_explicit(&host->n_commands_done, done + 1, memory_order_release);
        n++;
    }
    return n + host_drain_notes(host);
}

static int drain_wishes(struct host *host)
{
    const struct heap_node *top;
    agon_ns_t t;
    int n = 0;

    advance(host);
    // What an instance began with stands before all that it wants.
    if (host_step_notes(host) == AGON_EAGAIN)
        return 0;
    // A host that ends takes no wishes any more, not even those that a halt would let pass.
    if ((host->halts & HOST_HALT_STOPPING) != 0)
        return 0;
    collect(host);
    t = host_now(host);
    while (n < WISHES_OF_ONE && (top = heap_top(&host->due)) != NULL && top->t <= t) {
        struct heap_node node = *top;
        struct agon_event_hdr *wish = (struct agon_event_hdr *)(void *)host->wishes[node.a].bytes;

        wish->t = node.t;
        if (host_step(host, wish) == AGON_EAGAIN)
            break;
        heap_pop(&host->due, &node);
        host->n_due[host->wishes[node.a].slot]--;
        host->free[host->n_free++] = (uint32_t)node.a;
        n++;
    }
    return n;
}

static int drain_due(struct host *host)
{
    agon_ns_t t = host_now(host);
    int n = 0;

    while (n < HOST_BATCH && engine_next_due(host->engine) <= t &&
           host_tell_on(host) != AGON_EAGAIN && driver_due(&host->driver, t) != AGON_EAGAIN)
        n++;
    return n;
}

// Those that a tournament threw out go; the engine knows of it already.
static void leave_demoted(struct host *host)
{
    while (!slot_set_is_empty(&host->demoted)) {
        uint16_t id = (uint16_t)slot_set_first(&host->demoted);

        if (crew_try_leave(host->crew, id, AGON_END_DEMOTED) < 0)
            return; // it is changing hands: the next time
        slot_set_remove(&host->demoted, id);
        snprintf(host->failures[id], sizeof(host->failures[id]), "unloaded by a tournament");
        log_warn_with("host", "demoted",
                      LOG_FIELDS(LOG_TEXT("agent", engine_slots(host->engine)->all[id].name)),
                      "slot %s is under the gate of the tournament: unloaded",
                      engine_slots(host->engine)->all[id].name);
    }
}

static void look_after(struct host *host, int64_t mono)
{
    const char *why = "";
    uint16_t slot;

    leave_demoted(host);
    host_vacate(host);
    host_judge_meters(host);
    host_watch(host, mono);
    while (crew_poll(host->crew, mono, &slot, &why) == 1) {
        host_lose_slot(host, slot, why);
    }
    host_keep_time(host, mono);
}

static int is_market_ready(struct host *host)
{
    int is_ready;

    // Live, an order that leaves before the account was read would be refused by the gateway.
    lock_take(&host->io_lock);
    is_ready = (host->config.mode != RUN_LIVE || host->io_status.is_ready) &&
               host->io_status.n_warm >= host->config.n_instruments;
    lock_give(&host->io_lock);
    if (!is_ready)
        return 0;
    // It was read, and lies in the ring behind whatever came before: it is taken when that is
    // empty.
    for (uint32_t i = 0; i < host->n_lines; i++) {
        struct host_line *line = &host->lines[i];

        line->is_past_taken |= (uint8_t)!host_is_line_waiting(line);
        if (!line->is_past_taken)
            return 0;
    }
    for (agon_instrument_t id = 1; id <= host->config.n_instruments; id++) {
        // Of bars the quote is the book.
        if (engine_bars_ns(host->engine, id) != 0
                ? !host->is_quoted[id]
                : engine_book_state(host->engine, id) != BOOK_LIVE)
            return 0;
    }
    return 1;
}

/* Nobody is active for it: it is suspended, and its orders are dealt with as if its plugin had
 * crashed. Now, and not at the start, as nothing reaches the venue before. */
static void join_unfit(struct host *host, uint16_t id)
{
    slot_set_add(&host->unfit, id);
    slot_set_add(&host->gone, id);
    host_alert(host, ALERT_CRASH, id, 0, 0, 0, "%.31s is suspended: its plugin did not begin: %s",
               engine_slots(host->engine)->all[id].name, host_without_slot(host->failures[id]));
}

/* A slot for which nobody was loaded, until somebody is (agon ctl reload, which may have been). */
static void join_nobody(struct host *host, const struct crew_slot *slot)
{
    uint16_t id = slot->record.slot;

    if (crew_info(host->crew, id) != NULL)
        return;
    crew_stand(host->crew, slot);
    if (slot_set_has(&host->unfit, id))
        join_unfit(host, id);
}

/* Of tables for SLOTS_MAX slots, what is of those that there are is placed. */
static void spare_slots(const struct host *host)
{
    const uint32_t n = engine_slots(host->engine)->n;

    engine_spare(host->engine, memory_spare);
    crew_spare(host->crew, memory_spare);
    memory_spare(&host->config.slots[n], (SLOTS_MAX - n) * sizeof(host->config.slots[0]));
    host_spare_view(host, host->view);
    host_spare_view(host, host->draft);
}

/* ... and of those for INSTRUMENTS_MAX instruments. */
static void spare_instruments(struct host *host)
{
    const uint32_t n = engine_instruments(host->engine)->n_instruments + 1;

#define SPARE(array) memory_spare(&(array)[n], sizeof(array) - n * sizeof((array)[0]))
    SPARE(host->is_quoted);
    SPARE(host->bar_closed);
    SPARE(host->marked_ns);
#undef SPARE
    for (uint32_t i = 0; i < host->n_lines; i++) {
        if (host->lines[i].paper != NULL)
            paper_spare(host->lines[i].paper, memory_spare);
    }
}

/* ... and of those for HOST_VENUES_MAX venues. */
static void spare_venues(struct host *host)
{
    const uint32_t n = host->n_lines;

#define SPARE(array) memory_spare(&(array)[n], (HOST_VENUES_MAX - n) * sizeof((array)[0]))
    SPARE(host->config.venues);
    SPARE(host->lines);
    SPARE(host->watch.lines);
    SPARE(host->io_each);
    SPARE(host->io_times.of);
    SPARE(host->probes);
#undef SPARE
}

void host_spare_memory(struct host *host)
{
    spare_slots(host);
    spare_instruments(host);
    spare_venues(host);
}

/* Of more most is never used: an instrument has three books of 0.7 MB, a venue tables of 40. */
#define PLACED_INSTRUMENTS 64
#define PLACED_VENUES      16
static int is_placed(const struct host *host)
{
    return engine_instruments(host->engine)->n_instruments <= PLACED_INSTRUMENTS &&
           host->n_lines <= PLACED_VENUES;
}

/* No table that fills later costs a page then, and what the host takes is what it will take. */
void host_place_memory(const struct host *host)
{
    struct error err = {0};
    uint64_t bytes, left;

    if (host->config.ports != NULL)
        return; // a simulation's, of many hosts
    if (!is_placed(host)) {
        log_info("host", "memory",
                 "pages come as they are needed: of more than %d instruments or %d venues none are "
                 "placed ahead",
                 PLACED_INSTRUMENTS, PLACED_VENUES);
        return;
    }
    // A lap of the bus, as it is written and as agents of this process read it.
    if (memory_place(host->bus.memory, bus_bytes(host->bus.granules)) >= 0)
        (void)memory_show(host->bus.shown, bus_bytes(host->bus.granules));
    if (memory_settle(&bytes, &left, &err) < 0)
        log_info("host", "memory", "pages come as they are needed: %s", err.text);
    else
        log_info("host", "memory",
                 "%llu MiB of tables and rings are in place, %llu KiB of what is not configured or "
                 "hardly ever used are not",
                 (unsigned long long)(bytes >> 20), (unsigned long long)(left >> 10));
}

/* What the machine does not give of the sandbox, and what that means. */
static void tell_sandbox(const struct host *host)
{
    uint32_t missing = 0;

    for (uint32_t i = 0; i < host->config.n_slots; i++)
        missing |= SANDBOX_ALL & ~crew_layers(host->crew, host->config.slots[i].record.slot);
    for (unsigned i = 0; i < SANDBOX_LAYERS; i++) {
        if (missing >> i & 1)
            log_warn("agent", "sandbox", "without the layer %s: %s", sandbox_layer_name(i),
                     sandbox_layer_help(i));
    }
}

/* The agents begin when every book is live and the history is read, so that their first event finds
 * a market and what came before it is history; or after a while all the same, for a venue may be
 * away for long. */
static void join_agents(struct host *host, int64_t mono)
{
    struct crew_history history;

    if (!is_market_ready(host) && mono - host->started_ns < JOIN_NS)
        return;
    host_tell_history(host, UINT64_MAX, &history);
    for (uint32_t i = 0; i < host->config.n_slots; i++) {
        struct error err = {0};
        uint16_t id = host->config.slots[i].record.slot;

        if (!host_has_agent(host, i))
            continue;
        if (!slot_set_has(&host->refused, id) &&
            engine_slots(host->engine)->all[id].condition == CONDITION_RETIRED) {
            slot_set_add(&host->demoted, id); // of an earlier run
            continue;
        }
        if (slot_set_has(&host->refused, id) || slot_set_has(&host->unfit, id)) {
            join_nobody(host, &host->config.slots[i]);
            continue;
        }
        if (crew_join(host->crew, &host->config.slots[i], &history, &err) >= 0)
            continue;
        host_fail_slot(host, id, err.text);
        join_unfit(host, id);
    }
    host_place_memory(host);
    tell_sandbox(host);
    host->has_joined = 1; // from here on the history is the loader's
    log_info_with(
        "host", "agents",
        LOG_FIELDS(LOG_NUMBER("agents", host->config.n_slots), LOG_NUMBER("bars", history.n_bars)),
        "%u agents begin, with %u bars of history", host->config.n_slots, history.n_bars);
}

/* What the plugins counted as delivered must be what the engine counted: the proof that nobody
 * missed an event. They get a moment to take the last ones, all of them together: a process may be
 * kept from running for so long by others of the machine. */
static void compare_counts(struct host *host)
{
    const struct slots *slots = engine_slots(host->engine);
    _Atomic uint32_t never = 0;
    int left_ms = LAST_MS;

    advance(host);
    for (uint16_t id = 0; id < host->config.n_slots && host->has_joined; id++) {
        uint64_t counted = slots_nth(slots, id);

        if (!host_has_agent(host, id))
            continue;
        if (host->failures[id][0] != '\0' || crew_info(host->crew, id) == NULL)
            continue;
        for (; left_ms > 0 && crew_nth(host->crew, id) != counted; left_ms--)
            futex_wait(&never, 0, 1000000);
        host->draft->slots[id].n_sent = counted;
        host->draft->slots[id].n_seen = crew_nth(host->crew, id);
        host->draft->slots[id].is_counted = 1;
        if (crew_nth(host->crew, id) == counted)
            log_info_with(
                "host", "nth",
                LOG_FIELDS(LOG_TEXT("agent", slots->all[id].name), LOG_NUMBER("events", counted)),
                "slot %s: %llu events, all delivered", slots->all[id].name,
                (unsigned long long)counted);
        else
            log_error_with(
                "host", "nth-differs",
                LOG_FIELDS(LOG_TEXT("agent", slots->all[id].name), LOG_NUMBER("events", counted),
                           LOG_NUMBER("seen", crew_nth(host->crew, id))),
                "slot %s: %llu events, its plugin counts %llu", slots->all[id].name,
                (unsigned long long)counted, (unsigned long long)crew_nth(host->crew, id));
    }
}

void *host_core_main(void *ctx)
{
    struct host *host = ctx;
    int64_t shown_ns = 0;

    host_jobs_begin(host);
    while (!atomic_load_explicit(&host->is_stopping, memory_order_acquire)) {
        int64_t mono = clock_mono();
        int n;

        atomic_store_explicit(&host->n_turns, host_turns(host) + 1, memory_order_relaxed);
        // Not while it ends: then the keeper waits longer for its cancels.
        host_beat(host, atomic_load(&host->is_closing) ? BEAT_STOPPING : BEAT_RUNNING, mono);
        mind_journal(host);
        n = drain_control(host);
        host_drain_change(host);
        n += host_drain_venue(host);
        n += host_drain_paper(host);
        n += host_drain_jobs(host);
        n += drain_wishes(host);
        n += drain_due(host);
        n += host_drain_alerts(host);
        n += host_drain_cards(host);
        // Who hands a slot over wants everything heard that was wished up to here.
        if (crew_is_busy(host->crew)) {
            advance(host);
            collect(host);
        }
        crew_turn(host->crew, mono);
        host_take_revived(host);
        host_take_stillborn(host);
        if (n > 0)
            after_order(host);
        if (!host->has_joined)
            join_agents(host, mono);
        if (mono - host->polled_ns > POLL_NS) {
            look_after(host, mono);
            host->polled_ns = mono;
        }
        if (mono - shown_ns > VIEW_NS) {
            host_show(host);
            shown_ns = mono;
        }
        host_rest(host, n, mono);
    }
    host_drain_alerts(host); // why it ends, say
    // The loader must let go of what it holds before its slots end.
    atomic_store(&host->is_loader_stopping, 1);
    crew_close(host->crew);
    host_wake_loader(host);
    while (atomic_load(&host->is_loader_busy))
        futex_wait(&host->is_loader_busy, 1, 10000000);
    compare_counts(host);
    // Here and not later: a child dies with the thread that started it, before it could be asked to
    // stop.
    for (uint16_t i = 0; i < SLOTS_MAX; i++)
        crew_leave(host->crew, i, AGON_END_DONE);
    host_end_notes(host);
    host_jobs_end(host);
    return NULL;
}
