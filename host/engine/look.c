// SPDX-License-Identifier: Apache-2.0
#include "engine/look.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/hot.h"
#include "base/num.h"
#include "engine/driver.h"
#include "engine/impl.h"
#include "market/instrument_kind.h"

#define ROWS     128 /* a power of two: that are known and not yet stepped */
#define ROWS_MIN 4   /* fewer are not asked for */
/* Of so many rows one in so many has to be heard of ahead by somebody: else nobody is asked again.
 */
#define TRIAL_ROWS 8192
#define TRIAL_OF   8

struct row {
    union {
        struct agon_event_hdr hdr;
        unsigned char bytes[EVENT_BYTES_MAX];
    } event;                   /* as the source has it */
    uint64_t at, end_at;       /* on the bus of what is to come */
    uint64_t seq, end_seq;     /* the second engine's, before it and behind it */
    agon_px_t low_px, high_px; /* of its instrument; 0: not known */
    agon_instrument_t instrument;
    uint8_t is_timed; /* something was shown between the row before and this one */
};
struct look {
    const struct lockstep_config *config;
    struct engine *engine;  /* config's */
    struct engine *second;  /* owned */
    struct driver driver;   /* of the second */
    struct bus_reader read; /* of the second's bus, and of the first's */
    struct bus_reader shown;
    struct row *rows; /* owned */
    uint64_t n_known, n_pulled, n_stepped;
    uint64_t n_data; /* as engine/lockstep.c has them, of what is known */
    agon_ns_t t_data, t_told;
    uint64_t to[SLOTS_MAX]; /* row up to which a slot has heard; of those that are beyond */
    struct slot_set ends;
    uint64_t n_looked;
    int is_over; /* the source has no more that is played */
    int is_off;  /* what the second engine says is no longer what the first does */
};

static inline struct row *row_at(const struct look *look, uint64_t n)
{
    return &look->rows[n % ROWS];
}

// --- the second engine ---

static int begin_second(struct look *look, struct error *err)
{
    const struct lockstep_config *config = look->config;
    uint64_t granules, at, n;
    struct engine_config second = {.bus_memory = config->look_memory};
    void *bytes;
    int rc;

    (void)engine_bus(look->engine, &granules, &at);
    second.bus_granules = granules;
    second.bars_grace_ns = look->engine->config.bars_grace_ns;
    second.book_window = look->engine->config.book_window;
    second.max_orders = look->engine->config.max_orders;
    n = engine_save(look->engine, NULL, 0);
    bytes = malloc(n);
    rc = bytes == NULL ? error_set(err, AGON_ENOMEM, "no memory to look ahead")
                       : engine_new(&look->second, &second, err);
    if (rc >= 0 && engine_save(look->engine, bytes, n) > n)
        rc = AGON_ENOMEM;
    if (rc >= 0)
        rc = engine_load(look->second, bytes, n, err);
    free(bytes);
    look->driver = (struct driver){.engine = look->second};
    return rc;
}

static void note_price(struct row *row, agon_px_t px)
{
    row->low_px = row->low_px == 0 || px < row->low_px ? px : row->low_px;
    row->high_px = px > row->high_px ? px : row->high_px;
}

/* By which limits could be judged: at what long and short are closed behind it, and on a bar's way
 * as far from its prices as that. */
static void note_prices(struct look *look, struct row *row)
{
    const struct agon_bar *bar = (const void *)&row->event;
    const struct market *market;
    agon_px_t apart_px;

    row->instrument = row->event.hdr.instrument;
    row->low_px = row->high_px = 0;
    if (row->instrument == 0 || row->instrument > look->second->table.n_instruments)
        return;
    market = &look->second->markets[row->instrument];
    if (market->long_px <= 0 || market->short_px <= 0)
        return;
    note_price(row, market->long_px);
    note_price(row, market->short_px);
    apart_px = row->high_px - row->low_px;
    if (row->event.hdr.type == AGON_EVENT_BAR) {
        note_price(row, bar->low_px > apart_px ? bar->low_px - apart_px : 1);
        note_price(row, num_add(bar->high_px, apart_px));
    }
}

/* When the core hears of it, as engine/lockstep.c reckons it where all is as long on its way. */
static agon_ns_t told_at(struct look *look, const struct agon_event_hdr *event)
{
    const struct lockstep_config *config = look->config;
    agon_ns_t t_told = paper_told_by(config->paper, event);
    agon_ns_t t = num_add(event->t, config->data_latency_ns);

    if (t_told > look->t_told)
        look->t_told = t_told;
    if (config->latency != NULL)
        look->t_data = t = latency_arrival(config->latency, LATENCY_MARKET, look->n_data++,
                                           event->t, look->t_data);
    return t < look->t_told ? look->t_told : t;
}

static int step_second(struct look *look, struct row *row)
{
    union {
        struct agon_event_hdr hdr;
        unsigned char bytes[EVENT_BYTES_MAX];
    } event;
    uint64_t at = look->second->bus.at;
    int rc = AGON_OK;

    memcpy(event.bytes, row->event.bytes, event_bytes(&row->event.hdr));
    if (event.hdr.type == AGON_EVENT_TRADE && trade_book(&event.hdr) != NULL)
        trade_book(&event.hdr)->hdr.t = event.hdr.t;
    event.hdr.t = told_at(look, &row->event.hdr);
    while (rc >= 0 && engine_next_due(look->second) < event.hdr.t) {
        if (!engine_leave_sample(look->second))
            rc = driver_due(&look->driver, event.hdr.t);
    }
    row->is_timed = look->second->bus.at != at;
    row->at = look->second->bus.at;
    row->seq = engine_seq(look->second);
    if (rc >= 0)
        rc = driver_take(&look->driver, &event.hdr);
    row->end_at = look->second->bus.at;
    row->end_seq = event.hdr.seq;
    note_prices(look, row);
    return rc;
}

/* What was shown ahead is not to be overwritten before it is read. */
static int is_full(const struct look *look)
{
    return look->second->bus.at - look->read.at > (look->second->bus.mask + 1) / 4;
}

/* Takes rows of the source as far as there is room. */
static HOT void know(struct look *look)
{
    const struct lockstep_source *source = &look->config->sources[0];

    while (look->n_known - look->n_stepped < ROWS && !is_full(look)) {
        struct row *row = row_at(look, look->n_known);
        const struct agon_event_hdr *event = source->next(source->ctx);

        if (event == NULL) {
            look->is_over = 1;
            return;
        }
        row->end_at = 0;
        memcpy(row->event.bytes, event, event_bytes(event));
        look->n_known++;
        if (event->granules == 0 || (look->config->t_end != 0 && event->t >= look->config->t_end)) {
            look->is_over = 1; // it is for the driver to say so
            return;
        }
        if (look->n_known % TRIAL_ROWS == 0 && look->n_looked * TRIAL_OF < look->n_known)
            look->is_off = 1; // the second engine costs more than it spares
        if (!look->is_off && step_second(look, row) < 0)
            look->is_off = 1;
    }
}

HOT const struct agon_event_hdr *look_next(struct look *look)
{
    if (look->n_pulled >= look->n_known && !look->is_over && !look->is_off)
        know(look);
    if (look->n_pulled >= look->n_known) {
        const struct lockstep_source *source = &look->config->sources[0];

        look->n_pulled++;
        look->is_off |= !look->is_over; // more is on its way than there is room for
        return look->is_over ? NULL : source->next(source->ctx);
    }
    return &row_at(look, look->n_pulled++)->event.hdr;
}

// --- who may ---

/* Could a limit of the slot's losses be reached, did the price go from the one to the other and
 * back? */
static int is_calm(const struct look *look, uint16_t id, agon_instrument_t instrument,
                   agon_px_t low_px, agon_px_t high_px)
{
    const struct engine *engine = look->engine;
    const struct agon_instrument *def = instruments_get(&engine->table, instrument);
    const struct position *pos = ledger_position(engine->ledger, id, instrument, 0);
    const struct risk_losses losses = exposure_losses(&engine->slots.all[id].limits);
    agon_amt_t rest_amt, high_amt, low_amt;

    if (pos == NULL || pos->held_amt == 0)
        return 1;
    if (low_px <= 0 || def == NULL || !instrument_kind_has_coins(def->kind) ||
        engine->valued_by[def->quote] != 0)
        return 0;
    if (!exposure_judges_loss(engine, &engine->slots.all[id]))
        return 1;
    rest_amt = num_add(exposure_equity(engine, id), -exposure_worth_now(engine, id, instrument));
    high_amt = num_add(rest_amt, exposure_worth(engine, pos, high_px));
    low_amt = num_add(rest_amt, exposure_worth(engine, pos, low_px));
    return risk_is_clear(&engine->risk[id], high_amt > low_amt ? high_amt : low_amt,
                         high_amt > low_amt ? low_amt : high_amt, &losses);
}

/* What it holds of other instruments is valued by prices that do not move in these rows; of
 * derivatives it has none. */
static int holds_coins(const struct engine *engine, uint16_t id)
{
    uint32_t n;
    const struct position *all = ledger_positions(engine->ledger, id, &n);

    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *def = instruments_get(&engine->table, all[i].instrument);

        if (all[i].held_amt != 0 && (def == NULL || !instrument_kind_has_coins(def->kind)))
            return 0;
    }
    return 1;
}

static int has_timer(const struct engine *engine, uint16_t id)
{
    for (uint32_t i = 0; i < engine->timers.n; i++) {
        const struct timer *timer = &engine->timer_table[engine->timers.nodes[i].a];

        if (timer->is_used && timer->slot == id)
            return 1;
    }
    return 0;
}

/* Nothing of its own is under way. */
static int may_look(const struct look *look, uint16_t id)
{
    const struct engine *engine = look->engine;
    const struct slot *slot = &engine->slots.all[id];

    return engine->runners[id].look != NULL && orders_count(engine->orders, id) == 0 &&
           slot->condition == CONDITION_ACTIVE && slot->signals.n_keys == 0 &&
           slot->signals.n_inputs == 0 && engine_lease(engine, id, 1) == NULL &&
           engine_next_exit(engine, id, NULL) == NULL && !has_timer(engine, id) &&
           !engine_slot_halted(engine, id) && holds_coins(engine, id) &&
           engine_stopped_by(engine, id, &(agon_ns_t){0}) == REASON_NONE;
}

/* Behind which row, from the next on, something could happen to the slot. What it holds of two
 * instruments, both of which move, is not looked into. */
static uint64_t quiet_to(const struct look *look, uint16_t id)
{
    agon_instrument_t held = 0;
    agon_px_t low_px = 0, high_px = 0;
    uint64_t to;

    for (to = look->n_stepped; to < look->n_known; to++) {
        const struct row *row = row_at(look, to);
        const struct position *pos;

        if (row->end_at == 0 || (row->is_timed && to != look->n_stepped))
            break;
        if (row->instrument == 0 || row->instrument > look->engine->table.n_instruments)
            continue;
        pos = ledger_position(look->engine->ledger, id, row->instrument, 0);
        if (pos == NULL || pos->held_amt == 0)
            continue;
        if (held != 0 && held != row->instrument)
            break;
        if (held == 0 || row->low_px < low_px)
            low_px = row->low_px;
        high_px = row->high_px > high_px ? row->high_px : high_px;
        held = row->instrument;
        if (!is_calm(look, id, held, low_px, high_px))
            break;
    }
    return to;
}

/* 1: it was asked. */
static int ask(struct look *look, uint16_t id, uint64_t to)
{
    const struct row *first = row_at(look, look->n_stepped), *last = row_at(look, to - 1);
    const struct runner_port *port = &look->engine->runners[id];
    const struct runner_look what = {.at = first->at,
                                     .end_at = last->end_at,
                                     .seq = first->seq,
                                     .end_seq = last->end_seq,
                                     .add = look->engine->seq - first->seq};

    look->to[id] = to;
    return port->look(port->ctx, &what);
}

/* Waits for what was asked: how far has it come? */
static void answer(struct look *look, uint16_t id)
{
    const struct runner_port *port = &look->engine->runners[id];
    uint64_t seq = 0, n = look->n_stepped;

    (void)port->looked(port->ctx, &seq); // that it has ended is seen behind what it has done
    while (n < look->to[id] && row_at(look, n)->end_seq <= seq)
        n++;
    look->to[id] = n;
    look->n_looked += n - look->n_stepped;
    if (n > look->n_stepped)
        slot_set_add(&look->engine->beyond, id);
    else
        port->go_on(port->ctx, look->engine->bus.at);
}

HOT void look_ahead(struct look *look, const struct slot_set *busy)
{
    struct engine *engine = look->engine;
    const struct runner_port *port = NULL;
    struct slot_set asked = {0};
    uint16_t id;

    if (look->is_off || look->n_known - look->n_stepped < ROWS_MIN)
        return;
    for (uint64_t words = engine->beginners.words; words != 0; words &= words - 1) {
        uint32_t word = (uint32_t)__builtin_ctzll(words);
        uint64_t bits =
            engine->beginners.bits[word] & ~engine->beyond.bits[word] & ~busy->bits[word];

        for (; bits != 0; bits &= bits - 1) {
            uint64_t to = look->n_stepped;

            id = (uint16_t)(word * 64 + (uint32_t)__builtin_ctzll(bits));
            if (may_look(look, id))
                to = quiet_to(look, id);
            if (to - look->n_stepped >= ROWS_MIN && ask(look, id, to)) {
                slot_set_add(&asked, id);
                port = &engine->runners[id];
            }
        }
    }
    if (port != NULL)
        port->rouse(port->ctx);
    while (slot_set_take(&asked, &id))
        answer(look, id);
}

uint64_t look_n(const struct look *look)
{
    return look->n_looked;
}

// --- what came of it ---

/* Would one that is beyond have been told of it, or have kept it? */
static int is_missed(const struct look *look, const struct agon_event_hdr *event)
{
    const struct engine *engine = look->engine;
    struct slot_set beyond = engine->beyond;
    uint32_t place = event_place(event->type);
    uint16_t slot;

    while (slot_set_take(&beyond, &slot)) {
        if (place >= EVENTS_PLACES || slot_set_has(&engine->type_keepers[place], slot) ||
            slot_set_has(&engine->type_watchers[place], slot))
            return 1;
    }
    return 0;
}

static int is_same(const struct agon_event_hdr *a, const struct agon_event_hdr *b)
{
    const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
    size_t seq = offsetof(struct agon_event_hdr, seq), behind = seq + sizeof(a->seq);

    return a->granules == b->granules && memcmp(x, y, seq) == 0 &&
           memcmp(x + behind, y + behind, event_bytes(a) - behind) == 0;
}

static const struct agon_event_hdr *next_of(struct bus_reader *reader, uint64_t end_at)
{
    while (reader->at < end_at) {
        const struct agon_event_hdr *event =
            (const struct agon_event_hdr *)(const void *)bus_place(reader);

        if (event->type != BUS_FILLER)
            return event;
        reader->at += event->granules;
    }
    return NULL;
}

/* What the first engine has shown since the last step, beside what the second did up to there. */
static HOT int compare(struct look *look, uint64_t end_at, int is_row)
{
    for (;;) {
        const struct agon_event_hdr *ours = next_of(&look->shown, look->engine->bus.at);
        const struct agon_event_hdr *known = next_of(&look->read, end_at);

        if (ours == NULL && (known == NULL || !is_row))
            return AGON_OK;
        if (ours != NULL && known != NULL && is_same(ours, known)) {
            look->shown.at += ours->granules;
            look->read.at += known->granules;
            continue;
        }
        if (ours != NULL && (known == NULL || ours->type != known->type)) {
            if (is_missed(look, ours))
                return AGON_ECORRUPT;
            look->is_off |= event_is(ours->type, AGON_EV_FED) || ours->type == AGON_EVENT_TOP10;
            look->shown.at += ours->granules;
        } else {
            if (is_missed(look, known))
                return AGON_ECORRUPT;
            look->is_off = 1;
            look->read.at += known->granules;
        }
    }
}

HOT int look_behind(struct look *look, int is_row)
{
    struct engine *engine = look->engine;
    struct row *row = row_at(look, look->n_stepped);
    struct slot_set left = engine->beyond;
    uint16_t slot;
    int rc = AGON_OK;

    for (uint64_t words = engine->touched.words & engine->beyond.words; words != 0;
         words &= words - 1) {
        uint32_t word = (uint32_t)__builtin_ctzll(words);

        if ((engine->touched.bits[word] & engine->beyond.bits[word]) != 0)
            return AGON_ECORRUPT;
    }
    if (look->n_stepped < look->n_known && row->end_at != 0)
        rc = compare(look, is_row ? row->end_at : row->at, is_row);
    else
        look->shown.at = engine->bus.at;
    if (!is_row || rc < 0)
        return rc;
    look->n_stepped++;
    while (slot_set_take(&left, &slot)) {
        if (look->to[slot] != look->n_stepped)
            continue;
        engine->runners[slot].go_on(engine->runners[slot].ctx, engine->bus.at);
        slot_set_remove(&engine->beyond, slot);
        slot_set_add(&look->ends, slot);
    }
    return AGON_OK;
}

struct slot_set look_ends(struct look *look)
{
    struct slot_set ends = look->ends;

    look->ends = (struct slot_set){0};
    return ends;
}

static int has_money_only(const struct engine *engine)
{
    for (agon_instrument_t id = 1; id <= engine->table.n_instruments; id++) {
        if (!slot_set_is_empty(&engine->exposure->holders[id]))
            return 0;
    }
    return 1;
}

static int has_looker(const struct engine *engine)
{
    for (uint32_t id = 0; id < engine->slots.n; id++) {
        if (engine->runners[id].look != NULL)
            return 1;
    }
    return 0;
}

int look_new(struct look **out, const struct lockstep_config *config, struct error *err)
{
    struct look *look;
    uint64_t granules;
    int rc = AGON_ENOMEM;

    *out = NULL;
    if (config->look_memory == NULL || !has_looker(config->engine) ||
        !has_money_only(config->engine) || config->engine->tournament.rules.mode != 0 ||
        exposure_judges_loss_all(config->engine))
        return AGON_ENOTSUP;
    look = calloc(1, sizeof(*look));
    if (look == NULL)
        return error_set(err, rc, "no memory to look ahead");
    look->config = config;
    look->engine = config->engine;
    look->rows = calloc(ROWS, sizeof(*look->rows));
    if (look->rows != NULL)
        rc = begin_second(look, err);
    if (rc >= 0)
        rc = bus_reader_attach(&look->shown, engine_bus(look->engine, &granules, &look->shown.at),
                               look->engine->config.bus_granules);
    if (rc >= 0)
        rc = bus_reader_attach(&look->read, config->look_memory, look->engine->config.bus_granules);
    if (rc < 0) {
        look_free(look);
        return rc;
    }
    *out = look;
    return AGON_OK;
}

void look_free(struct look *look)
{
    if (look == NULL)
        return;
    look->engine->beyond = (struct slot_set){0};
    engine_free(look->second);
    free(look->rows);
    free(look);
}
