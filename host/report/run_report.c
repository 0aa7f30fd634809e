// SPDX-License-Identifier: Apache-2.0
#include "report/run_report_impl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "args/args.h"
#include "base/money.h"
#include "base/num.h"
#include "base/span.h"
#include "journal/text.h"
#include "market/instrument_kind.h"
#include "market/quarantine.h"
#include "market/reasons.h"
#include "report/plan_text.h"
#include "run/host.h"
#include "sys/clock.h"
#include "sys/wrap.h"

#define DAY_NS      ((agon_ns_t)86400 * 1000000000)
#define EVERY_NS    ((agon_ns_t)5 * 1000000000)
#define FLOOD_LEAST 100 /* wishes refused: no honest agent of ours comes near that */

struct run_report_happening *run_report_happen(struct run_report *story, agon_ns_t t, uint16_t slot,
                                               uint8_t kind, const char *format, ...)
{
    struct run_report_happening *one = &story->happenings[story->n_happenings];
    va_list args;

    if (story->n_happenings == RUN_REPORT_HAPPENINGS) {
        story->n_lost++;
        return NULL;
    }
    *one = (struct run_report_happening){.t = t,
                                         .seq = engine_seq(story->engine),
                                         .from_seq = engine_seq(story->engine),
                                         .slot = slot,
                                         .kind = kind};
    va_start(args, format);
    vsnprintf(one->text, sizeof(one->text), format, args);
    va_end(args);
    story->n_happenings++;
    return one;
}

static int base_exp(struct engine *engine)
{
    const struct instruments *table = engine_instruments(engine);
    const struct asset *base = instruments_asset(table, table->base_currency);

    return base != NULL ? base->exp : 8;
}

static const char *base_name(struct engine *engine)
{
    const struct instruments *table = engine_instruments(engine);
    const struct asset *base = instruments_asset(table, table->base_currency);

    return base != NULL ? base->name : "";
}

/* --- points --- */

static void thin(struct run_report *story)
{
    for (uint32_t id = 0; id < SLOTS_MAX; id++) {
        struct run_report_slot *slot = &story->slots[id];

        for (uint32_t i = 0; i < slot->n / 2; i++)
            slot->points[i] = slot->points[2 * i];
        slot->n /= 2;
    }
    story->every_ns *= 2;
}

static int keep_points(struct run_report *story, struct engine *engine, agon_ns_t t)
{
    const struct slots *slots = engine_slots(engine);
    double unit = (double)num_pow10(base_exp(engine));
    int is_full = 0;

    for (uint16_t id = 0; id < slots->n; id++) {
        struct run_report_slot *slot = &story->slots[id];

        if (!slots->all[id].is_used)
            continue;
        if (slot->points == NULL)
            slot->points = calloc(RUN_REPORT_POINTS, sizeof(*slot->points));
        if (slot->points == NULL)
            return AGON_ENOMEM;
        slot->points[slot->n++] = (struct run_report_point){
            .t = t,
            .result =
                (double)(engine_equity(engine, id) - engine_score(engine, id)->start_amt) / unit,
            .capital = (double)slots->all[id].limits.capital_amt / unit};
        is_full |= slot->n == RUN_REPORT_POINTS;
    }
    if (is_full)
        thin(story);
    story->next_ns = t + story->every_ns;
    return AGON_OK;
}

/* --- happenings --- */

static void holding_text(const struct run_report *story, uint16_t slot, char *text, size_t room)
{
    const struct instruments *table = engine_instruments(story->engine);
    uint32_t n;
    const struct position *all = ledger_positions(engine_ledger(story->engine), slot, &n);
    size_t used = 0;

    snprintf(text, room, "holding nothing");
    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *instrument = instruments_get(table, all[i].instrument);
        char qty[NUM_TEXT], symbol[RUN_REPORT_NAME];
        int length;

        if (instrument == NULL || all[i].qty == 0)
            continue;
        num_format_short(all[i].qty, instrument->qty_exp, qty);
        length = snprintf(text + used, room - used, "%s%s %s", used > 0 ? ", " : "holding ", qty,
                          run_report_symbol(story, all[i].instrument, symbol));
        if (length < 0 || (size_t)length >= room - used)
            return;
        used += (size_t)length;
    }
}

/* Whoever took over last did not do so after all: the one before goes on, or nobody. Why stands in
 * the journal where the slot ends with that (on_crash). */
static void retract(struct run_report *story, uint16_t slot)
{
    for (uint32_t i = story->n_happenings; i > 0; i--) {
        struct run_report_happening *one = &story->happenings[i - 1];

        if (one->slot != slot || one->kind != RUN_REPORT_CHANGEOVER)
            continue;
        snprintf(one->text, sizeof(one->text), "%s failed; the log of the host says why",
                 strncmp(one->text, "reloaded", 8) == 0 ? "reload"
                 : strncmp(one->text, "rolled", 6) == 0 ? "roll-back"
                                                        : "restart");
        one->is_marked = 0;
        if (slot < SLOTS_MAX)
            story->slots[slot].failed = i;
        return;
    }
}

static void on_generation(struct run_report *story, const struct record_generation *record)
{
    static const char *const whys[] = {"?", "reloaded", "rolled back", "restarted from its state",
                                       "restarted"};
    struct run_report_happening *one;
    char holding[96];

    if (record->why == GENERATION_REFUSED)
        retract(story, record->slot);
    if (record->why > GENERATION_FRESH)
        return;
    holding_text(story, record->slot, holding, sizeof(holding));
    one = run_report_happen(
        story, record->hdr.t, record->slot, RUN_REPORT_CHANGEOVER,
        "%s: generation %u (%016llx) is active, %s",
        // Who comes to a place has a generation behind the one before, and was not there.
        record->why == GENERATION_FRESH && record->slot < SLOTS_MAX &&
                story->slots[record->slot].crash == 0
            ? "added"
            : whys[record->why],
        record->generation, (unsigned long long)__builtin_bswap64(record->generation_hash),
        holding);
    if (one != NULL)
        one->is_marked = record->why == GENERATION_RELOAD || record->why == GENERATION_ROLLBACK;
}

const char *run_report_brief(const char *text, char *brief, size_t room)
{
    const char *end;

    // "slot NAME: " is said beside it; where exactly it died is for its author, in journal and log.
    if (strncmp(text, "slot ", 5) == 0 && (end = strstr(text, ": ")) != NULL)
        text = end + 2;
    end = strstr(text, ", instruction");
    snprintf(brief, room, "%.*s", end != NULL ? (int)(end - text) : (int)strlen(text),
             args_safe(text));
    return brief;
}

/* "restart failed: a callback took longer than 1000 ms". */
static void say_why_failed(struct run_report *story, uint16_t slot, const char *why)
{
    uint32_t failed = story->slots[slot].failed;
    struct run_report_happening *one = failed > 0 ? &story->happenings[failed - 1] : NULL;
    char *end = one != NULL ? strchr(one->text, ';') : NULL;

    if (end != NULL)
        snprintf(end, sizeof(one->text) - (size_t)(end - one->text), ": %s", why);
    story->slots[slot].failed = 0;
}

static void on_crash(struct run_report *story, struct engine *engine,
                     const struct record_crash *record)
{
    uint32_t before = record->slot < SLOTS_MAX ? story->slots[record->slot].crash : 0;
    struct order *order = NULL;
    char text[sizeof(record->text)];
    struct run_report_happening *one =
        run_report_happen(story, record->hdr.t, record->slot, RUN_REPORT_CRASH, "%s",
                          run_report_brief(record->text, text, sizeof(text)));

    if (record->slot < SLOTS_MAX) {
        story->slots[record->slot].is_faulty = 1;
        if (record->kind == CRASH_FAILED)
            say_why_failed(story, record->slot, text);
        story->slots[record->slot].failed = 0;
    }
    if (one == NULL || record->slot >= SLOTS_MAX)
        return;
    // What was open at an earlier crash is that one's.
    while ((order = orders_next(engine_orders(engine), record->slot, order)) != NULL)
        one->n_open += before == 0 || order->t_create > story->happenings[before - 1].t;
    story->slots[record->slot].crash = story->n_happenings;
}

static void on_quarantine(struct run_report *story, const struct record_quarantine *record)
{
    char why[QUARANTINE_TEXT + 16];
    struct run_report_happening *one =
        record->is_set
            ? run_report_happen(story, record->hdr.t, record->slot, RUN_REPORT_QUARANTINE,
                                "its plugin file is quarantined on this host: %s; " QUARANTINE_NEXT,
                                args_safe(quarantine_why(record, why)))
            : run_report_happen(story, record->hdr.t, record->slot, RUN_REPORT_QUARANTINE,
                                "its plugin file is let run again: %s", args_safe(record->text));

    if (one != NULL)
        one->is_marked = 1;
}

static void on_venue(struct run_report *story, const struct record_account_of *record)
{
    if (record->venue <= VENUES_MAX)
        snprintf(story->venues[record->venue], sizeof(story->venues[0]), "%.23s", record->name);
}

static void on_plan(struct run_report *story, const struct agon_event_hdr *event)
{
    union plan_event *kept = &story->plans[story->n_plans % RUN_REPORT_PLANS];
    const struct record_plan *plan = &kept->plan;
    uint32_t n_unloaded = 0;
    char first[PLAN_FIRST_TEXT], moved[PLAN_MOVED_TEXT], largest[PLAN_LARGEST_TEXT];
    struct run_report_happening *one;

    if (!plan_read(kept, event))
        return;
    // What named the currency came before what is listened to here.
    snprintf(kept->in_memory.currency, sizeof(kept->in_memory.currency), "%s",
             base_name(story->engine));
    story->n_plans++;
    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];
        agon_amt_t change_amt = num_add(line->capital_after_amt, -line->capital_before_amt);

        if (line->slot < SLOTS_MAX && story->slots[line->slot].is_faulty && change_amt > 0)
            story->n_given_faulty++;
        n_unloaded += line->verdict == PLAN_UNLOADED;
    }
    (void)plan_moved_text(plan, kept->in_memory.currency, moved);
    (void)plan_largest_text(kept, kept->in_memory.currency, largest);
    one = run_report_happen(story, plan->hdr.t, UINT16_MAX, RUN_REPORT_TOURNAMENT,
                            "tournament %u: %s; %s%s%s%s", plan->number,
                            args_safe(plan_first_text(kept, first)), moved,
                            largest[0] != '\0' ? ": " : "", largest,
                            n_unloaded > 0 ? ", and who was under the gate is unloaded" : "");
    if (one != NULL)
        one->number = plan->number;
}

/* An order left that the host's limiter had kept: its round trip is another thing. */
static void on_sent(struct run_report *story, const struct record_sent *sent)
{
    if (sent->kind != CMD_NEW || sent->held_ns <= 0)
        return;
    story->held[story->held_ns.n % RUN_REPORT_HELD] = sent->order_id;
    hist_add(&story->held_ns, sent->held_ns);
}

static int is_held(const struct run_report *story, uint64_t order_id)
{
    for (uint32_t i = 0; i < RUN_REPORT_HELD && i < story->held_ns.n; i++) {
        if (story->held[i] == order_id)
            return 1;
    }
    return 0;
}

static uint32_t ended_of(const struct run_report_happening *crash)
{
    uint32_t n = 0;

    for (int end = 0; end < ORDER_ENDS; end++)
        n += crash->n_ended[end];
    return n;
}

/* The venue's word on an order: how long its first took, and whether it ends what a crash left. */
static void on_report(struct run_report *story, struct engine *engine,
                      const struct record_report *report)
{
    const struct order *order = orders_find(engine_orders(engine), report->order_id);
    struct run_report_slot *slot;
    enum order_end end;

    story->n_rate_refused += host_is_rate_refused(report) != 0;
    if (order == NULL || order->slot >= SLOTS_MAX)
        return;
    slot = &story->slots[order->slot];
    // A venue says it twice, in its answer and in its stream: the first counts. A slot's orders
    // are numbered upwards.
    if (report->kind == REPORT_ACK && order->id > slot->acked) {
        slot->acked = order->id;
        if (!is_held(story, order->id))
            hist_add(&story->ack_ns, num_mul_div(report->hdr.t - order->t_create, 1000,
                                                 story->speed_milli, NUM_DOWN));
    }
    end = order_end(order, report->kind);
    if (end == ORDER_END_NONE || story->ended[order->id % RUN_REPORT_ENDED] == order->id)
        return;
    story->ended[order->id % RUN_REPORT_ENDED] = order->id;
    story->n_ended[end]++;
    for (uint32_t i = 0; i < slot->crash; i++) {
        struct run_report_happening *crash = &story->happenings[i];

        if (crash->kind != RUN_REPORT_CRASH || crash->slot != order->slot ||
            order->t_create > crash->t || ended_of(crash) >= crash->n_open)
            continue;
        crash->n_ended[end]++;
        crash->t_ended = report->hdr.t;
        break;
    }
}

static void count_refused(struct run_report *story, struct engine *engine, agon_ns_t t)
{
    const struct slots *slots = engine_slots(engine);

    for (uint16_t id = 0; id < slots->n; id++) {
        struct run_report_slot *slot = &story->slots[id];
        uint64_t n = slots->all[id].n_refused;

        if (slot->n_refused < FLOOD_LEAST && n >= FLOOD_LEAST)
            (void)run_report_happen(story, t, id, RUN_REPORT_REFUSED, "its intents are refused");
        slot->n_refused = n;
    }
}

static int keep_params(struct run_report *story, const struct record_begin *begin)
{
    const char *text = begin_text(begin);
    struct run_report_slot *slot = begin->slot < SLOTS_MAX ? &story->slots[begin->slot] : NULL;
    char *params;

    if (text == NULL || slot == NULL || begin->is_cut)
        return AGON_OK;
    params = calloc(begin->text_bytes + 1u, 1);
    if (params == NULL)
        return AGON_ENOMEM;
    memcpy(params, text, begin->text_bytes);
    free(slot->params);
    slot->params = params;
    return AGON_OK;
}

int run_report_param(struct run_report *story, uint16_t slot, const char *name, const char *text)
{
    char **params = &story->slots[slot].params;
    size_t n = 0, n_name = strlen(name) + 1, n_text = strlen(text) + 1;
    char *more;

    while (*params != NULL && (*params)[n] != '\0') // name and value in turns
        n += strlen(*params + n) + 1, n += strlen(*params + n) + 1;
    more = realloc(*params, n + n_name + n_text + 1);
    if (more == NULL)
        return AGON_ENOMEM;
    memcpy(more + n, name, n_name);
    memcpy(more + n + n_name, text, n_text);
    more[n + n_name + n_text] = '\0';
    *params = more;
    return AGON_OK;
}

/* A place that is free: the next one begins with nothing of who had it. */
static void forget_slot(struct run_report *story, struct engine *engine,
                        const struct record_command *command)
{
    struct run_report_slot *slot = command->id < SLOTS_MAX ? &story->slots[command->id] : NULL;

    if (command->kind != COMMAND_VACATE || slot == NULL ||
        engine_slots(engine)->all[command->id].is_used)
        return;
    free(slot->params);
    slot->params = NULL;
    slot->n = slot->crash = 0;
    slot->n_refused = 0;
    slot->is_faulty = 0;
}

int run_report_event(struct run_report *story, struct engine *engine,
                     const struct agon_event_hdr *event, int rc)
{
    story->engine = engine;
    if (story->t_first == 0 && event->t > DAY_NS)
        story->t_first = event->t;
    if (event->t > DAY_NS && event->t >= story->next_ns) {
        int kept = keep_points(story, engine, event->t);

        if (kept < 0)
            return kept;
    }
    if (rc < 0)
        return AGON_OK;
    if (trail_event(story->trail, engine, event) < 0 ||
        seats_take(story->seats, engine, event) < 0 ||
        weights_take(story->weights, engine, event) < 0 || tags_take(story->tags, event) < 0)
        return AGON_ENOMEM;
    switch (event->type) {
    case EVENT_BEGIN:
        return keep_params(story, (const struct record_begin *)(const void *)event);
    case EVENT_CONFIG:
        if (((const struct record_generation *)(const void *)event)->kind == CONFIG_GENERATION)
            on_generation(story, (const struct record_generation *)(const void *)event);
        else if (((const struct record_account_of *)(const void *)event)->kind == CONFIG_ACCOUNT)
            on_venue(story, (const struct record_account_of *)(const void *)event);
        break;
    case EVENT_CRASH:
        on_crash(story, engine, (const struct record_crash *)(const void *)event);
        break;
    case EVENT_QUARANTINE:
        on_quarantine(story, (const struct record_quarantine *)(const void *)event);
        break;
    case EVENT_PLAN_VALUES:
    case EVENT_PLAN_LINES:
    case EVENT_PLAN_POOLS:
    case EVENT_PLAN:
        on_plan(story, event);
        break;
    case AGON_EVENT_COMMAND:
        run_report_on_command(story, engine, (const void *)event);
        forget_slot(story, engine, (const void *)event);
        break;
    case EVENT_ALERT:
        run_report_on_alert(story, engine, (const void *)event);
        break;
    case EVENT_START:
        run_report_on_start(story, (const void *)event);
        break;
    case EVENT_SENT:
        on_sent(story, (const struct record_sent *)(const void *)event);
        break;
    case EVENT_REPORT:
        on_report(story, engine, (const struct record_report *)(const void *)event);
        break;
    case AGON_EVENT_INTENT:
        count_refused(story, engine, event->t);
        break;
    default:
        break;
    }
    return AGON_OK;
}

/* How many in the end, and what for most of all. */
static void say_refused(const struct run_report *story, struct run_report_happening *one)
{
    const struct seat *seat = seats_find(story->seats, one->slot, one->seq);
    int is_gone = seat != NULL && seat->is_gone;
    uint64_t n_refused = is_gone ? seat->n_refused : story->slots[one->slot].n_refused;
    uint16_t most = is_gone ? seat->refused_most : 0;
    char n[MONEY_TEXT], words[REASON_WORDS];

    for (uint16_t reason = 0; reason < REASONS_MAX && !is_gone; reason++) {
        if (engine_refused(story->engine, one->slot, reason) >
            engine_refused(story->engine, one->slot, most))
            most = reason;
    }
    snprintf(one->text, sizeof(one->text),
             "%s of its intents were refused before the exchange saw them, most by check '%s'",
             money_text((int64_t)n_refused, 0, 0, n), reason_words(most, words));
}

/* Of the orders that were open at a crash: how each ended, and when the last did. */
static void tell_ends(struct run_report_happening *one, size_t n)
{
    static const char *const words[ORDER_ENDS] = {"",        "filled",  "cancelled by the exchange",
                                                  "expired", "refused", "never sent"};
    const char *between = "";
    char time[SPAN_TEXT];

    n += (size_t)snprintf(one->text + n, sizeof(one->text) - n, "; of its %u open order%s ",
                          one->n_open, one->n_open > 1 ? "s" : "");
    for (int end = 1; end < ORDER_ENDS && n < sizeof(one->text); end++) {
        if (one->n_ended[end] == 0)
            continue;
        n += (size_t)snprintf(one->text + n, sizeof(one->text) - n, "%s%u %s", between,
                              one->n_ended[end], words[end]);
        between = ", ";
    }
    if (n < sizeof(one->text) && ended_of(one) < one->n_open)
        n += (size_t)snprintf(one->text + n, sizeof(one->text) - n, "%s%u STILL OPEN", between,
                              one->n_open - ended_of(one));
    // By the clock of the whole list, the market's, also where that runs faster than real time.
    if (n < sizeof(one->text) && one->t_ended != 0)
        snprintf(one->text + n, sizeof(one->text) - n, ", the last %s of market time later",
                 span_text(one->t_ended - one->t, time));
}

/* An alert is an event behind what it follows from, and what else followed may stand between: of
 * one time, what comes of an event is behind it, and before all that came of later ones. */
static void put_in_order(struct run_report *story)
{
    struct run_report_happening *all = story->happenings;

    for (uint32_t i = 1; i < story->n_happenings; i++) {
        const struct run_report_happening one = all[i];
        uint32_t k = i;

        for (; k > 0 && all[k - 1].t == one.t && all[k - 1].from_seq > one.from_seq; k--)
            all[k] = all[k - 1];
        all[k] = one;
    }
}

/* What was not known yet when it happened. */
static void complete(struct run_report *story)
{
    put_in_order(story);
    for (uint32_t i = 0; i < story->n_happenings; i++) {
        struct run_report_happening *one = &story->happenings[i];
        size_t n = strlen(one->text);

        if (one->kind == RUN_REPORT_REFUSED && one->slot < SLOTS_MAX)
            say_refused(story, one);
        if (one->kind != RUN_REPORT_CRASH || one->n_open == 0)
            continue;
        tell_ends(one, n);
    }
}

int run_report_begin(struct run_report *story, struct engine *engine)
{
    memset(story, 0, sizeof(*story));
    story->engine = engine;
    story->speed_milli = 1000;
    story->every_ns = EVERY_NS;
    hist_clear(&story->ack_ns);
    hist_clear(&story->held_ns);
    story->plans = calloc(RUN_REPORT_PLANS, sizeof(*story->plans));
    story->trail = trail_new();
    story->weights = weights_new(NULL);
    story->seats = seats_new();
    story->tags = tags_new();
    return story->plans != NULL && story->trail != NULL && story->weights != NULL &&
                   story->seats != NULL && story->tags != NULL
               ? AGON_OK
               : AGON_ENOMEM;
}

int run_report_end(struct run_report *story)
{
    int rc = keep_points(story, story->engine, engine_t(story->engine));

    complete(story);
    return rc < 0 ? rc : trail_end(story->trail, story->engine);
}

int run_report_sample(struct run_report *story, agon_ns_t t)
{
    return story->engine != NULL ? trail_sample(story->trail, story->engine, t) : AGON_OK;
}

static int on_begin(void *ctx, struct engine *engine)
{
    struct run_report *story = ctx;

    story->engine = engine;
    return AGON_OK;
}

static int on_event(void *ctx, struct engine *engine, const struct agon_event_hdr *event, int rc)
{
    struct run_report *story = ctx;

    return story->kept < 0 ? story->kept : run_report_event(story, engine, event, rc);
}

static void on_sample(void *ctx, agon_ns_t t)
{
    struct run_report *story = ctx;

    if (story->kept >= 0)
        story->kept = run_report_sample(story, t);
}

int run_report_read(struct run_report *story, const struct run_report_source *source,
                    struct error *err)
{
    struct replay_config config = {.dir = source->journal,
                                   .tapes = source->tapes,
                                   .is_live = source->is_live,
                                   .until = source->until,
                                   .is_verified = 1,
                                   .on_begin = on_begin,
                                   .on_event = on_event,
                                   .samples = {.ctx = story, .sample = on_sample},
                                   .ctx = story};
    int rc;

    if (run_report_begin(story, NULL) < 0)
        return error_set(err, AGON_ENOMEM, "out of memory");
    story->speed_milli = source->speed_milli;
    story->t_end = source->t_end;
    if (source->models != NULL) {
        weights_free(story->weights);
        story->weights = weights_new(source->models);
        if (story->weights == NULL)
            return error_set(err, AGON_ENOMEM, "out of memory");
    }
    rc = replay_run(&config, &story->replay, err);
    story->engine = story->replay.engine;
    if (rc < 0)
        return rc;
    return run_report_end(story) < 0 ? error_set(err, AGON_ENOMEM, "out of memory") : AGON_OK;
}

void run_report_free(struct run_report *story)
{
    replay_free(&story->replay);
    for (uint32_t id = 0; id < SLOTS_MAX; id++) {
        free(story->slots[id].points);
        free(story->slots[id].params);
    }
    free(story->plans);
    trail_free(story->trail);
    weights_free(story->weights);
    seats_free(story->seats);
    tags_free(story->tags);
    memset(story, 0, sizeof(*story));
}

int run_report_tags(struct run_report *story, uint16_t slot, const char *names, uint32_t n)
{
    return tags_add(story->tags, slot, 0, names, n);
}

int run_report_is_tag_number(const struct run_report *story)
{
    const struct trade_closed *trade;

    for (uint64_t k = 0; (trade = trail_trade(story->trail, k)) != NULL; k++) {
        if (trade->entry_tag != 0)
            return !tags_any(story->tags);
    }
    return 0;
}

const char *run_report_tag(const struct run_report *story, uint16_t slot, uint64_t seq,
                           uint16_t tag, char text[INFO_TAG])
{
    return tags_text(story->tags, slot, seq, tag, text);
}

char *run_report_when(const struct run_report *story, agon_ns_t t, char text[RUN_REPORT_WHEN])
{
    char from[CLOCK_TEXT], to[CLOCK_TEXT], at[CLOCK_TEXT];

    clock_text(story->t_first, from);
    clock_text(engine_t(story->engine), to);
    clock_text(t, at);
    at[10] = ' ';
    // Of "2026-01-31 12:30:00": the day where there are several
    snprintf(text, RUN_REPORT_WHEN, "%.14s", at + (strncmp(from, to, 10) == 0 ? 11 : 5));
    text[strncmp(from, to, 10) == 0 ? 8 : 14] = '\0'; // whole seconds
    return text;
}

const char *run_report_agent(const struct run_report *story, const struct run_report_happening *one)
{
    const char *name = seats_name(story->seats, one->slot, one->seq);

    return name[0] != '\0' ? name : NULL;
}

static void print_files(const struct run_report *story, FILE *out, int width)
{
    const struct weights_of *of;

    for (uint32_t i = 0; (of = weights_at(story->weights, i)) != NULL; i++) {
        char t[RUN_REPORT_WHEN];
        int n;

        if (i == 0)
            fprintf(out, "\nFiles by which agents decided:\n");
        n = fprintf(out, "  %s  %-12s ", run_report_when(story, of->t, t), of->agent);
        wrap_text(out, width, n, n, of->text);
    }
}

void run_report_print(const struct run_report *story, FILE *out)
{
    char rate[HOST_RATE_TEXT];
    int width = wrap_width(out);

    fprintf(out, "What happened, by the market's clock (UTC):\n");
    for (uint32_t i = 0; i < story->n_happenings; i++) {
        const struct run_report_happening *one = &story->happenings[i];
        const char *agent = run_report_agent(story, one);
        char t[RUN_REPORT_WHEN];
        int n = fprintf(out, "  %s  %-12s ", run_report_when(story, one->t, t),
                        agent != NULL ? agent : "-");

        wrap_text(out, width, n, n, one->text);
    }
    if (story->n_lost > 0)
        fprintf(out, "  ... and %u more\n", story->n_lost);
    if (story->n_happenings == 0)
        fprintf(out, "  nothing out of the ordinary\n");
    print_files(story, out, width);
    host_rate_text(story->is_live, story->speed_milli, story->n_rate_refused, rate);
    if (rate[0] != '\0')
        wrap_text(out, width, fprintf(out, "\nNot as at the real venue: ") - 1, 2, rate);
    if (story->n_plans == 0)
        return;
    fprintf(out, "\n");
    fflush(out);
    plan_text_print(&story->plans[(story->n_plans - 1) % RUN_REPORT_PLANS], 0);
}
