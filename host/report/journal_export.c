// SPDX-License-Identifier: Apache-2.0
#include "report/journal_export.h"
#include "sys/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "args/args.h"
#include "base/num.h"
#include "lab/replay.h"
#include "report/figures.h"
#include "report/journal_intents.h"
#include "report/journal_rows.h"
#include "report/plan_text.h"
#include "report/seats.h"
#include "sys/clock.h"

struct fill {
    struct record_report report;
    agon_amt_t result_amt; /* of what it closed, fees of the quote taken off; base currency */
    uint16_t slot, why;    /* why: enum exit_reason, of what it closed */
    uint16_t tag;          /* agon_intent.reason of its order */
    struct weights_who who;
};
struct tally { /* a sample that tournaments look at */
    uint64_t seq;
    agon_ns_t t;
    agon_ns_t t_venue; /* as of which: the newest stamp of the market's events */
    agon_amt_t base_amt, equity_amt;
    uint16_t slot;
};
struct sample {
    agon_ns_t t, t_venue;
    uint64_t seq;   /* of the engine then */
    uint64_t first; /* of its amounts */
    uint16_t n;
};
struct export
{
    struct fill *fills;     /* owned */
    struct sample *samples; /* owned */
    agon_amt_t *amounts;    /* owned */
    struct tally *tallies;  /* owned */
    uint64_t n_fills, room_fills, n_samples, room_samples, n_amounts, room_amounts;
    uint64_t n_tallies, room_tallies;
    uint64_t fills_taken;       /* the engine's count at the last event */
    int64_t results[SLOTS_MAX]; /* won less lost, then */
    uint64_t booked[SLOTS_MAX]; /* fills of each slot, then */
    uint64_t closed[SLOTS_MAX]; /* ... and those that closed something */
    uint32_t next[SLOTS_MAX];   /* place of the next sample, then */
    agon_ns_t t_venue;          /* the newest stamp of the market's events */
    FILE *out[EXPORTS];         /* NULL: not asked */
    union plan_event plan;
    struct sheet orders, trades, intents;
    struct weights *weights;       /* owned */
    struct seats *seats;           /* owned */
    struct tags *tags;             /* owned */
    struct journal_intents *known; /* owned; NULL: no intents are asked for */
    struct engine *engine;         /* borrowed; of the replay */
    int kept;                      /* AGON_OK, or what became of keeping a sample */
};

static int grow(void **array, uint64_t n, uint64_t *room, size_t size)
{
    uint64_t more = *room == 0 ? 1024 : *room * 2;
    void *moved;

    while (more < n)
        more *= 2;
    if (n <= *room)
        return AGON_OK;
    moved = realloc(*array, more * size);
    if (moved == NULL)
        return AGON_ENOMEM;
    *array = moved;
    *room = more;
    return AGON_OK;
}

static int keep_sample(struct export *export, struct engine *engine, agon_ns_t t)
{
    const struct slots *slots = engine_slots(engine);
    void *samples = export->samples;
    void *amounts = export->amounts;
    int rc = grow(&samples, export->n_samples + 1, &export->room_samples, sizeof(struct sample));

    export->samples = samples;
    if (rc >= 0)
        rc =
            grow(&amounts, export->n_amounts + slots->n, &export->room_amounts, sizeof(agon_amt_t));
    export->amounts = amounts;
    if (rc < 0)
        return rc;
    export->samples[export->n_samples++] = (struct sample){.t = t,
                                                           .t_venue = export->t_venue,
                                                           .seq = engine_seq(engine),
                                                           .first = export->n_amounts,
                                                           .n = (uint16_t)slots->n};
    for (uint16_t id = 0; id < slots->n; id++)
        export->amounts[export->n_amounts++] = engine_equity(engine, id);
    return AGON_OK;
}

// Which slots' windows took a sample in this event?
static int keep_tallies(struct export *export, struct engine *engine, agon_ns_t t, int is_sample)
{
    for (uint16_t id = 0; id < engine_slots(engine)->n; id++) {
        const struct window *window = engine_window(engine, id);
        const struct window_sample *sample = window_at(window, 0);
        void *tallies = export->tallies;
        int rc;

        if (window->next == export->next[id])
            continue;
        export->next[id] = window->next;
        if (!is_sample || sample == NULL)
            continue; // it began anew
        rc = grow(&tallies, export->n_tallies + 1, &export->room_tallies, sizeof(struct tally));
        export->tallies = tallies;
        if (rc < 0)
            return rc;
        export->tallies[export->n_tallies++] = (struct tally){.seq = engine_seq(engine),
                                                              .t = t,
                                                              .t_venue = export->t_venue,
                                                              .base_amt = sample->base_amt,
                                                              .equity_amt = sample->equity_amt,
                                                              .slot = id};
    }
    return AGON_OK;
}

static void note_slot(struct export *export, struct engine *engine, uint16_t slot)
{
    const struct score *score = engine_score(engine, slot);

    export->results[slot] = score->won_amt - score->lost_amt;
    export->booked[slot] = score->n_fills;
    export->closed[slot] = score->n_wins + score->n_losses;
}

static int keep_fill(struct export *export, struct engine *engine,
                     const struct record_report *report, uint16_t slot)
{
    void *fills = export->fills;
    int64_t before = slot < SLOTS_MAX ? export->results[slot] : 0;
    uint64_t closed = slot < SLOTS_MAX ? export->closed[slot] : 0;
    const struct order *order;
    struct fill *made;
    int rc = grow(&fills, export->n_fills + 1, &export->room_fills, sizeof(struct fill));

    export->fills = fills;
    if (rc < 0)
        return rc;
    if (slot < SLOTS_MAX)
        note_slot(export, engine, slot);
    made = &export->fills[export->n_fills++];
    *made = (struct fill){.report = *report,
                          .result_amt = slot < SLOTS_MAX ? export->results[slot] - before : 0,
                          .slot = slot};
    order = orders_find(engine_orders(engine), report->order_id);
    if (slot < SLOTS_MAX && export->closed[slot] != closed)
        made->why = orders_exit_reason(engine_orders(engine), report);
    made->tag = orders_tag(engine_orders(engine), report);
    if (order != NULL)
        made->who = weights_find(export->weights, order->slot, order->generation, order->cause_seq);
    return AGON_OK;
}

/* A fill is of its order's slot; what a venue closed by its own hand may be of several. */
static int keep_fills(struct export *export, struct engine *engine,
                      const struct record_report *report)
{
    uint64_t n = export->n_fills;
    int rc = AGON_OK;

    for (uint16_t slot = 0; slot < engine_slots(engine)->n && rc >= 0; slot++) {
        if (engine_score(engine, slot)->n_fills != export->booked[slot])
            rc = keep_fill(export, engine, report, slot);
    }
    return rc < 0 || export->n_fills > n
               ? rc
               : keep_fill(export, engine, report, (uint16_t)ORDER_ID_SLOT(report->order_id));
}

/* What goes out as the replay comes to it: of trades there are more than one keeps. */
static void put_rows(struct export *export, struct engine *engine,
                     const struct agon_event_hdr *event, int rc)
{
    struct cell cells[ROW_CELLS_MAX];
    uint32_t n;

    if (rc < 0)
        return;
    if (journal_class_of(event->type) == JOURNAL_MARKET && event->t_venue > export->t_venue)
        export->t_venue = event->t_venue;
    if (event->type == AGON_EVENT_TRADE && export->trades.out != NULL) {
        n = journal_rows_trade(engine, (const struct agon_trade *)(const void *)event, cells);
        if (n > 0)
            sheet_row(&export->trades, cells, n);
    }
    if (event->type == EVENT_REPORT && export->orders.out != NULL) {
        n = journal_rows_order(engine, (const struct record_report *)(const void *)event,
                               export->weights, cells);
        if (n > 0)
            sheet_row(&export->orders, cells, n);
    }
    if (export->known != NULL)
        journal_intents_take(export->known, engine, event, export->weights, &export->intents);
}

static void on_sample(void *ctx, agon_ns_t t)
{
    struct export *export = ctx;

    if (export->kept >= 0)
        export->kept = keep_tallies(export, export->engine, t, 1);
    if (export->kept >= 0)
        export->kept = keep_sample(export, export->engine, t);
}

// A replay may begin with a snapshot: what was before it is not exported.
static int on_begin(void *ctx, struct engine *engine)
{
    struct export *export = ctx;

    export->engine = engine;
    for (uint16_t slot = 0; slot < SLOTS_MAX; slot++) {
        export->next[slot] = engine_window(engine, slot)->next;
        note_slot(export, engine, slot);
    }
    return AGON_OK;
}

static int on_event(void *ctx, struct engine *engine, const struct agon_event_hdr *event, int rc)
{
    const struct record_command *command = (const struct record_command *)(const void *)event;
    struct export *export = ctx;
    uint64_t taken = engine_counters(engine)->n_fills;

    if (rc >= 0 &&
        (seats_take(export->seats, engine, event) < 0 ||
         weights_take(export->weights, engine, event) < 0 || tags_take(export->tags, event) < 0))
        export->kept = AGON_ENOMEM;
    put_rows(export, engine, event, rc);
    // What a free place has booked is nothing, and no fill.
    if (event->type == AGON_EVENT_COMMAND && command->kind == COMMAND_VACATE &&
        command->id < SLOTS_MAX)
        note_slot(export, engine, (uint16_t)command->id);
    if (export->out[EXPORT_PLANS] != NULL && rc >= 0 && plan_read(&export->plan, event))
        return plan_text_json(&export->plan, export->out[EXPORT_PLANS]);
    if (event->type == EVENT_CONFIG)
        return keep_tallies(export, engine, event->t, 0);
    if (export->kept < 0)
        return export->kept;
    // A venue repeats itself after a reconnect: a fill counts when the engine counted it.
    if (event->type != EVENT_REPORT || taken == export->fills_taken)
        return AGON_OK;
    export->fills_taken = taken;
    return keep_fills(export, engine, (const struct record_report *)(const void *)event);
}

enum { FILL_CELLS = 18, TALLY_CELLS = 6 };

static int base_exp(const struct instruments *table)
{
    const struct asset *base = instruments_asset(table, table->base_currency);

    return base != NULL ? base->exp : 8;
}

static void fill_cells(const struct fill *fill, const struct export *export, struct engine *engine,
                       struct cell cells[FILL_CELLS])
{
    static const char *const names[FILL_CELLS] = {
        "time",       "agent",      "symbol",      "side",     "liquidity", "price",
        "quantity",   "fee",        "fee_asset",   "order_id", "seq",       "result",
        "instrument", "venue_time", "exit_reason", "tag",      "tag_name",  "files"};
    const struct instruments *table = engine_instruments(engine);
    const struct record_report *report = &fill->report;
    const struct agon_instrument *instrument = instruments_get(table, report->hdr.instrument);
    const struct asset *fee = instruments_asset(table, report->fee_asset);
    char name[TAG_NAME];

    memset(cells, 0, sizeof(struct cell) * FILL_CELLS);
    for (int i = 0; i < FILL_CELLS; i++)
        cells[i].name = names[i];
    clock_text(report->hdr.t, cells[0].text);
    snprintf(cells[1].text, sizeof(cells[1].text), "%s",
             seats_name(export->seats, fill->slot, report->hdr.seq));
    snprintf(cells[2].text, sizeof(cells[2].text), "%.32s",
             instrument != NULL ? instrument->symbol : "");
    snprintf(cells[3].text, sizeof(cells[3].text), "%s", report->side == AGON_BUY ? "buy" : "sell");
    snprintf(cells[4].text, sizeof(cells[4].text), "%s",
             report->is_forced                      ? "forced"
             : report->liquidity == LIQUIDITY_MAKER ? "maker"
                                                    : "taker");
    num_format_short(report->px, instrument != NULL ? instrument->px_exp : 0, cells[5].text);
    num_format_short(report->qty, instrument != NULL ? instrument->qty_exp : 0, cells[6].text);
    num_format_short(report->fee_amt, fee != NULL ? fee->exp : 8, cells[7].text);
    snprintf(cells[8].text, sizeof(cells[8].text), "%s", fee != NULL ? fee->name : "");
    snprintf(cells[9].text, sizeof(cells[9].text), "%llx", (unsigned long long)report->order_id);
    journal_rows_u64(&cells[10], report->hdr.seq);
    num_format_short(fill->result_amt, base_exp(table), cells[11].text);
    snprintf(cells[12].text, sizeof(cells[12].text), "%u", report->hdr.instrument);
    journal_rows_time(report->hdr.t_venue, &cells[13]);
    journal_rows_put(&cells[14], exit_reasons_name(fill->why));
    journal_rows_u64(&cells[15], fill->tag);
    journal_rows_put(&cells[16],
                     tags_name(export->tags, fill->slot, report->hdr.seq, fill->tag, name));
    weights_say(export->weights, fill->who, cells[17].text);
}

static void tally_cells(const struct tally *tally, const struct export *export,
                        struct engine *engine, struct cell cells[TALLY_CELLS])
{
    static const char *const names[TALLY_CELLS] = {"seq",   "time", "venue_time",
                                                   "agent", "base", "equity"};
    int exp = base_exp(engine_instruments(engine));

    memset(cells, 0, sizeof(struct cell) * TALLY_CELLS);
    for (int i = 0; i < TALLY_CELLS; i++)
        cells[i].name = names[i];
    journal_rows_u64(&cells[0], tally->seq);
    clock_text(tally->t, cells[1].text);
    journal_rows_time(tally->t_venue, &cells[2]);
    snprintf(cells[3].text, sizeof(cells[3].text), "%s",
             seats_name(export->seats, tally->slot, tally->seq));
    num_format_short(tally->base_amt, exp, cells[4].text);
    num_format_short(tally->equity_amt, exp, cells[5].text);
}

/* A column for each name: a place that was another's before is not that one's. */
static int put_equity(FILE *out, const struct export *export, struct engine *engine,
                      enum sheet_format format)
{
    int exp = base_exp(engine_instruments(engine));
    uint32_t n_seats = 0, n = 2;
    struct sheet sheet;
    struct cell *cells;
    uint32_t *columns;
    const struct seat *first;

    while (seats_at(export->seats, n_seats) != NULL)
        n_seats++;
    cells = calloc(n_seats + 2, sizeof(*cells));
    columns = calloc(n_seats + 1, sizeof(*columns));
    first = seats_at(export->seats, 0);
    for (uint32_t i = 0; i < n_seats && cells != NULL && columns != NULL; i++) {
        for (uint32_t k = 0; k < i && columns[i] == 0; k++)
            columns[i] = strcmp(first[k].name, first[i].name) == 0 ? columns[k] : 0;
        if (columns[i] != 0)
            continue;
        cells[n].name = first[i].name;
        columns[i] = n++;
    }
    if (cells == NULL || columns == NULL) {
        free(cells);
        free(columns);
        return AGON_ENOMEM;
    }
    cells[0].name = "time";
    cells[1].name = "venue_time";
    sheet_begin(&sheet, out, format, cells, n);
    for (uint64_t row = 0; row < export->n_samples; row++) {
        const struct sample *sample = &export->samples[row];

        for (uint32_t i = 0; i < n; i++)
            cells[i].text[0] = '\0';
        clock_text(sample->t, cells[0].text);
        journal_rows_time(sample->t_venue, &cells[1]);
        for (uint16_t id = 0; id < sample->n; id++) {
            const struct seat *seat = seats_find(export->seats, id, sample->seq);

            // Who came later has no equity yet, and who has left has none any more.
            if (seat != NULL && seat->seq <= sample->seq &&
                (!seat->is_gone || seat->seq_gone > sample->seq))
                num_format_short(export->amounts[sample->first + id], exp,
                                 cells[columns[seat - first]].text);
        }
        sheet_row(&sheet, cells, n);
    }
    sheet_end(&sheet);
    free(cells);
    free(columns);
    return AGON_OK;
}

struct figures_rows {
    const struct figures_money *in;
    struct cell cells[FIGURES_CELLS + 4];
    uint32_t n; /* of them, without the last: at which event it left */
    struct sheet sheet;
};

static void put_figures_row(struct figures_rows *rows, const char *name, uint64_t seq_gone,
                            const struct figures *of)
{
    snprintf(rows->cells[0].text, sizeof(rows->cells[0].text), "%s", name);
    snprintf(rows->cells[1].text, sizeof(rows->cells[1].text), "%s", rows->in->name);
    journal_rows_u64(&rows->cells[2], of->n_fills);
    (void)figures_cells(rows->cells, 3, rows->in, of);
    rows->cells[rows->n].text[0] = '\0';
    if (seq_gone != 0)
        journal_rows_u64(&rows->cells[rows->n], seq_gone);
    sheet_row(&rows->sheet, rows->cells, rows->n + 1);
}

/* The figures of each slot at the end, of who has left, and of all with the pool, as every other
 * surface has them. */
static void put_figures(FILE *out, const struct seats *seats, struct engine *engine,
                        enum sheet_format format)
{
    const struct seat *seat;
    const struct instruments *table = engine_instruments(engine);
    const struct asset *base = instruments_asset(table, table->base_currency);
    const struct figures_money in = {.name = base != NULL ? base->name : "",
                                     .exp = base_exp(table)};
    const struct slots *slots = engine_slots(engine);
    struct figures_rows rows = {
        .in = &in, .cells = {{.name = "agent"}, {.name = "currency"}, {.name = "fills"}}};
    struct figures of = {0};

    rows.n = figures_cells(rows.cells, 3, &in, &of);
    rows.cells[rows.n].name = "left";
    sheet_begin(&rows.sheet, out, format, rows.cells, rows.n + 1);
    for (uint16_t id = 0; id < slots->n; id++) {
        if (!slots->all[id].is_used)
            continue;
        engine_figures(engine, id, &of);
        put_figures_row(&rows, slots->all[id].name, 0, &of);
    }
    for (uint32_t i = 0; (seat = seats_at(seats, i)) != NULL; i++) {
        if (seat->is_gone)
            put_figures_row(&rows, seat->name, seat->seq_gone, &seat->figures);
    }
    seats_all(seats, engine, &of);
    put_figures_row(&rows, "", 0, &of);
    sheet_end(&rows.sheet);
}

static uint64_t count_of(const struct export *export, enum export_of what)
{
    return what == EXPORT_FILLS ? export->n_fills : export->n_tallies;
}

/* Row i, or one of nothing for its names. Returns how many cells a row has. */
static uint32_t row_cells(const struct export *export, struct engine *engine, enum export_of what,
                          const uint64_t *i, struct cell *cells)
{
    static const struct fill no_fill;
    static const struct tally no_tally;

    switch (what) {
    case EXPORT_FILLS:
        fill_cells(i != NULL ? &export->fills[*i] : &no_fill, export, engine, cells);
        // As the backtest wrote them, where no agent has files.
        return weights_at(export->weights, 0) != NULL ? FILL_CELLS : FILL_CELLS - 1;
    default:
        tally_cells(i != NULL ? &export->tallies[*i] : &no_tally, export, engine, cells);
        return TALLY_CELLS;
    }
}

static void put_all(FILE *out, const struct export *export, struct engine *engine,
                    enum sheet_format format, enum export_of what)
{
    struct cell cells[FILL_CELLS];
    uint32_t n_cells = row_cells(export, engine, what, NULL, cells);
    struct sheet sheet;

    sheet_begin(&sheet, out, format, cells, n_cells);
    for (uint64_t i = 0; i < count_of(export, what); i++) {
        row_cells(export, engine, what, &i, cells);
        sheet_row(&sheet, cells, n_cells);
    }
    sheet_end(&sheet);
}

static int open_file(const char *path, FILE **out, struct error *err)
{
    *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    return *out != NULL ? AGON_OK : file_refuse_write(args_safe(path), errno, AGON_EIO, err);
}

/* The first error stays. */
static int close_file(const char *path, FILE *out, int rc, struct error *err)
{
    int is_bad;

    if (out == NULL || out == stdout)
        return rc;
    is_bad = ferror(out);
    if ((fclose(out) != 0 || is_bad) && rc >= 0)
        rc = error_set(err, AGON_EIO, "%s: not all of it could be written", args_safe(path));
    return rc;
}

/* What is written while the replay runs. */
static int begin_rows(const struct journal_export *ask, struct export *export, struct error *err)
{
    static const enum export_of rows[] = {EXPORT_PLANS, EXPORT_ORDERS, EXPORT_TRADES,
                                          EXPORT_INTENTS};
    struct cell cells[ROW_CELLS_MAX];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int rc = ask->paths[rows[i]] == NULL
                     ? AGON_OK
                     : open_file(ask->paths[rows[i]], &export->out[rows[i]], err);

        if (rc < 0)
            return rc;
    }
    if (export->out[EXPORT_ORDERS] != NULL)
        sheet_begin(&export->orders, export->out[EXPORT_ORDERS], ask->format, cells,
                    journal_rows_order(NULL, NULL, NULL, cells));
    if (export->out[EXPORT_TRADES] != NULL)
        sheet_begin(&export->trades, export->out[EXPORT_TRADES], ask->format, cells,
                    journal_rows_trade(NULL, NULL, cells));
    if (export->out[EXPORT_INTENTS] == NULL)
        return AGON_OK;
    export->known = journal_intents_new(export->tags);
    if (export->known == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    journal_intents_names(cells);
    sheet_begin(&export->intents, export->out[EXPORT_INTENTS], ask->format, cells, INTENT_CELLS);
    return AGON_OK;
}

static void end_rows(struct export *export)
{
    struct sheet *const sheets[] = {&export->orders, &export->trades, &export->intents};

    for (size_t i = 0; i < sizeof(sheets) / sizeof(sheets[0]); i++) {
        if (sheets[i]->out != NULL)
            sheet_end(sheets[i]);
    }
}

/* Of the end state; a file is opened behind the replay, so that one of before outlives a journal
 * that cannot be read. */
static int put_ends(const struct journal_export *ask, const struct export *export,
                    struct engine *engine, struct error *err)
{
    static const enum export_of ends[] = {EXPORT_FILLS, EXPORT_EQUITY, EXPORT_SAMPLES,
                                          EXPORT_FIGURES};
    FILE *out;
    int rc = AGON_OK;

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]) && rc >= 0; i++) {
        if (ask->paths[ends[i]] == NULL)
            continue;
        rc = open_file(ask->paths[ends[i]], &out, err);
        if (rc < 0)
            continue;
        if (ends[i] == EXPORT_FIGURES)
            put_figures(out, export->seats, engine, ask->format);
        else if (ends[i] == EXPORT_EQUITY)
            rc = put_equity(out, export, engine, ask->format) < 0
                     ? error_set(err, AGON_ENOMEM, "out of memory")
                     : AGON_OK;
        else
            put_all(out, export, engine, ask->format, ends[i]);
        rc = close_file(ask->paths[ends[i]], out, rc, err);
    }
    return rc;
}

int journal_export(struct journal_export *ask, struct error *err)
{
    struct export export = {0};
    struct replay_config config = {.dir = ask->dir,
                                   .tapes = ask->tapes,
                                   .until = ask->until,
                                   .is_live = ask->is_live,
                                   .samples = {.ctx = &export, .sample = on_sample},
                                   .on_begin = on_begin,
                                   .on_event = on_event,
                                   .ctx = &export};
    struct replay result = {0};
    int rc;

    export.weights = weights_new(ask->models);
    export.seats = seats_new();
    export.tags = tags_new();
    rc = export.weights != NULL && export.seats != NULL && export.tags != NULL
             ? begin_rows(ask, &export, err)
             : error_set(err, AGON_ENOMEM, "out of memory");

    if (rc >= 0) {
        rc = replay_run(&config, &result, err);
        if (rc < 0)
            error_wrap(err, "%s", args_safe(ask->dir));
        else
            ask->last_seq = result.last_seq;
    }
    end_rows(&export);
    if (rc >= 0)
        rc = put_ends(ask, &export, result.engine, err);
    for (int i = 0; i < EXPORTS; i++)
        rc = close_file(ask->paths[i], export.out[i], rc, err);
    journal_intents_free(export.known);
    weights_free(export.weights);
    seats_free(export.seats);
    tags_free(export.tags);
    replay_free(&result);
    free(export.fills);
    free(export.tallies);
    free(export.samples);
    free(export.amounts);
    return rc;
}
