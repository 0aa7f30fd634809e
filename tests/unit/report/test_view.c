// SPDX-License-Identifier: Apache-2.0
/* view: what a verb answers as a person reads it: units, thousands, columns by room, no line longer
 * than the terminal. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "report/plan_text.h"
#include "report/view.h"
#include "sys/wrap.h"

static char *shown(const char *verb, const char *json, int width)
{
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);

    ck_assert_ptr_nonnull(value);
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(view_show(out, verb, value, width), 1);
    ck_assert_int_eq(fclose(out), 0);
    json_decref(value);
    return bytes;
}

static void is(const char *verb, const char *json, int width, const char *expected)
{
    char *bytes = shown(verb, json, width);

    ck_assert_str_eq(bytes, expected);
    free(bytes);
}

START_TEST(lines_have_words_and_units)
{
    is("left", "{\"on\": \"all\", \"n_positions\": 2, \"done\": false}", 80,
       "What is still open\nof              all\npositions held  2\nall closed      no\n");
    is("latency", "{\"step\": {\"count\": 1234567, \"p50_ns\": 195, \"p99_ns\": 2800000}}", 80,
       "Engine step\nsteps  1,234,567\np50    195 ns\np99    2.8 ms\n");
    // Of nothing no span is known: 0 ns would be the shortest of all.
    is("latency", "{\"step\": {\"count\": 0, \"p50_ns\": 0, \"p99_ns\": 1038300000}}", 80,
       "Engine step\nsteps  0\np50    -\np99    1 s\n");
}
END_TEST

/* A row that stands for several says how many. */
START_TEST(an_event_that_stands_for_several_says_how_many)
{
    is("events",
       "[{\"time\": \"2026-11-28T23:31:25.1Z\", \"kind\": \"crash\", \"of\": \"alpha\", \"text\": "
       "\"SIGSEGV\", \"count\": 2}, {\"time\": \"2026-11-28T23:31:20.1Z\", \"kind\": \"alert\", "
       "\"of\": \"\", \"text\": \"a flood\"}]",
       80,
       "What happened\n"
       "time            kind      of     what\n"
       "11-28 23:31:25  crash x2  alpha  SIGSEGV\n"
       "11-28 23:31:20  alert     -      a flood\n");
}
END_TEST

#define CLOSING                                                                                    \
    "[{\"time\": \"2026-11-28T00:48:25.1Z\", \"agent\": \"momentum_1\", \"symbol\": "              \
    "\"BTCUSDT\", \"side\": \"sell\", \"quantity\": \"0.16247\", \"price\": \"60000.00\","         \
    " \"result\": \"-12.34\", \"role\": \"taker\", \"fee\": \"1.00000000\", \"fee_asset\": "       \
    "\"USDT\", \"exit_reason\": \"trailing_stop\"}]"

/* Why a position was left stands with each fill that closed something, in 80 columns too. */
START_TEST(fills_and_closings_say_why_a_position_was_left)
{
    is("closings", CLOSING, 80,
       "Newest fills that closed something\n"
       "time            symbol   side  quantity      price  result  exit reason    role\n"
       "11-28 00:48:25  BTCUSDT  sell   0.16247  60,000.00  -12.34  trailing stop  taker\n"
       "a wider terminal or `agon ctl --json` has 2 columns more\n");
    is("fills", CLOSING, 80,
       "Newest fills\n"
       "time            agent       symbol   side  quantity      price  exit reason\n"
       "11-28 00:48:25  momentum_1  BTCUSDT  sell   0.16247  60,000.00  trailing stop\n"
       "a wider terminal or `agon ctl --json` has 3 columns more\n");
}
END_TEST

/* What a table has no room for is there by the command that was given, and not by a host's. */
START_TEST(a_report_offers_its_own_json)
{
    json_t *value = json_loads(CLOSING, 0, NULL);
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);

    ck_assert(value != NULL && out != NULL);
    ck_assert_int_eq(view_show_by(out, "agon report", "closings", value, 80), 1);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_ptr_nonnull(
        strstr(bytes, "\na wider terminal or `agon report --json` has 2 columns more\n"));
    free(bytes);
    json_decref(value);
}
END_TEST

#define PLAN                                                                                       \
    "{\"number\": 4, \"undone\": %s, \"rows\": [{\"rank\": 2, \"agent\": \"b\"}, {\"rank\": 0, "   \
    "\"agent\": \"c\"}, {\"rank\": 1, \"agent\": \"a\"}]}"

START_TEST(ranks_stand_in_their_order_and_what_was_undone_says_so)
{
    char text[512];

    snprintf(text, sizeof(text), PLAN, "null");
    is("tournament", text, 80,
       "Tournament\nnumber  4\n\nRanks\nrank  agent\n   1  a\n   2  b\n   -  c\n");
    snprintf(text, sizeof(text), PLAN,
             "{\"time\": \"2026-11-28T00:50:31Z\", \"seq\": 25116, \"by\": \"ada\", \"reason\": "
             "\"fees\", \"moved\": \"500.00\", \"back\": \"500.00\"}");
    is("tournament", text, 80,
       "Tournament\nnumber  4\n\n"
       "UNDONE: the ranks below are of when it was held\n"
       "at (UTC)   11-28 00:50:31\nby event   25,116\nby         ada\nreason     fees\n"
       "had moved  500.00\nwent back  500.00\n\n"
       "Ranks\nrank  agent\n   1  a\n   2  b\n   -  c\n");
}
END_TEST

/* A text of lower rank is there in full or not at all: in 80 columns each plan is one line. */
START_TEST(exit_plans_are_a_line_each)
{
#define EXIT                                                                                       \
    "[{\"agent\": \"momentum_1\", \"plan\": 72057594037927937, \"symbol\": \"binance:BTCUSDT\", "  \
    "\"leaves\": \"long\", \"state\": \"waiting\", \"cause\": \"none\", \"quantity\": "            \
    "\"0.16247\", "                                                                                \
    "\"closed\": \"0.00000\", \"stop\": \"60000.00\", \"watches\": \"trade\", "                    \
    "\"reason\": \"the venue refused it three times\"}]"
    is("exits", EXIT, 80,
       "Exit plans\n"
       "agent       symbol           leaves  quantity       stop  state    cause\n"
       "momentum_1  binance:BTCUSDT  long     0.16247  60,000.00  waiting  none\n"
       "a wider terminal or `agon ctl --json` has 4 columns more\n");
    is("exits", EXIT, 150,
       "Exit plans\n"
       "agent       symbol           leaves  quantity       stop  state    cause  watches   closed "
       " "
       "             plan  reason\n"
       "momentum_1  binance:BTCUSDT  long     0.16247  60,000.00  waiting  none   trade    0.00000 "
       " "
       "72057594037927937  the venue refused it three times\n");
}
END_TEST

#define POSITION                                                                                   \
    "[{\"agent\": \"a\", \"symbol\": \"v:BTCUSDT\", \"side\": \"short\", \"quantity\": \"-1.5\","  \
    " \"entry\": \"60000.0\", \"mark\": \"61000.0\", \"unrealised\": \"-1500.00\","                \
    " \"realised\": \"1234567.89\"}]"

START_TEST(tables_have_the_columns_that_find_room)
{
    is("positions", POSITION, 66,
       "Positions\n"
       "agent  symbol     side   quantity     entry      mark  unrealised\n"
       "a      v:BTCUSDT  short      -1.5  60,000.0  61,000.0   -1,500.00\n"
       "a wider terminal or `agon ctl --json` has 1 column more\n");
    is("positions", POSITION, WRAP_NONE,
       "Positions\n"
       "agent  symbol     side   quantity     entry      mark  unrealised      realised\n"
       "a      v:BTCUSDT  short      -1.5  60,000.0  61,000.0   -1,500.00  1,234,567.89\n");
    is("positions", "[]", 80, "Positions\nnone\n");
}
END_TEST

START_TEST(positions_are_what_is_held)
{
#define FLAT                                                                                       \
    "{\"agent\": \"b\", \"symbol\": \"X\", \"side\": \"flat\", \"quantity\": \"0.00\","            \
    " \"realised\": \"1.00\", \"is_dust\": false}"
#define DUST "{\"agent\": \"c\", \"symbol\": \"X\", \"quantity\": \"0.000001\", \"is_dust\": true}"
    is("positions",
       "[" FLAT ", {\"agent\": \"a\", \"symbol\": \"X\", \"side\": \"long\", \"quantity\": "
       "\"0.01\", \"is_dust\": false}, " DUST "]",
       80,
       "Positions\nagent  symbol  side  quantity\na      X       long      0.01\n"
       "and 1 of dust: less than a lot, which no order can sell\n");
    is("positions", "[" FLAT "]", 80, "Positions\nnone\n");
}
END_TEST

/* At 60x, and of a market of another year, the two are far apart. */
START_TEST(the_log_says_by_which_clock_it_is)
{
    is("log tail",
       "[{\"t\": \"2026-11-29T18:31:13.882Z\", \"level\": \"error\", \"area\": \"host\", \"text\": "
       "\"restart failed\"}]",
       80,
       "Log, by the wall clock, whatever the market's\n"
       "wall time (UTC)  level  area  what\n"
       "11-29 18:31:13   error  host  restart failed\n");
}
END_TEST

START_TEST(one_that_is_asked_for_alone_is_a_row)
{
    is("books", "{\"symbol\": \"BTCUSDT\", \"state\": \"live\", \"bid\": \"1.5\", \"ask\": \"2\"}",
       80, "Books\nsymbol   state  bid  ask\nBTCUSDT  live   1.5    2\n");
}
END_TEST

START_TEST(a_limit_has_its_unit)
{
    is("portfolio",
       "{\"limits\": [{\"limit\": \"drawdown\", \"used\": 0.0321, \"at\": 0.2},"
       " {\"limit\": \"gross\", \"used\": \"1234.5\", \"at\": \"none\"}]}",
       80,
       "All agents, at prices to close at, without the pool\n\n"
       "Limits of all agents together\n"
       "limit        used       at\n"
       "drawdown   3.21 %  20.00 %\n"
       "gross     1,234.5     none\n");
}
END_TEST

/* What has to be there comes first, and no line is longer than the terminal. */
START_TEST(closed_trades_fit_eighty_columns)
{
    const char *json =
        "[{\"agent\": \"basis_1\", \"symbol\": \"binance:BTCUSDT\", \"side\": \"long\","
        " \"opened\": \"2026-11-27T15:38:00.0Z\", \"time\": \"2026-11-27T16:01:00.1Z\","
        " \"quantity\": \"0.16284\", \"entry\": \"61409.3200\", \"exit\": \"61466.5794\","
        " \"result\": \"-10.68\", \"fees\": \"20.00\", \"currency\": \"USDT\","
        " \"held_s\": 1380.1, \"fills\": 7, \"partial\": false, \"seq\": 4711}]";

    is("closed", json, 80,
       "Newest closed trades, amounts in USDT\n"
       "closed          symbol           side      entry         exit  result    held\n"
       "11-27 16:01:00  binance:BTCUSDT  long  61,409.32  61,466.5794  -10.68  23 min\n"
       "a wider terminal or `agon ctl --json` has 6 columns more\n");
    is("closed", json, 62,
       "Newest closed trades, amounts in USDT\n"
       "closed          symbol           side      entry         exit\n"
       "11-27 16:01:00  binance:BTCUSDT  long  61,409.32  61,466.5794\n"
       "a wider terminal or `agon ctl --json` has 8 columns more\n");
}
END_TEST

/* In one line, whatever the terminal: as many names as it has room for. */
START_TEST(what_a_table_leaves_out_is_said_in_one_line)
{
    const char *json = "[{\"venue\": \"a_venue_of_a_long_name\", \"state\": \"connected\","
                       " \"health\": \"normal\", \"halted\": \"no\", \"links_up\": 1,"
                       " \"books_live\": 1, \"messages\": 1, \"p50_ns\": 1000, \"p99_ns\": 2000,"
                       " \"gaps\": 0}]";

    for (int width = 57; width <= 200; width++) {
        char *bytes = shown("venues", json, width);
        const char *note = strstr(bytes, "\na wider terminal or `agon ctl --json` has ");

        if (note != NULL) {
            ck_assert_uint_le(strlen(note + 1), (size_t)width + 1);
            ck_assert_ptr_eq(strchr(note + 1, '\n'), bytes + strlen(bytes) - 1);
        } else {
            ck_assert_ptr_nonnull(strstr(bytes, "messages"));
            ck_assert_ptr_nonnull(strstr(bytes, "gaps"));
        }
        free(bytes);
    }
    is("venues", json, 60,
       "Venues\n"
       "venue                   state      health  halted  links\n"
       "a_venue_of_a_long_name  connected  normal  no          1\n"
       "a wider terminal or `agon ctl --json` has 5 columns more\n");
    is("venues", json, 80,
       "Venues\n"
       "venue                   state      health  halted  links  live books     p50\n"
       "a_venue_of_a_long_name  connected  normal  no          1           1  1.0 us\n"
       "a wider terminal or `agon ctl --json` has p99 and 2 columns more\n");
}
END_TEST

/* How an order ended is there at eighty columns, whatever its amounts. */
START_TEST(ended_orders_say_how)
{
    const char *json =
        "[{\"id\": \"1f\", \"agent\": \"basis_1\", \"symbol\": \"binance_um:BTCUSDT\","
        " \"side\": \"sell\", \"type\": \"market\", \"price\": \"0.00\", \"quantity\": \"0.16284\","
        " \"filled\": \"0.16284\", \"average\": \"61466.5794\", \"fee\": \"2.001234\","
        " \"fee_asset\": \"USDT\", \"end\": \"filled\", \"why\": null, \"exit_reason\": null,"
        " \"time\": \"2026-11-27T16:01:00.1Z\", \"seq\": 4711}]";

    is("ended", json, 80,
       "Newest orders that ended\n"
       "ended           symbol              side  type    quantity   filled  end     why\n"
       "11-27 16:01:00  binance_um:BTCUSDT  sell  market   0.16284  0.16284  filled  -\n"
       "a wider terminal or `agon ctl --json` has 7 columns more\n");
}
END_TEST

/* Two digits more than the market's prices have, where they are not 0, whatever the API says. */
START_TEST(a_mean_price_has_two_digits_more)
{
#define AT(entry)                                                                                  \
    "[{\"agent\": \"a\", \"symbol\": \"X\", \"quantity\": \"1\", \"entry\": \"" entry "\","        \
    " \"mark\": \"61000.50\"}]"
    is("positions", AT("60000.12345678"), 80,
       "Positions\nagent  symbol  quantity        entry       mark\n"
       "a      X              1  60,000.1235  61,000.50\n");
    is("positions", AT("60000.12004678"), 80,
       "Positions\nagent  symbol  quantity      entry       mark\n"
       "a      X              1  60,000.12  61,000.50\n");
    is("positions", AT("60000.00"), 80,
       "Positions\nagent  symbol  quantity      entry       mark\n"
       "a      X              1  60,000.00  61,000.50\n");
}
END_TEST

/* People read words, and the same ones everywhere. */
START_TEST(a_daily_loss_has_one_name)
{
    is("agent",
       "{\"agent\": {\"name\": \"a\", \"day_loss\": \"1234.50\","
       " \"day_loss_scaled\": \"1646.00\", \"fall\": 0.0123},"
       " \"limits\": {\"daily_loss\": \"3000.00\"},"
       " \"refusals\": [{\"reason\": \"daily_loss\", \"count\": 7}]}",
       80,
       "Agent\n"
       "name            a\n"
       "daily loss now  1,234.50, scaled 1,646.00\n"
       "drawdown now    1.23 %\n"
       "\nLimits\ndaily loss  3,000.00\n"
       "\nRefused by reason\nreason      count\ndaily loss      7\n");
}
END_TEST

/* As the page has it (lossText of kit.mjs): a gain is no loss, and what the limit counts is said
 * where it is shown as another amount. */
START_TEST(a_gain_is_no_loss_and_one_amount_is_said_once)
{
#define LOST(lost, counted)                                                                        \
    "{\"agent\": {\"day_loss\": \"" lost "\", \"day_loss_scaled\": \"" counted "\"}}"
    is("agent", LOST("-9.45", "-9.45"), 80, "Agent\ndaily loss now  0.00\n");
    is("agent", LOST("-9.45", "-12.60"), 80, "Agent\ndaily loss now  0.00\n");
    is("agent", LOST("1234.50", "1234.50"), 80, "Agent\ndaily loss now  1,234.50\n");
    is("agent", LOST("-9.45", "1234.50"), 80, "Agent\ndaily loss now  0.00, scaled 1,234.50\n");
    is("agent", LOST("-9", "-9"), 80, "Agent\ndaily loss now  0\n"); // a currency without decimals
    is("portfolio",
       "{\"day_loss\": \"-9.45\", \"limits\": ["
       "{\"limit\": \"daily_loss\", \"used\": \"-12.60\", \"lost\": \"-9.45\", \"at\": \"90.00\"},"
       "{\"limit\": \"equity\", \"used\": \"-5.00\", \"lost\": \"none\", \"at\": \"none\","
       " \"is_minimum\": true},"
       "{\"limit\": \"drawdown\", \"used\": -0.01, \"lost\": \"none\", \"at\": 0.9}]}",
       80,
       "All agents, at prices to close at, without the pool\n"
       "daily loss now  0.00\n\n"
       "Limits of all agents together\n"
       "limit         used       at\n"
       "daily loss    0.00    90.00\n"
       "equity       -5.00     none\n"
       "drawdown    0.00 %  90.00 %\n");
    is("portfolio",
       "{\"day_loss\": \"9.45\", \"limits\": [{\"limit\": \"daily_loss\", \"used\": \"12.60\","
       " \"lost\": \"9.45\", \"at\": \"90.00\"}]}",
       80,
       "All agents, at prices to close at, without the pool\n"
       "daily loss now  9.45\n\n"
       "Limits of all agents together\n"
       "limit                     used     at\n"
       "daily loss  9.45, scaled 12.60  90.00\n");
}
END_TEST

START_TEST(what_rows_hold_in_lists_has_a_table_of_its_own)
{
    is("accounts",
       "[{\"account\": 0, \"venue\": \"v\", \"money\": [{\"asset\": \"USDT\", \"total\": "
       "\"1000.5\"},"
       " {\"asset\": \"BTC\", \"total\": \"2\"}]}]",
       80,
       "Accounts\naccount  venue\n      0  v\n\nMoney\naccount  asset    total\n      0  USDT   "
       "1,000.5\n"
       "      0  BTC          2\n");
    is("accounts", "[{\"account\": 0, \"venue\": \"v\", \"money\": []}]", 80,
       "Accounts\naccount  venue\n      0  v\n");
}
END_TEST

START_TEST(a_long_text_takes_lines_of_its_own_and_none_is_too_long)
{
    char *bytes =
        shown("alerts",
              "[{\"seq\": 12345, \"t\": \"2026-11-26T04:51:37.5Z\", \"level\": \"warning\", "
              "\"kind\": \"flood\", \"agent\": \"flood_1\", \"is_acknowledged\": false, "
              "\"text\": \"flood_1 exceeds the refused-intent limit of 1000 a second: with "
              "20000 refused intents in hand its plugin is ended\"}]",
              60);
    char *save = NULL;

    ck_assert_ptr_nonnull(strstr(bytes, "11-26 04:51:37"));
    ck_assert_ptr_nonnull(
        strstr(bytes, "\n    flood_1 exceeds the refused-intent limit of 1000 a"));
    for (char *line = strtok_r(bytes, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save))
        ck_assert_uint_le(strlen(line), 60);
    free(bytes);
}
END_TEST

/* A unit stands with its figure, in a column or, where all rows have the same, in the title. */
START_TEST(amounts_say_what_they_are_of)
{
#define HELD(currency)                                                                             \
    "{\"agent\": \"a\", \"symbol\": \"X\", \"quantity\": \"1\", \"unrealised\": \"2.50\", "        \
    "\"currency\": "                                                                               \
    "\"" currency "\"}"
    is("positions", "[" HELD("USDT") ", " HELD("USDT") "]", 80,
       "Positions, amounts in USDT\nagent  symbol  quantity  unrealised\n"
       "a      X              1        2.50\na      X              1        2.50\n");
    is("positions", "[" HELD("USDT") ", " HELD("BTC") "]", 80,
       "Positions\nagent  symbol  quantity  unrealised  in\n"
       "a      X              1        2.50  USDT\na      X              1        2.50  BTC\n");
    is("plans",
       "[{\"number\": 1, \"currency\": \"USDT\", \"rows\": [{\"agent\": \"a\", \"before\": "
       "\"1.00\"}]},"
       " {\"number\": 2, \"currency\": \"USDT\", \"rows\": [{\"agent\": \"a\", \"before\": "
       "\"2.00\"}]}]",
       80,
       "Tournaments, amounts in USDT\nnumber  agent  before\n     1  a        1.00\n     2  a      "
       "  2.00\n");
    is("portfolio", "{\"currency\": \"USDT\", \"equity_at_day\": \"1000.00\"}", 80,
       "All agents, at prices to close at, without the pool, amounts in USDT\n"
       "at 00:00 UTC, scaled to that capital  1,000.00\n");
    // The fee has no room, and then what it is of has none.
#define ENDED                                                                                      \
    "[{\"time\": \"2026-11-28T00:48:25.1Z\", \"symbol\": \"BTCUSDT\", \"quantity\": \"0.16247\", " \
    "\"fee\": \"1.00000000\", \"fee_asset\": \"USDT\", \"end\": \"filled\"}]"
    is("ended", ENDED, 60,
       "Newest orders that ended\nended           symbol   quantity  end            fee  of\n"
       "11-28 00:48:25  BTCUSDT   0.16247  filled  1.00000000  USDT\n");
    is("ended", ENDED, 54,
       "Newest orders that ended\nended           symbol   quantity  end\n"
       "11-28 00:48:25  BTCUSDT   0.16247  filled\n"
       "a wider terminal or `agon ctl --json` has 2 columns\n  more\n");
    is("accounts",
       "[{\"account\": 0, \"money\": [{\"asset\": \"USDT\", \"total\": \"1000.50000000\"},"
       " {\"asset\": \"BTC\", \"total\": \"2.50000000\"}]}]",
       80,
       "Accounts\naccount\n      0\n\nMoney\naccount  asset       total\n"
       "      0  USDT     1,000.50\n      0  BTC    2.50000000\n");
}
END_TEST

/* What has no name says whose that is. */
START_TEST(an_agents_metrics_have_the_names_of_its_plugin)
{
    is("agent",
       "{\"agent\": {\"name\": \"a\", \"metrics\": {\"3\": 1.5, \"12\": 20000},"
       " \"metric_names\": {\"3\": \"weight_1\"}}}",
       80,
       "Agent\nname  a\n\nWhat its plugin says of itself\n"
       "metric                                value\n"
       "weight 1                                1.5\n"
       "metric 12 (not named by its plugin)  20,000\n");
}
END_TEST

/* Words and spans, and no key, place or count of milliseconds. */
START_TEST(people_read_words_and_spans)
{
    char verdict[PLAN_VERDICT_TEXT];

    ck_assert_str_eq(plan_text_verdict(PLAN_UNDER_GATE, verdict), "under gate");
    ck_assert_str_eq(plan_text_verdict(PLAN_RANKED, verdict), "ranked");
    is("feed",
       "{\"venues\": [{\"venue\": \"v\", \"limits\": [{\"limit\": \"orders_day\", \"free\": 1,"
       " \"window_ms\": 86400000}, {\"limit\": \"orders\", \"free\": 1, \"window_ms\": 10000}]}]}",
       80,
       "Feeds\n\nEach venue\nvenue\nv\n\nRate windows\nvenue  limit       free    in\n"
       "v      orders day     1   1 d\nv      orders         1  10 s\n");
    is("plan",
       "{\"number\": 1, \"mode\": \"rank_shares\", \"rows\": [{\"rank\": 1, \"agent\": \"a\","
       " \"verdict\": \"under_gate\", \"score\": 0.51249}]}",
       80,
       "A tournament held now\nnumber  1\nmode    rank shares\n\nRanks\n"
       "rank  agent  verdict     score\n   1  a      under gate  0.512\n");
    is("params",
       "[{\"name\": \"side\", \"value\": null, \"type\": \"choice\", \"live\": false, "
       "\"default\": 1, \"default_text\": \"short\", \"choices\": \"long|short\"}]",
       80,
       "Parameters\nname  value  preset  in flight  type\nside  -       short  no         "
       "choice\n");
    is("done",
       "{\"done\": \"was halted already\", \"on\": \"a\", \"seq\": 43010, \"already\": true}", 80,
       "done        was halted already\nof          a\nso already  yes\nevent       43,010\n");
}
END_TEST

/* Nothing but the text is behind the columns: blanks at an end are seen in a pipe. */
START_TEST(no_line_ends_with_blanks)
{
    char *bytes =
        shown("alerts",
              "[{\"seq\": 1, \"t\": \"2026-11-26T04:51:37.5Z\", \"level\": \"warning\", "
              "\"kind\": \"no_sink\", \"agent\": null, \"is_acknowledged\": false, "
              "\"text\": \"no webhook is configured: alerts are seen by who looks, by no other\"}]",
              80);

    ck_assert_ptr_null(strstr(bytes, " \n"));
    ck_assert_ptr_nonnull(strstr(bytes, "no sink"));
    ck_assert_ptr_nonnull(strstr(bytes, "\n    no webhook"));
    free(bytes);
    // One that came again has how often, and when first; where none did nothing is said of it.
    is("alerts",
       "[{\"seq\": 2, \"kind\": \"flood\", \"agent\": \"a\", \"count\": 3, \"first\": "
       "\"2026-11-26T04:51:37.5Z\", \"text\": \"a flood\"}, {\"seq\": 1, \"kind\": \"no_sink\", "
       "\"agent\": null, \"text\": \"no webhook\"}]",
       80,
       "Alerts\n"
       "seq  kind     agent  times  first           what\n"
       "  2  flood    a          3  11-26 04:51:37  a flood\n"
       "  1  no sink  -          -  -               no webhook\n");
}
END_TEST

/* Sixty-four digits beside an agent and a time went beyond the window. */
START_TEST(a_hash_without_room_has_a_line_of_its_own)
{
    is("quarantine ls",
       "[{\"agent\": \"crash_1\", \"t\": 1795666603362, \"hash\": "
       "\"11010d5f18afb2b34f8ac406b39fdcd27074ad97ea5b35cf016eaff35bfb0fb2\"}]",
       80,
       "Plugin files that crashed too often\n"
       "agent    since           hash\n"
       "crash_1  11-26 04:16:43\n"
       "    11010d5f18afb2b34f8ac406b39fdcd27074ad97ea5b35cf016eaff35bfb0fb2\n");
}
END_TEST

START_TEST(equity_is_a_line_for_each_agent)
{
    is("equity",
       "{\"a\": [[1795666603362, 50000, 50000], [1795666663362, 49000.5, 50000]], \"b\": []}",
       WRAP_NONE,
       "Equity over this run\n"
       "agent  samples  from            to                  first       last    capital   result   "
       "  lowest    highest\n"
       "a            2  11-26 04:16:43  11-26 04:17:43  50,000.00  49,000.50  50,000.00  -999.50  "
       "49,000.50  50,000.00\n");
}
END_TEST

/* What it came to is there in 80 columns, by the capital that a tournament has changed meanwhile;
 * what rounds to nothing has no sign, and a coin has its decimals. */
START_TEST(equity_has_its_capital_and_result_in_eighty_columns)
{
    static const char value[] =
        "{\"newcomer_agt\": [[1795666603362, 1000000, 1000000], [1795666663362, 1120000.25, "
        "1133000.5]], \"b\": [[1795666603362, 1.5, 1.5], [1795666663362, 0.99999999, 1]]}";
    json_t *of_coins = json_loads(value, 0, NULL);
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);

    is("equity", value, 80,
       "Equity over this run\n"
       "agent         samples  to                      last       capital      result\n"
       "newcomer_agt        2  11-26 04:17:43  1,120,000.25  1,133,000.50  -13,000.25\n"
       "b                   2  11-26 04:17:43          1.00          1.00        0.00\n"
       "a wider terminal or `agon ctl --json` has 4 columns more\n");
    ck_assert_ptr_nonnull(of_coins);
    ck_assert_ptr_nonnull(out);
    view_equity(out, of_coins, "BTC", 200);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_ptr_nonnull(strstr(bytes, "  0.99999999          1.00000000       -0.00000001  "));
    free(bytes);
    json_decref(of_coins);
}
END_TEST

/* Its answer has none: who asks the host knows what they are in. */
START_TEST(equity_says_what_its_amounts_are_in)
{
    json_t *value = json_loads("{\"a\": [[1795666603362, 50000, 50000]]}", 0, NULL);
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);

    ck_assert_ptr_nonnull(value);
    ck_assert_ptr_nonnull(out);
    view_equity(out, value, "USDT", 80);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_ptr_eq(strstr(bytes, "Equity over this run, amounts in USDT\nagent"), bytes);
    free(bytes);
    json_decref(value);
}
END_TEST

START_TEST(what_a_host_sends_cannot_command_a_terminal)
{
    char *bytes = shown(
        "halts", "[{\"scope\": \"all\", \"by\": \"\\u001b[2Jx\", \"reason\": \"\\u0007\"}]", 80);

    ck_assert_ptr_null(strchr(bytes, '\x1b'));
    ck_assert_ptr_null(strchr(bytes, '\a'));
    free(bytes);
    ck_assert_int_eq(view_has("no such verb"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view");
    TCase *tcase = tcase_create("view");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, lines_have_words_and_units);
    tcase_add_test(tcase, an_event_that_stands_for_several_says_how_many);
    tcase_add_test(tcase, fills_and_closings_say_why_a_position_was_left);
    tcase_add_test(tcase, a_report_offers_its_own_json);
    tcase_add_test(tcase, ranks_stand_in_their_order_and_what_was_undone_says_so);
    tcase_add_test(tcase, exit_plans_are_a_line_each);
    tcase_add_test(tcase, tables_have_the_columns_that_find_room);
    tcase_add_test(tcase, positions_are_what_is_held);
    tcase_add_test(tcase, the_log_says_by_which_clock_it_is);
    tcase_add_test(tcase, one_that_is_asked_for_alone_is_a_row);
    tcase_add_test(tcase, a_limit_has_its_unit);
    tcase_add_test(tcase, closed_trades_fit_eighty_columns);
    tcase_add_test(tcase, what_a_table_leaves_out_is_said_in_one_line);
    tcase_add_test(tcase, ended_orders_say_how);
    tcase_add_test(tcase, a_mean_price_has_two_digits_more);
    tcase_add_test(tcase, a_daily_loss_has_one_name);
    tcase_add_test(tcase, a_gain_is_no_loss_and_one_amount_is_said_once);
    tcase_add_test(tcase, what_rows_hold_in_lists_has_a_table_of_its_own);
    tcase_add_test(tcase, a_long_text_takes_lines_of_its_own_and_none_is_too_long);
    tcase_add_test(tcase, amounts_say_what_they_are_of);
    tcase_add_test(tcase, an_agents_metrics_have_the_names_of_its_plugin);
    tcase_add_test(tcase, people_read_words_and_spans);
    tcase_add_test(tcase, no_line_ends_with_blanks);
    tcase_add_test(tcase, a_hash_without_room_has_a_line_of_its_own);
    tcase_add_test(tcase, equity_is_a_line_for_each_agent);
    tcase_add_test(tcase, equity_has_its_capital_and_result_in_eighty_columns);
    tcase_add_test(tcase, equity_says_what_its_amounts_are_in);
    tcase_add_test(tcase, what_a_host_sends_cannot_command_a_terminal);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
