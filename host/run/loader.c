// SPDX-License-Identifier: Apache-2.0
/* The loader: a thread that gives way to the others and does what takes time when a slot changes
 * hands: reloads and roll-backs that an operator asks for, restarts of what crashed, agents that
 * are added. The bars that such beginners warm up on. And the binaries that this host refuses. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "market/quarantine.h"
#include "run/host_impl.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/proc.h"

#define QUARANTINE_BYTES ((uint64_t)1 << 20)
#define CORE_NS          ((int64_t)10 * 1000000000)
#define DURABLE_NS       ((int64_t)1000000000) /* who asked waits so long for the disk */

/* --- quarantine: one line a binary, "hash slot time reason" --- */

static void hex_of(const unsigned char hash[HASH_SIZE], char text[2 * HASH_SIZE + 1])
{
    for (int i = 0; i < HASH_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", hash[i]);
}

// As file_write_atomic, through the ports of a simulation.
static int write_to_disk(const struct disk *disk, const char *name, const char *text, size_t n)
{
    int file = disk->open(disk->ctx, "quarantine.new", n + 1);
    int rc = file < 0 ? file : disk->write(disk->ctx, file, 0, text, n);

    if (rc >= 0)
        rc = disk->truncate(disk->ctx, file, n);
    if (rc >= 0)
        rc = disk->sync(disk->ctx, file);
    if (file >= 0)
        disk->close(disk->ctx, file);
    if (rc >= 0)
        rc = disk->rename(disk->ctx, "quarantine.new", name);
    return rc < 0 ? rc : disk->sync_dir(disk->ctx);
}

static int read_from_disk(const struct disk *disk, const char *name, char **bytes)
{
    int file = disk->open(disk->ctx, name, 0);
    int64_t n = file < 0 ? file : disk->size(disk->ctx, file);

    if (n >= 0) {
        *bytes = calloc(1, (size_t)n + 1);
        n = *bytes == NULL ? AGON_ENOMEM : disk->read(disk->ctx, file, 0, *bytes, (uint64_t)n);
    }
    if (file >= 0)
        disk->close(disk->ctx, file);
    return n < 0 ? (int)n : AGON_OK;
}

static int write_quarantine(struct host *host, struct error *err)
{
    char path[PATH_MAX];
    char *text = malloc(QUARANTINE_BYTES);
    size_t n = 0;
    int rc;

    if (text == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the quarantine");
    for (uint32_t i = 0; i < host->n_quarantined; i++) {
        const struct host_quarantined *one = &host->quarantined[i];

        n += (size_t)snprintf(text + n, QUARANTINE_BYTES - n, "%s %s %lld %s\n", one->hash,
                              one->slot, (long long)one->t, one->why);
    }
    if (host->config.ports != NULL) {
        rc = write_to_disk(host->disk, "quarantine", text, n);
        if (rc < 0)
            error_set(err, rc, "the quarantine: %s", error_name(rc));
    } else {
        rc = rundir_join(&host->rundir, "quarantine", path, sizeof(path));
        if (rc >= 0)
            rc = file_write_atomic(path, text, n, 0600, err);
    }
    free(text);
    return rc;
}

int host_quarantine_open(struct host *host, struct error *err)
{
    char path[PATH_MAX];
    char *bytes = NULL;
    uint64_t n;
    int rc;

    if (host->config.ports != NULL) {
        snprintf(path, sizeof(path), "quarantine");
        rc = read_from_disk(host->disk, path, &bytes);
    } else {
        rc = rundir_join(&host->rundir, "quarantine", path, sizeof(path));
        if (rc >= 0)
            rc = file_read(path, QUARANTINE_BYTES, &bytes, &n, err);
    }
    if (rc == AGON_ENOENT)
        return AGON_OK;
    if (rc < 0)
        return rc;
    for (char *save = NULL, *line = strtok_r(bytes, "\n", &save);
         line != NULL && host->n_quarantined < HOST_QUARANTINE_MAX;
         line = strtok_r(NULL, "\n", &save)) {
        struct host_quarantined *one = &host->quarantined[host->n_quarantined];
        long long t = 0;

        memset(one, 0, sizeof(*one));
        if (sscanf(line, "%64s %31s %lld %159[^\n]", one->hash, one->slot, &t, one->why) < 3 ||
            strlen(one->hash) != 2 * HASH_SIZE) {
            free(bytes);
            return error_set(
                err, AGON_ECORRUPT,
                "%s: line %u is not one that this host wrote; correct it or remove the file", path,
                host->n_quarantined + 1);
        }
        one->t = t;
        host->n_quarantined++;
    }
    free(bytes);
    return AGON_OK;
}

// The lock is held, or it is the loader who asks.
static int find_quarantined(const struct host *host, const char *hash)
{
    for (uint32_t i = 0; i < host->n_quarantined; i++) {
        if (strncmp(host->quarantined[i].hash, hash, strlen(hash)) == 0)
            return (int)i;
    }
    return -1;
}

static void quarantine(struct host *host, const struct host_quarantined *one);

int host_is_refused(void *ctx, const unsigned char hash[HASH_SIZE], struct error *err)
{
    struct host *host = ctx;
    char text[2 * HASH_SIZE + 1];
    int at;
    int rc = AGON_OK;

    hex_of(hash, text);
    if (host_has_hung(host, hash)) {
        struct host_quarantined one = {.slot = "-", .t = engine_t(host->engine)};

        memcpy(one.hash, text, sizeof(one.hash));
        snprintf(one.why, sizeof(one.why), "hung the host: the keeper ended it");
        quarantine(host, &one);
    }
    lock_take(&host->loader_lock);
    at = find_quarantined(host, text);
    if (at >= 0)
        rc = error_set(
            err, AGON_EPERM,
            "this binary (%.16s) is quarantined on this host: slot %s %s. Clear it to run "
            "it again",
            text, host->quarantined[at].slot, host->quarantined[at].why);
    lock_give(&host->loader_lock);
    return rc;
}

// Written with the lock given back: the core takes it, and a disk takes its time. Only the loader
// changes the list.
static void quarantine(struct host *host, const struct host_quarantined *one)
{
    struct error err = {0};
    int is_new;

    lock_take(&host->loader_lock);
    is_new = find_quarantined(host, one->hash) < 0;
    if (is_new) {
        // At the limit the oldest goes.
        if (host->n_quarantined == HOST_QUARANTINE_MAX)
            memmove(&host->quarantined[0], &host->quarantined[1],
                    --host->n_quarantined * sizeof(host->quarantined[0]));
        host->quarantined[host->n_quarantined++] = *one;
    }
    lock_give(&host->loader_lock);
    if (is_new && write_quarantine(host, &err) < 0)
        log_error("host", "quarantine", "the quarantine could not be written: %s", err.text);
    log_error_with(
        "host", "quarantine",
        LOG_FIELDS(LOG_TEXT("agent", one->slot), LOG_TEXT("plugin", one->hash)),
        "slot %s: %s: its binary %.16s is refused on this host from now on; " QUARANTINE_NEXT,
        one->slot, one->why, one->hash);
}

uint32_t host_quarantine_list(struct host *host, struct host_quarantined *list, uint32_t max)
{
    uint32_t n;

    lock_take(&host->loader_lock);
    n = host->n_quarantined;
    memcpy(list, host->quarantined, (n < max ? n : max) * sizeof(*list));
    lock_give(&host->loader_lock);
    return n;
}

static uint64_t hash8_of(const char *hex)
{
    uint64_t hash8 = 0;

    for (int i = 7; i >= 0; i--) {
        unsigned byte = 0;

        (void)sscanf(hex + 2 * i, "%2x", &byte);
        hash8 = hash8 << 8 | byte;
    }
    return hash8;
}

static void take_out(struct host *host, uint32_t at)
{
    lock_take(&host->loader_lock);
    memmove(&host->quarantined[at], &host->quarantined[at + 1],
            (--host->n_quarantined - at) * sizeof(host->quarantined[0]));
    lock_give(&host->loader_lock);
}

static void put_back(struct host *host, uint32_t at, const struct host_quarantined *one)
{
    lock_take(&host->loader_lock);
    memmove(&host->quarantined[at + 1], &host->quarantined[at],
            (host->n_quarantined++ - at) * sizeof(host->quarantined[0]));
    host->quarantined[at] = *one;
    lock_give(&host->loader_lock);
}

/* Who has the name that the file was refused for; UINT16_MAX: nobody any more. */
static uint16_t slot_called(const struct host *host, const char *name)
{
    for (uint16_t id = 0; id < host->config.n_slots; id++) {
        if (host_has_agent(host, id) && strcmp(host->config.slots[id].record.name, name) == 0)
            return id;
    }
    return UINT16_MAX;
}

// What cannot be told the journal is not done, and neither is what the disk does not take.
static int do_clear(struct host *host, const char *hash, const char *reason, uint64_t *number,
                    struct error *err)
{
    struct record_quarantine *note;
    struct host_quarantined one;
    int at = find_quarantined(host, hash);
    int rc;

    if (at < 0)
        return error_set(err, AGON_ENOENT, "no binary %.64s is quarantined here", hash);
    note = ring_claim(&host->notes);
    if (note == NULL)
        return error_set(err, AGON_EAGAIN, "the host is busy; try again");
    one = host->quarantined[at];
    take_out(host, (uint32_t)at);
    rc = write_quarantine(host, err);
    if (rc < 0) {
        put_back(host, (uint32_t)at, &one);
        return rc;
    }
    *note = (struct record_quarantine){.hdr = {.type = EVENT_QUARANTINE, .granules = 3},
                                       .generation_hash = hash8_of(one.hash),
                                       .slot = slot_called(host, one.slot)};
    snprintf(note->text, sizeof(note->text), "%.143s", reason);
    *number = host->n_notes++;
    ring_publish(&host->notes);
    host_wake_core(host);
    return AGON_OK;
}

/* --- history --- */

/* The engine has a bar. Those of the start are what plugins warm up on: the gateway asks for
 * history first of all. */
void host_on_bar(void *ctx, const struct agon_bar *bar)
{
    struct host *host = ctx;
    struct agon_bar *slot;

    if (host->history == NULL)
        return; // out of the journal: this run asks the venue anew
    if (!host->has_joined) {
        history_add(host->history, bar);
        return;
    }
    slot = ring_claim(&host->bars);
    if (slot == NULL) {
        if (host->n_bars_lost++ == 0)
            log_warn("host", "history", "the loader takes no bars: who begins late misses some");
        return;
    }
    *slot = *bar;
    ring_publish(&host->bars);
}

static void take_bars(struct host *host)
{
    const struct agon_bar *bar;

    while ((bar = ring_peek(&host->bars)) != NULL) {
        history_add(host->history, bar);
        ring_release(&host->bars);
    }
}

void host_tell_history(void *ctx, uint64_t seq, struct crew_history *history)
{
    struct host *host = ctx;

    if (host->has_joined)
        take_bars(host);
    history_lengthen(host->history);
    memset(history, 0, sizeof(*history));
    free(host->told);
    host->told = malloc((history_count(host->history) + 1u) * sizeof(*host->told));
    if (host->told == NULL) {
        log_error("host", "history", "no memory for the history: who begins has none");
        return;
    }
    history->bars = host->told;
    history->n_bars = history_copy(host->history, seq, host->told);
}

/* --- the loader --- */

const char *host_without_slot(const char *text)
{
    const char *colon = strncmp(text, "slot ", 5) == 0 ? strstr(text, ": ") : NULL;

    return colon != NULL ? colon + 2 : text;
}

static void tell(struct host *host, uint16_t slot, uint32_t kind, const char *what, int rc,
                 const struct crew_report *report, const struct error *err)
{
    const char *name = host->config.slots[slot].record.name;
    const char *why = host_without_slot(err->text); // the line has it
    char code[17];

    snprintf(code, sizeof(code), "%016llx", (unsigned long long)__builtin_bswap64(report->hash));
    if (rc == AGON_ESTATE && atomic_load(&host->is_loader_stopping)) // that is planned
        log_info_with("host", what, LOG_FIELDS(LOG_TEXT("agent", name)), "slot %s: no %s: %s", name,
                      what, why);
    else if (rc < 0)
        log_error_with("host", what, LOG_FIELDS(LOG_TEXT("agent", name), LOG_NUMBER("code", rc)),
                       "slot %s: %s failed: %s", name, what, why);
    else
        // A restart follows a crash; the others are an operator's plan.
        log_write_with(
            NULL, kind == HOST_RESTART ? LOG_WARN : LOG_INFO, "host", what,
            LOG_FIELDS(LOG_TEXT("agent", name), LOG_NUMBER("generation", report->generation),
                       LOG_NUMBER("after", report->from), LOG_TEXT("plugin", code),
                       LOG_NUMBER("event", report->swap_seq),
                       LOG_NUMBER("state_bytes", report->n_state),
                       LOG_NUMBER("pause_ns", report->cut_ns + report->swap_ns),
                       LOG_NUMBER("total_ns", report->total_ns)),
            "slot %s: %s: generation %u (%s) is active from event %llu, with %llu bytes of "
            "state of event %llu; the core was held up for %lld + %lld us, all in all %lld ms",
            name, what, report->generation, code, (unsigned long long)report->swap_seq,
            (unsigned long long)report->n_state, (unsigned long long)report->cut_seq,
            (long long)(report->cut_ns / 1000), (long long)(report->swap_ns / 1000),
            (long long)(report->total_ns / 1000000));
}

static void keep(struct host *host, uint16_t slot, uint32_t kind, const struct crew_report *report)
{
    lock_take(&host->loader_lock);
    host->changeovers[host->n_changeovers++ % HOST_CHANGEOVERS_MAX] =
        (struct host_changeover){.t = report->t,
                                 .slot = slot,
                                 .kind = (uint8_t)kind,
                                 .from = report->from,
                                 .to = report->generation,
                                 .seq = report->swap_seq,
                                 .code = report->hash,
                                 .n_state = report->n_state,
                                 .cut_ns = report->cut_ns,
                                 .swap_ns = report->swap_ns,
                                 .total_ns = report->total_ns};
    lock_give(&host->loader_lock);
}

const char *host_changeover_name(uint8_t kind)
{
    static const char *const names[] = {"?", "reload", "rollback", "restart"};

    return names[kind <= HOST_RESTART ? kind : 0];
}

uint32_t host_changeovers(struct host *host, struct host_changeover list[HOST_CHANGEOVERS_MAX])
{
    uint32_t n;

    lock_take(&host->loader_lock);
    n = host->n_changeovers;
    memcpy(list, host->changeovers, sizeof(host->changeovers));
    lock_give(&host->loader_lock);
    return n;
}

static int visit_core(struct host *host, struct host_change *add, uint8_t kind, struct error *err)
{
    struct host_change change = {.kind = kind, .slot = add->slot};
    int rc = host_await_change(host, &change, CORE_NS);

    if (rc < 0 && err != NULL)
        *err = change.err;
    return rc;
}

static int seat(void *ctx, struct crew_slot *slot, struct error *err)
{
    struct host *host = ctx;

    (void)slot;
    host->job.is_seated = 1;
    return visit_core(host, host->job.change, ADD_SEAT, err);
}

/* The core steps what makes the slot and what lets it play; all else happens here. */
static int do_add(struct host *host, struct host_change *change, struct crew_report *report,
                  struct error *err)
{
    struct crew_slot *to = &host->config.slots[change->slot]; // nobody else looks at it yet
    int rc;

    *to = *change->to;
    if (to->checkpoint_ns == 0)
        to->checkpoint_ns = CHECKPOINT_NS;
    host->job.is_seated = 0;
    rc = crew_add(host->crew, to, seat, host, report, err);
    if (rc >= 0)
        rc = visit_core(host, change, ADD_PLAYS, err);
    // Nothing half added stays, however long the core has no time.
    while (rc < 0 && host->job.is_seated && !atomic_load(&host->is_loader_stopping) &&
           visit_core(host, change, ADD_EMPTY, NULL) == AGON_ETIME)
        ;
    return rc;
}

// seq: of the event by which a generation took over.
static int do_job(struct host *host, uint16_t slot, uint32_t kind, const char *path, uint64_t *seq,
                  struct error *err)
{
    static const char *const names[] = {"?", "reload", "rollback", "restart", "add"};
    struct crew_report report = {0};
    int rc;

    if (kind == LOADER_CLEAR)
        return do_clear(host, path, host->job.reason, seq, err);
    if (kind == LOADER_RELOAD)
        rc = crew_reload(host->crew, slot, path, &report, err);
    else if (kind == LOADER_ROLLBACK)
        rc = crew_rollback(host->crew, slot, &report, err);
    else if (kind == LOADER_ADD)
        rc = do_add(host, host->job.change, &report, err);
    else
        rc = crew_restart(host->crew, slot, &report, err);
    // That there is nothing to go back to is no news where nobody asked for it.
    if (kind != LOADER_ROLLBACK || rc != AGON_ENOENT)
        tell(host, slot, kind, names[kind], rc, &report, err);
    *seq = report.swap_seq;
    if (rc < 0 || kind == LOADER_ADD)
        return rc;
    keep(host, slot, kind, &report);
    return rc;
}

/* What the core has found: binaries to be refused, slots to be begun anew. */
static void do_crashed(struct host *host)
{
    struct slot_set crashed = slot_shared_take(&host->restarts);
    struct slot_set broken = slot_shared_take(&host->broken);
    struct error err = {0};
    uint64_t seq;

    for (uint16_t id = 0; id < SLOTS_MAX; id++) {
        int is_broken = slot_set_has(&broken, id);
        int is_crashed = slot_set_has(&crashed, id);

        if (is_broken)
            quarantine(host, &host->condemned[id]);
        if ((!is_crashed && !is_broken) || atomic_load(&host->is_loader_stopping))
            continue;
        // A binary that is refused from now on is not begun again; one before it that is still
        // warm, and is another, plays on.
        if (is_broken && do_job(host, id, LOADER_ROLLBACK, NULL, &seq, &err) < 0)
            continue;
        if (!is_crashed || do_job(host, id, LOADER_RESTART, NULL, &seq, &err) >= 0 ||
            atomic_load(&host->is_loader_stopping))
            continue;
        // Not to come back is one more crash. Its record names the slot; the words have 95 bytes.
        crew_put_why(host->stillborn_why[id], sizeof(host->stillborn_why[id]),
                     host_without_slot(err.text));
        slot_shared_add(&host->stillborn, id);
    }
}

void *host_loader_main(void *ctx)
{
    struct host *host = ctx;

    proc_batch();
    while (atomic_load(&host->is_loader_stopping) < 2) {
        uint32_t seen = atomic_load(&host->loader_wake);

        atomic_store(&host->is_loader_busy, 1);
        take_bars(host);
        if (!atomic_load(&host->is_loader_stopping))
            do_crashed(host);
        lock_take(&host->loader_lock);
        if (host->job.state == JOB_ASKED) {
            struct host_job *job = &host->job;

            lock_give(&host->loader_lock);
            memset(&job->err, 0, sizeof(job->err));
            job->rc = atomic_load(&host->is_loader_stopping)
                          ? error_set(&job->err, AGON_ESTATE, "the host is stopping")
                          : do_job(host, job->slot, job->kind,
                                   job->path[0] != '\0' ? job->path : NULL, &job->seq, &job->err);
            atomic_store(&job->state, JOB_DONE);
            futex_wake(&job->state, 1);
        } else {
            lock_give(&host->loader_lock);
        }
        atomic_store(&host->is_loader_busy, 0);
        futex_wake(&host->is_loader_busy, 1);
        futex_wait(&host->loader_wake, seen, 100000000);
    }
    return NULL;
}

void host_wake_loader(struct host *host)
{
    atomic_fetch_add(&host->loader_wake, 1);
    futex_wake(&host->loader_wake, 1);
}

struct asked {
    uint32_t kind; /* enum loader_job */
    uint16_t slot;
    const char *path, *reason;
    struct host_change *change;
    uint64_t *seq; /* of the event; NULL: nobody asks */
};

static int ask_for(struct host *host, const struct asked *asked, struct error *err)
{
    struct host_job *job = &host->job;
    int rc;

    if (!host->is_running)
        return error_set(err, AGON_ESTATE, "the host does not run");
    lock_take(&host->loader_lock);
    if (job->state != JOB_FREE) {
        lock_give(&host->loader_lock);
        return error_set(err, AGON_EBUSY, "a swap of another slot is under way; try again");
    }
    job->kind = asked->kind;
    job->slot = asked->slot;
    job->change = asked->change;
    job->reason = asked->reason;
    snprintf(job->path, sizeof(job->path), "%.511s", asked->path != NULL ? asked->path : "");
    atomic_store(&job->state, JOB_ASKED);
    lock_give(&host->loader_lock);
    host_wake_loader(host);
    while (atomic_load(&job->state) != JOB_DONE)
        futex_wait(&job->state, JOB_ASKED, 100000000);
    lock_take(&host->loader_lock);
    rc = job->rc;
    if (rc < 0 && err != NULL)
        *err = job->err;
    if (rc >= 0 && asked->seq != NULL)
        *asked->seq = job->seq;
    job->state = JOB_FREE;
    lock_give(&host->loader_lock);
    return rc;
}

static int ask(struct host *host, const char *slot, uint32_t kind, const char *path, uint64_t *seq,
               struct error *err)
{
    uint16_t id = 0;
    int rc;

    while (id < host->config.n_slots &&
           (!host_has_agent(host, id) || strcmp(host->config.slots[id].record.name, slot) != 0))
        id++;
    if (id == host->config.n_slots)
        return error_set(err, AGON_ENOENT, "no agent is called '%.31s'; `agents` lists them", slot);
    rc = ask_for(host, &(struct asked){.kind = kind, .slot = id, .path = path, .seq = seq}, err);
    if (rc < 0 || seq == NULL)
        return rc;
    return host_await_durable(host, *seq, clock_mono() + DURABLE_NS) ? AGON_OK : 1;
}

int host_add(struct host *host, struct host_change *change)
{
    return ask_for(host,
                   &(struct asked){.kind = LOADER_ADD, .slot = change->slot, .change = change},
                   &change->err);
}

int host_reload(struct host *host, const char *slot, const char *path, uint64_t *seq,
                struct error *err)
{
    return ask(host, slot, LOADER_RELOAD, path, seq, err);
}

int host_rollback(struct host *host, const char *slot, uint64_t *seq, struct error *err)
{
    return ask(host, slot, LOADER_ROLLBACK, NULL, seq, err);
}

/* --- [core] --- */

int host_crew_step(void *ctx, struct agon_event_hdr *event)
{
    struct host *host = ctx;

    event->t = host_now(host);
    return host_step(host, event);
}

/* The engine hears of a crash and says what becomes of the slot. AGON_EAGAIN: next turn. */
int host_tell_crash(struct host *host, uint16_t id)
{
    struct record_crash *crash = &host->crashes[id];
    const struct slot *slot = &engine_slots(host->engine)->all[id];
    struct host_quarantined *one = &host->condemned[id];
    struct record_quarantine note = {.hdr = {.type = EVENT_QUARANTINE, .granules = 3},
                                     .generation_hash = crash->generation_hash,
                                     .slot = id,
                                     .is_set = 1,
                                     .is_named = 1};
    char why[QUARANTINE_TEXT];
    const unsigned char *hash = crew_file_hash(host->crew, id);

    crash->orders = host->config.slots[id].record.on_crash;
    crash->hdr.t = host_now(host);
    if (!host->is_crash_told[id]) {
        if (host_step(host, &crash->hdr) == AGON_EAGAIN)
            return AGON_EAGAIN;
        host->is_crash_told[id] = 1;
    }
    if (slot->condition != CONDITION_QUARANTINED) {
        if (slot->condition == CONDITION_SUSPENDED && slot->condition_reason == REASON_SLOT_GONE &&
            hash != NULL)
            slot_shared_add(&host->restarts, id);
        host_wake_loader(host);
        return AGON_OK;
    }
    quarantine_put(note.text, slot->name, slot->n_crashes, crash->text);
    note.hdr.t = host_now(host);
    if (host_step(host, &note.hdr) == AGON_EAGAIN)
        return AGON_EAGAIN;
    if (hash == NULL)
        return AGON_OK;
    memset(one, 0, sizeof(*one));
    hex_of(hash, one->hash);
    memcpy(one->slot, slot->name, sizeof(one->slot));
    one->t = engine_t(host->engine);
    snprintf(why, sizeof(why), "crashed %u times, last: %.95s", slot->n_crashes, crash->text);
    utf8_escape(why, strlen(why), one->why, sizeof(one->why));
    slot_shared_add(&host->broken, id);
    host_wake_loader(host);
    return AGON_OK;
}

/* Slots that have changed hands: they play, and later CONFIG records must say so too. Taken in the
 * turn in which they changed: what they die of later is not forgotten with what the one before died
 * of. */
void host_take_revived(struct host *host)
{
    struct slot_set revived = crew_take_changed(host->crew);
    uint16_t id;

    while (slot_set_take(&revived, &id)) {
        const struct slot *slot = &engine_slots(host->engine)->all[id];
        struct record_slot *record = &host->config.slots[id].record;

        record->generation_hash = slot->generation_hash;
        record->subscription.event_mask = slot->subscription.event_mask;
        record->subscription.event_more = slot->subscription.event_more;
        record->subscription.bar_mask = slot->subscription.bar_mask;
        record->signals = slot->signals;
        host->failures[id][0] = '\0';
        slot_set_remove(&host->unfit, id);
    }
}

/* A restart that failed counts as a crash of its own. */
void host_take_stillborn(struct host *host)
{
    struct slot_set stillborn = slot_shared_take(&host->stillborn);
    uint16_t id;

    while (slot_set_take(&stillborn, &id)) {
        struct record_crash *crash = &host->crashes[id];

        memcpy(crash->text, host->stillborn_why[id], sizeof(crash->text));
        memcpy(host->failures[id], host->stillborn_why[id], sizeof(host->stillborn_why[id]));
        memcpy(host->last_failures[id], host->failures[id], sizeof(host->last_failures[id]));
        host->last_failures_t[id] = host_now(host);
        crash->kind = CRASH_FAILED;
        crash->signal = 0;
        crash->ip = crash->address = 0;
        host->is_crash[id] = 1;
        host->is_crash_told[id] = 0;
        slot_set_add(&host->gone, id);
    }
}

int host_drain_notes(struct host *host)
{
    struct record_quarantine *note;
    uint64_t done;
    int n = 0;

    while ((note = ring_peek(&host->notes)) != NULL) {
        struct record_quarantine copy = *note;

        copy.hdr.t = host_now(host);
        if (host_step(host, &copy.hdr) == AGON_EAGAIN)
            break;
        done = atomic_load_explicit(&host->n_notes_done, memory_order_relaxed);
        host->note_seqs[done % HOST_NOTES] = copy.hdr.seq;
        ring_release(&host->notes);
        atomic_store_explicit(&host->n_notes_done, done + 1, memory_order_release);
        n++;
    }
    return n;
}

int host_quarantine_clear(struct host *host, const char *hash, const char *reason, uint64_t *seq,
                          struct error *err)
{
    _Atomic uint32_t never = 0;
    uint64_t number = 0;
    int64_t until;
    int rc;

    if (hash == NULL || strlen(hash) < 8)
        return error_set(err, AGON_EINVAL,
                         "'%.16s' is too short; name the binary by at least 8 digits of its hash, "
                         "as `quarantine "
                         "ls` has it",
                         hash != NULL ? hash : "");
    if (reason == NULL || reason[0] == '\0' || !utf8_is_valid(reason, strlen(reason)))
        return error_set(err, AGON_EINVAL, "say why it may run again: the reason is kept");
    rc = ask_for(
        host, &(struct asked){.kind = LOADER_CLEAR, .path = hash, .reason = reason, .seq = &number},
        err);
    if (rc < 0)
        return rc;
    until = clock_mono() + DURABLE_NS;
    while (atomic_load_explicit(&host->n_notes_done, memory_order_acquire) <= number) {
        if (clock_mono() > until)
            return AGON_ETIME;
        futex_wait(&never, 0, 1000000);
    }
    *seq = host->note_seqs[number % HOST_NOTES];
    return host_await_durable(host, *seq, until) ? AGON_OK : 1;
}
