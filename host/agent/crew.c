// SPDX-License-Identifier: Apache-2.0
#include "agent/crew_impl.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/certificate.h"
#include "agent/sandbox.h"
#include "base/zeroed.h"
#include "config/units.h"
#include "market/bars.h"
#include "sys/clock.h"
#include "sys/log.h"

int crew_new(struct crew **out, const struct crew_config *config, struct error *err)
{
    void *memory;
    struct crew *crew = zeroed_new(64, sizeof(*crew), &memory);
    uint64_t at;

    *out = crew;
    if (crew == NULL)
        return error_set(err, AGON_ENOMEM, "slots: out of memory");
    crew->memory = memory;
    crew->config = *config;
    sealed_init(&crew->sealed, config->files_max ? config->files_max : UINT64_MAX);
    crew->bus = engine_bus(config->engine, &crew->bus_granules, &at);
    if (config->is_noted && note_open(crew, err) < 0)
        return AGON_ENOMEM;
    return AGON_OK;
}

void crew_spare(struct crew *crew, zeroed_spare_fn *spare)
{
    const uint32_t n = crew->n_members;

    spare(&crew->members[n], (SLOTS_MAX - n) * sizeof(crew->members[0]));
}

/* --- one generation --- */

/* In a worker a crash is somebody's wherever it happens. */
static void in_worker(struct generation *generation, int is_in)
{
    const struct crew_config *config = &generation->crew->config;

    if (!config->is_worker || generation->runner != CREW_INPROC || config->called.who == NULL)
        return;
    if (is_in)
        called_enter(&config->called, generation->slot + 1u, generation->hash);
    else
        called_leave(&config->called);
}

static int describe(struct generation *generation, struct error *err)
{
    if (generation->info.index >= generation->plugin.entry->n_plugins)
        return error_set(err, AGON_ENOENT, "the file holds %u plugins, number %u is wanted",
                         generation->plugin.entry->n_plugins, generation->info.index);
    plugin_info_fill(&generation->info, generation->plugin.entry, generation->info.index);
    return AGON_OK;
}

static int load_inproc(struct generation *generation, struct error *err)
{
    struct elf_report report;
    int rc = AGON_OK;

    if (generation->crew->config.dir == NULL)
        return error_set(err, AGON_EPERM, "this host runs no plugin in its own process");
    if (generation->linked[0] == '\0')
        rc = plugin_open(&generation->plugin, &generation->file, err);
    if (rc < 0)
        return rc;
    if (plugin_file_check(&generation->file, &report, err) >= 0)
        memcpy(generation->build_id, report.build_id, sizeof(generation->build_id));
    return describe(generation, err);
}

/* Nothing of it runs yet. The descriptor of the copy is not needed any more. */
static int map_inproc(struct generation *generation, struct error *err)
{
    struct elf_report report;
    int rc = plugin_map(&generation->plugin, &generation->file, ELF_INPROC, err);

    if (rc >= 0 && plugin_file_check(&generation->file, &report, err) >= 0)
        memcpy(generation->build_id, report.build_id, sizeof(generation->build_id));
    (void)close(generation->file.fd);
    generation->file.fd = -1;
    return rc;
}

/* The sandbox stands: its constructors, and what it says of itself. */
static int begin_mapped(struct generation *generation, struct error *err)
{
    int rc;

    in_worker(generation, 1);
    rc = plugin_begin(&generation->plugin, err);
    if (rc >= 0)
        rc = describe(generation, err);
    in_worker(generation, 0);
    return rc;
}

static void on_log(void *ctx, uint32_t level, agon_ns_t t, const char *text)
{
    struct generation *generation = ctx;
    const struct crew_config *config = &generation->crew->config;

    if (config->log != NULL)
        config->log(config->ctx, generation->slot, level, t, text);
}

static struct run_process_config process_config(struct generation *generation,
                                                const struct crew_slot *spec)
{
    return (struct run_process_config){.file = &generation->file,
                                       .judged = &generation->note,
                                       .files = &generation->files,
                                       .plugin_index = spec->plugin_index,
                                       .bus = generation->crew->config.bus,
                                       .wait = (enum process_wait)spec->wait,
                                       .is_lock_step = generation->crew->config.is_lock_step,
                                       .hard_ns = spec->hard_ns,
                                       .arena_bytes = spec->arena_bytes,
                                       .threads = spec->threads,
                                       .n_leases = spec->n_leases,
                                       .layers_wanted = SANDBOX_ALL,
                                       .layers_required = spec->is_isolated ? sandbox_whole() : 0,
                                       .slot = generation->slot,
                                       .log = on_log,
                                       .ctx = generation};
}

/* The child that will play says what it is, and waits. */
static int start_process(struct generation *generation, const struct crew_slot *spec,
                         struct plugin_info *info, struct error *err)
{
    struct run_process_config config = process_config(generation, spec);
    int rc = run_process_open(&generation->waiting, &config, err);

    return rc < 0 ? rc : run_process_load(generation->waiting, &config, info, err);
}

static int load_process(struct generation *generation, const struct crew_slot *spec,
                        struct error *err)
{
    struct elf_report report;
    int rc;

    if (generation->crew->config.bus == NULL)
        return error_set(err, AGON_ENOTSUP, "this run has no bus that a process could read");
    rc = plugin_file_check(&generation->file, &report, err);
    // The child need not: nobody can change the file.
    if (rc >= 0)
        rc = plugin_file_judge(&report, ELF_PROCESS, err);
    if (rc < 0)
        return rc;
    memcpy(generation->build_id, report.build_id, sizeof(generation->build_id));
    generation->note = report.note;
    return start_process(generation, spec, &generation->info, err);
}

struct generation *generation_new(struct crew *crew, const struct crew_slot *spec,
                                  struct error *err)
{
    struct generation *generation = calloc(1, sizeof(*generation));

    if (generation == NULL) {
        error_set(err, AGON_ENOMEM, "no memory for a plugin");
        return NULL;
    }
    generation->crew = crew;
    generation->file.fd = -1;
    generation->slot = spec->record.slot;
    generation->runner = spec->record.runner == CREW_PROCESS ? CREW_PROCESS : CREW_INPROC;
    generation->info.index = spec->plugin_index;
    return generation;
}

static void set_hash(struct generation *generation)
{
    generation->hash = 0;
    for (int i = 0; i < 8; i++)
        generation->hash |= (uint64_t)generation->file.hash[i] << (8 * i);
}

// No file: the name is what tells one binary from another.
static int find_linked(struct generation *generation, const char *path, struct error *err)
{
    const struct crew_config *config = &generation->crew->config;
    struct hash hash;

    generation->runner = CREW_INPROC;
    generation->plugin.entry = config->linked(config->linked_ctx, path);
    if (generation->plugin.entry == NULL)
        return error_set(err, AGON_ENOENT, "no plugin %.63s is linked in", path);
    snprintf(generation->linked, sizeof(generation->linked), "%.63s", path);
    hash_init(&hash);
    hash_update(&hash, generation->linked, strlen(generation->linked));
    hash_final(&hash, generation->file.hash);
    return plugin_check(generation->plugin.entry, err);
}

static int find_file(struct generation *generation, const struct crew_slot *spec, const char *path,
                     struct error *err)
{
    const struct crew_config *config = &generation->crew->config;
    int is_process = generation->runner == CREW_PROCESS;

    if (config->linked != NULL)
        return find_linked(generation, path, err);
    return plugin_file_stage(&generation->file, path,
                             is_process || config->is_worker ? NULL : config->dir,
                             spec->record.slot, err);
}

static const struct crew_signal *bound_to(const struct crew_slot *spec, const char *input)
{
    for (uint32_t i = 0; i < spec->n_signals; i++) {
        if (strcmp(spec->signals[i].input, input) == 0)
            return &spec->signals[i];
    }
    return NULL;
}

uint8_t generation_bars(const struct generation *generation, const struct crew_slot *spec)
{
    return spec->has_bars ? spec->record.subscription.bar_mask
                          : plugin_info_bars(&generation->info, spec->params, spec->n_params);
}

/* Of the lengths that its parameters name its roster gives none: it would wait for candles that
 * never come. */
static int check_bars(const struct generation *generation, const struct crew_slot *spec,
                      struct error *err)
{
    const struct plugin_info *info = &generation->info;
    uint8_t named = plugin_info_bars(info, spec->params, spec->n_params);
    char text[48];

    if ((named & generation_bars(generation, spec)) != 0 ||
        (info->event_mask & AGON_ON(AGON_EVENT_BAR)) == 0)
        return AGON_OK;
    units_say_duration((int64_t)bars_length_s[__builtin_ctz(named)] * 1000000000, text,
                       sizeof(text));
    return error_set(err, AGON_EINVAL,
                     "a parameter names bars of %s, and the roster's `bars` has none: they would "
                     "never come; expected %s among `bars` of this agent, or no `bars`: then it is "
                     "given what its parameters name",
                     text, text);
}

/* What the plugin declares, as numbers, with what the roster says of its inputs. One that it does
 * not read is nobody's: another generation may. */
int generation_bind(struct generation *generation, const struct crew_slot *spec, struct error *err)
{
    const struct plugin_info *info = &generation->info;
    struct slot_signals *signals = &generation->signals;

    memset(signals, 0, sizeof(*signals));
    signals->n_keys = (uint16_t)info->n_publishes;
    signals->n_inputs = (uint16_t)info->n_reads;
    if ((info->event_mask & AGON_ON(AGON_EVENT_SIGNAL)) != 0 && info->n_reads == 0)
        on_log(generation, AGON_WARN, 0,
               "it asks for signals and declares no input: it hears none; expected names in its "
               "descriptor (reads)");
    for (uint32_t i = 0; i < info->n_publishes; i++)
        signals->keys[i] = slot_series(spec->record.name, info->publishes[i]);
    for (uint32_t i = 0; i < info->n_reads; i++) {
        const struct crew_signal *from = bound_to(spec, info->reads[i]);

        if (from == NULL && spec->line != 0)
            return error_set(err, AGON_ENOENT,
                             "the plugin reads a signal '%s', and the roster does not say whose; "
                             "expected `signals: {%s: AGENT.NAME}` of this agent, or `%s: none`",
                             info->reads[i], info->reads[i], info->reads[i]);
        if (from != NULL && from->agent[0] != '\0')
            signals->inputs[i] = (struct slot_input){.series = slot_series(from->agent, from->name),
                                                     .agent = slot_agent(from->agent)};
    }
    return check_bars(generation, spec, err);
}

/* The private copy of a file that had one needs none; it lies where others could have been. */
static int check_certificate(const struct generation *generation, const char *path,
                             struct error *err)
{
    if (!generation->crew->config.is_certified || generation->linked[0] != '\0')
        return AGON_OK;
    if (generation->of == NULL)
        return certificate_check(path, generation->file.hash, err);
    if (memcmp(generation->file.hash, generation->of->file.hash, HASH_SIZE) == 0)
        return AGON_OK;
    return error_set(err, AGON_EINVAL, "the copy that was loaded before has changed");
}

int generation_load(struct generation *generation, const struct crew_slot *spec, const char *path,
                    struct error *err)
{
    const struct crew_config *config = &generation->crew->config;
    int rc = find_file(generation, spec, path, err);

    if (rc < 0)
        return rc;
    set_hash(generation);
    rc = generation->of != NULL ? files_again(generation, generation->of, err)
                                : files_open(generation, spec, err);
    if (rc < 0)
        return rc;
    if (config->keep != NULL && generation->linked[0] == '\0')
        config->keep(config->ctx, CREW_KEPT_FILE, generation->file.hash, generation->file.fd, NULL,
                     generation->file.bytes);
    if (config->is_refused != NULL) {
        rc = config->is_refused(config->ctx, generation->file.hash, err);
        if (rc < 0)
            return rc;
    }
    if (generation->runner == CREW_PROCESS)
        return load_process(generation, spec, err);
    rc = check_certificate(generation, path, err);
    return rc < 0 ? rc : load_inproc(generation, err);
}

/* The same file once more, which was checked and described before. */
struct generation *generation_again(const struct generation *of, const struct crew_slot *spec,
                                    struct error *err)
{
    struct generation *generation = generation_new(of->crew, spec, err);
    int rc;

    if (generation == NULL)
        return NULL;
    if (of->runner == CREW_INPROC) {
        generation->of = of;
        rc = generation_load(generation, spec, of->linked[0] != '\0' ? of->linked : of->file.path,
                             err);
        generation->of = NULL;
    } else {
        generation->file = of->file;
        generation->file.fd = fcntl(of->file.fd, F_DUPFD_CLOEXEC, 3);
        generation->info = of->info;
        generation->note = of->note;
        generation->hash = of->hash;
        memcpy(generation->build_id, of->build_id, sizeof(generation->build_id));
        rc = of->crew->config.is_refused != NULL
                 ? of->crew->config.is_refused(of->crew->config.ctx, of->file.hash, err)
                 : AGON_OK;
        rc = rc < 0 ? rc
             : generation->file.fd < 0
                 ? error_set(err, AGON_EIO, "the plugin's copy cannot be held once more")
                 : files_again(generation, of, err);
    }
    generation->signals = of->signals;
    if (rc >= 0)
        return generation;
    generation_end(generation, AGON_END_HOST);
    return NULL;
}

static void on_gap(void *ctx, const struct agon_gap *gap)
{
    struct generation *generation = ctx;

    (void)gap;
    atomic_fetch_add(&generation->n_gaps, 1);
}

static int on_answer(void *ctx, uint32_t model, const float *x, uint32_t n_x, float *y,
                     uint32_t n_y)
{
    const struct generation *of = ctx;

    return of->crew->config.answer(of->crew->config.ctx, of->slot, model, x, n_x, y, n_y);
}

static struct run_inproc_config inproc_config(struct generation *generation)
{
    const struct crew_config *config = &generation->crew->config;
    const struct process_bus *bus = config->bus;

    return (struct run_inproc_config){.entry = generation->plugin.entry,
                                      .bus = generation->crew->bus,
                                      .shown = bus != NULL ? bus->shown : NULL,
                                      .bus_granules = generation->crew->bus_granules,
                                      .log = on_log,
                                      .called = config->called.who != NULL ? &config->called : NULL,
                                      .hash = generation->hash,
                                      .on_gap = on_gap,
                                      .on_lapse = note_lapse,
                                      .answer = generation->crew->config.answer != NULL ? on_answer
                                                                                        : NULL,
                                      // A worker has no host that says when a step began.
                                      .now = generation->crew->config.is_worker ? NULL : clock_mono,
                                      .ctx = generation};
}

int generation_open(struct generation *generation, const struct crew_slot *spec, struct error *err)
{
    struct run_inproc_config inproc;
    int rc = AGON_OK;

    if (generation->runner == CREW_INPROC) {
        inproc = inproc_config(generation);
        inproc.n_leases = spec->n_leases;
        return run_inproc_open(&generation->run, &inproc, err);
    }
    if (generation->waiting == NULL) // of a file that was described before
        rc = start_process(generation, spec, NULL, err);
    generation->process = generation->waiting;
    generation->waiting = NULL;
    return rc;
}

int generation_begin(struct generation *generation, const struct crew_slot *spec,
                     const struct setup *cut, struct error *err)
{
    struct setup setup = *cut;
    struct run_inproc_config inproc;
    struct run_process_config process;
    uint64_t n_bytes;
    void *bytes;
    int rc;

    setup.files = generation->files.all;
    setup.n_files = generation->files.n;
    bytes = setup_encode_dup(&setup, &n_bytes);
    if (bytes == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    if (generation->runner == CREW_INPROC) {
        inproc = inproc_config(generation);
        inproc.setup = bytes;
        inproc.setup_bytes = n_bytes;
        memcpy(inproc.files, generation->mapped, sizeof(inproc.files));
        in_worker(generation, 1);
        rc = run_inproc_begin(generation->run, &inproc, err);
        in_worker(generation, 0);
    } else {
        process = process_config(generation, spec);
        process.setup = bytes;
        process.setup_bytes = n_bytes;
        rc = run_process_begin(generation->process, &process, err);
    }
    free(bytes);
    generation->is_begun = rc >= 0;
    if (rc >= 0 && generation->crew->notes_memory != NULL)
        note_given(generation, spec, &setup);
    return rc;
}

void generation_end(struct generation *generation, uint32_t reason)
{
    if (generation == NULL)
        return;
    if (generation->run != NULL) {
        in_worker(generation, 1);
        if (generation->is_begun)
            run_inproc_stop(generation->run, reason);
        run_inproc_free(generation->run);
        in_worker(generation, 0);
    }
    if (generation->process != NULL) {
        if (generation->is_begun)
            run_process_stop(generation->process, reason);
        run_process_free(generation->process);
    }
    run_process_free(generation->waiting);
    if (plugin_close(&generation->plugin) == AGON_EBUSY)
        on_log(generation, AGON_WARN, 0,
               "its code stays in memory after it was unloaded: run it as a process");
    plugin_file_drop(&generation->file);
    files_leave(generation);
    free(generation->begin);
    free(generation);
}

const struct runner_port *generation_port(const struct generation *generation)
{
    return generation->run != NULL ? run_inproc_port(generation->run)
                                   : run_process_port(generation->process);
}

uint64_t generation_done(const struct generation *generation)
{
    if (generation->run != NULL)
        return feed_done_seq(run_inproc_feed(generation->run));
    return run_process_done(generation->process);
}

uint64_t generation_nth(const struct generation *generation)
{
    const struct runner_port *port = generation_port(generation);

    return port->nth(port->ctx);
}

/* --- members --- */

// What is wrong with a file itself names it already.
static void blame(struct error *err, const struct crew_slot *slot)
{
    if (strncmp(err->text, "plugin ", 7) == 0)
        error_wrap(err, "slot %s", slot->record.name);
    else
        error_wrap(err, "slot %s: plugin %s", slot->record.name, slot->plugin);
}

int crew_map(struct crew *crew, const struct crew_slot *slot, struct error *err)
{
    struct generation *generation;
    int rc;

    if (slot->record.slot >= SLOTS_MAX)
        return error_set(err, AGON_ERANGE, "slot %u: at most %d slots", slot->record.slot,
                         SLOTS_MAX);
    if (slot->record.runner != CREW_INPROC)
        return AGON_OK;
    generation = generation_new(crew, slot, err);
    if (generation == NULL)
        return AGON_ENOMEM;
    rc = find_file(generation, slot, slot->plugin, err);
    if (rc >= 0) {
        set_hash(generation);
        rc = files_open(generation, slot, err);
    }
    if (rc >= 0)
        rc = map_inproc(generation, err);
    if (rc < 0) {
        generation_end(generation, AGON_END_HOST);
        blame(err, slot);
        return rc;
    }
    member_seat(crew, slot->record.slot)->mapped = generation;
    return AGON_OK;
}

uint64_t crew_offset(const struct crew *crew, uint16_t slot, uint64_t address)
{
    const struct member *member = &crew->members[slot];
    const struct generation *of = member->active != NULL ? member->active : member->mapped;

    return of != NULL ? image_offset(&of->plugin.image, address) : UINT64_MAX;
}

int crew_load(struct crew *crew, struct crew_slot *slot, struct error *err)
{
    struct generation *generation;
    struct member *member;
    int rc;

    if (slot->record.slot >= SLOTS_MAX)
        return error_set(err, AGON_ERANGE, "slot %u: at most %d slots", slot->record.slot,
                         SLOTS_MAX);
    member = member_seat(crew, slot->record.slot);
    if (member->active != NULL)
        return error_set(err, AGON_ESTATE, "slot %s has a plugin already", slot->record.name);
    member->spec = *slot;
    generation = member->mapped != NULL ? member->mapped : generation_new(crew, slot, err);
    if (generation == NULL)
        return AGON_ENOMEM;
    rc = member->mapped != NULL ? begin_mapped(generation, err)
                                : generation_load(generation, slot, slot->plugin, err);
    if (rc >= 0)
        rc = generation_bind(generation, slot, err);
    member->mapped = NULL;
    if (rc < 0) {
        generation_end(generation, AGON_END_HOST);
        blame(err, slot);
        return rc;
    }
    member->active = generation;
    slot->record.subscription.event_mask = generation->info.event_mask;
    slot->record.subscription.event_more = generation->info.event_more;
    slot->record.subscription.bar_mask = generation_bars(generation, slot);
    slot->record.signals = generation->signals;
    slot->record.agent_kind = (uint8_t)generation->info.kind;
    slot->record.generation_hash = generation->hash;
    return AGON_OK;
}

void member_cut(struct crew *crew, struct member *member, struct cut *cut)
{
    const struct crew_slot *spec = &member->spec;
    const struct cut_given given = {.record = &spec->record,
                                    .params = spec->params,
                                    .n_params = spec->n_params,
                                    .venues = crew->config.venues,
                                    .n_venues = crew->config.n_venues,
                                    .plugin_index = spec->plugin_index,
                                    .arena_max = spec->arena_bytes};

    cut_collect(crew->config.engine, &given, cut);
}

void crew_stand(struct crew *crew, const struct crew_slot *spec)
{
    struct member *member = member_seat(crew, spec->record.slot);

    member->spec = *spec;
    member->source = spec;
    if (spec->record.slot >= crew->n_members)
        crew->n_members = spec->record.slot + 1u;
}

int crew_join(struct crew *crew, const struct crew_slot *spec, const struct crew_history *history,
              struct error *err)
{
    struct engine *engine = crew->config.engine;
    struct slot *slot = slots_get(engine_slots(engine), spec->record.slot);
    struct member *member = &crew->members[spec->record.slot];
    struct cut *cut;
    int rc;

    if (slot == NULL || member->active == NULL || member->active->is_begun)
        return error_set(err, AGON_ESTATE, "slot %s is not ready for its plugin",
                         spec->record.name);
    cut = cut_new(err);
    if (cut == NULL)
        return AGON_ENOMEM;
    crew_stand(crew, spec);
    member->active->number = slot->generation;
    member_cut(crew, member, cut);
    if (history != NULL) {
        cut->setup.bars = history->bars;
        cut->setup.n_bars = history->n_bars;
        cut->setup.trades = history->trades;
        cut->setup.n_trades = history->n_trades;
    }
    rc = generation_open(member->active, spec, err);
    if (rc >= 0)
        rc = generation_begin(member->active, spec, &cut->setup, err);
    cut_free(cut);
    if (rc < 0) {
        generation_end(member->active, AGON_END_HOST);
        member->active = NULL;
        blame(err, spec);
        return rc;
    }
    // Who never reloads has nobody between the engine and its rings.
    engine_attach_runner(engine, slot->id, generation_port(member->active));
    note_begin(member, BEGIN_START);
    if (spec->checkpoint_ns == 0 || member->active->runner != CREW_PROCESS ||
        crew->config.step == NULL)
        return AGON_OK;
    rc = member_keep(member, err);
    if (rc >= 0)
        mux_attach(member);
    return rc;
}

void crew_leave(struct crew *crew, uint16_t slot, uint32_t reason)
{
    struct member *member = &crew->members[slot];

    engine_attach_runner(crew->config.engine, slot, NULL);
    if (member->is_draining)
        note_superseded(member);
    if (member->active != NULL)
        note_end(member, END_STOPPED);
    generation_end(member->active, reason);
    generation_end(member->mapped, reason);
    generation_end(member->old, AGON_END_RELOAD);
    generation_end(member->doomed, AGON_END_RELOAD);
    generation_end(member->dead, reason);
    cut_free(member->cut);
    cut_free(member->point);
    cut_free(member->making);
    free(member->shadow);
    free(member->new_shadow);
    free(member->spent_shadow);
    free(member->kept_memory);
    // The phase last: by it the loader may take the slot.
    memset(member, 0, offsetof(struct member, phase));
    memset(&member->phase + 1, 0,
           sizeof(*member) - offsetof(struct member, phase) - sizeof(member->phase));
    member->crew = crew;
    member->slot = slot;
    atomic_store(&member->phase, RELOAD_IDLE);
}

int crew_try_leave(struct crew *crew, uint16_t slot, uint32_t reason)
{
    uint32_t idle = RELOAD_IDLE;

    // Until it is gone no reload begins; then its phase is that of a new one.
    if (!atomic_compare_exchange_strong(&crew->members[slot].phase, &idle, RELOAD_LOADING))
        return AGON_EBUSY;
    crew_leave(crew, slot, reason);
    return AGON_OK;
}

void crew_free(struct crew *crew)
{
    if (crew == NULL)
        return;
    // Those too that were loaded and never joined: a start that was refused behind them.
    for (uint16_t i = 0; i < SLOTS_MAX; i++) {
        if (crew->members[i].crew != NULL)
            crew_leave(crew, i, AGON_END_HOST);
    }
    files_close(crew);
    free(crew->notes_memory);
    free(crew->memory);
}

/* One that is kept for a roll-back, or tried beside the active one, has the meter of processor time
 * too, for itself: what it uses is not counted against who plays. */
static int is_greedy(struct generation *generation, struct run_process *run,
                     const struct crew_slot *spec, int64_t mono_ns)
{
    uint32_t per_s =
        spec->meters[METER_CPU] != 0 ? spec->meters[METER_CPU] : meters_all[METER_CPU].preset;
    uint64_t ms = run_process_cpu_ms(run);
    int64_t empties_ns = mono_ns - generation->cpu_mono_ns;

    if (generation->cpu_mono_ns != 0 && ms > generation->cpu_ms)
        generation->cpu_level_ns +=
            (int64_t)((ms - generation->cpu_ms) * (uint64_t)1000000000 / per_s);
    if (generation->cpu_mono_ns == 0 || generation->cpu_level_ns < empties_ns)
        generation->cpu_level_ns = 0;
    else
        generation->cpu_level_ns -= empties_ns;
    generation->cpu_ms = ms;
    generation->cpu_mono_ns = mono_ns;
    if (generation->cpu_level_ns < METER_SECONDS * (int64_t)1000000000)
        return 0;
    run_process_kill(run, "exceeds the processor time limit");
    return 1;
}

/* Has one that does not play ended, or is it to? */
static int is_lost(struct generation *generation, const struct crew_slot *spec, int64_t mono_ns)
{
    struct run_process *run =
        generation->process != NULL ? generation->process : generation->waiting;

    return run != NULL &&
           (run_process_poll(run, mono_ns) < 0 || is_greedy(generation, run, spec, mono_ns));
}

int crew_poll(struct crew *crew, int64_t mono_ns, uint16_t *slot, const char **why)
{
    for (uint16_t i = 0; i < crew->n_members; i++) {
        struct member *member = &crew->members[i];

        if (member->old != NULL && !member->is_old_lost &&
            is_lost(member->old, &member->spec, mono_ns)) {
            const char *how = "";

            note_old_lost(member);
            run_process_end(member->old->process, &how);
            log_warn_with("agent", "kept", LOG_FIELDS(LOG_TEXT("agent", member->spec.record.name)),
                          "slot %s: the generation that was kept for a roll-back has ended (%s)",
                          member->spec.record.name, how);
        }
        if (member->is_attached && is_lost(member->next, &member->spec, mono_ns))
            member->is_next_lost = 1;
        if (member->active != NULL)
            note_lapses(member->active);
        if (member->old != NULL)
            note_lapses(member->old);
        if (member->active != NULL && member->active->waiting != NULL)
            (void)is_lost(member->active, &member->spec, mono_ns); // its begin will say so
        if (member->active == NULL || member->active->process == NULL ||
            run_process_poll(member->active->process, mono_ns) >= 0)
            continue;
        *slot = i;
        run_process_end(member->active->process, why);
        return 1;
    }
    return 0;
}

const char *crew_failure(const struct crew *crew, uint16_t slot)
{
    const struct generation *active = crew->members[slot].active;
    const char *why = "";

    if (active != NULL && active->run != NULL &&
        feed_failure(run_inproc_feed(active->run))->code < 0)
        return feed_failure(run_inproc_feed(active->run))->text;
    if (active != NULL && active->process != NULL &&
        run_process_end(active->process, &why) != PROCESS_RUNS)
        return why;
    return "";
}

const struct plugin_info *crew_info(const struct crew *crew, uint16_t slot)
{
    return slot < SLOTS_MAX && crew->members[slot].active != NULL
               ? &crew->members[slot].active->info
               : NULL;
}

uint64_t crew_nth(const struct crew *crew, uint16_t slot)
{
    const struct generation *active = crew->members[slot].active;

    return active != NULL && active->is_begun ? generation_nth(active) : 0;
}

uint32_t crew_layers(const struct crew *crew, uint16_t slot)
{
    const struct generation *active = crew->members[slot].active;

    return active == NULL || active->process == NULL ? SANDBOX_ALL
                                                     : run_process_layers(active->process);
}

uint64_t crew_cpu_ms(const struct crew *crew, uint16_t slot)
{
    const struct generation *active = crew->members[slot].active;

    if (active == NULL || !active->is_begun || active->process == NULL)
        return 0;
    return run_process_cpu_ms(active->process);
}

int crew_can_rollback(const struct crew *crew, uint16_t slot)
{
    return slot < SLOTS_MAX && crew->members[slot].old != NULL;
}

const unsigned char *crew_file_hash(const struct crew *crew, uint16_t slot)
{
    const struct member *member = &crew->members[slot];
    const struct generation *of = member->active != NULL ? member->active : member->dead;

    return of != NULL ? of->file.hash : NULL;
}

const char *crew_build_id(const struct crew *crew, uint16_t slot)
{
    const struct generation *active = crew->members[slot].active;

    return active != NULL ? active->build_id : "";
}

const struct crew_pauses *crew_pauses(const struct crew *crew)
{
    return &crew->pauses;
}

void crew_close(struct crew *crew)
{
    atomic_store(&crew->is_closing, 1);
}
