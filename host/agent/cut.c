// SPDX-License-Identifier: Apache-2.0
#include "agent/cut.h"

#include <stdlib.h>

#include "base/num.h"

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
    for (const struct exit_plan *exit = engine_next_exit(engine, slot->id, NULL);
         exit != NULL && setup->n_exits < AGON_EXITS_MAX;
         exit = engine_next_exit(engine, slot->id, exit))
        engine_exit(exit, &pieces->exits[setup->n_exits++]);
    for (uint32_t i = 0; i < n && setup->n_positions < SETUP_POSITIONS_MAX; i++) {
        pieces->positions[setup->n_positions++] = (struct agon_position){
            .hdr = {.type = AGON_EVENT_POSITION, .granules = 1, .instrument = all[i].instrument},
            .account = all[i].n_fills > 0 ? all[i].account : slot->account,
            .qty = all[i].qty,
            .cost_amt = all[i].cost_amt,
            .realised_amt = all[i].realised_amt};
    }
    for (agon_account_t account = 0; account < ledger_accounts(ledger); account++) {
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

        if (instrument != NULL)
            pieces->instruments[setup->n_instruments++] = *instrument;
    }
}

// Of what the slot trades: a host has more instruments than a plugin has places for.
static void collect_tops(struct engine *engine, const struct slot *slot, struct pieces *pieces,
                         struct setup *setup)
{
    for (uint32_t i = 0; i < slot->subscription.n_instruments; i++) {
        const struct agon_top10 *top = engine_top(engine, slot->subscription.instruments[i]);

        if (top != NULL)
            pieces->tops[setup->n_tops++] = *top;
    }
}

static void collect_leases(struct engine *engine, const struct slot *slot, struct pieces *pieces,
                           struct setup *setup)
{
    for (uint32_t i = 1; i <= AGON_GPU_LEASES_MAX; i++) {
        const struct slot_lease *lease = engine_lease(engine, slot->id, i);
        struct setup_lease *to = &pieces->leases[setup->n_leases];

        if (lease == NULL)
            continue;
        *to = (struct setup_lease){.memory = lease->memory, .lease = i, .state = lease->state};
        memcpy(to->name, lease->name, sizeof(to->name));
        setup->n_leases++;
    }
}

struct cut *cut_new(struct error *err)
{
    struct cut *cut = calloc(1, sizeof(*cut));

    if (cut == NULL)
        error_set(err, AGON_ENOMEM, "no memory for a slot's state");
    return cut;
}

void cut_free(struct cut *cut)
{
    if (cut != NULL)
        free(cut->state);
    free(cut);
}

void cut_collect(struct engine *engine, const struct cut_given *given, struct cut *cut)
{
    const struct slot *slot = slots_get(engine_slots(engine), given->record->slot);
    struct pieces *pieces = &cut->pieces;
    struct setup *setup = &cut->setup;
    uint64_t granules;

    memset(setup, 0, sizeof(*setup));
    pieces->n_timers = 0;
    pieces->next_timer = 1;
    collect_tables(engine, pieces, setup);
    collect_tops(engine, slot, pieces, setup);
    collect_slot(engine, slot, pieces, setup);
    collect_leases(engine, slot, pieces, setup);
    setup->leases = pieces->leases;
    engine_timers(engine, slot->id, add_timer, pieces);
    (void)engine_bus(engine, &granules, &setup->head.bus_at);
    setup->head.seq = engine_seq(engine);
    setup->head.nth = slots_nth(engine_slots(engine), slot->id);
    setup->head.t = engine_t(engine);
    setup->head.generation = slot->generation;
    setup->head.next_timer = pieces->next_timer;
    setup->head.plugin_index = given->plugin_index;
    setup->head.arena_max = given->arena_max;
    setup->head.base_currency = engine_instruments(engine)->base_currency;
    setup->head.start = AGON_START_FRESH; // a count that goes on is no state
    setup->head.slot = *given->record;
    setup->head.slot.subscription = slot->subscription;
    setup->venues = given->venues;
    setup->n_venues = given->n_venues;
    setup->assets = pieces->assets;
    setup->instruments = pieces->instruments;
    setup->params = given->params;
    setup->n_params = given->n_params;
    setup->orders = pieces->orders;
    setup->exits = pieces->exits;
    setup->positions = pieces->positions;
    setup->balances = pieces->balances;
    setup->capital = &pieces->capital;
    setup->n_capital = 1;
    setup->timers = pieces->timers;
    setup->n_timers = pieces->n_timers;
    setup->tops = pieces->tops;
}

/* --- BEGIN --- */

void cut_hash(const void *bytes, uint64_t n, unsigned char digest[HASH_SIZE])
{
    struct hash hash;

    memset(digest, 0, HASH_SIZE);
    if (n == 0)
        return;
    hash_init(&hash);
    hash_update(&hash, bytes, n);
    hash_final(&hash, digest);
}

/* Two words; 0, and is_cut says so: they find no room. */
static int write_words(struct record_begin *begin, const char *one, const char *two, char *text,
                       uint32_t room)
{
    uint32_t n_one = (uint32_t)strlen(one) + 1, n_two = (uint32_t)strlen(two) + 1;

    if (begin->text_bytes + n_one + n_two > room) {
        begin->is_cut = 1;
        return 0;
    }
    memcpy(text + begin->text_bytes, one, n_one);
    memcpy(text + begin->text_bytes + n_one, two, n_two);
    begin->text_bytes += n_one + n_two;
    return 1;
}

static void write_text(struct record_begin *begin, const struct setup *setup, char *text,
                       uint32_t room)
{
    char hex[2 * HASH_SIZE + 1];

    while (begin->n_params < setup->n_params &&
           write_words(begin, setup->params[begin->n_params].name,
                       setup->params[begin->n_params].text, text, room))
        begin->n_params++;
    while (!begin->is_cut && begin->n_files < setup->n_files) {
        hash_hex(setup->files[begin->n_files].digest, hex);
        begin->n_files +=
            (uint16_t)write_words(begin, setup->files[begin->n_files].name, hex, text, room);
    }
}

void cut_begin(union begin_event *event, const struct setup *setup,
               const unsigned char file_hash[HASH_SIZE])
{
    struct record_begin *begin = &event->begin;
    struct begin_venue *venues = (struct begin_venue *)(void *)(begin + 1);
    uint32_t room = sizeof(*event) - sizeof(*begin), used;

    memset(event, 0, sizeof(*event));
    begin->slot = setup->head.slot.slot;
    begin->generation = setup->head.generation;
    begin->cut_seq = setup->head.seq;
    begin->nth = setup->head.nth;
    begin->t = setup->head.t;
    begin->arena_max = setup->head.arena_max;
    begin->plugin_index = setup->head.plugin_index;
    begin->start = setup->head.start;
    slot_record_shorten(&begin->record, &setup->head.slot);
    begin->n_state = setup->n_state;
    begin->n_bars = setup->n_bars;
    begin->n_trades = setup->n_trades;
    memcpy(begin->file_hash, file_hash, HASH_SIZE);
    cut_hash(setup->state, setup->n_state, begin->state_hash);
    cut_hash(setup->bars, setup->n_bars * sizeof(*setup->bars), begin->history_hash);
    for (uint32_t i = 0; i < setup->n_bars; i++) {
        agon_ns_t t = setup->bars[i].t_open;

        begin->t_first_bar = i == 0 || t < begin->t_first_bar ? t : begin->t_first_bar;
        begin->t_last_bar = i == 0 || t > begin->t_last_bar ? t : begin->t_last_bar;
    }
    begin->n_venues = (uint16_t)setup->n_venues;
    for (uint32_t i = 0; i < setup->n_venues; i++) {
        venues[i].venue = setup->venues[i].venue;
        memcpy(venues[i].name, setup->venues[i].name, sizeof(venues[i].name));
    }
    used = (uint32_t)(setup->n_venues * sizeof(*venues));
    write_text(begin, setup, (char *)(venues + setup->n_venues), room - used);
    begin->hdr = (struct agon_event_hdr){
        .type = EVENT_BEGIN,
        .granules = (uint8_t)((sizeof(*begin) + used + begin->text_bytes + EVENT_GRANULE - 1) /
                              EVENT_GRANULE)};
}
