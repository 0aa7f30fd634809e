// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "agent/worker.h"
#include "base/exit.h"
#include "lab/lookahead_impl.h"

#define ROOM_BYTES  ((uint64_t)4 << 30) /* of address space, for fills and samples */
#define ARENA_BYTES ((uint64_t)4 << 30) /* and for each plugin */
#define CAUSES      65536u              /* of the last events, when they were and what */

struct run {
    struct backtest_config config;
    struct backtest result;
    struct outcome *outcome;
    struct worker *worker;
    struct {
        uint64_t seq;
        agon_ns_t t;
        uint16_t type;
    } causes[CAUSES];
    agon_qty_t held_qty[SLOTS_MAX][BACKTEST_TAPES_MAX + 1];
    uint64_t n_market;
};

static void keep(struct run *run, struct engine *engine, const struct agon_event_hdr *event)
{
    const struct agon_intent_event *intent = (const void *)event;
    const struct agon_exit_event *plan = (const void *)event;
    int is_plan = event->type == AGON_EVENT_EXIT_PLAN;
    const struct agon_origin *origin = is_plan ? &plan->origin : &intent->origin;
    agon_instrument_t id = is_plan ? plan->plan.instrument : intent->intent.instrument;
    const struct book *book = engine_book(engine, id);
    struct lookahead_intent *kept;
    struct agon_level bid = {0}, ask = {0};
    uint64_t at = origin->cause_seq % CAUSES;

    if (origin->slot < SLOTS_MAX)
        run->outcome->n_wanted[origin->slot]++;
    if (run->outcome->n_decisions++ >= LOOKAHEAD_KEPT)
        return;
    kept = &run->outcome->kept[run->outcome->n_kept++];
    if (book != NULL) {
        (void)book_best(book, AGON_BUY, &bid);
        (void)book_best(book, AGON_SELL, &ask);
    }
    memset(kept, 0, sizeof(*kept));
    memcpy(&kept->what, event, is_plan ? sizeof(*plan) : sizeof(*intent));
    kept->t = kept->t_decided = event->t;
    if (run->causes[at].seq == origin->cause_seq) {
        kept->t_decided = run->causes[at].t;
        kept->cause = run->causes[at].type;
    }
    kept->bid_px = bid.px != 0 ? bid.px : engine_mark_px(engine, id);
    kept->ask_px = ask.px != 0 ? ask.px : engine_mark_px(engine, id);
    kept->slot = origin->slot;
    kept->n_market = run->n_market;
    if (origin->slot < SLOTS_MAX && id <= BACKTEST_TAPES_MAX)
        kept->held_qty = run->held_qty[origin->slot][id];
}

static void on_event(void *ctx, struct engine *engine, const struct agon_event_hdr *event, int rc)
{
    struct run *run = ctx;
    uint64_t at = event->seq % CAUSES;

    (void)rc; // what was refused is compared too
    run->causes[at].seq = event->seq;
    run->causes[at].t = event->t;
    run->causes[at].type = event->type;
    switch (event->type) {
    case AGON_EVENT_INTENT:
    case AGON_EVENT_EXIT_PLAN:
        keep(run, engine, event);
        break;
    case EVENT_REPORT: {
        const struct record_report *report = (const void *)event;
        uint64_t slot = ORDER_ID_SLOT(report->order_id);

        if (report->kind != REPORT_FILL || slot >= SLOTS_MAX)
            break;
        run->outcome->n_fills[slot]++;
        if (event->instrument <= BACKTEST_TAPES_MAX)
            run->held_qty[slot][event->instrument] +=
                report->side == AGON_BUY ? report->qty : -report->qty;
        break;
    }
    default:
        if (event->type < AGON_EVENT_ORDER)
            run->n_market++;
        break;
    }
}

static int on_close(void *ctx, const struct worker_threads *threads, struct error *err)
{
    struct run *run = ctx;

    if (run->config.has_processes)
        return AGON_OK;
    (void)threads; // none of them: it is read in pieces
    return worker_close(run->worker, ROOM_BYTES + run->config.n_slots * ARENA_BYTES, NULL, err);
}

static void tell(struct run *run)
{
    struct outcome *outcome = run->outcome;
    const struct backtest *result = &run->result;
    const struct instruments *table = engine_instruments(result->engine);
    const struct asset *base = instruments_asset(table, table->base_currency);

    outcome->has_book = (uint32_t)backtest_has_book(result) || run->config.n_paths == 0;
    outcome->t_first = result->t_first;
    outcome->t_last = result->t_last;
    for (uint32_t i = 0; i < result->n_tapes; i++) {
        if (result->tapes[i].received.most_ns > outcome->way_ns)
            outcome->way_ns = result->tapes[i].received.most_ns;
    }
    if (base != NULL) {
        snprintf(outcome->base, sizeof(outcome->base), "%s", base->name);
        outcome->base_exp = base->exp;
    }
    for (uint16_t id = 0; id < engine_slots(result->engine)->n; id++) {
        const struct slot *slot = &engine_slots(result->engine)->all[id];

        snprintf(outcome->names[id], SLOT_NAME, "%.31s", slot->name);
        outcome->won_amt[id] =
            engine_equity(result->engine, id) - run->config.slots[id].record.limits.capital_amt;
        outcome->n_names = id + 1u;
    }
    for (agon_instrument_t id = 1; id <= table->n_instruments && id <= BACKTEST_TAPES_MAX; id++) {
        const struct agon_instrument *instrument = instruments_get(table, id);

        snprintf(outcome->instruments[id - 1].symbol, RECORDING_SYMBOL, "%.31s",
                 instrument->symbol);
        outcome->instruments[id - 1].px_exp = instrument->px_exp;
        outcome->instruments[id - 1].qty_exp = instrument->qty_exp;
        outcome->n_instruments = id;
    }
    if (result->n_failed > 0)
        snprintf(outcome->failure, sizeof(outcome->failure), "%s failed: %.200s",
                 outcome->names[result->failed[0] % SLOTS_MAX],
                 result->failure[result->failed[0] % SLOTS_MAX]);
}

static int work(void *ctx, struct worker *worker)
{
    struct run *run = ctx;
    struct error err = {0};

    run->worker = worker;
    run->config.called = worker_called(worker);
    run->outcome->rc = backtest_run(&run->config, &run->result, &err);
    snprintf(run->outcome->text, sizeof(run->outcome->text), "%s", err.text);
    if (run->outcome->rc >= 0)
        tell(run);
    worker_done(worker);
    backtest_free(&run->result);
    return EXIT_OK;
}

static int crashed(const struct judge *judge, struct lookahead *result,
                   const struct worker_end *end, struct error *err)
{
    const struct backtest_config *config = judge->config->backtest;

    result->exit = end->kind == WORKER_INTERRUPTED ? EXIT_INTERRUPTED
                   : end->kind == WORKER_CRASHED   ? EXIT_CHECK
                                                   : EXIT_ENVIRONMENT;
    if (end->kind == WORKER_INTERRUPTED)
        return error_set(err, AGON_EIO, "interrupted");
    for (uint32_t i = 0; i < config->n_slots && end->kind == WORKER_CRASHED; i++) {
        if ((int)config->slots[i].record.slot == end->who)
            return error_set(err, AGON_EIO, "a run ended in the plugin of slot %s: %s",
                             config->slots[i].record.name, end->text);
    }
    return error_set(err, AGON_EIO, "a run failed: %s", end->text);
}

int lookahead_play(struct judge *judge, const struct backtest_config *config,
                   struct outcome *outcome, struct error *err)
{
    struct run *run = calloc(1, sizeof(*run));
    struct worker_config worker = {.run = work, .ctx = run};
    struct worker_end end;
    int rc = AGON_OK;

    if (run == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    memset(outcome, 0, offsetof(struct outcome, kept));
    outcome->rc = AGON_EIO;
    run->outcome = outcome;
    run->config = *config;
    run->config.ctx = run;
    run->config.log = NULL;
    run->config.journal = NULL;
    run->config.mark_every = 0;
    run->config.close = on_close;
    run->config.event = on_event;
    worker_run(&worker, &end);
    if (end.kind != WORKER_EXITED || end.code != EXIT_OK || !end.is_whole)
        rc = crashed(judge, judge->result, &end, err);
    else if (outcome->rc < 0)
        rc = error_set(err, outcome->rc, "%.*s", (int)sizeof(outcome->text) - 1, outcome->text);
    else if (outcome->failure[0] != '\0')
        rc = error_set(err, AGON_EIO, "%.*s", (int)sizeof(outcome->failure) - 1, outcome->failure);
    if (rc < 0 && outcome->failure[0] != '\0')
        judge->result->exit = EXIT_CHECK;
    // Plugins ran where these figures were written.
    if (outcome->n_kept > LOOKAHEAD_KEPT)
        outcome->n_kept = LOOKAHEAD_KEPT;
    if (outcome->way_ns < 0 || outcome->way_ns > RECEIVED_MOST_NS)
        outcome->way_ns = RECEIVED_MOST_NS;
    if (outcome->n_names > SLOTS_MAX)
        outcome->n_names = SLOTS_MAX;
    free(run);
    return rc;
}
