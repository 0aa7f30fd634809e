// SPDX-License-Identifier: Apache-2.0
/* Agents and what they trade. Rows in the order in which answers have them. */
#include "ops/api_schema.h"

#include <stddef.h>

#include "ops/api_words.h"
#include "run/host.h"
#include "score/allocator.h"
#include "score/plan.h"
#include "slot/limits.h"
#include "slot/meters.h"

#define TEXT   CONTROL_TEXT
#define DEC    CONTROL_DECIMAL
#define INT    CONTROL_INTEGER
#define REAL   CONTROL_REAL
#define BOOL   CONTROL_BOOL
#define TIME   CONTROL_TIME
#define LIST   CONTROL_LIST
#define MAP    CONTROL_MAP
#define ONE    CONTROL_OBJECT
#define NULLS  .marks = CONTROL_NULL
#define MAYBE  .marks = CONTROL_MAYBE
#define SHARE  .unit = "share, 1 is 100 %"
#define BASE   .unit = "base currency"
#define QUOTE  .unit = "what the instrument is priced in"
#define AGENT  .example = "\"ema\""
#define SYMBOL .example = "\"BTCUSDT\""

/* ---- figures (docs/figures.md) */

const struct control_field api_figures_fields[] = {
    {"currency", TEXT, "the base currency, which amounts are in", .example = "\"USDT\""},
    {"capital", DEC, "what was put in", BASE},
    {"equity", DEC, "value of all of it now", BASE},
    {"result", DEC, "equity less capital", BASE},
    {"return", REAL, "result of the capital", SHARE},
    {"drawdown", REAL, "fall of equity from its highest", SHARE},
    {"sharpe", REAL, "a year's, once there are 30 daily samples", NULLS},
    {"sortino", REAL, "a year's, once there are 30 daily samples", NULLS},
    {"t", REAL, "t-value of the mean of the samples", NULLS},
    {"t_low", REAL, "lower end of its interval of 95 %", NULLS},
    {"t_high", REAL, "upper end of its interval of 95 %", NULLS},
    {"gross", DEC, "result before fees, rebates and funding", BASE, NULLS},
    {"fees", DEC, "paid; positive is a cost", BASE},
    {"rebates", DEC, "received from venues", BASE, NULLS},
    {"funding", DEC, "of perpetuals; positive was received", BASE, NULLS},
    {"slippage", DEC, "against the mid at the decision; positive is a cost", BASE, NULLS},
    {"volume", DEC, "value of all fills, each at its time", BASE},
    {"judgement", TEXT, "why a t, or ratios of a year, are not there yet", NULLS,
     .example = "\"too short to judge\""},
    {"samples", INT, "samples that the figures are of"},
    {"sample_s", INT, "length of one", .unit = "s", .example = "3600"},
    {"days", INT, "daily samples"},
    {NULL}};

/* ---- agents */

static const struct control_field meter_fields[] = {
    {"count", INT, "since the host began"},
    {"per_second", INT, "how many may be used"},
    {"in_hand", INT, "what of it is used just now"},
    {"most", INT, "what may be used at once; all of it ends the plugin"},
    {NULL}};
static const struct control_shape meter = {"Meter", "What a slot causes, counted", meter_fields};

static int meter_row(uint32_t n, struct control_field *field)
{
    if (n >= METERS_N)
        return 0;
    *field = (struct control_field){meters_all[n].key, ONE, meters_all[n].doc, .of = &meter};
    return 1;
}
static const struct control_shape meters = {"Meters", "What a slot causes beside orders, by kind",
                                            .row = meter_row};

static const char *stage(uint32_t n)
{
    return n < STAGE_LIVE ? slot_stage_name((uint8_t)(n + 1)) : NULL;
}

static const struct control_field metric_value = {NULL, REAL, "as its author means it"};
static const struct control_field metric_name = {NULL, TEXT, "its plugin's, or its line's",
                                                 .example = "\"weight_1\""};
static const struct control_field read_from = {NULL, TEXT, "agent.signal; none: nobody",
                                               .example = "\"vol.volatility\""};

static const struct control_field stopped_fields[] = {
    {"by", TEXT, "the limit: a reason's name", .example = "\"daily_loss\""},
    {"since", TIME, NULL, NULLS},
    {"until", TIME, "null: until a person lifts it", NULLS},
    {"text", TEXT, "what it may do meanwhile, and what lifts it",
     .example = "\"opens nothing more until `agon ctl resume ema` lifts it; closing passes\""},
    {NULL}};
static const struct control_shape stopped = {"StoppedBy", "A loss limit that is reached",
                                             stopped_fields};

static const struct control_field agent_head[] = {
    {"slot", INT, "its place"},
    {"name", TEXT, "its name in the roster", AGENT},
    {"place_seq", INT,
     "of the event by which its place was freed for it; 0: nobody had it. Who has "
     "another number, or place, is another agent, of that name too"},
    {"state", TEXT, "how it is now", .words = api_agent_states},
    {"exceeds", TEXT, "the limit of a meter of which it has used a tenth, until that is free again",
     MAYBE, .example = "\"refused-intent limit\""},
    {"stopped", ONE, "it opens nothing more, by a loss limit", MAYBE, .of = &stopped},
    {"can_roll_back", BOOL, "the generation before is still warm"},
    {"stage", TEXT, "how far it has come", .word = stage},
    {"generation", INT, "of its plugin, from 1"},
    {NULL}};
static const struct control_field agent_rest[] = {
    {"open", INT, "open orders"},
    {"fills", INT, "since its capital was set"},
    {"wins", INT, "closing fills with a gain"},
    {"losses", INT, "closing fills with a loss"},
    {"intents", INT, "orders and cancels that it asked for"},
    {"refused", INT, "of these, refused before they left"},
    {"orders", INT, "of these, new orders judged"},
    {"unjudged", INT, "orders refused for want of data"},
    {"events", INT, "given to it"},
    {"kind", TEXT, "what its plugin is", .words = api_agent_kinds},
    {"runner", TEXT, "where its plugin runs", .words = api_runners},
    {"code", TEXT, "first bytes of its file's hash, hexadecimal",
     .example = "\"9f86d081884c7d65\""},
    {"day_loss", DEC,
     "money lost since 00:00 UTC, at prices to close at, whatever capital moved; negative is a "
     "gain",
     BASE},
    {"day_loss_scaled", DEC,
     "what the risk gate counts of it against `daily_loss`: what was lost before capital moved "
     "grew or shrank with the capital; the same as `day_loss` where none moved",
     BASE},
    {"fall", REAL,
     "what the risk gate holds against `drawdown`: the fall from the highest equity, at prices to "
     "close at",
     SHARE},
    {"drawdown_limit", REAL, "null: none", SHARE, NULLS},
    {"failure", TEXT, "why its plugin ended", MAYBE, .example = "\"SIGSEGV\""},
    {"reads", MAP, "its inputs, each with the signal that it hears", MAYBE, .items = &read_from},
    {"meters", ONE, NULL, .of = &meters},
    {"metrics", MAP, "what its plugin says of itself, by its author's numbers",
     .items = &metric_value},
    {"metric_names", MAP, "names of those numbers; one that its author has not named is not there",
     .items = &metric_name},
    {NULL}};
static const struct control_shape agent_tail = {NULL, NULL, agent_rest};
static const struct control_shape agent_middle = {NULL, NULL, api_figures_fields, &agent_tail};
const struct control_shape api_shape_agent = {"Agent", "An agent: its figures, state and counts",
                                              agent_head, &agent_middle};

static int limit_row(uint32_t n, struct control_field *field)
{
    static const char *const choices[] = {"close", "cancel", "halt", NULL};
    const struct limit *limit = n < limits_of_slot.n ? &limits_of_slot.all[n] : NULL;

    if (limit == NULL)
        return 0;
    *field = (struct control_field){limit->key, DEC, limit->doc, BASE};
    if (limit->kind == LIMIT_IS_COUNT)
        *field = (struct control_field){limit->key, INT, limit->doc};
    else if (limit->kind == LIMIT_IS_SHARE)
        *field = (struct control_field){limit->key, REAL, limit->doc, SHARE};
    else if (limit->kind == LIMIT_IS_MS)
        *field = (struct control_field){limit->key, REAL, limit->doc, "s"};
    else if (limit->kind == LIMIT_IS_CHOICE)
        *field = (struct control_field){limit->key, TEXT, limit->doc, .words = choices};
    return 1;
}
const struct control_shape api_shape_limits = {
    "Limits", "All limits of an agent; 0: none, where that is possible", .row = limit_row};

static const struct control_field refusal_fields[] = {
    {"reason", TEXT, "a reason's name", .example = "\"no_book\""},
    {"text", TEXT, "the same for people", .example = "\"the book is not live\""},
    {"count", INT, "how often"},
    {NULL}};
static const struct control_shape refusal = {"Refusal", "Why intents were refused, by how often",
                                             refusal_fields};

static const struct control_field whole_fields[] = {
    {"agent", ONE, NULL, .of = &api_shape_agent},
    {"limits", ONE, NULL, .of = &api_shape_limits},
    {"refusals", LIST, "by how often", .of = &refusal},
    {"positions", LIST, "one for each instrument", .of = &api_shape_position},
    {"orders", LIST, "open ones", .of = &api_shape_order},
    {"fills", LIST, "the newest first", .of = &api_shape_fill},
    {NULL}};
const struct control_shape api_shape_agent_whole = {
    "AgentWhole", "An agent with all that belongs to it", whole_fields};

static const struct control_field param_fields[] = {
    {"name", TEXT, "its name in the roster", .example = "\"every\""},
    {"value", TEXT, "as it was set; null: the plugin's default", NULLS, .example = "\"20\""},
    {"type", TEXT, "what it takes", .words = api_param_types},
    {"live", BOOL, "it may change in flight"},
    {"default", REAL, "the plugin's; of a choice its place"},
    {"default_text", TEXT, "the same as a roster says it: of a choice its word; of a text empty",
     .example = "\"20\""},
    {"min", REAL, "of a number with a range", MAYBE},
    {"max", REAL, "of a number with a range", MAYBE},
    {"choices", TEXT, "fast|slow; empty: none", .example = "\"\""},
    {"unit", TEXT, "for people", .example = "\"s\""},
    {"doc", TEXT, "what its author says", .example = "\"an order every so many trades\""},
    {NULL}};
const struct control_shape api_shape_param = {"Param", "A parameter of a plugin", param_fields};

/* ---- orders, positions, fills */

// agon_intent.reason, by agon_descriptor.tags.
#define TAG_OF(of)                                                                                 \
    "the reason that its author gave " of                                                          \
    ": its name, or its number where the plugin has no name "                                      \
    "for it; empty: none, or not known"
static const struct control_field position_fields[] = {
    {"agent", TEXT, "whose it is", AGENT},
    {"symbol", TEXT, "with its venue before it where two have the same", SYMBOL},
    {"side", TEXT, "which way", MAYBE, .words = api_position_sides},
    {"quantity", DEC, "held; below 0: short", MAYBE, .unit = "base asset or contracts"},
    {"entry", DEC, "mean price at which it was opened", MAYBE, QUOTE},
    {"is_dust", BOOL, "what is left is too little for any order", MAYBE},
    {"break_even", DEC, "price at which it closes without loss, fees counted; not of dust", MAYBE,
     QUOTE},
    {"mark", DEC, "price that it is valued at", MAYBE, QUOTE},
    {"notional", DEC, "its value at the mark", MAYBE, .unit = "currency"},
    {"unrealised", DEC, "what closing at the mark would bring", MAYBE, .unit = "currency"},
    {"realised", DEC, "by what was closed", MAYBE, .unit = "currency"},
    {"funding", DEC, "of a perpetual; positive was received", MAYBE, .unit = "currency"},
    {"fees", DEC, "paid for its fills", MAYBE, .unit = "currency"},
    {"currency", TEXT, "what these amounts are in", MAYBE, .example = "\"USDT\""},
    {"entry_tag", TEXT, TAG_OF("the order of its first fill, as the closed trade will have it"),
     MAYBE, .example = "\"breakout\""},
    {"fills", INT, "that made it"},
    {NULL}};
const struct control_shape api_shape_position = {
    "Position", "What an agent holds of an instrument; of the base currency itself only the counts",
    position_fields};

static const struct control_field order_fields[] = {
    {"id", TEXT, "the host's number, hexadecimal; order/cancel takes it",
     .example = "\"1a0000000003\""},
    {"agent", TEXT, "whose it is", AGENT},
    {"symbol", TEXT, "what it trades", SYMBOL},
    {"side", TEXT, "which way", .words = api_sides},
    {"type", TEXT, "how it trades; more may come", .example = "\"limit\""},
    {"price", DEC, "its limit", QUOTE},
    {"quantity", DEC, "ordered", .unit = "base asset or contracts"},
    {"filled", DEC, "of it", .unit = "base asset or contracts"},
    {"state", TEXT, "at the venue", .words = api_order_states},
    {"request", TEXT, "on its way to the venue; empty: none", .words = api_requests},
    {"unconfirmed", BOOL, "nobody knows yet what became of the request"},
    {"tag", TEXT, TAG_OF("the order"), .example = "\"breakout\""},
    {"since", TIME, "when it was made", NULLS},
    {NULL}};
const struct control_shape api_shape_order = {"Order", "An open order", order_fields};

static const char *const leaves[] = {"long", "short", NULL};
static const struct control_field exit_fields[] = {
    {"agent", TEXT, "whose it is", AGENT},
    {"plan", INT, "its number"},
    {"symbol", TEXT, "what it closes", SYMBOL},
    {"leaves", TEXT, "the side that it closes", .words = leaves},
    {"state", TEXT, "how far it is", .words = api_exit_states},
    {"cause", TEXT, "what fired; empty: nothing yet", .words = api_exit_causes},
    {"quantity", DEC, "still to be closed", .unit = "base asset or contracts"},
    {"closing", DEC, "of the plan", .unit = "base asset or contracts"},
    {"closed", DEC, "so far", .unit = "base asset or contracts"},
    {"stop", DEC, "where the stop is now; 0: none", QUOTE},
    {"watches", TEXT, "the price that it goes by", .words = api_exit_watches},
    {"reason", TEXT, "why it ended or failed; empty: it has not", .example = "\"\""},
    {NULL}};
const struct control_shape api_shape_exit = {"Exit", "A plan of the host to leave a position",
                                             exit_fields};

static const struct control_field fill_fields[] = {
    {"time", TIME, "when the host took it", NULLS},
    {"venue_time", TIME, "when the venue says it was", .marks = CONTROL_NULL | CONTROL_MAYBE},
    {"agent", TEXT, "whose it is; (unloaded): it was unloaded", AGENT},
    {"symbol", TEXT, "what was traded", SYMBOL},
    {"side", TEXT, "which way", .words = api_sides},
    {"price", DEC, NULL, QUOTE},
    {"quantity", DEC, NULL, .unit = "base asset or contracts"},
    {"role", TEXT, "whether it stood in the book", .words = api_roles},
    {"fee", DEC, "positive is a cost", .unit = "fee_asset"},
    {"fee_asset", TEXT, "what the fee was taken in", .example = "\"USDT\""},
    {"result", DEC, "of what it closed; null: it closed nothing", BASE, NULLS},
    {"exit_reason", TEXT, "why it closed something; empty: it did not, or that is not known",
     .example = "\"agent\""},
    {"tag", TEXT, TAG_OF("its order"), .example = "\"breakout\""},
    {"order", TEXT, "its order's id, hexadecimal", .example = "\"1a0000000003\""},
    {"seq", INT, "its number in the journal"},
    {NULL}};
const struct control_shape api_shape_fill = {"Fill", "A fill", fill_fields};

static const struct control_field ended_fields[] = {
    {"id", TEXT, "the host's number, hexadecimal", .example = "\"1a0000000003\""},
    {"agent", TEXT, "whose it was", AGENT},
    {"symbol", TEXT, "what it traded", SYMBOL},
    {"side", TEXT, "which way", .words = api_sides},
    {"type", TEXT, "how it traded; more may come", .example = "\"limit\""},
    {"price", DEC, "its limit; 0: it had none", QUOTE},
    {"quantity", DEC, "ordered", .unit = "base asset or contracts"},
    {"filled", DEC, "of it", .unit = "base asset or contracts"},
    {"average", DEC, "mean price of its fills; null: none, or older than what is kept", QUOTE,
     NULLS},
    {"fee", DEC, "of its fills; positive is a cost; null: not known", .unit = "fee_asset", NULLS},
    {"fee_asset", TEXT, "what the fees were taken in; empty: not known", .example = "\"USDT\""},
    {"end", TEXT, "how it ended", .words = api_order_ends},
    {"reason", TEXT, "why; empty: nothing to add", .example = "\"user\""},
    {"why", TEXT, "the same for people", .example = "\"\""},
    {"exit_reason", TEXT, "what the host made it for; empty: its agent made it",
     .example = "\"stop\""},
    {"exit_why", TEXT, "the same for people", .example = "\"the stop of an exit plan\""},
    {"tag", TEXT, TAG_OF("the order"), .example = "\"breakout\""},
    {"since", TIME, "when it was made", NULLS},
    {"time", TIME, "when it ended", NULLS},
    {"seq", INT, "the event that ended it; of a later fill, where one came"},
    {NULL}};
const struct control_shape api_shape_ended = {"EndedOrder", "An order that ended", ended_fields};

static const struct control_field closed_fields[] = {
    {"agent", TEXT, "whose it was", AGENT},
    {"symbol", TEXT, "what was held", SYMBOL},
    {"side", TEXT, "which way", .words = api_position_sides},
    {"opened", TIME, "its first fill; null: before what is read at a start", NULLS},
    {"time", TIME, "its last fill", NULLS},
    {"quantity", DEC, "all that was entered", .unit = "base asset or contracts"},
    {"entry", DEC, "mean price of what was entered; null: not known", QUOTE, NULLS},
    {"exit", DEC, "mean price of what was left; null: not known", QUOTE, NULLS},
    {"result", DEC, "what the ledger's position realised in it, after fees", .unit = "currency"},
    {"fees", DEC, "of its fills; null: not all were seen", .unit = "currency", NULLS},
    {"currency", TEXT, "what these amounts are in", .example = "\"USDT\""},
    {"held_s", REAL, "from its first fill to its last", .unit = "s", NULLS},
    {"fills", INT, "of it that were seen"},
    {"partial", BOOL, "its first fills are older than what is read at a start"},
    {"exit_reason", TEXT, "why its last fill closed it; empty: not known. More may come",
     .example = "\"target\""},
    {"exit_why", TEXT, "the same for people", .example = "\"a target of an exit plan\""},
    {"entry_tag", TEXT, TAG_OF("the order of its first fill"), .example = "\"breakout\""},
    {"exit_tag", TEXT, TAG_OF("the order of its last fill"), .example = "\"\""},
    {"seq", INT, "the event that closed it"},
    {NULL}};
const struct control_shape api_shape_closed = {
    "ClosedTrade", "A closed trade: a position from its first fill to its last", closed_fields};

static const struct control_field performance_fields[] = {
    {"agent", TEXT, "whose they were", AGENT},
    {"symbol", TEXT, "what was held", SYMBOL},
    {"exit_reason", TEXT,
     "why the last fill closed them; `not_closed_yet`: what is realised and in no closed trade; "
     "`unrealised`, at the mark price; `funding`; empty: not known. More may come",
     .example = "\"target\""},
    {"exit_why", TEXT, "the same for people", .example = "\"a target of an exit plan\""},
    {"entry_tag", TEXT, TAG_OF("the order of their first fills"), .example = "\"breakout\""},
    {"trades", INT,
     "closed trades, over this run and what is read at a start; 0: what is in no closed trade"},
    {"won", INT, "of them with a result above 0"},
    {"lost", INT, "of them with a result below 0"},
    {"result", DEC, "of all of them, after fees; all rows of an agent together are its result",
     .unit = "currency"},
    {"best", DEC, "the largest of their results; null: there are none", .unit = "currency", NULLS},
    {"worst", DEC, "the smallest of their results; null: there are none", .unit = "currency",
     NULLS},
    {"currency", TEXT, "what these amounts are in", .example = "\"USDT\""},
    {"timed", INT, "of them whose first fill is known"},
    {"held_s", REAL, "mean time of those from the first fill to the last; null: there are none",
     .unit = "s", NULLS},
    {NULL}};
const struct control_shape api_shape_performance = {
    "Performance", "Closed trades of an agent in an instrument that were left for one reason",
    performance_fields};

/* ---- equity */

static const struct control_field point_value = {NULL, REAL, NULL};
static const struct control_field point = {NULL,
                                           LIST,
                                           "t_ms, equity, capital",
                                           .items = &point_value,
                                           .n_items = 3,
                                           .example = "[1795192174000, 100012.5, 100000]"};
static const struct control_field points = {NULL, LIST, "from the oldest on", .items = &point};
const struct control_field api_points = {
    NULL, MAP, "by agent, and of all with the pools under (all)", BASE, .items = &points};

/* ---- tournaments */

static const char *mode(uint32_t n)
{
    return n < ALLOCATORS ? allocator_at(n)->name : NULL;
}

static const char *bound_name(uint32_t n)
{
    return plan_bound_at(n) != NULL ? plan_bound_at(n)->name : NULL;
}

static const char *verdict(uint32_t n)
{
    return n + 1 < PLAN_VERDICT_MAX ? plan_verdict_name((uint8_t)(n + 1)) : NULL;
}

static const struct control_field gate_fields[] = {
    {"gate", TEXT, "its key in the roster", .example = "\"max_drawdown\""},
    {"value", REAL, "what was found; null: it is not defined", NULLS},
    {"limit", REAL, "what was asked for"},
    {"is", TEXT, "what the value has to be to the limit", .example = "\"below\""},
    {"unit", TEXT, "of both", .words = (const char *const[]){"share", "number", NULL}},
    {"failed", BOOL, "it was not passed"},
    {"waits", BOOL, "there are too few samples to judge it"},
    {"outcome", TEXT, "how it judged the agent", .words = plan_outcome_names},
    {NULL}};
static const struct control_shape gate = {"Gate", "A gate of a tournament, as it judged an agent",
                                          gate_fields};

static int measure_row(uint32_t n, struct control_field *field)
{
    const struct measure *measure = measure_at(n);

    if (measure == NULL)
        return 0;
    *field = (struct control_field){
        measure->name, REAL, measure->doc,
        .unit = measure->unit == MEASURE_SHARE ? "share, 1 is 100 %" : NULL, NULLS};
    return 1;
}

static int point_row(uint32_t n, struct control_field *field)
{
    const struct measure *measure = measure_at(n);

    if (measure == NULL)
        return 0;
    *field = (struct control_field){measure->name, REAL,
                                    "share of the other judged agents that it beats, a tie "
                                    "counts half; not of one that was not judged",
                                    MAYBE};
    return 1;
}
static const struct control_shape points_by_measure = {
    "Points", "What a score is made of, by measure", .row = point_row};

static const struct control_field measure_fields[] = {
    {"name", TEXT, "a member of each row", .example = "\"return\""},
    {"label", TEXT, "for a head", .example = "\"return\""},
    {"weight", REAL, "in the score; 0: it only stands there"},
    {"unit", TEXT, "how to show it", .words = (const char *const[]){"share", "number", NULL}},
    {"decimals", INT, "how to show it"},
    {"doc", TEXT, "what it is", .example = "\"result of the capital\""},
    {NULL}};
static const struct control_shape measure_shape = {"Measure", "What agents are compared by",
                                                   measure_fields};

static const struct control_field failed_gate = {NULL, TEXT, "its key",
                                                 .example = "\"max_drawdown\""};
static const struct control_field bound_fields[] = {
    {"name", TEXT, "what held it", .word = bound_name},
    {"text", TEXT, "the same for people",
     .example = "\"one tournament adds no more (bounds.increase, bounds.floor)\""},
    {NULL}};
static const struct control_shape bound = {
    "TournamentBound", "Why an agent's capital is not what its share comes to", bound_fields};
static const struct control_field row_rest[] = {
    {"failed", LIST, "gates that were not passed", .items = &failed_gate},
    {"points", ONE, NULL, .of = &points_by_measure},
    {"gates", LIST, "all that were asked", .of = &gate},
    {"bounds", LIST, "what held its capital; empty: it has what its share comes to", .of = &bound},
    {NULL}};
static const struct control_shape row_tail = {NULL, NULL, row_rest};
static const struct control_shape row_middle = {NULL, NULL, NULL, &row_tail, .row = measure_row};
#define PLAN_MONEY                                                                                 \
    {"before", DEC, "capital before", BASE},                                                       \
    {                                                                                              \
        "after", DEC, "capital after", BASE                                                        \
    }
static const struct control_field row_head[] = {
    {"rank", INT, "1 is the best; 0: not ranked"},
    {"agent", TEXT, "whose row it is", AGENT},
    {"verdict", TEXT, "how it was judged", .word = verdict},
    {"reason", TEXT, "what the verdict stands for", .example = "\"takes part in the ranking\""},
    {"score", REAL, "of the points of all measures"},
    {"share", REAL, "of what is given out", SHARE},
    PLAN_MONEY,
    {"change", DEC, "after less before", BASE},
    {"equity", DEC, "value of all of it before", BASE},
    {"target", DEC, "equity that was aimed at, bounds considered", BASE},
    {"free", DEC, "of its money, what was not in positions and orders", BASE},
    {"samples", INT, "samples of equity in the window"},
    {"wins", INT, "closing fills with a gain, in the window"},
    {"losses", INT, "closing fills with a loss, in the window"},
    {"won", DEC, "by those with a gain", BASE},
    {"lost", DEC, "by those with a loss; positive", BASE},
    {"failures", INT, "tournaments in a row under a gate, this one included"},
    {"kelly", REAL, "mean over variance of the returns; 0: none"},
    {"evidence", REAL,
     "t-value of the net returns that was held against the rules' evidence; null: none was asked "
     "for, or it never moved",
     NULLS},
    {NULL}};
static const struct control_shape row = {"TournamentRow", "An agent in a tournament", row_head,
                                         &row_middle};

static const struct control_field setting_fields[] = {
    {"name", TEXT, "its key in the roster", .example = "\"increase\""},
    {"value", REAL, "by which it was decided; 0: the rules ask for nothing"},
    {"unit", TEXT, "of it", .words = (const char *const[]){"share", "number", NULL}},
    {"doc", TEXT, "what it is", .example = "\"closing fills in the window\""},
    {NULL}};
static const struct control_shape setting = {"Setting", "A rule beside weights and gates",
                                             setting_fields};
static const struct control_field pool_fields[] = {{"account", INT, "its number"},
                                                   {"before", DEC, "what was in it", BASE},
                                                   {"after", DEC, "what is in it", BASE},
                                                   {NULL}};
static const struct control_shape pool = {
    "Pool", "What tournaments took on an account and gave to none", pool_fields};
static const struct control_field undone_fields[] = {
    {"time", TIME, "when", NULLS},
    {"seq", INT, "of the event by which", .example = "15266"},
    {"by", TEXT, "who", .example = "\"root\""},
    {"reason", TEXT, "in his words; empty: none", .example = "\"as the fees were wrong\""},
    {"moved", DEC, "capital that it had moved", BASE},
    {"back", DEC, "of that, what went back: the rest was not free", BASE},
    {"text", TEXT, "for people",
     .example = "\"undone by root; all of the 500.00 USDT that moved went back\""},
    {NULL}};
static const struct control_shape undone_shape = {
    "Undone", "How a tournament was taken back; null: it was not", undone_fields, .is_null = 1};
static const struct control_field tournament_fields[] = {
    {"number", INT, "from 1; tournament/undo takes it"},
    {"time", TIME, "when it was held", NULLS},
    {"undone", ONE, "what an operator took back; rows stay as they were", .of = &undone_shape},
    {"schedule", TEXT, "as cron has it", .example = "\"0 * * * *\""},
    {"mode", TEXT, "how shares are made", .word = mode},
    {"window", INT, "samples that are judged", .example = "168"},
    {"sample_s", INT, "length of one", .unit = "s", .example = "3600"},
    {"min_samples", INT, "fewer: an agent is too new", .example = "24"},
    {"currency", TEXT, "the base currency, which amounts are in", .example = "\"USDT\""},
    {"given", DEC, "by the operator: capital of all agents and the pools", BASE},
    {"whole", DEC,
     "what shares are of: equity of all that were judged and the pools, less the reserve", BASE},
    {"reserve", REAL, "of all, for nobody", SHARE},
    {"pools", LIST, "those with money, by account", .of = &pool},
    {"settings", LIST, "rules beside weights and gates", .of = &setting},
    {"measures", LIST, "what rows have, for heads", .of = &measure_shape},
    {"rows", LIST, "by rank", .of = &row},
    {NULL}};
const struct control_shape api_shape_tournament = {
    "Tournament", "The last tournament; null: there was none", tournament_fields, .is_null = 1};

static const struct control_field plan_row_fields[] = {
    {"agent", TEXT, "whose row it is", AGENT},
    {"rank", INT, "1 is the best; 0: not ranked"},
    {"score", REAL, "of the points of all measures"},
    {"share", REAL, "of what is given out", SHARE},
    PLAN_MONEY,
    {NULL}};
static const struct control_shape plan_row = {"PlanRow", "An agent in a tournament, in short",
                                              plan_row_fields};
static const struct control_field plan_fields[] = {
    {"number", INT, "from 1"},
    {"time", TIME, "when it was held", NULLS},
    {"t_ms", INT, "the same", .unit = "ms", .example = "1795192174000"},
    {"undone", BOOL, "an operator took it back"},
    {"currency", TEXT, "the base currency, which amounts are in", .example = "\"USDT\""},
    {"rows", LIST, "by rank", .of = &plan_row},
    {NULL}};
const struct control_shape api_shape_plan = {"Plan", "A tournament", plan_fields};

/* ---- all agents together */

static const struct control_field portfolio_limit_fields[] = {
    {"limit", TEXT, "its key in the roster", .example = "\"gross\""},
    {"text", TEXT, "what it limits", .example = "\"sum of all positions\""},
    {"unit", TEXT, "of used and at", .words = (const char *const[]){"share", "amount", NULL}},
    {"is_minimum", BOOL, "less is worse"},
    {"is_kept", BOOL, "used is known: it is of all, limited or not"},
    {"used", CONTROL_EITHER, "by its unit: a share as a number, an amount as a decimal"},
    {"lost", CONTROL_EITHER,
     "money, where used counts what was lost before capital moved in proportion; else none"},
    {"at", CONTROL_EITHER, "the limit, likewise; none: there is none"},
    {NULL}};
static const struct control_shape portfolio_limit = {
    "PortfolioLimit", "A limit of all agents together", portfolio_limit_fields};
static const struct control_field portfolio_fields[] = {
    {"currency", TEXT, "the base currency, which amounts are in", .example = "\"USDT\""},
    {"capital", DEC, "of all agents, without the pool: what a loss of today is scaled to", BASE},
    {"equity", DEC, "of all", BASE},
    {"equity_at_day", DEC, "at 00:00 UTC, scaled with capital that moved since", BASE},
    {"equity_highest", DEC, "since the last resume, scaled with capital that moved", BASE},
    {"day_loss", DEC,
     "money lost since 00:00 UTC; `daily_loss` counts what was lost before capital moved in "
     "proportion to the capital",
     BASE},
    {"on_breach", TEXT, "what happens when a loss limit is reached", .example = "\"close\""},
    {"breached", BOOL, "one was reached and stands"},
    {"breached_by", TEXT, "a reason's name; none", .example = "\"none\""},
    {"breach_loss", DEC, "what was lost then: money", BASE},
    {"limits", LIST, "each with what is used", .of = &portfolio_limit},
    {NULL}};
const struct control_shape api_shape_portfolio = {"Portfolio", "Limits of all agents together",
                                                  portfolio_fields};

/* ---- code of agents */

static const char *changeover(uint32_t n)
{
    return n < HOST_RESTART ? host_changeover_name((uint8_t)(n + 1)) : NULL;
}

static const struct control_field reload_fields[] = {
    {"time", TIME, "when", NULLS},
    {"agent", TEXT, "whose plugin", AGENT},
    {"kind", TEXT, "how", .word = changeover},
    {"by", TEXT, "who asked for it; host: nobody", .example = "\"root\""},
    {"from", INT, "generation before"},
    {"to", INT, "generation after"},
    {"seq", INT, "number of the event by which it took over"},
    {"code", TEXT, "first bytes of its file's hash, hexadecimal",
     .example = "\"9f86d081884c7d65\""},
    {"state_bytes", INT, "handed over", .unit = "bytes"},
    {"pause_ns", INT, "of the engine", .unit = "ns"},
    {"total_ns", INT, "from the order to the first event", .unit = "ns"},
    {NULL}};
const struct control_shape api_shape_reload = {"Reload", "A generation that took over",
                                               reload_fields};

static const struct control_field quarantined_fields[] = {
    {"hash", TEXT, "of the file; quarantine/clear takes it",
     .example = "\"9f86d081884c7d659a2feaa0c55ad015\""},
    {"agent", TEXT, "who crashed last", AGENT},
    {"t", INT, "since when", .unit = "ms since 1970", .example = "1795192174000"},
    {"why", TEXT, "of the last crash", .example = "\"SIGSEGV\""},
    {NULL}};
const struct control_shape api_shape_quarantined = {
    "Quarantined", "A plugin file that crashed too often on this host", quarantined_fields};

/* ---- what is left, and what a roster changes */

static const struct control_field left_order_fields[] = {
    {"agent", TEXT, "whose it is", AGENT},
    {"symbol", TEXT, "what it trades", SYMBOL},
    {"why", TEXT, "it is still open", .example = "\"the cancel waits for the venue\""},
    {NULL}};
static const struct control_shape left_order = {"LeftOrder", "An order that is still open",
                                                left_order_fields};
static const struct control_field left_position_fields[] = {
    {"agent", TEXT, "whose it is", AGENT},
    {"symbol", TEXT, "what is held", SYMBOL},
    {"quantity", DEC, "held", .unit = "base asset or contracts"},
    {"why", TEXT, "it is still held", .example = "\"it is not being closed: `flatten` does\""},
    {NULL}};
static const struct control_shape left_position = {"LeftPosition", "A position that is not closed",
                                                   left_position_fields};
static const struct control_field left_fields[] = {
    {"on", TEXT, "of whom; all", .example = "\"all\""},
    {"positions", LIST, "what is more than dust", .of = &left_position},
    {"orders", LIST, "open ones", .of = &left_order},
    {"n_positions", INT, "how many"},
    {"n_orders", INT, "how many"},
    {"heard", BOOL, "the venue can be heard to say so"},
    {"done", BOOL, "nothing is left"},
    {"stopped", BOOL, "the emergency stop stands"},
    {"n_closed", INT, "positions of the agent that were closed", MAYBE},
    {NULL}};
const struct control_shape api_shape_left = {"Left", "Orders and positions that are not closed yet",
                                             left_fields};

static const struct control_field change_fields[] = {
    {"agent", TEXT, "whose it is; empty: of all", AGENT},
    {"what", TEXT, "key of the roster", .example = "\"capital\""},
    {"from", TEXT, "now", .example = "\"100000\""},
    {"to", TEXT, "in the file", .example = "\"90000\""},
    {"when", TEXT, "it takes effect", .words = api_change_whens},
    {"dangerous", BOOL, "it needs yes=AGENT"},
    {NULL}};
static const struct control_shape change = {"Change", "A difference of a roster", change_fields};
static const struct control_field diff_fields[] = {
    {"changes", LIST, "all differences", .of = &change},
    {"made", INT, "how many were made"},
    {"waiting", INT, "how many need a reload or a start"},
    {NULL}};
const struct control_shape api_shape_diff = {"Diff", "What a roster's file changes", diff_fields};
