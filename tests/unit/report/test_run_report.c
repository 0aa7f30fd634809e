// SPDX-License-Identifier: Apache-2.0
/* What a report's story says: who stopped whom and why, how a run ended, which tournament was taken
 * back, and by whose clock. */
#include "market/quarantine.h"
#include "report/run_report.h"
#include "report/trail.h"

struct world;
static void add_the_other(struct world *to);
#define WORLD_MORE add_the_other
#include "../engine/world.h"

static struct world *world;
static struct run_report *story;

static int is_of_two_venues; // with a BTCUSDT each
static void add_the_other(struct world *to)
{
    struct agon_instrument made = world_instrument(BTCUSDT);

    if (!is_of_two_venues)
        return;
    made.hdr.instrument = engine_instruments(to->engine)->n_instruments + 1;
    made.venue = 2;
    ck_assert_int_eq(world_step(to, &made), AGON_OK);
}

/* Into the engine, and each event that it led to behind it into the story. */
static int tell(void *event)
{
    struct agon_event_hdr *hdr = event;
    uint64_t at = world->n_record;
    int rc;

    hdr->t = world->t;
    rc = world_step(world, event);
    while (at < world->n_record) {
        struct agon_event_hdr *one = (struct agon_event_hdr *)(void *)(world->record + at);

        ck_assert_int_eq(run_report_event(story, world->engine, one, rc), AGON_OK);
        at += event_bytes(one);
    }
    return rc;
}

static void setup(void)
{
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 1, .mode = RUN_PAPER, .seed = 42};

    world = world_new(RUN_PAPER);
    story = calloc(1, sizeof(*story));
    ck_assert_ptr_nonnull(story);
    ck_assert_int_eq(run_report_begin(story, world->engine), AGON_OK);
    start.hdr.t = world->t;
    ck_assert_int_eq(run_report_event(story, world->engine, &start.hdr, AGON_OK), AGON_OK);
}

static void teardown(void)
{
    run_report_free(story);
    free(story);
    world_free(world);
}

static struct record_command_by command(uint8_t kind, uint8_t scope, uint32_t id, const char *who,
                                        const char *why)
{
    struct record_command_by by = {
        .command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = sizeof(by) / EVENT_GRANULE},
                    .kind = kind,
                    .scope = scope,
                    .id = id,
                    .reason = kind == COMMAND_KILL ? REASON_KILL : REASON_OPERATOR}};

    snprintf(by.who, sizeof(by.who), "%s", who);
    snprintf(by.why, sizeof(by.why), "%s", why);
    return by;
}

static void give(uint8_t kind, uint8_t scope, uint32_t id, const char *who, const char *why)
{
    struct record_command_by by = command(kind, scope, id, who, why);

    ck_assert_int_eq(tell(&by), AGON_OK);
}

/* The story so far is these lines, "-" or "slot_0" in front. */
static void says(const char *const *lines)
{
    uint32_t n = 0;

    for (; lines[n] != NULL; n++) {
        char line[400];
        const struct run_report_happening *one = &story->happenings[n];
        const char *agent;

        ck_assert_msg(n < story->n_happenings, "line %u is missing: %s", n, lines[n]);
        agent = run_report_agent(story, one);
        snprintf(line, sizeof(line), "%s %s", agent != NULL ? agent : "-", one->text);
        ck_assert_str_eq(line, lines[n]);
    }
    ck_assert_msg(story->n_happenings == n, "one line more: %s", story->happenings[n].text);
}

static void book(agon_px_t bid_px)
{
    struct {
        struct agon_book_part part;
        struct agon_level levels[4];
    } event = {.part = {.hdr = {.type = AGON_EVENT_BOOK_SNAPSHOT,
                                .granules = 2,
                                .instrument = BTCUSDT,
                                .t_venue = world->t},
                        .n_bid = 1,
                        .n_ask = 1,
                        .flags = BOOK_PART_FIRST | BOOK_PART_LAST},
               .levels = {{bid_px, 100000000}, {bid_px + 2, 100000000}}};

    ck_assert_int_eq(tell(&event), AGON_OK);
}

// The slot holds a coin, bought at 60,000 dollars.
static void hold(uint16_t slot)
{
    const struct order_cmd *cmd;

    world_order(world, slot, BTCUSDT, AGON_BUY, 6000000, 100000, 1);
    cmd = &world->cmds[world->n_cmds - 1];
    world_report(world, cmd, REPORT_ACK, 0, 0, 0);
    world_report(world, cmd, REPORT_FILL, 6000000, 100000, 100000);
    book(6000000);
}

// ... and sold at 59,000.
static void drop(uint16_t slot)
{
    const struct order_cmd *cmd;

    world_order(world, slot, BTCUSDT, AGON_SELL, 5900000, 100000, 2);
    cmd = &world->cmds[world->n_cmds - 1];
    world_report(world, cmd, REPORT_ACK, 0, 0, 0);
    world_report(world, cmd, REPORT_FILL, 5900000, 100000, 100000);
    book(5900000);
}

static void limit(uint8_t which, int64_t value)
{
    struct record_command record = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                    .kind = COMMAND_LIMIT,
                                    .scope = SCOPE_SLOT,
                                    .id = 0,
                                    .which = which,
                                    .value = value};

    ck_assert_int_eq(tell(&record), AGON_OK);
}

START_TEST(a_limit_of_loss_that_stops_an_agent_is_said_with_its_figures)
{
    hold(0);
    limit(LIMIT_DAILY_LOSS_AMT, USD(3000));
    book(5690000);
    says(
        (const char *[]){"slot_0 is stopped by the limit daily_loss: lost 3,100.00 USDT, the limit "
                         "is 3,000.00; its orders are cancelled, its positions closed",
                         NULL});
}
END_TEST

START_TEST(a_limit_of_all_stops_everybody)
{
    struct record_portfolio record = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
        .kind = CONFIG_PORTFOLIO,
        .limits = {.daily_loss_amt = USD(2000), .on_breach = ON_BREACH_CANCEL}};

    hold(0);
    ck_assert_int_eq(tell(&record), AGON_OK);
    book(5690000);
    says((const char *[]){"- everybody is stopped by the limit portfolio_daily_loss: lost 3,100.00 "
                          "USDT, the limit is 2,000.00; all orders are cancelled",
                          NULL});
}
END_TEST

/* An alert is an event of its own behind what it follows from: what came of it may stand before it
 * in the journal, and stands behind it here. Another time is another matter. */
START_TEST(what_comes_of_something_is_listed_behind_it)
{
    struct record_alert alert = {
        .hdr = {.type = EVENT_ALERT, .granules = sizeof(alert) / EVENT_GRANULE},
        .kind = ALERT_OVERFLOW,
        .slot = ALERT_NO_SLOT,
        .text = "an amount overflowed"};

    give(COMMAND_HALT, SCOPE_SLOT, 1, "ada", "first");
    alert.cause_seq = engine_seq(world->engine);
    give(COMMAND_HALT, SCOPE_SLOT, 2, "ada", "of the alert");
    alert.hdr.t = world->t;
    ck_assert_int_eq(run_report_event(story, world->engine, &alert.hdr, AGON_OK), AGON_OK);
    world->t += 1000;
    alert.cause_seq = 1;
    alert.hdr.t = world->t;
    ck_assert_int_eq(run_report_event(story, world->engine, &alert.hdr, AGON_OK), AGON_OK);
    ck_assert_int_eq(run_report_end(story), AGON_OK);
    says((const char *[]){"slot_1 its trading is halted by ada: first", "- an amount overflowed",
                          "slot_2 its trading is halted by ada: of the alert",
                          "- an amount overflowed", NULL});
}
END_TEST

START_TEST(an_operator_is_named_with_his_reason)
{
    give(COMMAND_HALT, SCOPE_SLOT, 1, "ada", "too wild");
    give(COMMAND_RESUME, SCOPE_SLOT, 1, "ada", "");
    give(COMMAND_HALT, SCOPE_INSTRUMENT, ETHUSDT, "ada", "");
    give(COMMAND_STOP, SCOPE_GLOBAL, 0, "bob", "a drill");
    give(COMMAND_RESUME, SCOPE_GLOBAL, 0, "bob", "");
    give(COMMAND_FLATTEN, SCOPE_SLOT, 2, "ada", "enough");
    give(COMMAND_KILL, SCOPE_GLOBAL, 0, "file", "run/KILL: fire");
    says((const char *[]){
        "slot_1 its trading is halted by ada: too wild", "slot_1 its trading is resumed by ada",
        "- in ETHUSDT, all trading is halted by ada",
        "- everything is stopped by bob: a drill; all orders are cancelled, all positions closed",
        "- all trading is resumed by bob",
        "slot_2 its orders are cancelled, its positions closed by ada: enough",
        "- the kill switch is thrown by a file: run/KILL: fire; all orders are cancelled", NULL});
}
END_TEST

/* Two venues have a BTCUSDT: a line that says no venue is of none. */
START_TEST(a_venue_is_named_and_where_two_have_a_symbol_too)
{
    struct record_account_of account = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                        .kind = CONFIG_ACCOUNT,
                                        .venue = 2,
                                        .account = 1,
                                        .name = "kraken"};
    agon_instrument_t other;

    teardown();
    is_of_two_venues = 1;
    setup();
    is_of_two_venues = 0;
    other = (agon_instrument_t)engine_instruments(world->engine)->n_instruments;
    // An engine takes no account behind its first agent; a story reads what a journal has.
    ck_assert_int_eq(run_report_event(story, world->engine, &account.hdr, AGON_OK), AGON_OK);
    give(COMMAND_HALT, SCOPE_VENUE, 2, "ada", "");
    give(COMMAND_HALT, SCOPE_VENUE, 1, "ada", "");
    give(COMMAND_HALT, SCOPE_INSTRUMENT, other, "ada", "");
    give(COMMAND_HALT, SCOPE_INSTRUMENT, BTCUSDT, "ada", "");
    give(COMMAND_HALT, SCOPE_INSTRUMENT, ETHUSDT, "ada", "");
    says((const char *[]){"- on kraken, all trading is halted by ada",
                          "- on venue 1, all trading is halted by ada",
                          "- in kraken:BTCUSDT, all trading is halted by ada",
                          "- in venue 1:BTCUSDT, all trading is halted by ada",
                          "- in ETHUSDT, all trading is halted by ada", NULL});
}
END_TEST

/* A run without one says nothing of it: a later one in the same journal does not take it back. */
START_TEST(what_a_run_traded_on_is_said_where_it_is_no_real_market)
{
    struct {
        struct record_start start;
        struct start_build builds[START_MARKET_ENTRIES];
    } event = {
        .start = {
            .hdr = {.type = EVENT_START, .granules = 1}, .run = 2, .mode = RUN_PAPER, .seed = 7}};
    char text[RUN_REPORT_MARKET];

    ck_assert_str_eq(run_report_market(story, text), "");
    ck_assert_int_eq(tell(&event.start), AGON_OK);
    ck_assert_str_eq(run_report_market(story, text), "");
    ck_assert_uint_eq(start_market_put(event.builds, &(struct start_market){"demo", "an edge"}), 1);
    event.start.hdr.granules = 2;
    event.start.run = 3;
    ck_assert_int_eq(tell(&event.start), AGON_OK);
    event.start.hdr.granules = 1;
    event.start.run = 4;
    event.start.seed = 8;
    ck_assert_int_eq(tell(&event.start), AGON_OK);
    ck_assert_str_eq(run_report_market(story, text),
                     "A simulation, no real market and no real money: the generated market demo, "
                     "seed 7 (an edge).");
    ck_assert_uint_eq(start_market_put(event.builds, &(struct start_market){"", "recordings"}), 1);
    event.start.hdr.granules = 2;
    event.start.run = 5;
    ck_assert_int_eq(tell(&event.start), AGON_OK);
    ck_assert_str_eq(run_report_market(story, text),
                     "A simulation, no real market and no real money: recordings.");
}
END_TEST

/* Its journal has no latencies: who reads it later is sent to where they stand. */
START_TEST(of_a_backtest_it_is_said_where_its_assumptions_stand)
{
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 2, .mode = RUN_PAPER};

    ck_assert_int_eq(tell(&start), AGON_OK);
    ck_assert_ptr_null(run_report_assumed(story));
    start.run = 3;
    start.mode = RUN_BACKTEST;
    ck_assert_int_eq(tell(&start), AGON_OK);
    ck_assert_ptr_nonnull(strstr(run_report_assumed(story), "latencies"));
    ck_assert_ptr_nonnull(strstr(run_report_assumed(story), "`agon backtest`"));
}
END_TEST

/* A journal of before has none, and the next plugin of a slot may have others. */
START_TEST(a_tag_has_the_name_that_it_had_then)
{
    static union begin_event begin;
    static struct tag_lines said = {.n = 11, .text = "0 breakout\n"};
    struct {
        struct record_start start;
        struct start_build builds[2];
    } start = {.start = {.hdr = {.type = EVENT_START, .granules = 2, .seq = 10}, .run = 2}};
    static const char later[2][TAG_NAME] = {"pullback", "stop"};
    char text[INFO_TAG];

    ck_assert_str_eq(run_report_tag(story, 0, 5, 1, text), "1");
    ck_assert_str_eq(run_report_tag(story, 0, 5, 0, text), "");
    ck_assert(!run_report_is_tag_number(story)); // no trade has one
    ck_assert_uint_eq(tag_names_put_lines(start.builds, &said), 1);
    ck_assert_int_eq(run_report_event(story, world->engine, &start.start.hdr, 0), AGON_OK);
    begin.begin.hdr = (struct agon_event_hdr){.type = EVENT_BEGIN, .granules = 13, .seq = 20};
    tag_names_put(&begin, later[0], 2);
    ck_assert_int_eq(run_report_event(story, world->engine, &begin.begin.hdr, 0), AGON_OK);
    // A plugin without names behind it: its reasons are none of theirs.
    begin = (union begin_event){.begin.hdr = {.type = EVENT_BEGIN, .granules = 13, .seq = 30}};
    ck_assert_int_eq(run_report_event(story, world->engine, &begin.begin.hdr, 0), AGON_OK);
    ck_assert_str_eq(run_report_tag(story, 0, 5, 1, text), "1");
    ck_assert_str_eq(run_report_tag(story, 0, 15, 1, text), "breakout");
    ck_assert_str_eq(run_report_tag(story, 0, 15, 2, text), "2");
    ck_assert_str_eq(run_report_tag(story, 0, 25, 1, text), "pullback");
    ck_assert_str_eq(run_report_tag(story, 0, 25, 2, text), "stop");
    ck_assert_str_eq(run_report_tag(story, 0, 35, 1, text), "1");
    ck_assert_str_eq(run_report_tag(story, 1, 25, 1, text), "1");
}
END_TEST

/* What the host does when it ends is no operator's doing, and one thing. */
START_TEST(an_orderly_end_is_one_line)
{
    struct record_command_by end =
        command(COMMAND_HALT, SCOPE_GLOBAL, 0, "host", "the host is about to end");
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 2, .mode = RUN_PAPER};

    end.command.which = HALT_STOPPING;
    ck_assert_int_eq(tell(&end), AGON_OK);
    give(COMMAND_CANCEL_ALL, SCOPE_GLOBAL, 0, "host", "the host is about to end");
    end.command.kind = COMMAND_RESUME;
    ck_assert_int_eq(tell(&end), AGON_OK);
    ck_assert_int_eq(run_report_event(story, world->engine, &start.hdr, AGON_OK), AGON_OK);
    start.run = 3;
    ck_assert_int_eq(run_report_event(story, world->engine, &start.hdr, AGON_OK), AGON_OK);
    says((const char *[]){"- the host ends: nothing new is sent, open orders are cancelled",
                          "- run 2 begins",
                          "- run 3 begins; the one before left no word of its end", NULL});
}
END_TEST

/* Slots whose plugin is loaded anew, or that a roster names no more: nobody's act. */
START_TEST(what_the_host_does_with_slots_has_no_operator)
{
    struct record_command slot = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                  .kind = COMMAND_SLOT_CONDITION,
                                  .id = 1,
                                  .value = CONDITION_SUSPENDED,
                                  .reason = REASON_SLOT_GONE};
    struct record_command close = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                   .kind = COMMAND_CANCEL_ALL,
                                   .scope = SCOPE_SLOT,
                                   .id = 1,
                                   .reason = REASON_SLOT_GONE};

    ck_assert_int_eq(tell(&slot), AGON_OK);
    ck_assert_int_eq(tell(&close), AGON_OK);
    slot.value = CONDITION_ACTIVE;
    slot.reason = close.reason = REASON_OPERATOR;
    ck_assert_int_eq(tell(&slot), AGON_OK);
    slot.value = CONDITION_RETIRED;
    close.kind = COMMAND_FLATTEN;
    ck_assert_int_eq(tell(&slot), AGON_OK);
    ck_assert_int_eq(tell(&close), AGON_OK);
    says((const char *[]){"slot_1 is suspended: it has no plugin, or the roster does not name it",
                          "slot_1 is active again",
                          "slot_1 is unloaded by an operator, its positions are closed", NULL});
}
END_TEST

static void ask(uint8_t which, uint8_t scope, uint32_t id, const char *who, const char *how)
{
    struct record_command_by by = command(COMMAND_ASKED, scope, id, who, how);

    by.command.which = which;
    ck_assert_int_eq(tell(&by), AGON_OK);
}

/* What is no one command has the name of who asked for it, and an unload has it in its own line. */
START_TEST(who_asked_for_it_is_named)
{
    struct record_command slot = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                  .kind = COMMAND_SLOT_CONDITION,
                                  .id = 1,
                                  .value = CONDITION_RETIRED,
                                  .reason = REASON_OPERATOR};
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 2, .mode = RUN_PAPER};

    ask(ASKED_RELOAD, SCOPE_SLOT, 1, "ada", "ema.so");
    ask(ASKED_ROLLBACK, SCOPE_SLOT, 1, "token", "");
    ask(ASKED_PARAM, SCOPE_SLOT, 2, "ada", "fast = 7");
    ask(ASKED_CLEAR, SCOPE_GLOBAL, 0, "ada", "9f86d081884c7d65: mended");
    ask(ASKED_APPLY, SCOPE_GLOBAL, 0, "watch", "roster.yaml, 1 change");
    ck_assert_int_eq(tell(&slot), AGON_OK);
    ask(ASKED_UNLOAD, SCOPE_SLOT, 2, "bob", "close");
    slot.id = 2;
    ck_assert_int_eq(tell(&slot), AGON_OK);
    slot.id = 0; // of which nobody said anything
    ck_assert_int_eq(tell(&slot), AGON_OK);
    ck_assert_int_eq(run_report_event(story, world->engine, &start.hdr, AGON_OK), AGON_OK);
    says((const char *[]){
        "slot_1 a reload is asked for by ada: ema.so", "slot_1 a roll back is asked for by token",
        "slot_2 a parameter is set by ada: fast = 7",
        "- a quarantine is lifted by ada: 9f86d081884c7d65: mended",
        "- a roster is applied by its file, which was saved: roster.yaml, 1 change",
        "slot_1 is unloaded by its file, which was saved: roster.yaml, 1 change",
        "slot_2 is unloaded by bob: close", "slot_0 is unloaded by an operator",
        "- run 2 begins; the one before left no word of its end", NULL});
}
END_TEST

/* Whose file it is, why, and what to do; and whose it was that runs again. */
START_TEST(a_quarantine_says_who_why_and_what_to_do)
{
    struct record_quarantine record = {
        .hdr = {.type = EVENT_QUARANTINE, .granules = sizeof(record) / EVENT_GRANULE},
        .is_set = 1,
        .is_named = 1,
        .slot = 1};

    quarantine_put(record.text, "slot_1", 3, "signal 11 (Segmentation fault), after event 9");
    ck_assert_int_eq(tell(&record), AGON_OK);
    record.is_named = 0; // a journal of before
    snprintf(record.text, sizeof(record.text), "crashed 3 times, last: signal 11");
    ck_assert_int_eq(tell(&record), AGON_OK);
    record.is_set = 0;
    snprintf(record.text, sizeof(record.text), "the fault is repaired");
    ck_assert_int_eq(tell(&record), AGON_OK);
    says((const char *const[]){
        "slot_1 its plugin file is quarantined on this host: 3 crashes, last: signal 11 "
        "(Segmentation fault); next: reload another file, or quarantine clear",
        "slot_1 its plugin file is quarantined on this host: crashed 3 times, last: signal 11; "
        "next: reload another file, or quarantine clear",
        "slot_1 its plugin file is let run again: the fault is repaired", NULL});
}
END_TEST

/* A generation that would not take over: what was tried is said by its name. */
START_TEST(what_failed_to_take_over_is_named)
{
    static const struct {
        uint8_t why;
        const char *said;
    } table[] = {{GENERATION_RELOAD, "slot_1 reload failed; the log of the host says why"},
                 {GENERATION_ROLLBACK, "slot_1 roll-back failed; the log of the host says why"},
                 {GENERATION_RESTORE, "slot_1 restart failed; the log of the host says why"},
                 {GENERATION_FRESH,
                  "slot_1 restart failed: a callback took longer than 1000 ms (after event 9)"}};
    const char *lines[6] = {NULL};
    struct record_crash crash = {
        .hdr = {.type = EVENT_CRASH, .granules = sizeof(crash) / EVENT_GRANULE, .t = world->t},
        .slot = 1,
        .kind = CRASH_FAILED,
        .text = "a callback took longer than 1000 ms (after event 9)"};

    for (size_t i = 0; i < 4; i++) {
        struct record_generation record = {
            .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
            .kind = CONFIG_GENERATION,
            .slot = 1,
            .why = table[i].why,
            .generation = (uint32_t)i + 2};

        record.hdr.t = world->t;
        ck_assert_int_eq(run_report_event(story, world->engine, &record.hdr, AGON_OK), AGON_OK);
        record.why = GENERATION_REFUSED;
        ck_assert_int_eq(run_report_event(story, world->engine, &record.hdr, AGON_OK), AGON_OK);
        lines[i] = table[i].said;
    }
    // Nobody runs then, and the journal says why.
    ck_assert_int_eq(run_report_event(story, world->engine, &crash.hdr, AGON_OK), AGON_OK);
    lines[4] = "slot_1 a callback took longer than 1000 ms (after event 9)";
    says(lines);
}
END_TEST

/* Its place is free, then another's: what is said of it stays its own. */
START_TEST(who_left_keeps_the_name_in_what_happened)
{
    struct record_command slot = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                  .kind = COMMAND_SLOT_CONDITION,
                                  .id = 1,
                                  .value = CONDITION_RETIRED,
                                  .reason = REASON_OPERATOR};
    struct record_command vacate = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                    .kind = COMMAND_VACATE,
                                    .id = 1,
                                    .reason = REASON_OPERATOR};
    struct record_slot another = world_slot_record(1);
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    struct figures before, all;

    hold(1);
    drop(1);
    for (uint32_t i = 0; i < 120; i++) {
        struct agon_intent_event empty = {
            .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = BTCUSDT},
            .origin = {.cause_seq = engine_seq(world->engine), .slot = 1, .n_legs = 1},
            .intent = {.kind = AGON_INTENT_ORDER, .side = AGON_BUY, .instrument = BTCUSDT}};

        ck_assert_int_eq(tell(&empty), AGON_OK);
    }
    give(COMMAND_HALT, SCOPE_SLOT, 1, "ada", "too wild");
    ck_assert_int_eq(tell(&slot), AGON_OK);
    engine_figures_all(world->engine, &before);
    ck_assert_int_ne(before.result_amt, 0);
    ck_assert_int_eq(tell(&vacate), AGON_OK);
    ck_assert_int_eq(engine_slots(world->engine)->all[1].is_used, 0);
    world_rename(&another, "newcomer");
    ck_assert_int_eq(tell(&another), AGON_OK);
    seats_all(story->seats, world->engine, &all);
    ck_assert_int_eq(all.result_amt, before.result_amt);
    ck_assert_int_eq(all.capital_amt, before.capital_amt + USD(100000)); // the newcomer's
    ck_assert_int_eq(all.equity_amt - all.capital_amt, all.result_amt);
    ck_assert_uint_eq(all.n_fills, 2);
    give(COMMAND_HALT, SCOPE_SLOT, 1, "bob", "wild as well");
    ck_assert_int_eq(run_report_end(story), AGON_OK);
    says((const char *[]){"slot_1 120 of its intents were refused before the exchange saw them, "
                          "most by check 'invalid'",
                          "slot_1 its trading is halted by ada: too wild",
                          "slot_1 is unloaded by an operator",
                          "newcomer its trading is halted by bob: wild as well", NULL});
    ck_assert_ptr_nonnull(out);
    run_report_print(story, out);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_ptr_nonnull(strstr(text, "  slot_1       its trading is halted by ada"));
    ck_assert_ptr_nonnull(strstr(text, "  newcomer     its trading is halted by bob"));
    free(text);
}
END_TEST

/* Crumbs of a coin, which nobody can sell, have a price until the place is free: the return of who
 * left is of the result that it left with. */
START_TEST(who_left_has_the_return_of_its_result)
{
    struct record_samples samples = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                     .kind = CONFIG_SAMPLES,
                                     .is_figured = FIGURES_LASTING};
    struct record_command slot = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                  .kind = COMMAND_SLOT_CONDITION,
                                  .id = 1,
                                  .value = CONDITION_RETIRED,
                                  .reason = REASON_OPERATOR};
    const struct figures *left = NULL;
    const struct order_cmd *cmd;

    ck_assert_int_eq(tell(&samples), AGON_OK);
    hold(1);
    world_order(world, 1, BTCUSDT, AGON_SELL, 5900000, 99999, 2);
    cmd = &world->cmds[world->n_cmds - 1];
    world_report(world, cmd, REPORT_ACK, 0, 0, 0);
    world_report(world, cmd, REPORT_FILL, 5900000, 99999, 99999);
    book(5900000);
    ck_assert_int_eq(tell(&slot), AGON_OK);
    book(5000000);
    slot.kind = COMMAND_VACATE;
    slot.value = 0;
    ck_assert_int_eq(tell(&slot), AGON_OK);
    for (uint32_t i = 0; seats_at(story->seats, i) != NULL; i++) {
        if (seats_at(story->seats, i)->is_gone)
            left = &seats_at(story->seats, i)->figures;
    }
    ck_assert_ptr_nonnull(left);
    ck_assert_int_eq(left->result_amt, -100008999990); // 0.99999 for 59,000, the rest at 50,000.01
    ck_assert_double_eq_tol(left->yield, (double)left->result_amt / (double)USD(100000), 1e-15);
}
END_TEST

/* What the world has stepped since, event for event. */
static void hear(uint64_t at)
{
    while (at < world->n_record) {
        struct agon_event_hdr *one = (struct agon_event_hdr *)(void *)(world->record + at);

        ck_assert_int_eq(run_report_event(story, world->engine, one, AGON_OK), AGON_OK);
        at += event_bytes(one);
    }
}

static void told_report(const struct order_cmd *cmd, uint8_t kind, agon_px_t px, agon_qty_t qty)
{
    uint64_t at = world->n_record;

    world_report(world, cmd, kind, px, qty, qty);
    hear(at);
}

static uint16_t reason; // that the next orders are made for

// A tenth of a coin is bought at 60,000 and sold at a price.
static void round_trip(uint16_t slot, agon_px_t px, uint64_t ref)
{
    for (int is_sold = 0; is_sold <= 1; is_sold++) {
        uint64_t at = world->n_record;

        book(is_sold ? px : 6000000 - 2);
        hear(at);
        at = world->n_record;
        world_order(world, slot, BTCUSDT, is_sold ? AGON_SELL : AGON_BUY, is_sold ? px : 6000000,
                    10000, ref + (uint64_t)is_sold);
        hear(at);
        orders_find(engine_orders(world->engine), world->cmds[world->n_cmds - 1].order_id)->tag =
            reason;
        told_report(&world->cmds[world->n_cmds - 1], REPORT_ACK, 0, 0);
        told_report(&world->cmds[world->n_cmds - 1], REPORT_FILL, is_sold ? px : 6000000, 10000);
        world->t += 60000 * MS;
    }
}

/* Entries of a journal that names no reasons are numbers, and said to be; with any name they are
 * names, and without any tag there is nothing to say. */
START_TEST(tags_of_a_journal_without_names_are_said_to_be_numbers)
{
    struct record_samples samples = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                     .kind = CONFIG_SAMPLES,
                                     .is_figured = FIGURES_TAGGED};
    static const char names[1][INFO_TAG] = {"breakout"};

    ck_assert_int_eq(tell(&samples), AGON_OK);
    round_trip(1, 5900000, 11);
    ck_assert_ptr_nonnull(trail_trade(story->trail, 0));
    ck_assert(!run_report_is_tag_number(story));
    reason = 1;
    round_trip(1, 5900000, 13);
    reason = 0;
    ck_assert_uint_eq(trail_trade(story->trail, 0)->entry_tag, 1);
    ck_assert(run_report_is_tag_number(story));
    ck_assert_int_eq(run_report_tags(story, 1, names[0], 1), AGON_OK);
    ck_assert(!run_report_is_tag_number(story));
}
END_TEST

static void told_due(agon_ns_t until)
{
    uint64_t at = world->n_record;

    world_due(world, until);
    hear(at);
}

/* A place that was another's begins with nothing: no trades, no volume, no curve, no fault. What
 * who left lost is in the index, which is neither higher nor lower for its going. */
START_TEST(who_comes_to_a_free_place_has_its_own_numbers_alone)
{
    struct record_command slot = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                  .kind = COMMAND_SLOT_CONDITION,
                                  .id = 1,
                                  .value = CONDITION_RETIRED,
                                  .reason = REASON_OPERATOR};
    struct record_command vacate = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                    .kind = COMMAND_VACATE,
                                    .id = 1,
                                    .reason = REASON_OPERATOR};
    struct record_samples samples = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                     .kind = CONFIG_SAMPLES,
                                     .is_figured = FIGURES_TAGGED};
    struct record_slot another = world_slot_record(1);
    struct figures all;
    uint32_t n_drawn = 0;
    const struct trail_slot *of = &story->trail->slots[1];

    ck_assert_int_eq(tell(&samples), AGON_OK);
    round_trip(1, 5900000, 11);
    round_trip(1, 5900000, 13);
    round_trip(1, 5900000, 15);
    told_due(world->t + 120000 * MS);
    ck_assert_int_eq(trail_sample(story->trail, world->engine, world->t), AGON_OK);
    ck_assert_uint_eq(of->n_trades, 3);
    ck_assert_double_eq_tol(of->volume, 35700, 1e-6);
    ck_assert_double_eq_tol(story->trail->index, 1 - 300.0 / 300000, 1e-9);
    ck_assert_uint_gt(story->slots[1].n, 3);
    story->slots[1].is_faulty = 1;
    ck_assert_int_eq(tell(&slot), AGON_OK);
    ck_assert_int_eq(tell(&vacate), AGON_OK);
    world_rename(&another, "newcomer");
    ck_assert_int_eq(tell(&another), AGON_OK);
    world->t += 60000 * MS;
    round_trip(1, 6100000, 17);
    ck_assert_uint_eq(of->n_trades, 1);
    ck_assert_uint_eq(of->n_won, 1);
    ck_assert_double_eq_tol(of->volume, 12100, 1e-6);
    ck_assert(!story->slots[1].is_faulty);
    for (uint32_t i = 0; i < story->trail->n_pairs; i++) {
        for (uint32_t k = 0; k < TRAIL_CANDLES && story->trail->pairs[i]->slot == 1; k++)
            n_drawn +=
                story->trail->pairs[i]->fills[k][0].n + story->trail->pairs[i]->fills[k][1].n;
    }
    ck_assert_uint_eq(n_drawn, 2); // into its candles
    ck_assert_uint_gt(story->slots[1].n, 0);
    for (uint32_t i = 0; i < story->slots[1].n; i++)
        ck_assert_double_ge(story->slots[1].points[i].result, -1e-6);
    ck_assert_int_eq(trail_sample(story->trail, world->engine, world->t), AGON_OK);
    seats_all(story->seats, world->engine, &all);
    ck_assert_int_eq(all.result_amt, -USD(200));
    // The newcomer brought what who left took, but for the loss.
    ck_assert_double_eq_tol(story->trail->index, (1 - 300.0 / 300000) * (1 + 100.0 / 300000), 1e-8);
    ck_assert_double_eq_tol(trail_turnover(story->trail, 1, 12100),
                            86400e9 / (double)(story->trail->t_last - of->t_begin), 1e-6);
}
END_TEST

/* A tournament that changes what a slot has, as the journal has it. */
static void planned(uint16_t slot, agon_amt_t change_amt)
{
    static union plan_event made;
    static uint32_t number;
    struct plan_line *line = plan_lines(&made.plan);

    memset(&made, 0, sizeof(made));
    made.plan.hdr.type = EVENT_PLAN;
    made.plan.hdr.t = world->t;
    made.plan.hdr.granules =
        (sizeof(made.plan) + sizeof(*line) + EVENT_GRANULE - 1) / EVENT_GRANULE;
    made.plan.number = ++number;
    made.plan.n_lines = 1;
    line->slot = slot;
    snprintf(line->name, sizeof(line->name), "slot_%u", slot);
    line->capital_before_amt = USD(100000);
    line->capital_after_amt = USD(100000) + change_amt;
    ck_assert_int_eq(run_report_event(story, world->engine, &made.plan.hdr, AGON_OK), AGON_OK);
}

/* The demo's promise (demo/promises.h), which ends it with 1 where it is broken. */
START_TEST(capital_that_is_given_behind_a_fault_is_counted)
{
    struct record_crash crash = {
        .hdr = {.type = EVENT_CRASH, .granules = sizeof(crash) / EVENT_GRANULE},
        .slot = 1,
        .text = "signal 11"};

    planned(1, USD(10));
    ck_assert_uint_eq(story->n_given_faulty, 0);
    crash.hdr.t = world->t;
    ck_assert_int_eq(run_report_event(story, world->engine, &crash.hdr, AGON_OK), AGON_OK);
    planned(0, USD(10));
    planned(1, -USD(10));
    planned(1, 0);
    ck_assert_uint_eq(story->n_given_faulty, 0);
    planned(1, USD(10));
    ck_assert_uint_eq(story->n_given_faulty, 1);
    planned(1, 1);
    ck_assert_uint_eq(story->n_given_faulty, 2);
}
END_TEST

/* A first rank by chance reads in what happened as in the act of a demo. */
START_TEST(a_tournament_is_said_in_the_words_of_every_surface)
{
    static const struct {
        double t;
        const char *said;
    } table[] = {
        {-0.56, ": slot_1 is first; nobody beats chance yet; no capital moved"},
        {2.5, ": slot_1 is first and beats chance (chance alone: 1 tournament in 44); no capital "
              "moved"}};
    static struct tournament_rules rules;
    static union plan_event made;
    static union plan_values_event values;
    struct plan_line *line = plan_lines(&made.plan);

    plan_defaults(&rules);
    rules_set_setting(&rules, SETTING_EVIDENCE, 2.0);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char first[PLAN_FIRST_TEXT];

        memset(&made, 0, sizeof(made));
        made.plan.hdr.type = EVENT_PLAN;
        made.plan.hdr.t = world->t;
        made.plan.hdr.granules = plan_granules(1);
        made.plan.number = 100 + (uint32_t)i;
        made.plan.n_lines = 1;
        plan_take_rules(&made, &rules);
        line->slot = 1;
        line->rank = 1;
        snprintf(line->name, sizeof(line->name), "slot_1");
        plan_note(&made, line, SETTING_EVIDENCE, table[i].t);
        for (uint32_t k = 0; plan_values(&made, k, &values); k++)
            ck_assert_int_eq(run_report_event(story, world->engine, &values.hdr, AGON_OK), AGON_OK);
        ck_assert_int_eq(run_report_event(story, world->engine, &made.plan.hdr, AGON_OK), AGON_OK);
        ck_assert_ptr_nonnull(
            strstr(story->happenings[story->n_happenings - 1].text, table[i].said));
        ck_assert_ptr_nonnull(strstr(table[i].said, plan_first_text(&made, first)));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run_report");
    TCase *tcase = tcase_create("run_report");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_limit_of_loss_that_stops_an_agent_is_said_with_its_figures);
    tcase_add_test(tcase, a_limit_of_all_stops_everybody);
    tcase_add_test(tcase, what_comes_of_something_is_listed_behind_it);
    tcase_add_test(tcase, an_operator_is_named_with_his_reason);
    tcase_add_test(tcase, a_venue_is_named_and_where_two_have_a_symbol_too);
    tcase_add_test(tcase, what_a_run_traded_on_is_said_where_it_is_no_real_market);
    tcase_add_test(tcase, of_a_backtest_it_is_said_where_its_assumptions_stand);
    tcase_add_test(tcase, a_tag_has_the_name_that_it_had_then);
    tcase_add_test(tcase, an_orderly_end_is_one_line);
    tcase_add_test(tcase, what_the_host_does_with_slots_has_no_operator);
    tcase_add_test(tcase, a_quarantine_says_who_why_and_what_to_do);
    tcase_add_test(tcase, what_failed_to_take_over_is_named);
    tcase_add_test(tcase, tags_of_a_journal_without_names_are_said_to_be_numbers);
    tcase_add_test(tcase, who_comes_to_a_free_place_has_its_own_numbers_alone);
    tcase_add_test(tcase, who_asked_for_it_is_named);
    tcase_add_test(tcase, who_left_keeps_the_name_in_what_happened);
    tcase_add_test(tcase, who_left_has_the_return_of_its_result);
    tcase_add_test(tcase, capital_that_is_given_behind_a_fault_is_counted);
    tcase_add_test(tcase, a_tournament_is_said_in_the_words_of_every_surface);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
