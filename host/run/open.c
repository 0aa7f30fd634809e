// SPDX-License-Identifier: Apache-2.0
/* open: a host's parts one after the other: directory, journal, engine and plugins, venues, loop,
 * writer. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/run_process.h"
#include "run/host_impl.h"
#include "run/restored.h"
#include "store/registry.h"
#include "sys/buildid.h"
#include "sys/entropy.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/memory.h"

#define FROM_VENUE   ((uint64_t)1 << 17) /* granules: 8 MiB */
#define FROM_ACCOUNT ((uint64_t)1 << 15) /* where another venue's feed is shared: reports alone */
#define CONNS        64u                 /* to venues, at a time: of all, and of each */
#define CONNS_OF     16u
#define FROM_CONTROL 256u
#define MARKS        ((uint64_t)100000)
#define SNAPSHOTS    ((uint64_t)1000000)
#define LOW_WATER    ((int64_t)1 << 30)
#define STATE_PLACED ((uint64_t)4 << 20) /* of each room for an encoded state */

static void on_plugin_log(void *ctx, uint16_t slot, uint32_t level, agon_ns_t t, const char *text)
{
    struct host *host = ctx;

    (void)t;
    host->meters[slot].n[METER_LOG]++;
    log_write_with(NULL,
                   level >= AGON_ERROR  ? LOG_ERROR
                   : level >= AGON_WARN ? LOG_WARN
                                        : LOG_INFO,
                   "agent", host->config.slots[slot].record.name,
                   LOG_FIELDS(LOG_TEXT("agent", host->config.slots[slot].record.name)), "%s: %s",
                   host->config.slots[slot].record.name, text);
}

/* The run directory of this machine, with a disk of its own for the journal. */
static int open_dir(struct host *host, struct error *err)
{
    int rc = rundir_open(&host->rundir, host->config.dir, err);

    if (rc >= 0)
        rc = rundir_join(&host->rundir, "plugins", host->plugin_dir, sizeof(host->plugin_dir));
    if (rc >= 0)
        rc = file_make_dir(host->plugin_dir, err);
    if (rc >= 0)
        rc = restored_read(host->config.dir, &host->restored_number, err);
    if (rc >= 0)
        rc = host_claim_keys(host, err); // before anything is written
    if (rc >= 0)
        rc = host_beat_open(host, err);
    if (rc >= 0)
        rc = rundir_join(&host->rundir, "journal", host->journal_dir, sizeof(host->journal_dir));
    if (rc >= 0)
        rc = disk_posix_open(&host->posix, host->journal_dir, err);
    host->has_disk = rc >= 0;
    host->disk = &host->posix.port;
    return rc;
}

static int open_journal(struct host *host, struct journal_summary *summary, struct error *err)
{
    struct journal_reading reading = {0};
    int rc = host->config.ports == NULL ? open_dir(host, err) : host_beat_open(host, err);

    if (rc < 0)
        return rc;
    rc = host_quarantine_open(host, err);
    if (rc >= 0)
        rc = journal_recover(host->disk, &reading, summary, err);
    if (rc < 0)
        return rc;
    if (summary->torn[0] != '\0')
        log_warn("journal", "torn", "%s: the torn end was removed", summary->torn);
    rc = journal_buffer_init(&host->buffer, JOURNAL_BUFFER_BYTES, summary->end.next_seq);
    if (rc < 0)
        return error_set(err, rc, "no memory for the journal's buffer");
    host->has_buffer = 1;
    host->seq_of_run = summary->end.next_seq;
    return AGON_OK;
}

static void on_journal_state(void *ctx, enum journal_state state, const char *text)
{
    (void)ctx;
    log_write_with(NULL, state > JOURNAL_RUNNING ? LOG_ERROR : LOG_WARN, "journal",
                   journal_state_name(state),
                   LOG_FIELDS(LOG_TEXT("state", journal_state_name(state))), "%s", text);
}

static int open_writer(struct host *host, const struct journal_summary *summary, struct error *err)
{
    struct journal_config config = {
        .is_async = host->config.is_async,
        .run = host_next_run(host, summary->end.last_run),
        .low_water_bytes = (uint64_t)host->config.low_water_bytes,
        .segment_bytes[JOURNAL_MARKET] = host->config.market_segment_bytes,
        .free_bytes = host->has_disk ? disk_posix_free : NULL,
        .free_ctx = &host->posix,
        .on_state = on_journal_state,
    };
    unsigned char build[BUILD_ID_MAX] = {0};
    int64_t total = 0;

    if (host->has_disk && config.low_water_bytes == 0 && disk_posix_free(&host->posix, &total) >= 0)
        config.low_water_bytes = (uint64_t)(total / 20 < LOW_WATER ? total / 20 : LOW_WATER);
    entropy_bytes(config.id, sizeof(config.id));
    (void)buildid_own(build);
    memcpy(config.build, build, sizeof(config.build));
    host->writer = journal_writer_new(host->disk, &host->buffer, &config, &summary->end, err);
    return host->writer != NULL ? AGON_OK : err != NULL && err->code < 0 ? err->code : AGON_EIO;
}

static int open_loop(struct host *host, struct error *err)
{
    if (host->config.ports != NULL)
        return AGON_OK;
    if (uv_loop_init(&host->loop) != 0)
        return error_set(err, AGON_EIO, "libuv could not make a loop");
    uv_async_init(&host->loop, &host->io_async, host_on_io_wake);
    host->io_async.data = host;
    uv_prepare_init(&host->loop, &host->io_prepare);
    host->io_prepare.data = host;
    return stream_uv_new(&host->stream, &host->loop, CONNS + CONNS_OF * host->n_lines, err);
}

static int open_gateway(struct host *host, uint32_t at, struct error *err)
{
    struct gateway_instrument *instruments;
    struct host_line *line = &host->lines[at];
    const struct venue_config *venue = &host->config.venues[at];
    struct gateway_asset assets[ASSETS_MAX];
    const struct instruments *table = engine_instruments(host->engine);
    struct gateway_ports ports = {
        .stream =
            host->config.ports != NULL ? host->config.ports->stream : stream_uv_port(host->stream),
        .out = &line->from_venue_in,
        .commands = host->config.mode == RUN_LIVE ? &line->to_venue : NULL,
        .ids = engine_order_ids(host->engine),
        .claim = host_claim_account,
        .ctx = host,
        .durable_seq = host_durable_seq,
        .takes = host_takes,
        .log = host_on_gateway_log,
    };
    const struct halt *halt = engine_halt(host->engine, SCOPE_VENUE, venue->venue);
    uint64_t granules = venue->feed[0] != '\0' ? FROM_ACCOUNT : FROM_VENUE;
    uint64_t bytes = (evring_bytes(granules) + 127) & ~(uint64_t)127;
    uint32_t n_assets = 0;
    uint32_t n = 0;
    int rc;

    host->config.venues[at].is_key_halted = halt != NULL && halt->reason == REASON_KEY_RIGHTS;

    line->from_venue_memory = aligned_alloc(128, bytes);
    if (line->from_venue_memory == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the rings to the venue");
    memset(line->from_venue_memory, 0, bytes);
    evring_format(line->from_venue_memory, granules);
    evring_attach(&line->from_venue_in, line->from_venue_memory, granules);
    evring_attach(&line->from_venue_out, line->from_venue_memory, granules);
    for (agon_asset_t id = 1; id <= table->n_assets; id++) {
        const struct asset *asset = instruments_asset(table, id);

        memcpy(assets[n_assets].name, asset->name, sizeof(assets[n_assets].name));
        assets[n_assets].asset = id;
        assets[n_assets++].exp = asset->exp;
    }
    instruments = calloc((size_t)table->n_instruments + 1, sizeof(*instruments));
    if (instruments == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the instruments of %s", venue->name);
    for (agon_instrument_t id = 1; id <= table->n_instruments; id++) {
        const struct agon_instrument *instrument = instruments_get(table, id);

        if (instrument->venue != venue->venue)
            continue;
        instruments[n] =
            (struct gateway_instrument){.instrument = *instrument, .bar_s = host_bars_of(host, id)};
        instruments[n].is_read =
            (uint8_t)engine_fills_read(host->engine, id, &instruments[n].last_fill);
        n++;
    }
    rc = host_copies_open(host, at, err);
    if (rc >= 0)
        rc = gateway_new(&line->gateway, venue, &ports, assets, n_assets, instruments, n, err);
    free(instruments);
    return rc;
}

/* The rooms for an encoded state are wide: with as many orders as the engine can hold, the first
 * few MiB are used. */
static void spare_state(void *room, uint64_t bytes)
{
    if (room != NULL && bytes > STATE_PLACED)
        memory_spare((unsigned char *)room + STATE_PLACED, bytes - STATE_PLACED);
}

/* By control groups too, where the service manager has delegated some: rlimits hold in any case. */
static void limit_children(const struct host *host)
{
    static struct cgroup group;
    struct error err = {0};
    char held[64] = "";

    if (host->config.ports != NULL)
        return; // a simulation's host has no children
    if (cgroup_open(&group, &err) >= 0 && group.has == 0)
        error_set(&err, AGON_ENOENT, "%s is delegated without memory, pids and cpu", group.dir);
    if (err.code != 0) {
        log_info("host", "cgroup", "plugins' limits are rlimits and meters: %s", err.text);
        return;
    }
    for (unsigned i = 0; i < CGROUP_CONTROLS; i++)
        if (group.has >> i & 1)
            snprintf(held + strlen(held), sizeof(held) - strlen(held), " %s",
                     cgroup_control_name(i));
    log_info("host", "cgroup", "control groups below %s hold each plugin's%s", group.dir, held);
    run_process_limit_by(&group);
}

static void wake_core(void *ctx)
{
    host_wake_core(ctx);
}

int host_new_engine(struct host *host, struct error *err)
{
    const struct engine_config config = {.journal = &host->buffer,
                                         .alert = {.ctx = host, .alert = host_on_alert},
                                         .cards = {.ctx = host, .decided = host_on_card},
                                         .bars = {.ctx = host, .bar = host_on_bar},
                                         .bus_memory = host->bus.memory,
                                         .bus_granules = host->bus.granules,
                                         .state_bytes = host->snap_room};
    uint64_t state_room = 0;
    void *state;
    int rc;

    engine_free(host->engine);
    host->engine = NULL;
    rc = engine_new(&host->engine, &config, err);
    if (rc < 0)
        return rc;
    state = engine_state_room(host->engine, &state_room);
    spare_state(state, state_room);
    return AGON_OK;
}

static int open_engine(struct host *host, struct error *err)
{
    int rc = process_bus_new(&host->bus, (uint64_t)1 << 18, err);

    return rc < 0 ? rc : host_new_engine(host, err);
}

static int open_crew(struct host *host, struct error *err)
{
    struct crew_config crew = {.log = on_plugin_log,
                               .step = host_crew_step,
                               .is_refused = host_is_refused,
                               .called = host_called(host),
                               .history = host_tell_history,
                               .wake = wake_core,
                               .is_noted = 1,
                               .is_certified = 1,
                               .is_rehearsed = 1,
                               .ctx = host,
                               .files_max = host->config.files_max,
                               .resolve = registry_resolve,
                               .n_venues = host->n_lines};
    int rc;

    for (uint32_t i = 0; i < host->n_lines; i++) {
        host->venue_names[i].venue = host->config.venues[i].venue;
        snprintf(host->venue_names[i].name, sizeof(host->venue_names[i].name), "%.27s",
                 host->config.venues[i].name);
    }
    crew.engine = host->engine;
    if (host->config.ports != NULL) {
        crew.linked = host->config.ports->entry;
        crew.linked_ctx = host->config.ports->ctx;
        crew.is_rehearsed = 0; // there is no file that a child could load
    }
    limit_children(host);
    if (host->config.ports == NULL) // else plugins are linked in
        crew.keep = host_keep;
    crew.dir = host->plugin_dir;
    crew.bus = &host->bus;
    crew.venues = host->venue_names;
    rc = crew_new(&host->crew, &crew, err);
    if (rc < 0)
        return rc;
    host->wishes = aligned_alloc(64, HOST_WISHES * sizeof(*host->wishes));
    host->free = calloc(HOST_WISHES, sizeof(*host->free));
    if (host->wishes == NULL || host->free == NULL || heap_init(&host->due, HOST_WISHES) < 0)
        return error_set(err, AGON_ENOMEM, "no memory for agents' intents");
    for (uint32_t i = 0; i < HOST_WISHES; i++)
        host->free[i] = HOST_WISHES - 1 - i;
    host->n_free = HOST_WISHES;
    return AGON_OK;
}

static struct latency_model latency_of(int64_t median_ns, double sigma)
{
    return (struct latency_model){.kind = sigma > 0 ? LATENCY_LOG_NORMAL : LATENCY_CONSTANT,
                                  .median_ns = median_ns,
                                  .sigma = sigma};
}

/* Only now, when the past has been stepped again: the orders of earlier runs went out long ago. */
static int open_venue(struct host *host, uint32_t at, struct error *err)
{
    struct host_line *line = &host->lines[at];
    struct venue_port port = {.ctx = line, .send = host_send};
    struct paper_config paper = {.match = {.cancel_ahead_ppm = MATCH_CANCEL_AHEAD_PPM},
                                 .has_latency = 1,
                                 .account = host->config.venues[at].account,
                                 .is_behind_opens = 1,
                                 .first_fill = (uint64_t)(engine_run(host->engine) + 1) << 40};

    // Another run is another draw; the reports are in the journal.
    paper.latency.seed = hash_mix(host->config.seed + engine_run(host->engine) * 64 + at);
    paper.latency.legs[LATENCY_ENTRY] = latency_of(host->config.entry_ns, host->config.entry_sigma);
    paper.latency.legs[LATENCY_ACK] = latency_of(host->config.report_ns, host->config.report_sigma);
    if (ring_init(&line->to_venue, HOST_TO_VENUE, sizeof(struct order_cmd)) < 0)
        return error_set(err, AGON_ENOMEM, "no memory for the rings to the venue");
    if (host->config.mode == RUN_PAPER) {
        int rc = venue_windows_init(&line->windows, &host->config.venues[at], err);

        if (rc < 0)
            return rc;
        paper.windows =
            (struct paper_windows){.ctx = &line->windows,
                                   .take = venue_windows_take,
                                   .rank = venue_windows_rank,
                                   .hold_ns = host->config.venues[at].hold_ns,
                                   .cancel_hold_ns = host->config.venues[at].cancel_hold_ns};
        line->paper = paper_new(&paper, engine_instruments(host->engine));
        if (line->paper == NULL)
            return error_set(err, AGON_ENOMEM, "no memory for the paper venue");
        if (host->along == NULL)
            host->along = along_new(host->engine, &host->driver);
        if (host->along == NULL)
            return error_set(err, AGON_ENOMEM, "no memory for the paths inside bars");
        paper_set_along(line->paper, host->along);
        port = paper_port(line->paper);
    }
    engine_attach_venue(host->engine, host->config.venues[at].account, &port);
    return AGON_OK;
}

int host_open(struct host **out, const struct host_config *config, struct error *err)
{
    struct host *host = calloc(1, sizeof(*host));
    struct journal_summary summary = {0};
    int rc = AGON_ENOMEM;

    *out = NULL;
    if (host == NULL)
        return error_set(err, rc, "host: out of memory");
    memcpy(&host->config, config, offsetof(struct host_config, venues));
    memcpy(host->config.venues, config->venues,
           (config->n_venues > 0 ? config->n_venues : 1) * sizeof(config->venues[0]));
    if (config->ports != NULL)
        host->disk = config->ports->disk;
    host->n_lines = config->n_venues > 0 ? config->n_venues : 1;
    if (host->config.mark_every == 0)
        host->config.mark_every = MARKS;
    if (host->config.snapshot_every == 0)
        host->config.snapshot_every = SNAPSHOTS;
    // A snapshot is made behind a mark.
    if (host->config.mark_every > host->config.snapshot_every)
        host->config.mark_every = host->config.snapshot_every;
    host->rundir.dir_fd = -1;
    host->rundir.lock_fd = -1;
    host->view = calloc(1, sizeof(*host->view));
    host->draft = calloc(1, sizeof(*host->draft));
    host->snap_room = engine_state_bytes(config->n_instruments);
    host->snap = malloc(host->snap_room);
    spare_state(host->snap, host->snap_room);
    clock_begin();
    lock_init(&host->io_lock);
    lock_init(&host->view_lock);
    lock_init(&host->plans_lock);
    lock_init(&host->loader_lock);
    lock_init(&host->control_lock);
    host_claims_init(host);
    if (host->view == NULL || host->draft == NULL || host->snap == NULL) {
        error_set(err, rc, "host: out of memory");
        goto fail;
    }
    rc = host_alerts_open(host, err);
    if (rc >= 0)
        rc = host_cards_open(host, err);
    if (rc >= 0)
        rc = open_journal(host, &summary, err);
    if (rc >= 0)
        rc = open_engine(host, err);
    host->is_rebuilding = 1;
    if (rc >= 0 && summary.end.next_seq > 1)
        rc = host_rebuild(host, &summary, err);
    host->is_rebuilding = 0;
    if (rc >= 0)
        rc = open_crew(host, err);
    if (rc >= 0)
        rc = host_take_keeper_log(host, err);
    if (rc >= 0)
        rc = host_seat_agents(host, err);
    if (rc >= 0)
        rc = host_load_agents(host, err);
    if (rc >= 0 && (ring_init(&host->control, FROM_CONTROL, sizeof(struct record_command_by)) < 0 ||
                    ring_init(&host->notes, HOST_NOTES, sizeof(struct record_quarantine)) < 0 ||
                    ring_init(&host->bars, HOST_BARS, sizeof(struct agon_bar)) < 0))
        rc = error_set(err, AGON_ENOMEM, "no memory for commands");
    for (uint32_t i = 0; i < host->n_lines && rc >= 0; i++)
        rc = open_venue(host, i, err);
    if (rc >= 0)
        rc = open_loop(host, err);
    if (rc >= 0)
        rc = host_learn_time(host, err);
    if (rc >= 0)
        rc = open_writer(host, &summary, err);
    if (rc >= 0)
        rc = host_boot(host, engine_run(host->engine), err);
    for (uint32_t i = 0; i < host->n_lines && rc >= 0; i++)
        rc = open_gateway(host, i, err);
    if (rc < 0)
        goto fail;
    host_drive(host);
    host_show(host);
    host_spare_memory(host); // before anybody places any
    *out = host;
    return AGON_OK;
fail:
    host_free(host);
    return rc;
}
