// SPDX-License-Identifier: Apache-2.0
/* The host, its venues, and what an order to it is answered with. Rows in the order in which
 * answers have them. */
#include <stddef.h>

#include "journal/buffer.h"
#include "ops/api_schema.h"
#include "ops/api_words.h"

#define TEXT   CONTROL_TEXT
#define DEC    CONTROL_DECIMAL
#define INT    CONTROL_INTEGER
#define REAL   CONTROL_REAL
#define BOOL   CONTROL_BOOL
#define TIME   CONTROL_TIME
#define LIST   CONTROL_LIST
#define ONE    CONTROL_OBJECT
#define NULLS  .marks = CONTROL_NULL
#define MAYBE  .marks = CONTROL_MAYBE
#define BASE   .unit = "base currency"
#define VENUE  .example = "\"binance\""
#define AGENT  .example = "\"ema\""
#define SYMBOL .example = "\"BTCUSDT\""

/* ---- the host */

static const struct control_field clock_fields[] = {
    {"state", TEXT, "what venues say of the clock", .words = api_clock_trusts},
    {"entry", TEXT, "whether new risk is taken", .words = api_clock_entries},
    {"follows", TEXT, "whose time is used", .words = api_clock_follows},
    {"engine_time", TEXT, "what engine time is", .words = api_engine_times},
    {"waits_for_venue", BOOL, "there is no time before a venue sends one"},
    {"wall_offset_ms", INT, "of the machine's clock", .unit = "ms"},
    {"venue_offset_us", INT, "of the venue's clock", .unit = "us"},
    {"journal_ahead_ms", INT, "how far the journal is ahead of the clock", .unit = "ms"},
    {"wall_steps", INT, "how often the machine's clock was set"},
    {"venue_time_taken", INT, "how often the venues' time was taken"},
    {NULL}};
static const struct control_shape clock_shape = {"Clock", "What time it is and who vouches for it",
                                                 clock_fields};

static const struct control_field venue_state_fields[] = {
    {"venue", TEXT, "its name", VENUE},
    {"state", TEXT, "how it is", .words = api_venue_states},
    {"health", TEXT, "of its market data", .words = api_healths},
    {"ready", BOOL, "orders, fills and balances are known"},
    {"halted", BOOL, "new risk is halted there"},
    {NULL}};
static const struct control_shape venue_state = {"VenueState", "A venue, in short",
                                                 venue_state_fields};

static const char *journal_word(uint32_t n)
{
    return n <= JOURNAL_FAILED ? journal_state_name((enum journal_state)n) : NULL;
}

static const char *const modes[] = {"paper", "live", NULL};
static const char *const bars[] = {"visible", "silent", NULL};
static const struct control_field status_head[] = {
    {"mode", TEXT, "whose money it is", .words = modes},
    {"state", TEXT, "how the host is", .words = api_host_states},
    {"halted_by", TEXT, "who halted everything", MAYBE, .example = "\"token\""},
    {"halted_for", TEXT, "why", MAYBE, .example = "\"maintenance\""},
    {"halt_cause", TEXT, "what kind of halt it is", MAYBE, .words = api_halt_causes},
    {"time", TIME, "engine time; null: no venue has sent it yet", NULLS},
    {"t_ms", INT, "the same", .unit = "ms since 1970", .example = "1795192174000"},
    {"up_s", INT, "since the start", .unit = "s"},
    {"speed", REAL, "market time runs so many times as fast", .example = "1"},
    {"run", INT, "which start of this journal it is, from 1"},
    {NULL}};
static const struct control_field status_rest[] = {
    {"equity_agents", DEC, "of all agents; equity is this, the pool and left_equity", BASE},
    {"pool", DEC, "what no agent has", BASE},
    {"left_agents", INT, "how many were unloaded for good; their sums are in those of all"},
    {"left_capital", DEC, "of those: given to them, less what the pool got back", BASE},
    {"left_equity", DEC, "of those: what they had when they left, less what the pool got", BASE},
    {"left_result", DEC, "of those: what they won or lost", BASE},
    {"agents", INT, "in the roster"},
    {"active", INT, "of them, that may trade"},
    {"open_orders", INT, NULL},
    {"stray_orders", INT, "at the venue, of this journal, and unknown to it"},
    {"foreign_orders", INT, "open on our accounts, not sent by an Agon"},
    {"other_host_orders", INT, "open on our accounts, sent by another host"},
    {"events", INT, "of this run"},
    {"intents", INT, "of this run"},
    {"refused", INT, "of the intents"},
    {"orders", INT, "that left"},
    {"fills", INT, NULL},
    {"seq", INT, "number of the last event"},
    {"durable_seq", INT, "number of the last event that is safe on disk"},
    {"journal", TEXT, "how it is", .word = journal_word},
    {"journal_class", TEXT, "whether an order waits for the disk", .words = api_journal_classes},
    {"health", TEXT, "of market data", .words = api_healths},
    {"stale_valuations", INT, "assets whose price is old"},
    {"warning", TEXT, "of agents whose orders are refused for want of data", NULLS,
     .example = "null"},
    {"tournament_next_ms", INT, "null: none is held", NULLS, .unit = "ms since 1970",
     .example = "1795192200000"},
    {"rate_refused", INT, "refused by limits of orders in a time"},
    {"rate_windows", TEXT, "what time these limits are in, where it is not the market's", NULLS,
     .example = "null"},
    {"market_bars", TEXT, "whether the market is made of bars, and what is seen inside them", NULLS,
     .words = bars},
    {"not_comparable", TEXT, "what of a run on bars may not be compared", NULLS, .example = "null"},
    {"clock", ONE, NULL, .of = &clock_shape},
    {"venues", LIST, "each in short", .of = &venue_state},
    {"version", TEXT, "of the program", .example = "\"0.1.0\""},
    {NULL}};
static const struct control_shape status_tail = {NULL, NULL, status_rest};
static const struct control_shape status_middle = {NULL, NULL, api_figures_fields, &status_tail};
const struct control_shape api_shape_status = {"Status", "How the host is", status_head,
                                               &status_middle};

/* ---- venues and accounts */

static const struct control_field venue_rest[] = {
    {"instruments", INT, "traded there"},
    {"agents", INT, "that trade there"},
    {"links", INT, "connections wanted"},
    {"links_up", INT, "of them, up"},
    {"books", INT, "wanted"},
    {"books_live", INT, "of them, live"},
    {"messages", INT, "received"},
    {"gaps", INT, "in its data"},
    {"reconnects", INT, NULL},
    {"unconfirmed", INT, "requests whose fate nobody knows yet"},
    {"queued", INT, "requests that wait"},
    {"api_budget_left", INT, "weight that may be used now"},
    {"p50_ns", INT, "from the wire to the end of the step, half of all", .unit = "ns"},
    {"p99_ns", INT, "99 of 100", .unit = "ns"},
    {"clock_offset_us", INT, "of its clock", .unit = "us"},
    {"uptime", REAL, "how much of the time since it was up first", .unit = "share, 1 is 100 %"},
    {"outages", INT, NULL},
    {"down_s", REAL, "in all", .unit = "s"},
    {NULL}};
static const struct control_field venue_head[] = {
    {"venue", TEXT, "its name", VENUE},
    {"state", TEXT, "how it is", .words = api_venue_states},
    {"halted", BOOL, "new risk is halted there"},
    {"health", TEXT, "of its market data", .words = api_healths},
    {"ready", BOOL, "orders, fills and balances are known"},
    {NULL}};
static const struct control_shape venue_tail = {NULL, NULL, venue_rest};
const struct control_shape api_shape_venue = {"Venue", "A venue: how it is, latency, uptime",
                                              venue_head, &venue_tail};

static const struct control_field money_fields[] = {
    {"asset", TEXT, NULL, .example = "\"USDT\""},
    {"total", DEC, "on the account", .unit = "asset"},
    {"agents", DEC, "of it, the agents'", .unit = "asset"},
    {NULL}};
static const struct control_shape money = {"Money", "Money of an asset on an account",
                                           money_fields};
static const struct control_field account_fields[] = {
    {"account", INT, "its number"},
    {"venue", TEXT, "its name in the configuration", VENUE},
    {"dialect", TEXT, "what is spoken there", .example = "\"binance_spot\""},
    {"feed", TEXT, "the venue whose market data it has", VENUE},
    {"credential", TEXT, "name of its credential, not the key", .example = "\"main\""},
    {"state", TEXT, "how the venue is", .words = api_venue_states},
    {"agents", INT, "that trade on it"},
    {"money", LIST, "by asset", .of = &money},
    {NULL}};
const struct control_shape api_shape_account = {"Account", "An account and the money on it",
                                                account_fields};

static const struct control_field feed_fields[] = {
    {"health", TEXT, "of market data", .words = api_healths},
    {"ready", BOOL, "orders, fills and balances are known"},
    {"links", INT, "connections wanted"},
    {"links_up", INT, "of them, up"},
    {"books", INT, "wanted"},
    {"books_live", INT, "of them, live"},
    {"messages", INT, "received"},
    {"bad", INT, "of them, not understood"},
    {"quantities_cut", INT, "with more digits than are kept"},
    {"binary", INT, "of them, binary"},
    {"silent_channels", INT, "that were asked for and said nothing"},
    {"connect_limit_wait_ms", INT, "that the venue's limit on connections lets the host wait",
     .unit = "ms"},
    {"gaps", INT, "in its data"},
    {"resyncs", INT, "of books"},
    {"reconnects", INT, NULL},
    {"held", INT, "requests that wait for the journal's disk"},
    {"not_durable_in_time", INT, "orders that never left for it"},
    {"queued", INT, "requests that wait for a limit"},
    {"unconfirmed", INT, "requests whose fate nobody knows yet"},
    {"api_budget_left", INT, "weight that may be used now"},
    {"clock_offset_us", INT, "of the venue's clock", .unit = "us"},
    {"banned", BOOL, "the venue refuses this address"},
    {"auth_halted", BOOL, "the venue refuses the key"},
    {NULL}};
static const struct control_field venue_limit_fields[] = {
    {"limit", TEXT, "its kind", .example = "\"weight\""},
    {"capacity", INT, "in a window"},
    {"free", INT, "left"},
    {"window_ms", INT, NULL, .unit = "ms", .example = "60000"},
    {NULL}};
static const struct control_shape venue_limit = {"VenueLimit", "A limit of a venue on requests",
                                                 venue_limit_fields};
static const struct control_field feed_venue_head[] = {{"venue", TEXT, "its name", VENUE}, {NULL}};
static const struct control_field feed_venue_rest[] = {
    {"limits", LIST, "all that it has", .of = &venue_limit}, {NULL}};
static const struct control_shape feed_venue_tail = {NULL, NULL, feed_venue_rest};
static const struct control_shape feed_venue_middle = {NULL, NULL, feed_fields, &feed_venue_tail};
static const struct control_shape feed_venue = {
    "FeedVenue", "Connections, gaps and limits of a venue", feed_venue_head, &feed_venue_middle};
static const struct control_field feed_rest[] = {
    {"venues", LIST, "each by itself", .of = &feed_venue}, {NULL}};
static const struct control_shape feed_tail = {NULL, NULL, feed_rest};
const struct control_shape api_shape_feed = {"Feed", "Connections, gaps and limits of all venues",
                                             feed_fields, &feed_tail};

static const struct control_field value_fields[] = {
    {"asset", TEXT, "what is valued", .example = "\"BTC\""},
    {"instrument", TEXT, "by which", SYMBOL},
    {"price", DEC, "null: none yet", NULLS, .unit = "base currency"},
    {"age_s", INT, "of the price; null: there is none", NULLS, .unit = "s"},
    {"stale", BOOL, "it is too old"},
    {NULL}};
const struct control_shape api_shape_value = {
    "Value", "The value of an asset in the base currency, and by what", value_fields};

static const struct control_field foreign_fields[] = {
    {"whose", TEXT, "who sent it",
     .words = (const char *const[]){"another host", "stranger", NULL}},
    {"journal", TEXT, "of the other host; empty: not known", .example = "\"\""},
    {"client_id", TEXT, "as the venue has it", .example = "\"web_1f3a\""},
    {"venue_order", INT, "the venue's number", .example = "4411"},
    {"symbol", TEXT, "empty: an instrument that this host has not", SYMBOL},
    {"side", TEXT, "which way", .words = api_sides},
    {"price", DEC, "its limit", .unit = "what the instrument is priced in"},
    {"quantity", DEC, "open", .unit = "base asset or contracts"},
    {"seen", TIME, "when it was seen first", NULLS},
    {NULL}};
const struct control_shape api_shape_foreign = {
    "ForeignOrder", "An open order on our accounts that this host did not send", foreign_fields};

/* ---- latency and health */

#define QUANTILES                                                                                  \
    {"count", INT, "how many were measured"}, {"p50_ns", INT, "half of all", .unit = "ns"},        \
        {"p90_ns", INT, "90 of 100", .unit = "ns"}, {"p99_ns", INT, "99 of 100", .unit = "ns"},    \
    {                                                                                              \
        "max_ns", INT, "the longest", .unit = "ns"                                                 \
    }
static const struct control_field octave = {NULL, INT, NULL};
#define OCTAVES                                                                                    \
    "counts between one power of two and the next, from 256 ns on; the first is of all below 512 " \
    "ns"
static const struct control_field hist_fields[] = {
    QUANTILES,
    {"octaves", LIST, OCTAVES, .items = &octave, .n_items = 26,
     .example = "[0,0,0,0,1,12,7,3,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"},
    {NULL}};
static const struct control_shape hist = {"Latencies", "How long something took", hist_fields};
static const struct control_field of_agent_fields[] = {
    {"agent", TEXT, "its name", AGENT}, QUANTILES, {NULL}};
static const struct control_shape of_agent = {
    "AgentLatencies", "From an event's step to the agent's callback", of_agent_fields};
static const struct control_field of_venue_fields[] = {
    {"venue", TEXT, "its name", VENUE}, QUANTILES, {NULL}};
static const struct control_shape of_venue = {
    "VenueLatencies", "From the wire to the end of the step", of_venue_fields};
static const struct control_field latency_fields[] = {
    {"step", ONE, NULL, .of = &hist},
    {"delivery", ONE, NULL, .of = &hist},
    {"agents", LIST, "each by itself", .of = &of_agent},
    {"venues", LIST, "each by itself", .of = &of_venue},
    {NULL}};
const struct control_shape api_shape_latency = {
    "Latency", "Of an engine step, from the wire to its end, and on to each agent", latency_fields};

static const struct control_field feed_value = {NULL, REAL, NULL};
static const struct control_field feed_row = {NULL,
                                              LIST,
                                              "messages, gaps, share",
                                              .items = &feed_value,
                                              .n_items = 3,
                                              .example = "[812, 0, 1]"};
static const struct control_field venue_name = {NULL, TEXT, "its name", VENUE};
static const struct control_field health_point_fields[] = {
    {"t_ms", INT, "its end", .unit = "ms since 1970", .example = "1795192174000"},
    {"step", LIST, OCTAVES, .items = &octave, .n_items = 26,
     .example = "[0,0,0,0,1,12,7,3,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"},
    {"delivery", LIST, OCTAVES, .items = &octave, .n_items = 26,
     .example = "[0,0,0,0,1,12,7,3,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"},
    {"journal_lag", INT, "most events that were not on disk yet"},
    {"unconfirmed", INT, "most requests whose fate nobody knew"},
    {"messages", INT, "received"},
    {"gaps", INT, "in data"},
    {"feeds", LIST, "of each of the venues: messages, gaps, share of the time it was up",
     .items = &feed_row},
    {NULL}};
static const struct control_shape health_point = {"HealthPoint", "A stretch of the run",
                                                  health_point_fields};
static const struct control_field health_fields[] = {
    {"every_s", REAL, "length of a stretch", .unit = "s", .example = "5"},
    {"from_ns", INT, "half of where the first octave ends; it has all that is shorter",
     .unit = "ns", .example = "256"},
    {"venues", LIST, "names, in the order of feeds", .items = &venue_name},
    {"points", LIST, "from the oldest on", .of = &health_point},
    {NULL}};
const struct control_shape api_shape_health = {"RunHealth", "How the run went, in stretches",
                                               health_fields};

/* ---- markets */

static const struct control_field level_value = {NULL, DEC, NULL};
static const struct control_field level = {NULL,
                                           LIST,
                                           "price and quantity",
                                           .items = &level_value,
                                           .n_items = 2,
                                           .example = "[\"64000.10\", \"0.5\"]"};
#define PRICE .unit = "quote"
static const struct control_field book_fields[] = {
    {"symbol", TEXT, "with its venue before it where two have the same", SYMBOL},
    {"venue", TEXT, "its name", VENUE},
    {"kind", TEXT, "of the instrument; more may come", .example = "\"spot\""},
    {"state", TEXT, "of the book", .words = api_book_states},
    {"bid", DEC, "the best; 0: none", PRICE},
    {"ask", DEC, "the best; 0: none", PRICE},
    {"mark", DEC, "price that positions are valued at", PRICE},
    {"base", TEXT, "what is traded", .example = "\"BTC\""},
    {"quote", TEXT, "what it is priced in", .example = "\"USDT\""},
    {"halted", BOOL, "new risk is halted there"},
    {"funding_rate", DEC, "of a perpetual, of the time to funding_time", MAYBE,
     .unit = "share, 1 is 100 %"},
    {"funding_time", TIME, "when it is paid", .marks = CONTROL_NULL | CONTROL_MAYBE},
    {"bids", LIST, "the ten best, from the best on", .items = &level},
    {"asks", LIST, "the ten best, from the best on", .items = &level},
    {NULL}};
const struct control_shape api_shape_book = {"Book", "The book of an instrument", book_fields};

static const struct control_field candle_fields[] = {
    {"t_ms", INT, "its begin", .unit = "ms since 1970", .example = "1795192140000"},
    {"open", DEC, NULL, PRICE},
    {"high", DEC, NULL, PRICE},
    {"low", DEC, NULL, PRICE},
    {"close", DEC, NULL, PRICE},
    {"volume", DEC, "traded in it, by the trades or bars that were read; missing: none were", MAYBE,
     .unit = "base asset or contracts"},
    {NULL}};
const struct control_shape api_shape_candle = {
    "Candle", "A candle of the mark price, as the host looked at it", candle_fields};

static const struct control_field line_fields[] = {
    {"line", TEXT, "what its plugin calls it", .example = "\"SMA 10\""},
    {"t_ms", INT, "begin of the candle", .unit = "ms since 1970", .example = "1795192140000"},
    {"price", DEC, "as it was when the candle ended", PRICE},
    {NULL}};
const struct control_shape api_shape_line = {
    "LinePoint", "A point of a line over candles, by an agent's own word", line_fields};

static const struct control_field trade_fields[] = {
    {"n", INT, "counts on, from 1"},
    {"t_ms", INT, "when", .unit = "ms since 1970", .example = "1795192140000"},
    {"price", DEC, NULL, PRICE},
    {"quantity", DEC, NULL, .unit = "base"},
    {"side", TEXT, "the taker's; empty: the venue does not say",
     .words = (const char *const[]){"", "buy", "sell", NULL}},
    {NULL}};
const struct control_shape api_shape_trade = {"Trade", "A trade of the market", trade_fields};

/* ---- what happened */

static const struct control_field verification_fields[] = {
    {"state", TEXT, "of the replay",
     .words = (const char *const[]){"never", "running", "held", "failed", NULL}},
    {"time", TIME, "of the host, when it began", .marks = CONTROL_NULL | CONTROL_MAYBE},
    {"seconds", REAL, "that it took, or takes so far", MAYBE, .unit = "s"},
    {"seq", INT, "number of the last event that was on disk when it began", MAYBE},
    {"events", INT, "replayed", .marks = CONTROL_NULL | CONTROL_MAYBE},
    {"marks", INT, "states that the journal vouches for, reached again",
     .marks = CONTROL_NULL | CONTROL_MAYBE},
    {"last_seq", INT, "number of the last event", .marks = CONTROL_NULL | CONTROL_MAYBE},
    {"said", TEXT, "where it differs", MAYBE, .example = "\"event 7: another state\""},
    {NULL}};
const struct control_shape api_shape_verification = {
    "Verification", "A replay of the journal beside the host", verification_fields};

static const struct control_field alert_fields[] = {
    {"seq", INT, "its number; alerts/ack takes it, and all of the row with it"},
    {"t", TIME, "when; of several the last", NULLS},
    {"count", INT,
     "how many in the same words, of the same agent, it stands for; of a crash also those that "
     "were not raised again",
     MAYBE},
    {"first", TIME, "when the first of them was", MAYBE},
    {"kind", TEXT, "its name", .example = "\"crash\""},
    {"level", TEXT, "how bad it is", .words = api_alert_levels + 1},
    {"agent", TEXT, "of whom; null: of none", NULLS, AGENT},
    {"instrument", TEXT, "of which; null: of none", NULLS, SYMBOL},
    {"value", DEC, "what was found", .unit = "unit"},
    {"limit", DEC, "what it was held against", .unit = "unit"},
    {"unit", TEXT, "of both; empty: none", .example = "\"base currency\""},
    {"is_acknowledged", BOOL, "somebody has seen to it"},
    {"text", TEXT, "for people", .example = "\"SIGSEGV in on_event\""},
    {NULL}};
const struct control_shape api_shape_alert = {"Alert", "An alert", alert_fields};

static const struct control_field held_at = {NULL, INT, NULL, .example = "1795192174000"};
static const struct control_field event_fields[] = {
    {"n", INT, "its number in this run, from 0"},
    {"time", TIME, "when", NULLS},
    {"t_ms", INT, "the same", .unit = "ms since 1970", .example = "1795192174000"},
    {"seq", INT, "number of the journal's event that says so; missing: of none that is known",
     MAYBE, .example = "48211"},
    {"kind", TEXT, "what it is", .words = api_event_kinds},
    {"of", TEXT, "whose; empty: of all", AGENT},
    {"count", INT, "tournaments, equal alerts or crashes that it stands for", MAYBE},
    {"first_ms", INT, "when the first of them was", MAYBE, .unit = "ms since 1970",
     .example = "1795192174000"},
    {"held_ms", LIST, "of tournaments: when each was, of those that are kept", MAYBE,
     .items = &held_at, .unit = "ms since 1970"},
    {"text", TEXT, "for people",
     .example = "\"generation 2 is active after 1, engine pause 41.2 us\""},
    {NULL}};
const struct control_shape api_shape_event = {"Event", "Something that happened in this run",
                                              event_fields};

static const struct control_field halt_fields[] = {
    {"scope", TEXT, "what kind of thing is halted", .words = api_halt_scopes + 1},
    {"of", TEXT, "its name; all", .example = "\"all\""},
    {"cause", TEXT, "what kind of halt it is", .words = api_halt_causes},
    {"since", TIME, NULL, NULLS},
    {"by", TEXT, "who gave it; ?: the host itself", .example = "\"token\""},
    {"reason", TEXT, "in the words of who gave it", .example = "\"maintenance\""},
    {"code", TEXT, "a reason's name", .example = "\"operator\""},
    {NULL}};
const struct control_shape api_shape_halt = {"Halt", "A halt that stands", halt_fields};

static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const struct control_field log_line_fields[] = {
    {"t", TIME, "when"},
    {"level", TEXT, "how bad it is", .words = levels},
    {"area", TEXT, "what of the program said it", .example = "\"control\""},
    {"key", TEXT, "of lines that are alike", MAYBE, .example = "\"halt\""},
    {"text", TEXT, "for people", .example = "\"halt all by token: done\""},
    {"times", INT, "the line before, that came so often", MAYBE},
    {"left_out", INT, "lines of that key that were too many", MAYBE},
    {"dropped", INT, "lines for which there was no room", MAYBE},
    {NULL}};
static const struct control_field log_field = {
    NULL, CONTROL_EITHER, "a field of that line, as the table of fields in operations has them"};
const struct control_shape api_shape_log_line = {"LogLine", "A line of the log", log_line_fields,
                                                 .rest = &log_field};
static const struct control_field log_level_fields[] = {
    {"level", TEXT, "from here on lines are kept", .words = levels}, {NULL}};
const struct control_shape api_shape_log_level = {"LogLevel", "The log's level", log_level_fields};

static const char *const missing_words[] = {"core",  "kill",    "stop",   "halt", "journal",
                                            "clock", "account", "banned", "key",  "connections",
                                            "books", "history", "start",  NULL};
static const struct control_field missing_fields[] = {
    {"what", TEXT, "what is not there", .words = missing_words},
    {"of", TEXT, "host, or a venue", .example = "\"host\""},
    {"why", TEXT, "for people", .example = "\"no venue agrees with the clock yet\""},
    {NULL}};
static const struct control_shape missing = {"Missing", "Why the host takes no orders",
                                             missing_fields};
static const struct control_field ready_fields[] = {
    {"missing", LIST, "empty: nothing", .of = &missing},
    {"ready", BOOL, "it takes orders"},
    {NULL}};
const struct control_shape api_shape_ready = {"Ready", "Whether the host takes orders",
                                              ready_fields};

/* ---- what an order is answered with */

static const struct control_field done_fields[] = {
    {"done", TEXT, "what was done, for people",
     .example = "\"the generation before is active again\""},
    {"on", TEXT, "on whom or what", AGENT},
    {"seq", INT, "where it is one event of the journal: its number", MAYBE, .example = "48211"},
    {"durable", BOOL, "false: the journal's disk does not hold it", MAYBE},
    {"note", TEXT, "what to do about that", MAYBE, .example = "\"give it again after a restart\""},
    {"already", BOOL, "true: it was so before, and nothing changed", MAYBE},
    {NULL}};
const struct control_shape api_shape_done = {"Done", "It is done", done_fields};
static const struct control_field ordered_fields[] = {
    {"done", TEXT, "what was done, for people", .example = "\"halted\""},
    {"on", TEXT, "on whom or what", AGENT},
    {"seq", INT, "the event's number in the journal; null: it waits, and will be taken", NULLS,
     .example = "48211"},
    {"durable", BOOL, "false: the journal's disk does not hold it", MAYBE},
    {"note", TEXT, "what to do about that", MAYBE, .example = "\"give it again after a restart\""},
    {"already", BOOL, "true: it was so before, and nothing changed", MAYBE},
    {NULL}};
const struct control_shape api_shape_ordered = {
    "Ordered", "An order that is an event of the journal", ordered_fields};
