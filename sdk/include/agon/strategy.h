// SPDX-License-Identifier: MIT
/* strategy: the ordinary strategy declared. The author writes what is his own (parameters, what is
 * to be remembered, the signal of a candle, the side wanted, the stop) and names it in a struct
 * agon_rule; what every plugin has besides (create, parameters, state, start, history, orders,
 * descriptor's rest) stands here, compiled into the plugin, over the same border. Link
 * libagon-ta.a, as for <agon/leg.h>. Not part of the ABI. In C++ the tables of rule and
 * descriptor are filled by position: the macros for them are C.
 *
 * A plugin of it, from top to bottom (sdk/template is one):
 *   #define PARAMS(X) ...         its parameters, a line each; see AGON_FIELD
 *   struct my_state {...};        all that must survive a reload: fixed widths, no pointers
 *   struct mine {                 one instance, in the arena
 *       struct agon_strategy base;   first
 *       PARAMS(AGON_FIELD)           their values
 *       struct my_state state;       by this name
 *   };
 *   static const struct agon_rule rule = {AGON_RULE_ON_BARS(struct mine), .feed = ...};
 *   AGON_PARAMS(struct mine, PARAMS);
 *   AGON_SERVICES(AGON_TO_TRADE);
 *   static const struct agon_descriptor descriptor = {AGON_STRATEGY_IS(...), AGON_NAMED(...), ...};
 *   AGON_PLUGIN("org.example.mine", "1.0.0", descriptor, rule);
 *
 * Its memory is taken from the arena in create and nowhere else: the instance, a second state that
 * a load is read into, and, with a feed, room for AGON_HISTORY_MAX candles. [agent] */
#ifndef AGON_STRATEGY_H
#define AGON_STRATEGY_H

#include "agon/agon.h"
#include "agon/leg.h"
#include "agon/ta.h"

#define AGON_HISTORY_MAX 512 /* candles of history that a start feeds */
#define AGON_SET         AGON_PARAM_RESTART
#define AGON_TUNED       (AGON_PARAM_RESTART | AGON_PARAM_TUNABLE)

/* What is the author's own; NULL: as said. self is the instance, whose first field is struct
 * agon_strategy. */
struct agon_rule {
    /* AGON_RULE, AGON_RULE_ON_BARS. Offsets in the instance; 0: it has none. */
    size_t self_bytes, state_at, state_bytes;
    size_t leg_at, t_bar_at, bar_s_at, size_pct_at, venue_at, symbol_at;
    size_t instrument_at; /* of a rule without a leg, which has it otherwise */
    uint32_t is_alone;    /* the desk's: orders are counted from 1 */

    /* After parameters and services were taken: takes further ones, refuses parameters that do not
     * fit each other (agon_strategy_refuse). NULL: they always do. */
    int (*init)(void *self);
    /* Indicators, and what is concluded from them, as if nothing had been seen. */
    void (*fresh)(void *self);
    /* A loaded state's indicators are of other lengths than the parameters: fresh is called. NULL:
     * never. */
    int (*is_stale)(const void *self);
    /* A state from a file may be any bytes: is it sound? NULL: any is. */
    int (*check)(const void *state);
    /* Reads a state of that schema into state. NULL: the descriptor's own schema alone. */
    int (*read)(void *state, struct agon_in *in, uint32_t schema);

    /* What is written behind the state, and read behind it before that is taken over: an error
     * leaves it as it was. For what is not in memory of one's own (agon.nn). NULL: nothing. */
    int (*write_more)(void *self, struct agon_out *out);
    int (*read_more)(void *self, struct agon_in *in);

    /* A closed candle, also of history, once each: feeds indicators. Returns the signal that target
     * is given. NULL: no history, signal 0. */
    int (*feed)(void *self, const struct agon_bar *bar);
    /* The candle is judged before it is fed: by those before it. The signal is then 0. */
    int is_fed_last;
    /* The side to be on after that candle: 1 long, 0 flat, -1 short; side: the present one, dust
     * not counted. reason is 1 for an entry and 2 for an exit until it sets another. */
    int (*target)(void *self, const struct agon_bar *bar, int signal, int side, uint16_t *reason);
    /* What is to be held after an entry at that price, a positive quantity. NULL: what size_pct
     * per cent of the free money pay for. */
    agon_qty_t (*size)(const void *self, double px);
    /* The entry to that side is under way. */
    void (*entered)(void *self, int side, double px);
    /* Between candles, while something is held: the reason to leave at that trade's price, or 0.
     * event_mask has to have AGON_EVENT_TRADE. */
    uint16_t (*stop)(void *self, int side, double px);
    /* The default start is through. */
    void (*started)(void *self, uint32_t reason);

    /* In place of all that: handlers of one's own, and a start of one's own (without one, a rule
     * of AGON_RULE alone has nothing to start). */
    const struct agon_handlers *on;
    int (*start)(void *self, uint32_t reason);
};

/* Where a parameter's value goes in the instance. */
enum agon_setting_kind {
    AGON_SETTING_INTEGER,
    AGON_SETTING_REAL,
    AGON_SETTING_BAR,
    AGON_SETTING_TEXT
};
struct agon_setting {
    size_t at;
    enum agon_setting_kind kind;
};

/* The head of an instance. */
struct agon_strategy {
    struct agon_desk desk; /* host, orders, account, instruments */
    const struct agon_rule *rule;
    const struct agon_descriptor *descriptor;
    const struct agon_setting *settings;
    const struct agon_host_param *param;
    const struct agon_host_history *history; /* may be NULL */
    const struct agon_host_metric *metric;   /* may be NULL */
    struct agon_bar *bars;                   /* AGON_HISTORY_MAX of them, with a feed */
    void *spare;                             /* a state's room */
    uint64_t first_nth;                      /* of the first event of this instance */
};

/* A parameter is a line X(KIND, name, id, doc, ...) of the author's list. KIND and what follows:
 *   INTEGER, REAL        unit, flags, min, max, default, step
 *   INTEGER_AS, REAL_AS  label, then the same: the field has another name than the parameter
 *   CHOICE               "one|two", index of the default
 *   BAR                  index of the default in AGON_BAR_CHOICES; the field has seconds
 *                        (no bars of other lengths come, unless a roster names them)
 *   TEXT                 nothing; the field has the id, for agon.param's text */
#define AGON_FIELD(kind, name, ...) AGON_FIELD_##kind(name)
#define AGON_FIELD_INTEGER(name)    int64_t name;
#define AGON_FIELD_INTEGER_AS(name) int64_t name;
#define AGON_FIELD_REAL(name)       double name;
#define AGON_FIELD_REAL_AS(name)    double name;
#define AGON_FIELD_CHOICE(name)     int64_t name;
#define AGON_FIELD_BAR(name)        uint32_t name;
#define AGON_FIELD_TEXT(name)       uint32_t name;
/* Those that nearly every strategy has. */
#define AGON_PARAM_SIZE(X, id, def)                                                                \
    X(REAL, size_pct, id, "share of the free money that an entry spends", "%", AGON_SET, 0.1, 95,  \
      def, 0.1)
#define AGON_PARAM_SIDES(X, id)                                                                    \
    X(CHOICE, sides, id, "both: sells short as well, on a contract", "long|both", 0)
#define AGON_PARAM_PLACE(X, bar_id, def, venue_id, symbol_id)                                      \
    X(BAR, bar_s, bar_id, "length of a candle", def)                                               \
    X(TEXT, venue, venue_id, "of symbol; empty: binance")                                          \
    X(TEXT, symbol, symbol_id, "what to trade; empty: the first instrument that a bar comes of")

#define AGON_PARAM_OF(kind, name, ...) AGON_PARAM_OF_##kind(name, __VA_ARGS__)
#define AGON_PARAM_IS(name, id, type, flags, min, max, def, step, label, unit, doc, choices)       \
    static const struct agon_param agon_param_##name = {sizeof(struct agon_param),                 \
                                                        id,                                        \
                                                        type,                                      \
                                                        flags,                                     \
                                                        min,                                       \
                                                        max,                                       \
                                                        def,                                       \
                                                        step,                                      \
                                                        label,                                     \
                                                        unit,                                      \
                                                        doc,                                       \
                                                        choices};
#define AGON_PARAM_OF_INTEGER(name, id, doc, ...)                                                  \
    AGON_PARAM_OF_INTEGER_AS(name, id, doc, #name, __VA_ARGS__)
#define AGON_PARAM_OF_INTEGER_AS(name, id, doc, label, unit, flags, min, max, def, step)           \
    AGON_PARAM_IS(name, id, AGON_INTEGER, flags, min, max, def, step, label, unit, doc, NULL)
#define AGON_PARAM_OF_REAL(name, id, doc, ...)                                                     \
    AGON_PARAM_OF_REAL_AS(name, id, doc, #name, __VA_ARGS__)
#define AGON_PARAM_OF_REAL_AS(name, id, doc, label, unit, flags, min, max, def, step)              \
    AGON_PARAM_IS(name, id, AGON_REAL, flags, min, max, def, step, label, unit, doc, NULL)
#define AGON_PARAM_OF_CHOICE(name, id, doc, choices, def)                                          \
    AGON_PARAM_IS(name, id, AGON_CHOICE, AGON_SET, 0, 0, def, 0, #name, "", doc, choices)
#define AGON_PARAM_OF_BAR(name, id, doc, def)                                                      \
    AGON_PARAM_IS(name, id, AGON_CHOICE, AGON_SET, 0, 0, def, 0, #name, "s", doc, AGON_BAR_CHOICES)
#define AGON_PARAM_OF_TEXT(name, id, doc)                                                          \
    AGON_PARAM_IS(name, id, AGON_TEXT, AGON_SET, 0, 0, 0, 0, #name, "", doc, NULL)
#define AGON_PARAM_AT(kind, name, ...) &agon_param_##name,

#define AGON_SETTING_OF(kind, name, ...) {offsetof(agon_self, name), AGON_SETTING_OF_##kind},
#define AGON_SETTING_OF_INTEGER          AGON_SETTING_INTEGER
#define AGON_SETTING_OF_INTEGER_AS       AGON_SETTING_INTEGER
#define AGON_SETTING_OF_REAL             AGON_SETTING_REAL
#define AGON_SETTING_OF_REAL_AS          AGON_SETTING_REAL
#define AGON_SETTING_OF_CHOICE           AGON_SETTING_INTEGER
#define AGON_SETTING_OF_BAR              AGON_SETTING_BAR
#define AGON_SETTING_OF_TEXT             AGON_SETTING_TEXT

/* At file scope: the list's descriptors, and where they go in a struct T. */
#define AGON_PARAMS(T, LIST)                                                                       \
    typedef T agon_self;                                                                           \
    LIST(AGON_PARAM_OF)                                                                            \
    static const struct agon_param *const agon_params[] = {LIST(AGON_PARAM_AT)};                   \
    static const struct agon_setting agon_settings[] = {LIST(AGON_SETTING_OF)};                    \
    enum { agon_n_params = sizeof(agon_params) / sizeof(agon_params[0]) }
/* In place of it where it has none. */
#define AGON_NO_PARAMS(T)                                                                          \
    typedef T agon_self;                                                                           \
    static const struct agon_param *const agon_params[1] = {NULL};                                 \
    static const struct agon_setting agon_settings[1] = {{0, AGON_SETTING_TEXT}};                  \
    enum { agon_n_params = 0 }

/* The services without which it is not started: AGON_TO_TRADE, and others behind a comma. */
#define AGON_TO_TRADE                                                                              \
    AGON_EXT_ARENA, AGON_EXT_PARAM, AGON_EXT_ORDERS, AGON_EXT_ACCOUNT, AGON_EXT_INSTRUMENT
#define AGON_SERVICES(...) static const char *const agon_services[] = {__VA_ARGS__}

/* A rule's first fields, and those of one on candles: instances of T have state.leg, state.t_bar,
 * bar_s, size_pct, venue and symbol then. */
#define AGON_RULE(T)                                                                               \
    .self_bytes = sizeof(T), .state_at = offsetof(T, state), .state_bytes = sizeof(((T *)0)->state)
#define AGON_RULE_WITH_LEG(T)                                                                      \
    AGON_RULE(T), .leg_at = offsetof(T, state.leg), .venue_at = offsetof(T, venue),                \
                  .symbol_at = offsetof(T, symbol)
#define AGON_RULE_ON_BARS(T)                                                                       \
    AGON_RULE_WITH_LEG(T), .t_bar_at = offsetof(T, state.t_bar), .bar_s_at = offsetof(T, bar_s),   \
                           .size_pct_at = offsetof(T, size_pct)
/* Of one that only looks: instances of T have state.instrument, state.t_bar, bar_s, venue and
 * symbol, and the default start. */
#define AGON_RULE_SEES(T)                                                                          \
    AGON_RULE(T), .instrument_at = offsetof(T, state.instrument),                                  \
                  .t_bar_at = offsetof(T, state.t_bar), .bar_s_at = offsetof(T, bar_s),            \
                  .venue_at = offsetof(T, venue), .symbol_at = offsetof(T, symbol)

/* A descriptor's common fields, behind AGON_PARAMS and AGON_SERVICES; the author adds AGON_NAMED,
 * AGON_SCHEMA, summary and event_mask. budget: nanoseconds that a callback promises to need. */
#define AGON_DESCRIBES(T, budget)                                                                  \
    .size = sizeof(struct agon_descriptor), .budget_ns = (budget), .params = agon_params,          \
    .n_params = agon_n_params, .requires_ext = agon_services,                                      \
    .n_requires = sizeof(agon_services) / sizeof(agon_services[0]),                                \
    .arena_bytes =                                                                                 \
        sizeof(T) + sizeof(((T *)0)->state) + AGON_HISTORY_MAX * sizeof(struct agon_bar) + 4096
#define AGON_STRATEGY_IS(T, budget)                                                                \
    AGON_DESCRIBES(T, budget), .kind = AGON_STRATEGY,                                              \
                               .caps = AGON_DETERMINISTIC | AGON_ADOPTS_ORDERS
/* The same of one that does nothing by the numbers of public events (AGON_RUNS_AHEAD). */
#define AGON_STRATEGY_AHEAD(T, budget)                                                             \
    AGON_DESCRIBES(T, budget), .kind = AGON_STRATEGY,                                              \
                               .caps = AGON_DETERMINISTIC | AGON_ADOPTS_ORDERS | AGON_RUNS_AHEAD
/* Of a descriptor: what it is called, and which states it writes and reads. */
#define AGON_NAMED(id_, version_, name_, vendor_)                                                  \
    .id = (id_), .version = (version_), .name = (name_), .vendor = (vendor_)
#define AGON_SCHEMA(now, oldest) .state_schema = (now), .state_schema_oldest = (oldest)
/* Names of reasons 1, 2, ... of orders: an array of texts. */
#define AGON_TAGS(names) .tags = (names), .n_tags = sizeof(names) / sizeof((names)[0])
/* Names of agon.metric's numbers 0, 1, ...: an array of texts. */
#define AGON_METRICS(names) .metrics = (names), .n_metrics = sizeof(names) / sizeof((names)[0])
/* What a leg has to hear. */
#define AGON_ON_LEG                                                                                \
    (AGON_ON(AGON_EVENT_STATUS) | AGON_ON(AGON_EVENT_HALT) | AGON_ON(AGON_EVENT_ORDER) |           \
     AGON_ON(AGON_EVENT_FILL) | AGON_ON(AGON_EVENT_CAPITAL))

/* The file's entry and note; last, once. */
#define AGON_PLUGIN(id, version, descriptor, rule)                                                 \
    static int agon_plugin_create(const struct agon_host *host, uint32_t index,                    \
                                  struct agon_agent *agent)                                        \
    {                                                                                              \
        return index == 0                                                                          \
                   ? agon_strategy_create(host, agent, &(rule), &(descriptor), agon_settings)      \
                   : AGON_EINVAL;                                                                  \
    }                                                                                              \
    static const struct agon_descriptor *const agon_descriptors[] = {&(descriptor)};               \
    AGON_NOTE(id, version);                                                                        \
    const struct agon_entry agon_plugin = {sizeof(struct agon_entry),                              \
                                           AGON_ABI_MAJOR,                                         \
                                           AGON_ABI_MINOR,                                         \
                                           1,                                                      \
                                           0,                                                      \
                                           agon_descriptors,                                       \
                                           agon_plugin_create,                                     \
                                           NULL}

static inline void *agon_strategy_at(void *self, size_t at)
{
    return (char *)self + at;
}

static inline struct agon_leg *agon_strategy_leg(void *self)
{
    return (struct agon_leg *)agon_strategy_at(self, ((struct agon_strategy *)self)->rule->leg_at);
}

static inline agon_instrument_t *agon_strategy_instrument(void *self)
{
    const struct agon_rule *rule = ((struct agon_strategy *)self)->rule;

    return rule->leg_at != 0 ? &agon_strategy_leg(self)->instrument
                             : (agon_instrument_t *)agon_strategy_at(self, rule->instrument_at);
}

static inline int agon_strategy_side(agon_qty_t qty)
{
    return qty > 0 ? 1 : qty < 0 ? -1 : 0;
}

/* Has the price come so many per cent below from? 0 per cent: never. For stop. */
static inline int agon_strategy_is_below(double px, double from, double per_cent)
{
    return per_cent > 0 && px <= from * (1.0 - per_cent / 100.0);
}

/* Is t not so far off that a span added to it could overflow? For check. */
static inline int agon_strategy_is_time(agon_ns_t t)
{
    return t >= 0 && t < INT64_MAX / 2;
}

/* Says in the log why an instance is not made: what an error code cannot. For init. */
static inline int agon_strategy_refuse(const struct agon_strategy *self, const char *text)
{
    const struct agon_host_log *log =
        (const struct agon_host_log *)self->desk.host->get_extension(self->desk.host, AGON_EXT_LOG);

    if (log != NULL)
        log->line(self->desk.host, AGON_ERROR, text);
    return AGON_EINVAL;
}

static inline size_t agon_strategy_append(char *text, size_t room, size_t n, const char *what)
{
    for (; *what != 0 && n + 1 < room; what++)
        text[n++] = *what;
    if (n < room)
        text[n] = 0;
    return n;
}

/* Says in the log which instrument there is not, and which there are, as many as the line has room
 * for. AGON_ENOENT. */
static inline int agon_strategy_lacks(const struct agon_strategy *self, const char *venue,
                                      const char *symbol)
{
    const char *const parts[] = {"parameters: there is no instrument ", venue, ":", symbol};
    struct agon_instrument instrument;
    agon_instrument_t id;
    char text[160];
    size_t i, n = 0;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        n = agon_strategy_append(text, sizeof(text), n, parts[i]);
    for (id = 1; self->desk.instruments->get(self->desk.host, id, &instrument) >= 0; id++) {
        if (n + sizeof(instrument.symbol) + 8 > sizeof(text)) {
            n = agon_strategy_append(text, sizeof(text), n, " ...");
            break;
        }
        n = agon_strategy_append(text, sizeof(text), n, id == 1 ? "; expected one of: " : ", ");
        n = agon_strategy_append(text, sizeof(text), n, instrument.symbol);
    }
    (void)agon_strategy_refuse(self, text);
    return AGON_ENOENT;
}

/* The instrument that two parameters of kind TEXT name; without a symbol id stays what it is. A
 * host refuses a roster that names by `symbol` (or `symbol_a`, ...) beside `venue`, or by NAME
 * beside `NAME_venue`, what is not among the agent's instruments. AGON_ENOENT: there is none of
 * that name, which the log says. */
static inline int agon_strategy_find(const struct agon_strategy *self, uint32_t venue,
                                     uint32_t symbol, agon_instrument_t *id)
{
    const struct agon_host *host = self->desk.host;
    const char *on = self->param->text(host, venue), *of = self->param->text(host, symbol);

    if (of == NULL || of[0] == 0)
        return AGON_OK;
    on = on != NULL && on[0] != 0 ? on : "binance";
    *id = self->desk.instruments->find(host, on, of);
    return *id != 0 ? AGON_OK : agon_strategy_lacks(self, on, of);
}

/* A size: size_pct's on top of what is held already and too little to be sold. */
static inline agon_qty_t agon_strategy_size_on_top(const void *plugin, double px)
{
    const struct agon_strategy *self = (const struct agon_strategy *)plugin;
    const char *at = (const char *)plugin;
    const struct agon_leg *leg = (const struct agon_leg *)(const void *)(at + self->rule->leg_at);
    double size_pct = *(const double *)(const void *)(at + self->rule->size_pct_at);
    agon_qty_t qty = agon_leg_size(&self->desk, leg, size_pct, px);
    agon_qty_t held = leg->held_qty > 0 ? leg->held_qty : 0;
    agon_qty_t most = self->desk.account->limit(self->desk.host, 0, leg->instrument);

    if (qty <= 0)
        return 0;
    return most >= 0 && qty > most - held ? most : held + qty;
}

/* From one side to another by way of flat: what a position frees is known when it is closed. */
static inline void agon_strategy_go(void *plugin, int target, int side, double px, uint16_t reason,
                                    agon_ns_t t)
{
    struct agon_strategy *self = (struct agon_strategy *)plugin;
    const struct agon_rule *rule = self->rule;
    struct agon_leg *leg = agon_strategy_leg(plugin);
    agon_qty_t qty;

    if (target == side)
        return;
    if (side != 0) {
        agon_leg_go(&self->desk, leg, 0, px, reason, t);
        return;
    }
    qty = rule->size ? rule->size(plugin, px)
                     : agon_leg_size(&self->desk, leg,
                                     *(double *)agon_strategy_at(plugin, rule->size_pct_at), px);
    if (qty > 0 && agon_leg_go(&self->desk, leg, target * qty, px, reason, t) == 1 && rule->entered)
        rule->entered(plugin, target, px);
}

/* An indicator as a line over the candles of an instrument, as metric number id; px in the unit of
 * the events' prices. It is for people: where metrics are not served it is shown nowhere. */
static inline void agon_strategy_line(const void *plugin, uint32_t id, agon_instrument_t instrument,
                                      const char *name, double px)
{
    const struct agon_strategy *self = (const struct agon_strategy *)plugin;

    if (self->metric != NULL)
        (void)self->metric->price(self->desk.host, id, instrument, name, px);
}

static inline int agon_strategy_feed(void *plugin, const struct agon_bar *bar)
{
    const struct agon_rule *rule = ((struct agon_strategy *)plugin)->rule;

    *(agon_ns_t *)agon_strategy_at(plugin, rule->t_bar_at) = bar->t_open;
    return rule->feed ? rule->feed(plugin, bar) : 0;
}

/* Is it a closed candle of the rule's length, newer than the last one, of its instrument, which is
 * the first one's where none is named? For handlers of a rule without a leg. */
static inline int agon_strategy_is_next(void *plugin, const struct agon_bar *bar)
{
    const struct agon_rule *rule = ((struct agon_strategy *)plugin)->rule;
    agon_instrument_t *instrument = agon_strategy_instrument(plugin);

    if (bar->length_s != *(uint32_t *)agon_strategy_at(plugin, rule->bar_s_at) ||
        bar->close_px <= 0 || bar->hdr.instrument == 0)
        return 0;
    if (*instrument == 0)
        *instrument = bar->hdr.instrument;
    return *instrument == bar->hdr.instrument &&
           bar->t_open > *(agon_ns_t *)agon_strategy_at(plugin, rule->t_bar_at);
}

static inline void agon_strategy_on_bar(void *plugin, const struct agon_bar *bar)
{
    struct agon_strategy *self = (struct agon_strategy *)plugin;
    const struct agon_rule *rule = self->rule;
    struct agon_leg *leg = agon_strategy_leg(plugin);
    double px = (double)bar->close_px;
    int signal = 0, side, target;
    uint16_t reason;

    if (bar->length_s != *(uint32_t *)agon_strategy_at(plugin, rule->bar_s_at) ||
        bar->close_px <= 0)
        return;
    if (leg->instrument == 0)
        agon_leg_start(&self->desk, leg, bar->hdr.instrument);
    if (leg->instrument != bar->hdr.instrument ||
        bar->t_open <= *(agon_ns_t *)agon_strategy_at(plugin, rule->t_bar_at))
        return;
    if (!rule->is_fed_last)
        signal = agon_strategy_feed(plugin, bar);
    side = agon_strategy_side(agon_leg_held(&self->desk, leg, px));
    reason = side == 0 ? 1 : 2;
    target = rule->target(plugin, bar, signal, side, &reason);
    agon_strategy_go(plugin, target, side, px, reason, bar->hdr.t);
    if (rule->is_fed_last)
        agon_strategy_feed(plugin, bar);
}

/* A stop does not wait for the end of a candle. */
static inline void agon_strategy_on_trade(void *plugin, const struct agon_trade *trade)
{
    struct agon_strategy *self = (struct agon_strategy *)plugin;
    struct agon_leg *leg = agon_strategy_leg(plugin);
    int side = agon_strategy_side(leg->held_qty);
    double px = (double)trade->px;
    uint16_t reason;

    if (side == 0 || trade->hdr.instrument != leg->instrument || trade->px <= 0)
        return;
    reason = self->rule->stop(plugin, side, px);
    if (reason != 0 && agon_leg_held(&self->desk, leg, px) != 0)
        agon_leg_go(&self->desk, leg, 0, px, reason, trade->hdr.t);
}

/* A parameter that may change in flight has: its field follows, before anybody else hears of it. */
static inline void agon_strategy_on_param(struct agon_strategy *self,
                                          const struct agon_param_change *change)
{
    uint32_t i;

    for (i = 0; i < self->descriptor->n_params; i++) {
        if (self->descriptor->params[i]->id != change->id)
            continue;
        if (self->settings[i].kind == AGON_SETTING_REAL)
            *(double *)agon_strategy_at(self, self->settings[i].at) = change->real;
        else if (self->settings[i].kind == AGON_SETTING_INTEGER)
            *(int64_t *)agon_strategy_at(self, self->settings[i].at) = change->integer;
    }
}

/* What on_event does not see at a glance. */
static __attribute__((noinline, unused)) int agon_strategy_on_other(
    void *plugin, const struct agon_event_hdr *event)
{
    struct agon_strategy *self = (struct agon_strategy *)plugin;
    const struct agon_rule *rule = self->rule;

    if (event->type == AGON_EVENT_PARAM)
        agon_strategy_on_param(self, (const struct agon_param_change *)(const void *)event);
    if (rule->on)
        return agon_dispatch(rule->on, plugin, event);
    if (event->type == AGON_EVENT_BAR)
        agon_strategy_on_bar(plugin, (const struct agon_bar *)(const void *)event);
    else if (event->type == AGON_EVENT_TRADE && rule->stop)
        agon_strategy_on_trade(plugin, (const struct agon_trade *)(const void *)event);
    else
        agon_leg_update(&self->desk, agon_strategy_leg(plugin), event);
    return AGON_OK;
}

static inline int agon_strategy_on_event(void *plugin, const struct agon_event_hdr *event,
                                         uint64_t nth)
{
    struct agon_strategy *self = (struct agon_strategy *)plugin;
    const struct agon_rule *rule = self->rule;

    if (self->first_nth == 0)
        self->first_nth = nth;
    // Nearly all that comes: a trade, and nothing is held that a stop could leave.
    if (event->type == AGON_EVENT_TRADE && rule->stop && !rule->on &&
        agon_strategy_leg(plugin)->held_qty == 0)
        return AGON_OK;
    return agon_strategy_on_other(plugin, event);
}

/* The default start: finds the instrument, lets indicators of other lengths or of another one go,
 * feeds history, takes over position and orders. */
static inline int agon_strategy_begin(void *plugin, uint32_t reason)
{
    struct agon_strategy *self = (struct agon_strategy *)plugin;
    const struct agon_rule *rule = self->rule;
    agon_instrument_t *instrument = agon_strategy_instrument(plugin);
    agon_ns_t *t_bar = (agon_ns_t *)agon_strategy_at(plugin, rule->t_bar_at);
    agon_instrument_t named = *instrument;
    int rc = agon_strategy_find(self, *(uint32_t *)agon_strategy_at(plugin, rule->venue_at),
                                *(uint32_t *)agon_strategy_at(plugin, rule->symbol_at), &named);
    int i, n = 0;

    if (rc < 0)
        return rc;
    if (rule->fresh && (reason == AGON_START_FRESH || named != *instrument ||
                        (rule->is_stale && rule->is_stale(plugin)))) {
        rule->fresh(plugin);
        if (rule->t_bar_at != 0)
            *t_bar = 0;
    }
    if (named == 0)
        return AGON_OK;
    if (self->bars && self->history && *t_bar == 0)
        n = self->history->bars(self->desk.host, named,
                                *(uint32_t *)agon_strategy_at(plugin, rule->bar_s_at), self->bars,
                                AGON_HISTORY_MAX);
    for (i = 0; i < n; i++)
        agon_strategy_feed(plugin, &self->bars[i]);
    if (rule->leg_at != 0)
        rc = agon_leg_start(&self->desk, agon_strategy_leg(plugin), named);
    else
        *instrument = named;
    if (rc >= 0 && rule->started)
        rule->started(plugin, reason);
    return rc;
}

static inline int agon_strategy_on_start(void *plugin, uint32_t reason)
{
    const struct agon_rule *rule = ((struct agon_strategy *)plugin)->rule;

    if (rule->start)
        return rule->start(plugin, reason);
    return rule->venue_at != 0 ? agon_strategy_begin(plugin, reason) : AGON_OK;
}

static inline int agon_strategy_save(void *plugin, struct agon_out *out)
{
    const struct agon_rule *rule = ((struct agon_strategy *)plugin)->rule;
    int rc = agon_write(out, agon_strategy_at(plugin, rule->state_at), rule->state_bytes);

    return rc < 0 || !rule->write_more ? rc : rule->write_more(plugin, out);
}

/* All or nothing: it is read into a second state, which is sound or not. */
static inline int agon_strategy_load(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct agon_strategy *self = (struct agon_strategy *)plugin;
    const struct agon_rule *rule = self->rule;
    int rc = AGON_EVERSION;

    memset(self->spare, 0, rule->state_bytes);
    if (rule->read)
        rc = rule->read(self->spare, in, schema);
    else if (schema == self->descriptor->state_schema)
        rc = agon_read(in, self->spare, rule->state_bytes);
    if (rc < 0)
        return rc;
    if (rule->leg_at != 0 && agon_leg_check((const struct agon_leg *)agon_strategy_at(
                                 self->spare, rule->leg_at - rule->state_at)) < 0)
        return AGON_ECORRUPT;
    if (rule->check && !rule->check(self->spare))
        return AGON_ECORRUPT;
    rc = rule->read_more ? rule->read_more(plugin, in) : AGON_OK;
    if (rc < 0)
        return rc;
    memcpy(agon_strategy_at(plugin, rule->state_at), self->spare, rule->state_bytes);
    return AGON_OK;
}

static inline void agon_strategy_destroy(void *plugin)
{
    (void)plugin; // its memory is the arena's
}

static inline int agon_strategy_set(struct agon_strategy *self, const struct agon_param *param,
                                    const struct agon_setting *setting)
{
    const struct agon_host *host = self->desk.host;
    void *at = agon_strategy_at(self, setting->at);
    int64_t choice = -1;

    switch (setting->kind) {
    case AGON_SETTING_INTEGER:
        return self->param->integer(host, param->id, (int64_t *)at);
    case AGON_SETTING_REAL:
        return self->param->real(host, param->id, (double *)at);
    case AGON_SETTING_BAR:
        if (self->param->integer(host, param->id, &choice) < 0)
            return AGON_EINVAL;
        *(uint32_t *)at = agon_bar_length(choice);
        return *(uint32_t *)at > 0 ? AGON_OK : AGON_EINVAL;
    default:
        *(uint32_t *)at = param->id;
        return AGON_OK;
    }
}

static inline int agon_strategy_create(const struct agon_host *host, struct agon_agent *agent,
                                       const struct agon_rule *rule,
                                       const struct agon_descriptor *descriptor,
                                       const struct agon_setting *settings)
{
    const struct agon_host_arena *arena =
        (const struct agon_host_arena *)host->get_extension(host, AGON_EXT_ARENA);
    struct agon_agent mine;
    struct agon_strategy *self;
    uint32_t i;
    int rc;

    for (i = 0; i < descriptor->n_requires; i++)
        if (host->get_extension(host, descriptor->requires_ext[i]) == NULL)
            return AGON_ENOTSUP;
    self = (struct agon_strategy *)arena->take(host, rule->self_bytes, 16);
    if (self == NULL)
        return AGON_ENOMEM;
    self->rule = rule;
    self->descriptor = descriptor;
    self->settings = settings;
    self->param = (const struct agon_host_param *)host->get_extension(host, AGON_EXT_PARAM);
    self->history = (const struct agon_host_history *)host->get_extension(host, AGON_EXT_HISTORY);
    self->metric = (const struct agon_host_metric *)host->get_extension(host, AGON_EXT_METRIC);
    agon_desk_init(&self->desk, host); // what it requires is there; a model has none of it
    self->desk.is_alone = rule->is_alone;
    self->spare = arena->take(host, rule->state_bytes, 16);
    if (rule->feed)
        self->bars =
            (struct agon_bar *)arena->take(host, AGON_HISTORY_MAX * sizeof(struct agon_bar), 16);
    if (self->spare == NULL || (rule->feed && self->bars == NULL))
        return AGON_ENOMEM;
    for (i = 0; i < descriptor->n_params; i++)
        if (agon_strategy_set(self, descriptor->params[i], &settings[i]) < 0)
            return AGON_EINVAL;
    rc = rule->init ? rule->init(self) : AGON_OK;
    if (rc < 0)
        return rc;
    if (rule->fresh)
        rule->fresh(self);
    memset(&mine, 0, sizeof(mine));
    mine.size = sizeof(mine);
    mine.self = self;
    mine.on_start = agon_strategy_on_start;
    mine.on_event = agon_strategy_on_event;
    mine.save_state = agon_strategy_save;
    mine.load_state = agon_strategy_load;
    mine.destroy = agon_strategy_destroy;
    return agon_agent_set(agent, &mine);
}

#endif
