// SPDX-License-Identifier: Apache-2.0
/* journal: what a journal holds, without a host: its events as lines, its figures, and the fills
 * and the equity that a replay of it reaches. Nothing here writes into the journal. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include "args/args.h"
#include "base/num.h"
#include "cli/commands.h"
#include "cli/journal_dir.h"
#include "config/suggest.h"
#include "journal/text.h"
#include "lab/replay.h"
#include "report/journal_intents.h"
#include "report/journal_rows.h"
#include "report/plan_text.h"
#include "sink/sink.h"
#include "sys/clock.h"
#include "sys/disk_posix.h"

#define TYPES       128 /* no type that has a name is beyond */
#define PRINT_EVERY 4096

struct opts {
    struct arg_list operands;
    const char *dir, *type_name, *fills, *equity, *samples, *plans, *orders, *trades, *to, *intents;
    uint64_t from, until;
    int is_json, is_live, is_forced, format;
};

static int exit_of(int rc)
{
    return rc == AGON_ENOENT || rc == AGON_EIO || rc == AGON_ENOMEM ? EXIT_ENVIRONMENT : EXIT_DATA;
}

static int complain(const struct opts *opts, int rc, const struct error *err)
{
    fprintf(stderr, "agon journal: %s: %s\n", args_safe(opts->dir),
            err->text[0] != '\0' ? err->text : "cannot be read");
    return exit_of(rc);
}

/* --- the events as they come --- */

struct walk {
    struct disk_posix disk;
    struct journal_reader *reader;
    struct text_scale scales[INSTRUMENTS_MAX + 1];
    char symbols[INSTRUMENTS_MAX + 1][32];
};

static int walk_open(struct walk *walk, const struct opts *opts, struct error *err)
{
    struct journal_reading reading = {.is_live = opts->is_live, .is_forced = opts->is_forced};
    int rc = disk_posix_open(&walk->disk, opts->dir, err);

    if (rc < 0)
        return rc;
    walk->reader = journal_reader_open(&walk->disk.port, &reading, err);
    if (walk->reader != NULL)
        return AGON_OK;
    disk_posix_close(&walk->disk);
    return err->code < 0 ? err->code : AGON_EIO;
}

static void walk_close(struct walk *walk)
{
    journal_reader_close(walk->reader);
    disk_posix_close(&walk->disk);
}

static int walk_next(struct walk *walk, const struct agon_event_hdr **event, struct error *err)
{
    int rc = journal_reader_next(walk->reader, event, err);

    // Exponents stand in the INSTRUMENT events that went before.
    if (rc == 1 && (*event)->type == AGON_EVENT_INSTRUMENT && (*event)->granules == 3 &&
        (*event)->instrument <= INSTRUMENTS_MAX) {
        const struct agon_instrument *made = (const void *)*event;
        struct text_scale *scale = &walk->scales[made->hdr.instrument];
        char *symbol = walk->symbols[made->hdr.instrument];

        memcpy(symbol, made->symbol, sizeof(made->symbol));
        symbol[sizeof(made->symbol) - 1] = '\0';
        *scale =
            (struct text_scale){.px_exp = made->px_exp, .qty_exp = made->qty_exp, .symbol = symbol};
    }
    return rc;
}

static int scale_of(void *ctx, agon_instrument_t instrument, struct text_scale *scale)
{
    const struct walk *walk = ctx;

    if (instrument > INSTRUMENTS_MAX || walk->scales[instrument].symbol == NULL)
        return 0;
    *scale = walk->scales[instrument];
    return 1;
}

static int find_type(const char *name, uint16_t *type)
{
    struct suggest suggest = {0};

    for (*type = 1; *type < TYPES; ++*type) {
        const char *known = text_type_name(*type);

        if (known != NULL && strcmp(known, name) == 0)
            return 1;
        if (known != NULL)
            suggest_offer(&suggest, name, strnlen(name, SUGGEST_MAX + 1), known);
    }
    fprintf(stderr, "agon journal: --type: no event is called %s%s%s%s\n", args_safe(name),
            suggest.best ? "; did you mean " : "", suggest.best ? suggest.best : "",
            suggest.best ? "?" : "");
    return 0;
}

static int cat(const struct opts *opts, struct walk *walk)
{
    enum text_style style = opts->is_json ? TEXT_JSON : TEXT_LINE;
    char *text = malloc(JOURNAL_TEXT_MAX);
    const struct agon_event_hdr *event;
    struct error err = {0};
    uint64_t n = 0;
    uint16_t type = 0;
    int rc;

    if (text == NULL)
        return EXIT_ENVIRONMENT;
    if (opts->type_name != NULL && !find_type(opts->type_name, &type)) {
        free(text);
        return EXIT_FLAGS;
    }
    while ((rc = walk_next(walk, &event, &err)) == 1) {
        int64_t length;

        if (opts->until != 0 && event->seq > opts->until)
            break;
        if (event->seq < opts->from || (type != 0 && event->type != type))
            continue;
        length = text_event(event, style, scale_of, walk, text, JOURNAL_TEXT_MAX);
        if (length < 0)
            continue;
        text[length] = '\n';
        fwrite(text, 1, (size_t)length + 1, stdout);
        if (++n % PRINT_EVERY == 0 && !commands_can_print())
            break;
    }
    free(text);
    return rc < 0 ? complain(opts, rc, &err) : EXIT_OK;
}

/* --- copies --- */

#define SEND_FLUSH 4096 /* events between two times that the sink is asked to keep what it has */

/* Everything behind what the sink has. */
static int send_behind(const struct opts *opts, struct walk *walk, const struct sink *sink,
                       void *self, uint64_t last)
{
    char *text = malloc(JOURNAL_TEXT_MAX);
    const struct agon_event_hdr *event;
    struct error err = {0};
    uint64_t n = 0;
    int rc = text != NULL ? 1 : error_set(&err, AGON_ENOMEM, "out of memory");

    while (rc == 1 && (rc = walk_next(walk, &event, &err)) == 1) {
        int64_t length;

        if (opts->until != 0 && event->seq > opts->until)
            break;
        if (event->seq <= last)
            continue;
        length = text_event(event, TEXT_JSON, scale_of, walk, text, JOURNAL_TEXT_MAX);
        if (length < 0)
            continue;
        rc = sink->put(self, event, text, (size_t)length, &err) < 0 ? AGON_EIO : 1;
        if (rc == 1 && ++n % SEND_FLUSH == 0 && sink->flush(self, &err) < 0)
            rc = AGON_EIO;
    }
    free(text);
    if (rc >= 0 && sink->flush(self, &err) < 0)
        rc = AGON_EIO;
    if (rc < 0)
        return complain(opts, rc, &err);
    fprintf(stderr, "agon journal: %llu events behind %llu sent\n", (unsigned long long)n,
            (unsigned long long)last);
    return EXIT_OK;
}

static int send_all(const struct opts *opts, struct walk *walk)
{
    const struct sink *sink;
    const char *where;
    struct error err = {0};
    uint64_t last = 0;
    void *self;
    int rc = sink_find(opts->to, &sink, &where, &err);

    if (rc >= 0)
        rc = sink->open(&self, where, &last, &err);
    if (rc < 0)
        return complain(opts, rc, &err);
    rc = send_behind(opts, walk, sink, self, last);
    sink->close(self);
    return rc;
}

/* --- figures --- */

struct stats {
    uint64_t n[TYPES + 1], bytes[TYPES + 1]; /* the last: types without a name */
    uint64_t class_n[JOURNAL_CLASSES], class_bytes[JOURNAL_CLASSES];
    uint64_t n_marks, n_runs;
    agon_ns_t t_first, t_last;
};

static void count(struct stats *stats, const struct agon_event_hdr *event)
{
    uint32_t type = event->type < TYPES ? event->type : TYPES;
    enum journal_class cls = journal_class_of(event->type);

    stats->n[type]++;
    stats->bytes[type] += event_bytes(event);
    stats->class_n[cls]++;
    stats->class_bytes[cls] += event_bytes(event);
    stats->n_marks += event->type == EVENT_MARK;
    stats->n_runs += event->type == EVENT_START;
    if (stats->t_first == 0)
        stats->t_first = event->t;
    stats->t_last = event->t;
}

static const char *type_name(uint32_t type)
{
    const char *name = type < TYPES ? text_type_name((uint16_t)type) : NULL;

    return name != NULL ? name : "other";
}

#define ULL(value) ((unsigned long long)(value))

/* Which programs wrote the segments, the newest last. */
static void print_builds(const struct journal_summary *summary)
{
    char text[2 * sizeof(summary->builds[0]) + 1];

    for (uint32_t i = 0; i < summary->n_builds; i++) {
        sodium_bin2hex(text, sizeof(text), summary->builds[i], sizeof(summary->builds[i]));
        printf("%-9s %s\n", i == 0 ? "builds" : "",
               text[strspn(text, "0")] == '\0' ? "unknown" : text);
    }
}

static void print_stats(const struct stats *stats, const struct journal_summary *summary)
{
    char from[CLOCK_TEXT];
    char to[CLOCK_TEXT];

    clock_text(stats->t_first, from);
    clock_text(stats->t_last, to);
    if (summary->n_records == 0)
        printf("empty\n");
    else
        printf("events    %llu to %llu\ntime      %s to %s\n", ULL(summary->first_seq),
               ULL(summary->end.next_seq - 1), from, to);
    printf("runs      %llu\nmarks     %llu\ndurable   %llu\nclosed    %s\n", ULL(stats->n_runs),
           ULL(stats->n_marks), ULL(summary->durable_seq),
           summary->is_clean ? "in good order" : "no: a host writes it, or was killed");
    print_builds(summary);
    if (summary->n_shed > 0)
        printf("not kept  %llu market events, for want of room\n", ULL(summary->n_shed));
    if (summary->n_dropped > 0)
        printf("dropped   %llu market events, covered by a snapshot\n", ULL(summary->n_dropped));
    if (summary->n_torn > 0 || summary->torn[0] != '\0')
        printf("torn      %llu bytes behind the end: %s\n", ULL(summary->n_torn),
               args_safe(summary->torn));
    if (summary->is_forced)
        printf("forced    the end stands where damage begins\n");
    printf("\n%-16s %-8s %12s %16s\n", "type", "class", "events", "bytes");
    for (uint32_t type = 0; type <= TYPES; type++) {
        if (stats->n[type] != 0)
            printf("%-16s %-8s %12llu %16llu\n", type_name(type),
                   segment_class_name(journal_class_of((uint16_t)type)), ULL(stats->n[type]),
                   ULL(stats->bytes[type]));
    }
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++)
        printf("%-16s %-8s %12llu %16llu  in %u segment%s, %u of them compressed\n", "all",
               segment_class_name((enum journal_class)cls), ULL(stats->class_n[cls]),
               ULL(stats->class_bytes[cls]), summary->n_segments[cls],
               summary->n_segments[cls] == 1 ? "" : "s", summary->n_packed[cls]);
}

static void print_stats_json(const struct stats *stats, const struct journal_summary *summary)
{
    int n = 0;

    printf("{\"first_seq\": %llu, \"last_seq\": %llu, \"t_first\": \"%lld\", \"t_last\": \"%lld\", "
           "\"events\": %llu, \"runs\": %llu, \"marks\": %llu, \"durable_seq\": %llu, "
           "\"shed\": %llu, \"dropped\": %llu, \"torn_bytes\": %llu, \"is_clean\": %s, "
           "\"is_forced\": %s, \"classes\": {",
           ULL(summary->first_seq), ULL(summary->end.next_seq - 1), (long long)stats->t_first,
           (long long)stats->t_last, ULL(summary->n_records), ULL(stats->n_runs),
           ULL(stats->n_marks), ULL(summary->durable_seq), ULL(summary->n_shed),
           ULL(summary->n_dropped), ULL(summary->n_torn), summary->is_clean ? "true" : "false",
           summary->is_forced ? "true" : "false");
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++)
        printf(
            "%s\"%s\": {\"events\": %llu, \"bytes\": %llu, \"segments\": %u, \"compressed\": %u}",
            cls == 0 ? "" : ", ", segment_class_name((enum journal_class)cls),
            ULL(stats->class_n[cls]), ULL(stats->class_bytes[cls]), summary->n_segments[cls],
            summary->n_packed[cls]);
    printf("}, \"builds\": [");
    for (uint32_t i = 0; i < summary->n_builds; i++) {
        char text[2 * sizeof(summary->builds[0]) + 1];

        printf("%s\"%s\"", i == 0 ? "" : ", ",
               sodium_bin2hex(text, sizeof(text), summary->builds[i], sizeof(summary->builds[i])));
    }
    printf("], \"types\": {");
    for (uint32_t type = 0; type <= TYPES; type++) {
        if (stats->n[type] != 0)
            printf("%s\"%s\": {\"events\": %llu, \"bytes\": %llu}", n++ == 0 ? "" : ", ",
                   type_name(type), ULL(stats->n[type]), ULL(stats->bytes[type]));
    }
    printf("}}\n");
}

static int stats(const struct opts *opts, struct walk *walk)
{
    struct stats all = {0};
    const struct agon_event_hdr *event;
    struct error err = {0};
    int rc;

    while ((rc = walk_next(walk, &event, &err)) == 1)
        count(&all, event);
    if (rc < 0)
        return complain(opts, rc, &err);
    if (opts->is_json)
        print_stats_json(&all, journal_reader_summary(walk->reader));
    else
        print_stats(&all, journal_reader_summary(walk->reader));
    return EXIT_OK;
}

/* --- fills and equity --- */

struct fill {
    struct record_report report;
    agon_amt_t result_amt; /* of what it closed, fees of the quote taken off; base currency */
    uint16_t slot;
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
    uint32_t next[SLOTS_MAX];   /* place of the next sample, then */
    agon_ns_t t_venue;          /* the newest stamp of the market's events */
    FILE *plans;                /* NULL: not asked */
    union plan_event plan;
    struct sheet orders, trades, intents;
    struct journal_intents *known; /* owned; NULL: no intents are asked for */
    int has_begun;
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
    export->samples[export->n_samples++] = (struct sample){
        .t = t, .t_venue = export->t_venue, .first = export->n_amounts, .n = (uint16_t)slots->n};
    for (uint16_t id = 0; id < slots->n; id++)
        export->amounts[export->n_amounts++] = engine_equity(engine, id);
    return AGON_OK;
}

// Which slots' windows took a sample in this event?
static int keep_tallies(struct export *export, struct engine *engine,
                        const struct agon_event_hdr *event, int is_due)
{
    for (uint16_t id = 0; id < engine_slots(engine)->n; id++) {
        const struct window *window = engine_window(engine, id);
        const struct window_sample *sample = window_at(window, 0);
        void *tallies = export->tallies;
        int rc;

        if (window->next == export->next[id])
            continue;
        export->next[id] = window->next;
        if (!is_due || sample == NULL)
            continue; // it began anew
        rc = grow(&tallies, export->n_tallies + 1, &export->room_tallies, sizeof(struct tally));
        export->tallies = tallies;
        if (rc < 0)
            return rc;
        export->tallies[export->n_tallies++] = (struct tally){.seq = event->seq,
                                                              .t = event->t,
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
}

static int keep_fill(struct export *export, struct engine *engine,
                     const struct record_report *report, uint16_t slot)
{
    void *fills = export->fills;
    int64_t before = slot < SLOTS_MAX ? export->results[slot] : 0;
    int rc = grow(&fills, export->n_fills + 1, &export->room_fills, sizeof(struct fill));

    export->fills = fills;
    if (rc < 0)
        return rc;
    if (slot < SLOTS_MAX)
        note_slot(export, engine, slot);
    export->fills[export->n_fills++] =
        (struct fill){.report = *report,
                      .result_amt = slot < SLOTS_MAX ? export->results[slot] - before : 0,
                      .slot = slot};
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
        n = journal_rows_order(engine, (const struct record_report *)(const void *)event, cells);
        if (n > 0)
            sheet_row(&export->orders, cells, n);
    }
    if (export->known != NULL)
        journal_intents_take(export->known, engine, event, &export->intents);
}

static int on_event(void *ctx, struct engine *engine, const struct agon_event_hdr *event, int rc)
{
    struct export *export = ctx;
    uint64_t taken = engine_counters(engine)->n_fills;

    put_rows(export, engine, event, rc);

    // A replay may begin with a snapshot: what was before it is not exported.
    for (uint16_t slot = 0; !export->has_begun && slot < SLOTS_MAX; slot++) {
        export->next[slot] = engine_window(engine, slot)->next;
        note_slot(export, engine, slot);
    }
    export->has_begun = 1;
    if (export->plans != NULL && rc >= 0 && plan_read(&export->plan, event))
        return plan_text_json(&export->plan, export->plans);
    if (event->type == EVENT_CONFIG)
        return keep_tallies(export, engine, event, 0);
    if (event->type == EVENT_DUE &&
        ((const struct record_due *)(const void *)event)->kind == DUE_SAMPLE) {
        rc = keep_tallies(export, engine, event, 1);
        return rc < 0 ? rc : keep_sample(export, engine, event->t);
    }
    // A venue repeats itself after a reconnect: a fill counts when the engine counted it.
    if (event->type != EVENT_REPORT || taken == export->fills_taken)
        return AGON_OK;
    export->fills_taken = taken;
    return keep_fills(export, engine, (const struct record_report *)(const void *)event);
}

enum { FILL_CELLS = 14, TALLY_CELLS = 6 };

static int base_exp(const struct instruments *table)
{
    const struct asset *base = instruments_asset(table, table->base_currency);

    return base != NULL ? base->exp : 8;
}

static void fill_cells(const struct fill *fill, struct engine *engine,
                       struct cell cells[FILL_CELLS])
{
    static const char *const names[FILL_CELLS] = {
        "time", "agent",     "symbol",   "side", "liquidity", "price",      "quantity",
        "fee",  "fee_asset", "order_id", "seq",  "result",    "instrument", "venue_time"};
    const struct instruments *table = engine_instruments(engine);
    const struct record_report *report = &fill->report;
    const struct agon_instrument *instrument = instruments_get(table, report->hdr.instrument);
    const struct asset *fee = instruments_asset(table, report->fee_asset);
    const struct slot *slot = slots_get(engine_slots(engine), fill->slot);

    memset(cells, 0, sizeof(struct cell) * FILL_CELLS);
    for (int i = 0; i < FILL_CELLS; i++)
        cells[i].name = names[i];
    clock_text(report->hdr.t, cells[0].text);
    snprintf(cells[1].text, sizeof(cells[1].text), "%s", slot != NULL ? slot->name : "");
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
    snprintf(cells[9].text, sizeof(cells[9].text), "%llx", ULL(report->order_id));
    snprintf(cells[10].text, sizeof(cells[10].text), "%llu", ULL(report->hdr.seq));
    num_format_short(fill->result_amt, base_exp(table), cells[11].text);
    snprintf(cells[12].text, sizeof(cells[12].text), "%u", report->hdr.instrument);
    journal_rows_time(report->hdr.t_venue, &cells[13]);
}

static void tally_cells(const struct tally *tally, struct engine *engine,
                        struct cell cells[TALLY_CELLS])
{
    static const char *const names[TALLY_CELLS] = {"seq",   "time", "venue_time",
                                                   "agent", "base", "equity"};
    const struct slot *slot = slots_get(engine_slots(engine), tally->slot);
    int exp = base_exp(engine_instruments(engine));

    memset(cells, 0, sizeof(struct cell) * TALLY_CELLS);
    for (int i = 0; i < TALLY_CELLS; i++)
        cells[i].name = names[i];
    snprintf(cells[0].text, sizeof(cells[0].text), "%llu", ULL(tally->seq));
    clock_text(tally->t, cells[1].text);
    journal_rows_time(tally->t_venue, &cells[2]);
    snprintf(cells[3].text, sizeof(cells[3].text), "%s", slot != NULL ? slot->name : "");
    num_format_short(tally->base_amt, exp, cells[4].text);
    num_format_short(tally->equity_amt, exp, cells[5].text);
}

static void sample_cells(const struct export *export, const struct sample *sample,
                         struct engine *engine, struct cell *cells)
{
    const struct slots *slots = engine_slots(engine);
    const struct instruments *table = engine_instruments(engine);
    const struct asset *base = instruments_asset(table, table->base_currency);

    memset(cells, 0, sizeof(*cells) * (SLOTS_MAX + 2));
    cells[0].name = "time";
    cells[1].name = "venue_time";
    clock_text(sample->t, cells[0].text);
    journal_rows_time(sample->t_venue, &cells[1]);
    for (uint16_t id = 0; id < slots->n; id++) {
        cells[id + 2].name = slots->all[id].name;
        // A slot that came later has no equity yet.
        if (id < sample->n)
            num_format_short(export->amounts[sample->first + id], base != NULL ? base->exp : 8,
                             cells[id + 2].text);
    }
}

enum what { WHAT_FILLS, WHAT_EQUITY, WHAT_SAMPLES };

static uint64_t count_of(const struct export *export, enum what what)
{
    return what == WHAT_FILLS    ? export->n_fills
           : what == WHAT_EQUITY ? export->n_samples
                                 : export->n_tallies;
}

/* Row i, or one of nothing for its names. Returns how many cells a row has. */
static uint32_t row_cells(const struct export *export, struct engine *engine, enum what what,
                          const uint64_t *i, struct cell *cells)
{
    static const struct fill no_fill;
    static const struct sample no_sample;
    static const struct tally no_tally;

    switch (what) {
    case WHAT_FILLS:
        fill_cells(i != NULL ? &export->fills[*i] : &no_fill, engine, cells);
        return FILL_CELLS;
    case WHAT_EQUITY:
        sample_cells(export, i != NULL ? &export->samples[*i] : &no_sample, engine, cells);
        return engine_slots(engine)->n + 2;
    default:
        tally_cells(i != NULL ? &export->tallies[*i] : &no_tally, engine, cells);
        return TALLY_CELLS;
    }
}

static void put_all(FILE *out, const struct export *export, struct engine *engine,
                    enum sheet_format format, enum what what)
{
    struct cell cells[SLOTS_MAX + 2];
    uint32_t n_cells = row_cells(export, engine, what, NULL, cells);
    struct sheet sheet;

    sheet_begin(&sheet, out, format, cells, n_cells);
    for (uint64_t i = 0; i < count_of(export, what); i++) {
        row_cells(export, engine, what, &i, cells);
        sheet_row(&sheet, cells, n_cells);
    }
    sheet_end(&sheet);
}

static int open_file(const char *path, FILE **out)
{
    *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    if (*out == NULL)
        fprintf(stderr, "agon journal: %s: %s\n", args_safe(path), strerror(errno));
    return *out != NULL ? EXIT_OK : EXIT_ENVIRONMENT;
}

static int close_file(const char *path, FILE *out)
{
    int is_bad;

    if (out == NULL || out == stdout)
        return EXIT_OK;
    is_bad = ferror(out);
    if (fclose(out) != 0 || is_bad) {
        fprintf(stderr, "agon journal: %s: not all of it could be written\n", args_safe(path));
        return EXIT_ENVIRONMENT;
    }
    return EXIT_OK;
}

static int write_file(const char *path, const struct export *export, struct engine *engine,
                      enum sheet_format format, enum what what)
{
    FILE *out;

    if (path == NULL)
        return EXIT_OK;
    if (open_file(path, &out) != EXIT_OK)
        return EXIT_ENVIRONMENT;
    put_all(out, export, engine, format, what);
    return close_file(path, out);
}

static int close_rows(const struct opts *opts, struct export *export)
{
    int rc = close_file(opts->plans, export->plans);

    if (export->orders.out != NULL) {
        sheet_end(&export->orders);
        if (close_file(opts->orders, export->orders.out) != EXIT_OK)
            rc = EXIT_ENVIRONMENT;
    }
    if (export->trades.out != NULL) {
        sheet_end(&export->trades);
        if (close_file(opts->trades, export->trades.out) != EXIT_OK)
            rc = EXIT_ENVIRONMENT;
    }
    if (export->intents.out != NULL) {
        sheet_end(&export->intents);
        if (close_file(opts->intents, export->intents.out) != EXIT_OK)
            rc = EXIT_ENVIRONMENT;
    }
    journal_intents_free(export->known);
    return rc;
}

static int open_rows(const struct opts *opts, struct export *export)
{
    enum sheet_format format = (enum sheet_format)opts->format;
    struct cell cells[ROW_CELLS_MAX];
    FILE *out;

    if (opts->plans != NULL && open_file(opts->plans, &export->plans) != EXIT_OK)
        return EXIT_ENVIRONMENT;
    if (opts->orders != NULL) {
        if (open_file(opts->orders, &out) != EXIT_OK) {
            close_rows(opts, export);
            return EXIT_ENVIRONMENT;
        }
        sheet_begin(&export->orders, out, format, cells, journal_rows_order(NULL, NULL, cells));
    }
    if (opts->trades != NULL) {
        if (open_file(opts->trades, &out) != EXIT_OK) {
            close_rows(opts, export);
            return EXIT_ENVIRONMENT;
        }
        sheet_begin(&export->trades, out, format, cells, journal_rows_trade(NULL, NULL, cells));
    }
    if (opts->intents != NULL) {
        export->known = journal_intents_new();
        if (export->known == NULL || open_file(opts->intents, &out) != EXIT_OK) {
            close_rows(opts, export);
            return EXIT_ENVIRONMENT;
        }
        journal_intents_names(cells);
        sheet_begin(&export->intents, out, format, cells, INTENT_CELLS);
    }
    return EXIT_OK;
}

static int export_all(const struct opts *opts)
{
    struct export export = {0};
    struct replay_config config = {.dir = opts->dir,
                                   .until = opts->until,
                                   .is_live = opts->is_live,
                                   .on_event = on_event,
                                   .ctx = &export};
    enum sheet_format format = (enum sheet_format)opts->format;
    struct replay result = {0};
    struct error err = {0};
    int rc;

    if (open_rows(opts, &export) != EXIT_OK)
        return EXIT_ENVIRONMENT;
    rc = replay_run(&config, &result, &err);
    if (rc < 0) {
        rc = complain(opts, rc, &err);
        close_rows(opts, &export);
    } else {
        rc = close_rows(opts, &export);
        if (rc == EXIT_OK)
            rc = write_file(opts->fills, &export, result.engine, format, WHAT_FILLS);
        if (rc == EXIT_OK)
            rc = write_file(opts->equity, &export, result.engine, format, WHAT_EQUITY);
        if (rc == EXIT_OK)
            rc = write_file(opts->samples, &export, result.engine, format, WHAT_SAMPLES);
    }
    replay_free(&result);
    free(export.fills);
    free(export.tallies);
    free(export.samples);
    free(export.amounts);
    return rc;
}

static int look(const struct opts *opts, int (*verb)(const struct opts *, struct walk *))
{
    struct walk *walk = calloc(1, sizeof(*walk));
    struct error err = {0};
    int rc;

    if (walk == NULL)
        return EXIT_ENVIRONMENT;
    rc = walk_open(walk, opts, &err);
    if (rc < 0) {
        free(walk);
        return complain(opts, rc, &err);
    }
    rc = verb(opts, walk);
    walk_close(walk);
    free(walk);
    return rc;
}

int cmd_journal(int argc, char **argv)
{
    struct opts opts = {0};
    static const char *const formats[] = {"csv", "json", NULL};
    const struct arg table[] = {
        {"from", ARG_U64, "N", "cat: begin with event N", &opts.from},
        {"until", ARG_U64, "N", "cat, export: stop behind event N", &opts.until},
        {"type", ARG_TEXT, "NAME", "cat: only events of this type", &opts.type_name},
        {"live", ARG_FLAG, NULL, "a host writes it meanwhile: stop where it ends now",
         &opts.is_live},
        {"force", ARG_FLAG, NULL, "cat, stats: take damage as the journal's end", &opts.is_forced},
        {"json", ARG_FLAG, NULL, "cat: one JSON object a line; stats: JSON", &opts.is_json},
        {"fills", ARG_TEXT, "FILE", "export: write fills there; -: standard output", &opts.fills},
        {"equity", ARG_TEXT, "FILE", "export: write the equity of every minute there",
         &opts.equity},
        {"samples", ARG_TEXT, "FILE",
         "export: write the samples of equity there that tournaments look at", &opts.samples},
        {"orders", ARG_TEXT, "FILE", "export: write what venues said of our orders there",
         &opts.orders},
        {"trades", ARG_TEXT, "FILE", "export: write the trades of the markets there", &opts.trades},
        {"intents", ARG_TEXT, "FILE",
         "export: write what agents wanted there, and what became of it: an order, or refused, by "
         "which check",
         &opts.intents},
        {"plans", ARG_TEXT, "FILE", "export: write the tournaments' plans there, one JSON a line",
         &opts.plans},
        {"to", ARG_TEXT, "SINK:WHERE",
         "send: what the sink lacks goes there: ndjson:FILE, one JSON object a line", &opts.to},
        {"format", ARG_CHOICE, "csv|json", "export: of the other files (csv)", &opts.format,
         .choices = formats},
        {NULL}};
    const struct args_spec spec = {
        .usage = "cat|stats|export|send DIRECTORY|FILE [OPTION...]",
        .about = "Shows a journal: its events as lines, what is in it, or the fills and the equity "
                 "that a replay of it through the engine reaches. The journal stays as it is.\n"
                 "DIRECTORY is a run directory or its journal; FILE is one of the journal's.",
        .args = table,
        .operands = &opts.operands,
        .operands_min = 2,
        .operands_max = 2};
    char dir[PATH_MAX];
    const char *verb;
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    verb = opts.operands.at[0];
    if (opts.until != 0 && opts.from > opts.until)
        return args_refuse(&spec, "journal", "--from is behind --until");
    if (strcmp(verb, "cat") != 0 && strcmp(verb, "stats") != 0 && strcmp(verb, "export") != 0 &&
        strcmp(verb, "send") != 0)
        return args_refuse(&spec, "journal", "cat, stats, export or send, not %s", args_safe(verb));
    if (strcmp(verb, "send") == 0 && opts.to == NULL)
        return args_refuse(&spec, "journal", "send where? Give --to SINK:WHERE");
    if (strcmp(verb, "export") == 0 && opts.fills == NULL && opts.equity == NULL &&
        opts.samples == NULL && opts.plans == NULL && opts.orders == NULL && opts.trades == NULL &&
        opts.intents == NULL)
        return args_refuse(&spec, "journal",
                           "export what? Give --fills, --orders, --trades, --intents, --equity, "
                           "--samples or --plans FILE");
    // The disk port makes the directory that it is given; somebody who only looks must not.
    if (!journal_dir("journal", opts.operands.at[1], dir, sizeof(dir)))
        return EXIT_DATA;
    opts.dir = dir;
    return strcmp(verb, "cat") == 0     ? look(&opts, cat)
           : strcmp(verb, "stats") == 0 ? look(&opts, stats)
           : strcmp(verb, "send") == 0  ? look(&opts, send_all)
                                        : export_all(&opts);
}
