// SPDX-License-Identifier: Apache-2.0
/* demo_tell: what happened in a demo, read from its journal by a replay: all of it as lines where
 * no picture was drawn, a summary of at most 24 lines everywhere, and a page. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/money.h"
#include "base/num.h"
#include "base/span.h"
#include "cli/commands.h"
#include "cli/demo_impl.h"
#include "demo/promises.h"
#include "market/rules.h"
#include "report/capital.h"
#include "sys/clock.h"
#include "sys/wrap.h"

#define DURABLE_NS ((int64_t)2 * 1000000000)

static void print_changeovers(struct demo *demo)
{
    uint32_t n = demo->n_changeovers;
    uint32_t shown = n < HOST_CHANGEOVERS_MAX ? n : HOST_CHANGEOVERS_MAX;

    for (uint32_t i = n - shown; i < n; i++) {
        const struct host_changeover *one = &demo->changeovers[i % HOST_CHANGEOVERS_MAX];
        char times[2][SPAN_TEXT], bytes[MONEY_TEXT];

        printf("%s of %s: pause %s, ready after %s, %s B of state\n",
               host_changeover_name(one->kind), demo->view->slots[one->slot].name,
               span_text(one->cut_ns + one->swap_ns, times[0]), span_text(one->total_ns, times[1]),
               money_count(one->n_state, bytes));
    }
    if (n == 0 || strcmp(demo->reloaded, "done") != 0)
        printf("No reload of %s%s%s\n", DEMO_NEWCOMER,
               demo->reloaded[0] != '\0' ? ": " : ": the demo was too short",
               strcmp(demo->reloaded, "done") != 0 ? demo->reloaded : "");
}

static void print_times(const struct demo *demo)
{
    const struct host_view *view = demo->view;
    const struct run_report *story = &demo->story;
    char times[7][SPAN_TEXT], counts[6][MONEY_TEXT];
    char text[640];

    snprintf(
        text, sizeof(text),
        "%s events, %s orders in %s requests, %s fills. In real time: engine step p50 %s, p99 %s; "
        "wire to decision p50 %s, p99 %s.",
        money_count(view->counters.n_events, counts[0]),
        money_count(view->counters.n_orders, counts[1]),
        money_count(view->counters.n_requests, counts[2]),
        money_count(view->counters.n_fills, counts[3]),
        span_text(hist_quantile(&view->step_ns, 0.5), times[0]),
        span_text(hist_quantile(&view->step_ns, 0.99), times[1]),
        span_text(hist_quantile(&view->queue_ns, 0.5), times[2]),
        span_text(hist_quantile(&view->queue_ns, 0.99), times[3]));
    wrap_text(stdout, DEMO_LINE, 0, 0, text);
    snprintf(
        text, sizeof(text),
        "Intent-to-ack round trip in real time p50 %s, p99 %s, of %s orders that no limiter held.",
        span_text(hist_quantile(&story->ack_ns, 0.5), times[4]),
        span_text(hist_quantile(&story->ack_ns, 0.99), times[5]),
        money_count(story->ack_ns.n, counts[4]));
    wrap_text(stdout, DEMO_LINE, 0, 0, text);
    printf("Orders that a limiter held: %s%s%s.\n", money_count(story->held_ns.n, counts[5]),
           story->held_ns.n > 0 ? ", p50 " : "",
           story->held_ns.n > 0 ? span_text(hist_quantile(&story->held_ns, 0.5), times[6]) : "");
}

/* All of it, where nobody looked at a picture. */
static void print_story(struct demo *demo)
{
    printf("\n");
    run_report_print(&demo->story, stdout);
    printf("\n");
    print_changeovers(demo);
    print_times(demo);
    printf("\n");
}

/* Who behaves, whose events are counted: agents, and beside them models, which have no capital. */
struct counted {
    uint32_t n_agents, n_models;
    const char *model; /* the first */
};

static void count_events(const struct demo *demo, struct promises *promises,
                         struct counted *counted)
{
    const struct host_view *view = demo->view;

    for (uint32_t i = 0; i < view->n_slots; i++) {
        const struct host_view_slot *slot = &view->slots[i];

        // Who hangs when the time is up has not seen the last of it.
        if (!slot->is_counted || demo_is_rascal(&demo->slots[i]))
            continue;
        if (slot->agent_kind == AGON_STRATEGY)
            counted->n_agents++;
        else if (counted->n_models++ == 0)
            counted->model = slot->name;
        promises->n_sent += slot->n_sent;
        promises->n_seen += slot->n_seen;
    }
}

static void print_acts(const struct demo *demo)
{
    for (int act = 0; act < ACT_PROOF; act++) {
        char line[ACT_TEXT + 80];

        snprintf(line, sizeof(line), "%d %-21.21s %s\n", act + 1, act_words[act].title,
                 demo->acts.brief[act][0] != '\0' ? demo->acts.brief[act] : "nothing happened");
        frame_put(stdout, line, DEMO_LINE);
    }
}

/* What each has, and where its capital went: a reader can add it up. */
static void print_agents(struct demo *demo)
{
    struct table_more more = demo_show_day(demo);
    agon_amt_t start_amt[SLOTS_MAX] = {0};
    char *text = NULL;
    size_t n;
    FILE *lines = open_memstream(&text, &n);

    if (lines == NULL)
        return;
    for (uint32_t i = 0; i < demo->n_slots; i++)
        start_amt[demo->slots[i].record.slot] = demo->slots[i].record.limits.capital_amt;
    more.head = "1-d backtest"; // there is no line to say it in
    capital_table(lines, demo->view, start_amt, &more);
    if (fclose(lines) == 0)
        frame_put(stdout, text, DEMO_LINE);
    free(text);
    if (demo->daytest.failure[0] != '\0') {
        char failed[224];

        snprintf(failed, sizeof(failed), "1-day test: failed: %s", demo->daytest.failure);
        wrap_text(stdout, DEMO_LINE, 0, 0, failed);
    } else if (demo->daytest.n > 0 && !demo->table.frame.is_screen)
        printf("1-d backtest: the same agents' results on a day of such a market\n");
}

/* What every order came to: an order that ended is one of these. */
static void print_ended(const struct demo *demo)
{
    const uint32_t *n = demo->story.n_ended;
    char counts[5][MONEY_TEXT], text[320];

    snprintf(
        text, sizeof(text),
        "Orders that ended: %s filled, %s cancelled, %s expired, %s refused, %s never sent",
        money_count(n[ORDER_END_FILLED], counts[0]), money_count(n[ORDER_END_CANCELLED], counts[1]),
        money_count(n[ORDER_END_EXPIRED], counts[2]), money_count(n[ORDER_END_REFUSED], counts[3]),
        money_count(n[ORDER_END_UNSENT], counts[4]));
    wrap_text(stdout, DEMO_LINE, 0, 7, text);
}

/* Who got capital is known of each moment; what each has seen is counted as the host stops. */
static void print_promises(const struct demo *demo, int is_over, const struct promises *promises,
                           const struct counted *counted)
{
    char counts[2][MONEY_TEXT], models[48] = "", text[320];
    int is_all = promises->n_sent == promises->n_seen;
    int has_counted = counted->n_agents + counted->n_models > 0;

    if (!is_over && promises->n_given_faulty == 0) {
        snprintf(text, sizeof(text),
                 "At event %llu none at fault got capital; events seen: counted after Ctrl-C.",
                 (unsigned long long)demo->story.replay.last_seq);
        wrap_text(stdout, DEMO_LINE, 0, 7, text);
        return;
    }

    if (counted->n_models == 1)
        snprintf(models, sizeof(models), " and %.31s", counted->model);
    else if (counted->n_models > 1)
        snprintf(models, sizeof(models), " and %u models", counted->n_models);
    (void)money_count(promises->n_sent, counts[0]);
    (void)money_count(promises->n_seen, counts[1]);
    if (demo->table.frame.is_screen && has_counted && is_all && promises->n_given_faulty == 0) {
        // One line, as 24 have to do.
        snprintf(text, sizeof(text),
                 "The %u that behave%s saw all %s events; none at fault got capital.",
                 counted->n_agents, models, counts[0]);
        wrap_text(stdout, DEMO_LINE, 0, 7, text);
        return;
    }
    if (has_counted) {
        snprintf(text, sizeof(text),
                 "Events sent to the %u agents that behave%s: %s; seen by them: %s, %s.",
                 counted->n_agents, models, counts[0], counts[1], is_all ? "equal" : "DIFFERENT");
        wrap_text(stdout, DEMO_LINE, 0, 7, text);
    } else if (is_over) {
        printf("Events seen were not counted: no agent that behaves ended in order.\n");
    }
    printf("Capital given to an agent after it crashed, hung or flooded: %s.\n",
           promises->n_given_faulty == 0 ? "none" : "BY A TOURNAMENT");
}

/* At the end: the journal through a new engine must come to the state that the host had. */
static void prove(const struct demo *demo, struct promises *promises, char *text, size_t room)
{
    const struct replay *replay = &demo->story.replay;
    unsigned char hash[HASH_SIZE];
    char ours[2 * HASH_SIZE + 1];
    char again[2 * HASH_SIZE + 1];
    char counts[2][MONEY_TEXT];
    uint64_t seq;

    host_state(demo->host, hash, &seq);
    promises->is_replayed = 1;
    promises->is_same = memcmp(hash, replay->state, HASH_SIZE) == 0 && replay->last_seq == seq;
    hash_hex(hash, ours);
    hash_hex(replay->state, again);
    snprintf(text, room,
             "The journal's %s events, stepped again through a new engine, reach all %s "
             "recorded state hashes, and at event %llu %s: %.32s.",
             money_count(replay->n_events, counts[0]), money_count(replay->n_marks, counts[1]),
             (unsigned long long)replay->last_seq,
             promises->is_same ? "the host's own last one" : "ANOTHER STATE than the host's",
             again);
    if (promises->is_same)
        printf("Proof: live and replay at event %llu  %.32s  equal\n", (unsigned long long)seq,
               ours);
    else
        printf("Proof: live    seq %llu  %.32s\n       replay  seq %llu  %.32s  DIFFERENT\n",
               (unsigned long long)seq, ours, (unsigned long long)replay->last_seq, again);
}

/* Everything is of one event: the table is of the host's view, the rest is read up to there. */
static uint64_t last_event(const struct demo *demo, int is_over)
{
    if (is_over)
        return 0;
    (void)host_await_durable(demo->host, demo->view->seq, clock_mono() + DURABLE_NS);
    return demo->view->seq;
}

static void sum_up_acts(struct demo *demo)
{
    const struct acts_seen seen = demo_acts_seen(demo);

    acts_sum_up(&demo->acts, &seen);
    if (demo->table.frame.is_screen)
        print_acts(demo);
}

/* What the page says of the market before any result. Returns text. */
static char *name_market(const struct demo *demo, char *text, size_t room)
{
    struct rules_fees spot = rules_fees(RULES_SPOT), um = rules_fees(RULES_UM);
    const struct trail *trail = demo->story.trail;
    int64_t end_ns = demo->ended_ns != 0 ? demo->ended_ns : clock_mono();
    char from[sizeof(demo->about) + PATH_MAX + 96], spans[2][SPAN_TEXT];

    if (demo->opts.data != NULL)
        snprintf(from, sizeof(from), "recordings of %s", demo->opts.data);
    else
        snprintf(from, sizeof(from), "the generated market %s, seed %" PRIu64 " (%s)",
                 demo->opts.market, demo->opts.seed, demo->about);
    snprintf(text, room,
             "A simulation, no real market and no real money: a simulated exchange on this machine "
             "serves %s, at %" PRId64 " times real time: %s of its time in %s. Fees of maker and "
             "taker: %g and %g bp on spot, %g and %g bp on perpetuals.",
             from, demo->opts.speed, span_text(trail->t_last - trail->t_first, spans[0]),
             span_text(end_ns - demo->began_host_ns, spans[1]), spot.maker_ppb / 1e5,
             spot.taker_ppb / 1e5, um.maker_ppb / 1e5, um.taker_ppb / 1e5);
    return text;
}

int demo_tell(struct demo *demo, int is_over, struct error *err)
{
    char proof[512] = "", market[PATH_MAX + 640];
    struct run_report_page page = {.path = demo->opts.report,
                                   .title = "Agon: a run of the arena",
                                   .view = demo->view,
                                   .changeovers = demo->changeovers,
                                   .proof = proof,
                                   .command = demo->command};
    struct run_report_source source = {.journal = host_journal_dir(demo->host),
                                       .speed_milli = demo->opts.speed * 1000,
                                       .is_live = !is_over,
                                       .until = last_event(demo, is_over),
                                       .t_end = demo->t_end};
    struct promises promises = {0};
    char count[MONEY_TEXT];
    struct counted counted = {0};
    int rc = run_report_read(&demo->story, &source, err);

    demo->n_changeovers = host_changeovers(demo->host, demo->changeovers);
    page.n_changeovers = demo->n_changeovers;
    if (rc < 0) {
        run_report_free(&demo->story);
        return rc;
    }
    page.market = name_market(demo, market, sizeof(market));
    promises.n_given_faulty = demo->story.n_given_faulty;
    count_events(demo, &promises, &counted);
    if (!demo->table.frame.is_screen)
        print_story(demo);
    wrap_text(stdout, DEMO_LINE, printf("market "), 7,
              demo->about[0] != '\0' ? demo->about : "recorded");
    sum_up_acts(demo);
    print_agents(demo);
    print_ended(demo);
    print_promises(demo, is_over, &promises, &counted);
    if (is_over)
        prove(demo, &promises, proof, sizeof(proof));
    else
        snprintf(proof, sizeof(proof),
                 "The host runs on. Its journal up to event %llu, stepped again through a new "
                 "engine, reaches all %s recorded state hashes.",
                 (unsigned long long)demo->story.replay.last_seq,
                 money_count(demo->story.replay.n_marks, count));
    rc = promises_judge(&promises, err);
    if (strcmp(demo->opts.report, "off") != 0) {
        int written = run_report_html(&demo->story, &page, rc < 0 ? NULL : err);

        rc = rc < 0 ? rc : written;
        if (written >= 0)
            printf("Report: %s\n", demo->opts.report);
    }
    fflush(stdout);
    run_report_free(&demo->story);
    return rc;
}
