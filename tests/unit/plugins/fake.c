// SPDX-License-Identifier: Apache-2.0
#include "fake.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../support/must.h"

static struct fake *of(const struct agon_host *host)
{
    return host->ctx;
}

static int orders_submit(const struct agon_host *host, const struct agon_intent *legs, uint32_t n)
{
    struct fake *fake = of(host);
    uint32_t i;

    if (fake->submit_rc < 0)
        return fake->submit_rc;
    for (i = 0; i < n; i++) {
        MUST(fake->n_intents < FAKE_INTENTS);
        fake->intents[fake->n_intents++] = legs[i];
    }
    return AGON_OK;
}

static int orders_open(const struct agon_host *host, struct agon_order *orders, uint32_t max)
{
    const struct fake *fake = of(host);
    uint32_t n = fake->n_open < max ? fake->n_open : max;

    if (n > 0)
        memcpy(orders, fake->open, n * sizeof(*orders));
    return (int)fake->n_open;
}

static int account_capital(const struct agon_host *host, struct agon_capital *capital)
{
    if (of(host)->capital_amt == 0)
        return AGON_ENOENT;
    *capital = (struct agon_capital){.hdr = {.type = AGON_EVENT_CAPITAL, .granules = 1},
                                     .capital_amt = of(host)->capital_amt,
                                     .equity_amt = of(host)->quote_amt,
                                     .free_amt = of(host)->quote_amt};
    return AGON_OK;
}

static int account_position(const struct agon_host *host, agon_account_t account,
                            agon_instrument_t id, struct agon_position *out)
{
    (void)account;
    memset(out, 0, sizeof(*out));
    if (id != 1 && id != 2)
        return AGON_ENOENT;
    out->qty = id == 1 ? of(host)->held_qty : of(host)->second.held_qty;
    out->cost_amt = (agon_amt_t)((id == 1 ? of(host)->cost : of(host)->second.cost) * 1e8);
    return AGON_OK;
}

static int account_balance(const struct agon_host *host, agon_account_t account, agon_asset_t asset,
                           struct agon_balance *out)
{
    (void)account;
    memset(out, 0, sizeof(*out));
    if (asset != 2)
        return AGON_ENOENT;
    out->total_amt = out->free_amt = of(host)->quote_amt;
    return AGON_OK;
}

static agon_qty_t account_limit(const struct agon_host *host, agon_account_t account,
                                agon_instrument_t id)
{
    (void)account;
    return id == 1 || id == 2 ? of(host)->limit_qty : AGON_ENOENT;
}

static agon_instrument_t instrument_find(const struct agon_host *host, const char *venue,
                                         const char *symbol)
{
    (void)host;
    if (strcmp(venue, "binance") != 0)
        return 0;
    return strcmp(symbol, "BTCUSDT") == 0 ? 1 : strcmp(symbol, "ETHUSDT") == 0 ? 2 : 0;
}

static int instrument_get(const struct agon_host *host, agon_instrument_t id,
                          struct agon_instrument *out)
{
    if (id != 1 && id != 2)
        return AGON_ENOENT;
    *out = id == 1 ? of(host)->instrument : of(host)->second.instrument;
    return AGON_OK;
}

static int instrument_asset(const struct agon_host *host, agon_asset_t id, char name[16], int *exp)
{
    (void)host;
    (void)name;
    if (id < 1 || id > 3)
        return AGON_ENOENT;
    if (exp)
        *exp = 8;
    return AGON_OK;
}

static const struct agon_param *declared(const struct fake *fake, uint32_t id)
{
    uint32_t i;

    for (i = 0; i < fake->descriptor->n_params; i++)
        if (fake->descriptor->params[i]->id == id)
            return fake->descriptor->params[i];
    return NULL;
}

static const char *given(const struct fake *fake, const struct agon_param *param)
{
    uint32_t i;

    for (i = 0; i < fake->n_params; i++)
        if (strcmp(fake->params[i][0], param->name) == 0)
            return fake->params[i][1];
    return NULL;
}

static int param_integer(const struct agon_host *host, uint32_t id, int64_t *value)
{
    const struct agon_param *param = declared(of(host), id);
    const char *text = param ? given(of(host), param) : NULL;

    if (param == NULL)
        return AGON_ENOENT;
    if (param->type != AGON_INTEGER && param->type != AGON_CHOICE)
        return AGON_EINVAL;
    *value = text ? atoll(text) : (int64_t)param->def; // of a choice: the index
    return AGON_OK;
}

static int param_real(const struct agon_host *host, uint32_t id, double *value)
{
    const struct agon_param *param = declared(of(host), id);
    const char *text = param ? given(of(host), param) : NULL;

    if (param == NULL)
        return AGON_ENOENT;
    if (param->type != AGON_REAL)
        return AGON_EINVAL;
    *value = text ? atof(text) : param->def;
    return AGON_OK;
}

static const char *param_text(const struct agon_host *host, uint32_t id)
{
    const struct agon_param *param = declared(of(host), id);
    const char *text = param ? given(of(host), param) : NULL;

    return param == NULL || param->type != AGON_TEXT ? NULL : text ? text : "";
}

static agon_ns_t clock_now(const struct agon_host *host)
{
    return of(host)->t;
}

static int clock_arm(const struct agon_host *host, agon_ns_t at, agon_ns_t every, uint64_t cookie)
{
    (void)at;
    (void)every;
    (void)cookie;
    return (int)++of(host)->n_timers;
}

static int clock_disarm(const struct agon_host *host, uint32_t id)
{
    (void)host;
    (void)id;
    return AGON_OK;
}

static void *arena_take(const struct agon_host *host, uint64_t bytes, uint64_t align)
{
    struct fake *fake = of(host);
    uint64_t at = (fake->arena_used + align - 1) / align * align;

    if (at + bytes > fake->descriptor->arena_bytes)
        return NULL;
    fake->arena_used = at + bytes;
    return (char *)fake->arena + at;
}

static int signal_publish(const struct agon_host *host, const struct agon_signal *signal)
{
    struct fake *fake = of(host);

    MUST(fake->n_signals < FAKE_SIGNALS && signal->key < fake->descriptor->n_publishes);
    fake->signals[fake->n_signals++] = *signal;
    return AGON_OK;
}

static int signal_last(const struct agon_host *host, uint32_t input, agon_instrument_t instrument,
                       struct agon_signal *out)
{
    const struct fake *fake = of(host);
    uint32_t i;

    for (i = fake->n_signals; i-- > 0;)
        if (fake->signals[i].key == input && fake->signals[i].hdr.instrument == instrument) {
            *out = fake->signals[i];
            return AGON_OK;
        }
    return AGON_ENOENT;
}

static int history_bars(const struct agon_host *host, agon_instrument_t id, uint32_t length_s,
                        struct agon_bar *bars, uint32_t max)
{
    const struct fake *fake = of(host);
    uint32_t n = fake->n_history < max ? fake->n_history : max;

    (void)length_s;
    if (id != 1)
        return AGON_ENOENT;
    memcpy(bars, fake->history + (fake->n_history - n), n * sizeof(*bars));
    return (int)n;
}

static int history_trades(const struct agon_host *host, agon_instrument_t id,
                          struct agon_trade *trades, uint32_t max)
{
    (void)host;
    (void)id;
    (void)trades;
    (void)max;
    return 0;
}

/* Of nth, the stream and how often it was asked in this callback, as the border says. */
static uint64_t rng_u64(const struct agon_host *host, uint32_t stream)
{
    struct fake *fake = of(host);
    uint64_t x = fake->nth * 0x9e3779b97f4a7c15u + stream;

    if (fake->rng_nth != fake->nth)
        fake->n_draws = 0;
    fake->rng_nth = fake->nth;
    x += ++fake->n_draws * 0xd1342543de82ef95u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static int exit_set(const struct agon_host *host, const struct agon_exit_plan *plan)
{
    struct fake *fake = host->ctx;
    uint32_t at = 0;

    while (at < fake->n_exits && (fake->exits[at].instrument != plan->instrument ||
                                  fake->exits[at].client_ref != plan->client_ref))
        at++;
    if (at == AGON_EXITS_MAX)
        return AGON_EAGAIN;
    fake->n_exits += at == fake->n_exits;
    fake->exits[at] = *plan;
    return AGON_OK;
}

static int exit_plans(const struct agon_host *host, struct agon_exit *exits, uint32_t max)
{
    const struct fake *fake = host->ctx;

    for (uint32_t i = 0; i < fake->n_exits && i < max; i++)
        exits[i] = (struct agon_exit){.hdr = {.instrument = fake->exits[i].instrument},
                                      .client_ref = fake->exits[i].client_ref,
                                      .state = AGON_EXIT_ARMED};
    return (int)fake->n_exits;
}

static int book_top(const struct agon_host *host, agon_instrument_t id, struct agon_top10 *out)
{
    if (of(host)->top.n_bid + of(host)->top.n_ask == 0 || (id != 1 && id != 2))
        return AGON_ENOENT;
    *out = of(host)->top;
    return AGON_OK;
}

static int book_levels(const struct agon_host *host, agon_instrument_t id, uint32_t side,
                       struct agon_level *levels, uint32_t max)
{
    const struct agon_top10 *top = &of(host)->top;
    uint32_t n = side == AGON_BUY ? top->n_bid : top->n_ask;

    if (id != 1 && id != 2)
        return AGON_ENOENT;
    n = n < max ? n : max;
    memcpy(levels, side == AGON_BUY ? top->bid : top->ask, n * sizeof(*levels));
    return (int)n;
}

static int metric_gauge(const struct agon_host *host, uint32_t id, double value)
{
    if (id >= AGON_METRICS_MAX || !(value > -1e300 && value < 1e300))
        return AGON_EINVAL;
    of(host)->metrics[id] = value;
    return AGON_OK;
}

static int metric_counter(const struct agon_host *host, uint32_t id, double add)
{
    if (id >= AGON_METRICS_MAX)
        return AGON_EINVAL;
    of(host)->metrics[id] += add;
    return AGON_OK;
}

/* Of an instrument that there is; in the unit of events, as it was given. */
static int metric_price(const struct agon_host *host, uint32_t id, agon_instrument_t instrument,
                        const char *name, double px)
{
    return instrument != 0 && name[0] != 0 ? metric_gauge(host, id, px) : AGON_EINVAL;
}

static const void *get_extension(const struct agon_host *host, const char *id)
{
    static const struct agon_host_exit exits = {exit_set, exit_plans};
    static const struct agon_host_orders orders = {orders_submit, orders_open};
    static const struct agon_host_account account = {account_capital, account_position,
                                                     account_balance, account_limit};
    static const struct agon_host_instrument instrument = {instrument_find, instrument_get,
                                                           instrument_asset};
    static const struct agon_host_param param = {param_integer, param_real, param_text};
    static const struct agon_host_clock clock = {clock_now, clock_arm, clock_disarm};
    static const struct agon_host_arena arena = {arena_take};
    static const struct agon_host_signal signal = {signal_publish, signal_last};
    static const struct agon_host_rng rng = {rng_u64};
    static const struct agon_host_book book = {book_top, book_levels};
    static const struct agon_host_metric metric = {metric_gauge, metric_counter, metric_price};
    static const struct agon_host_history history = {history_bars, history_trades};
    static const struct {
        const char *id;
        const void *table;
    } all[] = {{AGON_EXT_ORDERS, &orders},   {AGON_EXT_EXIT, &exits},
               {AGON_EXT_ACCOUNT, &account}, {AGON_EXT_INSTRUMENT, &instrument},
               {AGON_EXT_PARAM, &param},     {AGON_EXT_CLOCK, &clock},
               {AGON_EXT_ARENA, &arena},     {AGON_EXT_SIGNAL, &signal},
               {AGON_EXT_HISTORY, &history}, {AGON_EXT_RNG, &rng},
               {AGON_EXT_BOOK, &book},       {AGON_EXT_METRIC, &metric}};
    size_t i;

    if (of(host)->without && strcmp(of(host)->without, id) == 0)
        return NULL;
    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (strcmp(all[i].id, id) == 0)
            return all[i].table;
    return NULL;
}

void fake_open(struct fake *fake, const char *name)
{
    const char *build = getenv("AGON_BUILD_ROOT");
    const char *root = build ? build : ".";
    char path[1024];

    memset(fake, 0, sizeof(*fake));
    if (strchr(name, '/') != NULL)
        snprintf(path, sizeof(path), "%s/plugins/%s.so", root, name);
    else
        snprintf(path, sizeof(path), "%s/plugins/%s/%s.so", root, name, name);
    fake->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(fake->handle != NULL, "%s", dlerror());
    fake->entry = dlsym(fake->handle, "agon_plugin");
    ck_assert_ptr_nonnull(fake->entry);
    fake->descriptor = fake->entry->plugins[0];
    fake->host = (struct agon_host){.size = sizeof(fake->host),
                                    .abi_major = AGON_ABI_MAJOR,
                                    .abi_minor = AGON_ABI_MINOR,
                                    .ctx = fake,
                                    .name = "fake",
                                    .version = "1",
                                    .get_extension = get_extension};
    fake->instrument = (struct agon_instrument){
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = 1},
        .venue = 1,
        .kind = AGON_SPOT,
        .state = AGON_TRADING_OPEN,
        .px_exp = 2,
        .qty_exp = 4,
        .base = 1,
        .quote = 2,
        .settle = 2,
        .symbol = "BTCUSDT",
        .tick_px = 1,
        .lot_qty = 1,
        .min_qty = 1,
        .min_notional_amt = 500000000, // 5
        .multiplier = 1};
    fake->second.instrument = fake->instrument;
    fake->second.instrument.hdr.instrument = 2;
    fake->second.instrument.base = 3;
    memcpy(fake->second.instrument.symbol, "ETHUSDT", 8);
    fake->at = 1;
    fake->quote_amt = (agon_amt_t)10000 * 100000000;
    fake->limit_qty = INT64_MAX;
    fake->t = FAKE_T0;
    fake->agent.size = sizeof(fake->agent);
}

void fake_param(struct fake *fake, const char *name, const char *value)
{
    MUST(fake->n_params < 16);
    fake->params[fake->n_params][0] = name;
    fake->params[fake->n_params++][1] = value;
}

int fake_create(struct fake *fake)
{
    fake->arena = aligned_alloc(4096, (fake->descriptor->arena_bytes + 4095) / 4096 * 4096);
    MUST(fake->arena != NULL);
    memset(fake->arena, 0, fake->descriptor->arena_bytes);
    return fake->entry->create(&fake->host, 0, &fake->agent);
}

int fake_start(struct fake *fake, uint32_t reason)
{
    return fake->agent.on_start ? fake->agent.on_start(fake->agent.self, reason) : AGON_OK;
}

void fake_begin(struct fake *fake, const char *name, const char *const *params)
{
    fake_open(fake, name);
    for (; params && params[0]; params += 2)
        fake_param(fake, params[0], params[1]);
    MUST(fake_create(fake) == AGON_OK);
    MUST(fake_start(fake, AGON_START_FRESH) == AGON_OK);
}

void fake_close(struct fake *fake)
{
    if (fake->agent.self)
        fake->agent.destroy(fake->agent.self);
    free(fake->arena);
    if (fake->handle)
        dlclose(fake->handle);
    memset(fake, 0, sizeof(*fake));
}

int fake_event(struct fake *fake, void *event)
{
    struct agon_event_hdr *hdr = event;

    hdr->seq = ++fake->seq;
    hdr->t = fake->t;
    if ((fake->descriptor->event_mask & AGON_ON(hdr->type)) == 0)
        return AGON_OK;
    return fake->agent.on_event(fake->agent.self, hdr, ++fake->nth);
}

void fake_bar(struct fake *fake, uint32_t length_s, agon_px_t high, agon_px_t low, agon_px_t close,
              agon_qty_t volume)
{
    struct agon_bar bar = {.hdr = {.type = AGON_EVENT_BAR, .granules = 2, .instrument = fake->at},
                           .t_open = fake->t,
                           .length_s = length_s,
                           .n_trades = 1,
                           .open_px = close,
                           .high_px = high,
                           .low_px = low,
                           .close_px = close,
                           .volume_qty = volume};

    fake->t += (agon_ns_t)length_s * 1000000000;
    MUST(fake_event(fake, &bar) == AGON_OK);
}

void fake_trade(struct fake *fake, agon_px_t px)
{
    struct agon_trade trade = {
        .hdr = {.type = AGON_EVENT_TRADE, .granules = 1, .instrument = fake->at},
        .px = px,
        .qty = 10000,
        .side = AGON_SELL};

    MUST(fake_event(fake, &trade) == AGON_OK);
}

void fake_top(struct fake *fake, agon_px_t bid, agon_px_t ask)
{
    struct agon_top10 top = {
        .hdr = {.type = AGON_EVENT_TOP10, .granules = 6, .instrument = fake->at},
        .n_bid = 1,
        .n_ask = 1,
        .book = AGON_BOOK_LIVE,
        .bid = {{bid, 10000}},
        .ask = {{ask, 10000}}};

    fake->top = top;
    MUST(fake_event(fake, &top) == AGON_OK);
}

void fake_funding(struct fake *fake, int64_t rate_ppb, uint32_t interval_s)
{
    struct agon_funding funding = {
        .hdr = {.type = AGON_EVENT_FUNDING, .granules = 1, .instrument = fake->at},
        .rate_ppb = rate_ppb,
        .t_next = fake->t + (agon_ns_t)interval_s * 1000000000,
        .interval_s = interval_s};

    MUST(fake_event(fake, &funding) == AGON_OK);
}

void fake_halt(struct fake *fake, uint8_t scope, uint32_t id, uint8_t mode)
{
    struct agon_halt halt = {
        .hdr = {.type = AGON_EVENT_HALT, .granules = 1}, .scope = scope, .mode = mode, .id = id};

    MUST(fake_event(fake, &halt) == AGON_OK);
}

static const struct agon_intent *picked(const struct fake *fake)
{
    MUST(fake->n_intents > 0 && fake->picked <= fake->n_intents);
    return &fake->intents[(fake->picked ? fake->picked : fake->n_intents) - 1];
}

void fake_order(struct fake *fake, uint8_t state, uint16_t reason)
{
    const struct agon_intent *intent = picked(fake);
    struct agon_order order = {.hdr = {.type = AGON_EVENT_ORDER,
                                       .granules = 2,
                                       .instrument = intent->instrument == 2 ? 2 : 1},
                               .order_id = intent->client_ref,
                               .client_ref = intent->client_ref,
                               .reason = reason,
                               .state = state,
                               .side = intent->side,
                               .type = intent->type,
                               .qty = intent->qty};

    MUST(fake_event(fake, &order) == AGON_OK);
}

void fake_fill(struct fake *fake, agon_px_t px, agon_qty_t fee_qty)
{
    const struct agon_intent *intent = picked(fake);
    struct agon_fill fill = {.hdr = {.type = AGON_EVENT_FILL,
                                     .granules = 2,
                                     .instrument = intent->instrument == 2 ? 2 : 1},
                             .order_id = intent->client_ref,
                             .client_ref = intent->client_ref,
                             .side = intent->side,
                             .liquidity = AGON_TAKER,
                             .px = px,
                             .qty = intent->qty};
    double value = (double)px / 100 * (double)intent->qty / 10000;
    int is_first = intent->instrument != 2;
    agon_qty_t *held = is_first ? &fake->held_qty : &fake->second.held_qty;
    double *cost = is_first ? &fake->cost : &fake->second.cost;
    uint8_t kind = is_first ? fake->instrument.kind : fake->second.instrument.kind;
    agon_amt_t value_amt;

    // A plugin whose state is noise may wish for anything; a host would have refused it.
    if (__builtin_add_overflow(
            *held, intent->side == AGON_BUY ? intent->qty - fee_qty : -intent->qty, held))
        *held = 0;
    value_amt = value * 1e8 < 4e18 ? (agon_amt_t)(value * 1e8) : 0;
    if (kind == AGON_SPOT &&
        __builtin_add_overflow(fake->quote_amt, intent->side == AGON_BUY ? -value_amt : value_amt,
                               &fake->quote_amt))
        fake->quote_amt = 0;
    *cost = *held == 0 ? 0 : *cost + (intent->side == AGON_BUY ? value : -value);
    fill.position_qty = *held;
    MUST(fake_event(fake, &fill) == AGON_OK);
}

uint32_t fake_taken(struct fake *fake)
{
    uint32_t n = fake->n_intents;

    fake->n_intents = 0;
    return n;
}

struct memory {
    unsigned char *bytes;
    uint64_t n, at;
};

static int64_t memory_write(struct agon_out *out, const void *at, uint64_t n)
{
    struct memory *memory = out->ctx;
    uint64_t some = n > 1000 ? 1000 : n; // writes may be short

    MUST(memory->at + some <= FAKE_STATE);
    memcpy(memory->bytes + memory->at, at, some);
    memory->at += some;
    return (int64_t)some;
}

static int64_t memory_read(struct agon_in *in, void *at, uint64_t n)
{
    struct memory *memory = in->ctx;
    uint64_t some = n > 7 ? 7 : n;

    if (some > memory->n - memory->at)
        some = memory->n - memory->at;
    memcpy(at, memory->bytes + memory->at, some);
    memory->at += some;
    return (int64_t)some;
}

int fake_save(struct fake *fake, unsigned char *bytes, uint64_t *n)
{
    struct memory memory = {.bytes = bytes};
    struct agon_out out = {.size = sizeof(out), .ctx = &memory, .write = memory_write};
    int rc = fake->agent.save_state(fake->agent.self, &out);

    *n = memory.at;
    return rc;
}

int fake_load(struct fake *fake, const unsigned char *bytes, uint64_t n, uint32_t schema)
{
    unsigned char *copy = malloc(n + 1);
    struct memory memory = {.bytes = copy, .n = n};
    struct agon_in in = {.size = sizeof(in), .ctx = &memory, .read = memory_read};
    int rc;

    MUST(copy != NULL);
    memcpy(copy, bytes, n);
    rc = fake->agent.load_state(fake->agent.self, &in, schema);
    free(copy);
    return rc;
}
