// SPDX-License-Identifier: Apache-2.0
#include "agent/crew.h"

#include <stdlib.h>
#include <unistd.h>

#include "agent/sandbox.h"

struct member {
    struct plugin_file file;
    struct plugin plugin;
    struct plugin_info info;
    struct run_inproc *run;      /* owned; one of the two when it plays */
    struct run_process *process; /* owned */
    struct crew *crew;
    uint16_t slot;
    uint8_t is_loaded, runner;
};
struct crew {
    struct crew_config config;
    struct member members[SLOTS_MAX];
};

int crew_new(struct crew **out, const struct crew_config *config, struct error *err)
{
    struct crew *crew = calloc(1, sizeof(*crew));

    *out = crew;
    if (crew == NULL)
        return error_set(err, AGON_ENOMEM, "crew: out of memory");
    crew->config = *config;
    for (uint16_t i = 0; i < SLOTS_MAX; i++) {
        crew->members[i].crew = crew;
        crew->members[i].slot = i;
        crew->members[i].file.fd = -1;
    }
    return AGON_OK;
}

static void unload(struct member *member)
{
    if (!member->is_loaded)
        return;
    if (member->runner == CREW_INPROC)
        plugin_close(&member->plugin);
    plugin_file_drop(&member->file);
    member->file.fd = -1;
    member->is_loaded = 0;
}

static int load_inproc(struct member *member, struct error *err)
{
    int rc;

    if (member->crew->config.dir == NULL)
        return error_set(err, AGON_EPERM, "this host runs no plugin in its own process");
    rc = plugin_open(&member->plugin, &member->file, ELF_INPROC, err);
    if (rc < 0)
        return rc;
    if (member->info.index >= member->plugin.entry->n_plugins) {
        rc = error_set(err, AGON_ENOENT, "the file holds %u plugins, number %u is wanted",
                       member->plugin.entry->n_plugins, member->info.index);
        plugin_close(&member->plugin);
        return rc;
    }
    plugin_info_fill(&member->info, member->plugin.entry, member->info.index);
    return AGON_OK;
}

static int load_process(struct member *member, struct error *err)
{
    struct elf_report report;
    uint32_t index = member->info.index;
    int rc;

    if (member->crew->config.bus == NULL)
        return error_set(err, AGON_ENOTSUP, "this run has no bus that a process could read");
    rc = plugin_file_check(&member->file, &report, err);
    return rc < 0 ? rc : plugin_probe(&member->file, NULL, index, &member->info, err);
}

int crew_load(struct crew *crew, struct crew_slot *slot, struct error *err)
{
    int is_process = slot->record.runner == CREW_PROCESS;
    struct member *member;
    uint64_t hash = 0;
    int rc;

    if (slot->record.slot >= SLOTS_MAX)
        return error_set(err, AGON_ERANGE, "slot %u: at most %d slots", slot->record.slot,
                         SLOTS_MAX);
    member = &crew->members[slot->record.slot];
    if (member->is_loaded)
        return error_set(err, AGON_ESTATE, "slot %s has a plugin already", slot->record.name);
    rc = plugin_file_stage(&member->file, slot->plugin, is_process ? NULL : crew->config.dir,
                           slot->record.slot, err);
    if (rc < 0)
        goto fail;
    member->info.index = slot->plugin_index;
    rc = is_process ? load_process(member, err) : load_inproc(member, err);
    if (rc < 0) {
        plugin_file_drop(&member->file);
        member->file.fd = -1;
        goto fail;
    }
    member->is_loaded = 1;
    member->runner = is_process ? CREW_PROCESS : CREW_INPROC;
    slot->record.subscription.event_mask = member->info.event_mask;
    slot->record.agent_kind = (uint8_t)member->info.kind;
    for (int i = 0; i < 8; i++)
        hash |= (uint64_t)member->file.hash[i] << (8 * i);
    slot->record.generation_hash = hash;
    return AGON_OK;

fail:
    error_wrap(err, "slot %s", slot->record.name);
    return rc;
}

static void on_log(void *ctx, uint32_t level, agon_ns_t t, const char *text)
{
    struct member *member = ctx;
    const struct crew_config *config = &member->crew->config;

    if (config->log != NULL)
        config->log(config->ctx, member->slot, level, t, text);
}

struct pieces { /* of a setup, collected out of the engine */
    struct setup_asset assets[ASSETS_MAX];
    struct agon_instrument instruments[INSTRUMENTS_MAX];
    struct agon_order orders[SETUP_ORDERS_MAX];
    struct agon_position positions[SETUP_POSITIONS_MAX];
    struct agon_balance balances[SETUP_BALANCES_MAX];
    struct agon_top10 tops[INSTRUMENTS_MAX];
    struct setup_timer timers[SETUP_TIMERS_MAX];
    uint32_t n_timers, next_timer;
    struct agon_capital capital;
};

static int add_timer(void *ctx, uint32_t id, agon_ns_t t_due, agon_ns_t every_ns, uint64_t cookie)
{
    struct pieces *pieces = ctx;

    if (id >= pieces->next_timer)
        pieces->next_timer = id + 1;
    if (pieces->n_timers == SETUP_TIMERS_MAX)
        return 1;
    pieces->timers[pieces->n_timers++] =
        (struct setup_timer){.id = id, .t_due = t_due, .every_ns = every_ns, .cookie = cookie};
    return 0;
}

// The slot's money and orders as the engine has them, as if the slot had been told of each.
static void collect_slot(struct engine *engine, const struct slot *slot, struct pieces *pieces,
                         struct setup *setup)
{
    struct ledger *ledger = engine_ledger(engine);
    const struct instruments *table = engine_instruments(engine);
    uint32_t n;
    const struct position *all = ledger_positions(ledger, slot->id, &n);
    agon_amt_t free_amt = 0;

    for (struct order *order = orders_next(engine_orders(engine), slot->id, NULL);
         order != NULL && setup->n_orders < SETUP_ORDERS_MAX;
         order = orders_next(engine_orders(engine), slot->id, order))
        engine_order(order, order->reason, &pieces->orders[setup->n_orders++]);
    for (uint32_t i = 0; i < n && setup->n_positions < SETUP_POSITIONS_MAX; i++) {
        pieces->positions[setup->n_positions++] = (struct agon_position){
            .hdr = {.type = AGON_EVENT_POSITION, .granules = 1, .instrument = all[i].instrument},
            .account = all[i].n_fills > 0 ? all[i].account : slot->account,
            .qty = all[i].qty,
            .cost_amt = all[i].cost_amt,
            .realised_amt = all[i].realised_amt};
    }
    for (agon_account_t account = 0; account < LEDGER_ACCOUNTS_MAX; account++) {
        for (agon_asset_t id = 1; id <= table->n_assets && setup->n_balances < SETUP_BALANCES_MAX;
             id++) {
            agon_amt_t amt = ledger_amt(ledger, account, slot->id, id);

            if (amt == 0)
                continue;
            pieces->balances[setup->n_balances++] =
                (struct agon_balance){.hdr = {.type = AGON_EVENT_BALANCE, .granules = 1},
                                      .account = account,
                                      .asset = id,
                                      .total_amt = amt,
                                      .free_amt = amt};
            if (id == table->base_currency)
                free_amt = num_add(free_amt, amt);
        }
    }
    pieces->capital = (struct agon_capital){.hdr = {.type = AGON_EVENT_CAPITAL, .granules = 1},
                                            .capital_amt = slot->limits.capital_amt,
                                            .equity_amt = engine_equity(engine, slot->id),
                                            .free_amt = free_amt,
                                            .stage = slot->stage,
                                            .condition = slot->condition,
                                            .reason = slot->condition_reason};
}

static void collect_tables(struct engine *engine, struct pieces *pieces, struct setup *setup)
{
    const struct instruments *table = engine_instruments(engine);

    for (agon_asset_t id = 1; id <= table->n_assets; id++) {
        const struct asset *asset = instruments_asset(table, id);
        struct setup_asset *to = &pieces->assets[setup->n_assets];

        if (asset == NULL)
            continue;
        to->id = id;
        to->exp = asset->exp;
        memcpy(to->name, asset->name, sizeof(to->name));
        setup->n_assets++;
    }
    for (agon_instrument_t id = 1; id <= table->n_instruments; id++) {
        const struct agon_instrument *instrument = instruments_get(table, id);
        const struct agon_top10 *top = engine_top(engine, id);

        if (instrument == NULL)
            continue;
        pieces->instruments[setup->n_instruments++] = *instrument;
        if (top != NULL)
            pieces->tops[setup->n_tops++] = *top;
    }
}

// What can hold at all: only root can give a child a user of its own.
static uint32_t whole_sandbox(void)
{
    return geteuid() == 0 ? SANDBOX_ALL : SANDBOX_ALL & ~(uint32_t)SANDBOX_UID;
}

int crew_join(struct crew *crew, const struct crew_slot *spec, const struct crew_history *history,
              struct error *err)
{
    struct engine *engine = crew->config.engine;
    struct slot *slot = slots_get(engine_slots(engine), spec->record.slot);
    struct member *member = &crew->members[spec->record.slot];
    struct pieces *pieces;
    struct setup setup = {0};
    uint64_t bus_granules;
    const void *bus;
    uint64_t n_bytes;
    void *bytes;
    int rc;

    if (slot == NULL || !member->is_loaded || member->run != NULL || member->process != NULL)
        return error_set(err, AGON_ESTATE, "slot %s is not ready for its plugin",
                         spec->record.name);
    pieces = calloc(1, sizeof(*pieces));
    if (pieces == NULL)
        return error_set(err, AGON_ENOMEM, "slot %s: out of memory", spec->record.name);
    pieces->next_timer = 1;
    collect_tables(engine, pieces, &setup);
    collect_slot(engine, slot, pieces, &setup);
    engine_timers(engine, slot->id, add_timer, pieces);
    bus = engine_bus(engine, &bus_granules, &setup.head.bus_at);
    setup.head.seq = engine_seq(engine);
    setup.head.nth = slot->nth;
    setup.head.t = engine_t(engine);
    setup.head.generation = slot->generation;
    setup.head.next_timer = pieces->next_timer;
    setup.head.plugin_index = spec->plugin_index;
    setup.head.arena_max = spec->arena_bytes;
    setup.head.base_currency = engine_instruments(engine)->base_currency;
    setup.head.start = slot->nth == 0 ? AGON_START_FRESH : AGON_START_RESTORE;
    setup.head.slot = spec->record;
    setup.venues = crew->config.venues;
    setup.n_venues = crew->config.n_venues;
    setup.assets = pieces->assets;
    setup.instruments = pieces->instruments;
    setup.params = spec->params;
    setup.n_params = spec->n_params;
    setup.orders = pieces->orders;
    setup.positions = pieces->positions;
    setup.balances = pieces->balances;
    setup.capital = &pieces->capital;
    setup.n_capital = 1;
    setup.timers = pieces->timers;
    setup.n_timers = pieces->n_timers;
    setup.tops = pieces->tops;
    if (history != NULL) {
        setup.bars = history->bars;
        setup.n_bars = history->n_bars;
        setup.trades = history->trades;
        setup.n_trades = history->n_trades;
    }
    bytes = setup_encode_dup(&setup, &n_bytes);
    free(pieces);
    if (bytes == NULL)
        return error_set(err, AGON_ENOMEM, "slot %s: out of memory", spec->record.name);
    if (member->runner == CREW_INPROC) {
        struct run_inproc_config config = {.setup = bytes,
                                           .setup_bytes = n_bytes,
                                           .bus = bus,
                                           .bus_granules = bus_granules,
                                           .entry = member->plugin.entry,
                                           .log = on_log,
                                           .ctx = member};

        rc = run_inproc_new(&member->run, &config, err);
    } else {
        struct run_process_config config = {.file = &member->file,
                                            .setup = bytes,
                                            .setup_bytes = n_bytes,
                                            .bus = crew->config.bus,
                                            .wait = (enum process_wait)spec->wait,
                                            .is_lock_step = crew->config.is_lock_step,
                                            .hard_ns = spec->hard_ns,
                                            .layers_wanted = SANDBOX_ALL,
                                            .layers_required =
                                                spec->is_isolated ? whole_sandbox() : 0,
                                            .slot = slot->id,
                                            .log = on_log,
                                            .ctx = member};

        rc = run_process_new(&member->process, &config, err);
    }
    free(bytes);
    if (rc < 0) {
        error_wrap(err, "slot %s: plugin %s", spec->record.name, spec->plugin);
        return rc;
    }
    engine_attach_runner(engine, slot->id,
                         member->run != NULL ? run_inproc_port(member->run)
                                             : run_process_port(member->process));
    return AGON_OK;
}

void crew_leave(struct crew *crew, uint16_t slot, uint32_t reason)
{
    struct member *member = &crew->members[slot];

    if (member->run != NULL || member->process != NULL)
        engine_attach_runner(crew->config.engine, slot, NULL);
    if (member->run != NULL) {
        run_inproc_stop(member->run, reason);
        run_inproc_free(member->run);
        member->run = NULL;
    }
    if (member->process != NULL) {
        run_process_stop(member->process, reason);
        run_process_free(member->process);
        member->process = NULL;
    }
    unload(member);
}

void crew_free(struct crew *crew)
{
    if (crew == NULL)
        return;
    for (uint16_t i = 0; i < SLOTS_MAX; i++)
        crew_leave(crew, i, AGON_END_HOST);
    free(crew);
}

int crew_poll(struct crew *crew, int64_t mono_ns, uint16_t *slot, const char **why)
{
    for (uint16_t i = 0; i < SLOTS_MAX; i++) {
        struct member *member = &crew->members[i];

        if (member->process == NULL || run_process_poll(member->process, mono_ns) >= 0)
            continue;
        *slot = i;
        run_process_end(member->process, why);
        return 1;
    }
    return 0;
}

const char *crew_failure(const struct crew *crew, uint16_t slot)
{
    const struct member *member = &crew->members[slot];
    const char *why = "";

    if (member->run != NULL && feed_failure(run_inproc_feed(member->run))->code < 0)
        return feed_failure(run_inproc_feed(member->run))->text;
    if (member->process != NULL && run_process_end(member->process, &why) != PROCESS_RUNS)
        return why;
    return "";
}

const struct plugin_info *crew_info(const struct crew *crew, uint16_t slot)
{
    return slot < SLOTS_MAX && crew->members[slot].is_loaded ? &crew->members[slot].info : NULL;
}

uint64_t crew_nth(const struct crew *crew, uint16_t slot)
{
    const struct member *member = &crew->members[slot];
    const struct runner_port *port = member->run != NULL       ? run_inproc_port(member->run)
                                     : member->process != NULL ? run_process_port(member->process)
                                                               : NULL;

    return port != NULL && port->nth != NULL ? port->nth(port->ctx) : 0;
}
