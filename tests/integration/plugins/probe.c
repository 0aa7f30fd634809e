// SPDX-License-Identifier: Apache-2.0
/* probe: correlates each number that it is shown inside a bar with what the price does in the rest
 * of that bar, signed and as a distance. A number is a field of an event, by the event's type,
 * which one of its type it is in its bar, and the field's place; its head is among them: when it
 * came, what the venue said of that, how many events had been before it, which part of its number
 * it is and how long. Times count from the bar's begin, prices from its open, what it owns from
 * what it owned. In each bar it rests an order on both sides and trades one at market, so that what
 * its own orders tell is among what it sees: acknowledgements, ends, fills, balances, positions.
 * What is told behind a bar's end, that bar too, is of the next one. At the end each correlation
 * whose t is 4 or more is a line, then how many numbers of which type, and the largest: a warning
 * each, for a backtest shows those. */
#include <agon/agon.h>

enum { P_LENGTH = 1 };

#define SECOND_NS ((agon_ns_t)1000000000)
#define TYPES     42
#define PLACES    6  /* events of one type in a bar */
#define WORDS     28 /* of an event; behind them the numbers of its head */
#define NUMBERS   (WORDS + 5)
#define CELLS     (TYPES * PLACES * NUMBERS)
#define EARLY     48  /* events between a bar's end and the next open */
#define BYTES     256 /* of one: more than the events of an order have */
#define ENOUGH    1000
#define T_MAX     4.0

struct cell {
    double n, x, xx, rest, rest2, x_rest, far, far2, x_far;
    double seen, px; /* of this bar */
    uint64_t is_seen;
};
struct state {
    struct cell cells[CELLS];
    double px, open_px, owned[TYPES][4]; /* of balances by asset, positions */
    agon_ns_t bar;
    uint64_t n_bars, next_ref, seq; /* of the event that the bar began with */
    uint32_t counts[TYPES], live[CELLS], n_live, n_early;
    unsigned char early[EARLY][BYTES];
};
struct probe {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_param *params;
    const struct agon_host_log *log;
    struct agon_instrument instrument;
    int64_t length_s;
    struct state *state;
};

static void see(struct state *state, uint32_t at, double value)
{
    struct cell *cell = &state->cells[at];

    cell->seen = value;
    cell->px = state->px;
    if (!cell->is_seen)
        state->live[state->n_live++] = at;
    cell->is_seen = 1;
}

/* The bar is over, at that price. */
static void learn(struct state *state, double close_px)
{
    for (uint32_t i = 0; i < state->n_live; i++) {
        struct cell *cell = &state->cells[state->live[i]];
        double rest = close_px - cell->px, far = rest < 0 ? -rest : rest, x = cell->seen;

        cell->is_seen = 0;
        cell->n += 1;
        cell->x += x;
        cell->xx += x * x;
        cell->rest += rest;
        cell->rest2 += rest * rest;
        cell->x_rest += x * rest;
        cell->far += far;
        cell->far2 += far * far;
        cell->x_far += x * far;
    }
    state->n_live = 0;
    state->n_bars++;
    memset(state->counts, 0, sizeof(state->counts));
}

static void submit(struct probe *self, uint8_t side, double px)
{
    struct state *state = self->state;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = side,
                                 .type = px > 0 ? AGON_LIMIT : AGON_MARKET,
                                 .instrument = 1,
                                 .client_ref = ++state->next_ref,
                                 .qty = 1000,
                                 .px = (agon_px_t)px};

    (void)self->orders->submit(self->host, &intent, 1);
}

static double price_of(const struct agon_event_hdr *event)
{
    switch (event->type) {
    case AGON_EVENT_QUOTE: {
        const struct agon_quote *quote = (const void *)event;

        return (double)(quote->bid_px + quote->ask_px) / 2;
    }
    case AGON_EVENT_TRADE:
        return (double)((const struct agon_trade *)(const void *)event)->px;
    case AGON_EVENT_TOP10: {
        const struct agon_top10 *top = (const void *)event;

        return top->n_bid == 0 || top->n_ask == 0 ? 0
                                                  : (double)(top->bid[0].px + top->ask[0].px) / 2;
    }
    default:
        return 0;
    }
}

// What it owns wanders; a change of it does not.
static double change(struct state *state, uint16_t type, uint32_t which, int64_t value)
{
    double *owned = &state->owned[type][which % 4], by = (double)value - *owned;

    *owned = (double)value;
    return by;
}

/* The numbers of an event: of one about orders its fields, of any other its words. */
static uint32_t numbers_of(struct state *state, const struct agon_event_hdr *event,
                           double numbers[WORDS])
{
    const struct agon_order *order = (const void *)event;
    const struct agon_fill *fill = (const void *)event;
    const struct agon_balance *balance = (const void *)event;
    const struct agon_position *position = (const void *)event;
    int64_t words[WORDS];
    uint32_t n = 0;

    switch (event->type) {
    case AGON_EVENT_ORDER: {
        int64_t fields[] = {order->reason,     order->state, order->request, order->request_state,
                            order->side,       order->type,  order->tif,     order->px,
                            order->trigger_px, order->qty,   order->n,       order->filled_qty};

        for (; n < sizeof(fields) / sizeof(fields[0]); n++)
            numbers[n] = (double)fields[n];
        return n;
    }
    case AGON_EVENT_FILL: {
        int64_t fields[] = {fill->side, fill->liquidity, fill->fee_asset,   fill->px,
                            fill->qty,  fill->fee_amt,   fill->realised_amt};

        for (; n < sizeof(fields) / sizeof(fields[0]); n++)
            numbers[n] = (double)fields[n];
        numbers[n++] = change(state, event->type, 0, (int64_t)fill->venue_fill);
        numbers[n++] = change(state, event->type, 1, fill->position_qty);
        return n;
    }
    case AGON_EVENT_BALANCE:
        numbers[n++] = (double)balance->asset;
        numbers[n++] = change(state, event->type, balance->asset * 2, balance->total_amt);
        numbers[n++] = change(state, event->type, balance->asset * 2 + 1, balance->free_amt);
        numbers[n++] = (double)balance->held_amt;
        return n;
    case AGON_EVENT_POSITION:
        numbers[n++] = change(state, event->type, 0, position->qty);
        numbers[n++] = change(state, event->type, 1, position->cost_amt);
        numbers[n++] = change(state, event->type, 2, position->realised_amt);
        return n;
    default:
        n = (uint32_t)(event->granules * 64 - sizeof(*event)) / 8;
        n = n < WORDS ? n : WORDS;
        memcpy(words, (const char *)event + sizeof(*event), n * 8);
        for (uint32_t i = 0; i < n; i++)
            numbers[i] = (double)words[i];
        return n;
    }
}

static void look(struct state *state, const struct agon_event_hdr *event, agon_ns_t t_bar)
{
    double numbers[WORDS];
    uint32_t n, at;

    if (state->counts[event->type] >= PLACES)
        return;
    at = (event->type * PLACES + state->counts[event->type]++) * NUMBERS;
    n = numbers_of(state, event, numbers);
    see(state, at + WORDS, (double)(event->t - t_bar));
    see(state, at + WORDS + 1, event->t_venue != 0 ? (double)(event->t_venue - t_bar) : 0);
    see(state, at + WORDS + 2, (double)(event->seq - state->seq));
    see(state, at + WORDS + 3, (double)event->sub);
    see(state, at + WORDS + 4, (double)event->granules);
    for (uint32_t i = 0; i < n; i++) {
        double value = numbers[i];

        // A price counts from the open, as a share of it: its height wanders as slowly as what
        // it would be held against, which looks like a correlation where there is none. A time
        // counts from the bar's begin.
        if (value > state->open_px * 0.8 && value < state->open_px * 1.25)
            value = value / state->open_px - 1;
        else if (value > (double)t_bar * 0.99 && value < (double)t_bar * 1.01)
            value -= (double)t_bar;
        see(state, at + i, value);
    }
}

/* A bar begins: what was told since the last one's end is of it. */
static void turn(struct probe *self, const struct agon_event_hdr *event, agon_ns_t bar, double px)
{
    struct agon_intent all = {.kind = AGON_INTENT_CANCEL_ALL, .instrument = 1};
    struct state *state = self->state;

    // Where a bar is told after the next has begun, its last price is its close.
    if (state->n_live > 0)
        learn(state, state->px);
    state->px = px;
    state->bar = bar;
    state->open_px = px;
    for (uint32_t i = 0; i < state->n_early; i++)
        look(state, (const void *)state->early[i], bar * self->length_s * SECOND_NS);
    state->n_early = 0;
    state->seq = event->seq;
    (void)self->orders->submit(self->host, &all, 1);
    submit(self, AGON_BUY, px * 0.9997);
    submit(self, AGON_SELL, px * 1.0003);
    submit(self, bar % 2 == 0 ? AGON_BUY : AGON_SELL, 0);
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct probe *self = plugin;
    struct state *state = self->state;
    agon_ns_t length = self->length_s * SECOND_NS;
    agon_ns_t bar = event->t / length;
    const struct agon_bar *closed = (const void *)event;
    double px = price_of(event);

    (void)nth;
    if (event->type >= TYPES || (event->instrument != 1 && event->instrument != 0))
        return AGON_OK;
    if (event->type == AGON_EVENT_BAR && closed->length_s == self->length_s &&
        closed->t_open / length == state->bar)
        learn(state, (double)closed->close_px);
    if (bar != state->bar && px > 0)
        turn(self, event, bar, px);
    if (px > 0)
        state->px = px;
    if (bar == state->bar)
        look(state, event, bar * length);
    else if (state->n_early < EARLY && event->granules * 64 <= BYTES)
        memcpy(state->early[state->n_early++], event, event->granules * 64);
    return AGON_OK;
}

static double t_of(double n, double x, double xx, double y, double yy, double xy)
{
    double var_x = xx - x * x / n, var_y = yy - y * y / n, r;

    if (var_x <= 1e-9 * xx || var_y <= 0)
        return 0;
    r = (xy - x * y / n) / __builtin_sqrt(var_x * var_y);
    return r * r >= 1 ? 1e6 : r * __builtin_sqrt((n - 2) / (1 - r * r));
}

static void put_number(char text[32], int64_t value)
{
    char digits[32];
    int n = 0, k = 0;

    if (value < 0)
        text[k++] = '-';
    value = value < 0 ? -value : value;
    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    while (n > 0)
        text[k++] = digits[--n];
    text[k] = '\0';
}

/* "type 7 event 1 word 0 rest t-in-thousandths -4123" */
static void tell(struct probe *self, uint32_t at, const char *what, double t)
{
    static const char *const names[] = {"type ", " event ", " word ", " "};
    int64_t parts[] = {at / NUMBERS / PLACES, at / NUMBERS % PLACES, at % NUMBERS,
                       (int64_t)(t * 1000)};
    char line[200] = "", number[32];

    for (int i = 0; i < 4; i++) {
        put_number(number, parts[i]);
        strcat(line, names[i]);
        if (i == 3)
            strcat(line, what);
        strcat(line, number);
    }
    (void)self->log->line(self->host, AGON_WARN, line);
}

static int on_stop(void *plugin, uint32_t reason)
{
    struct probe *self = plugin;
    struct state *state = self->state;
    double worst = 0;
    uint32_t n = 0, n_told = 0, n_above = 0, of[TYPES] = {0};
    char line[200] = "values ", number[32];

    (void)reason;
    for (uint32_t at = 0; at < CELLS; at++) {
        const struct cell *c = &state->cells[at];
        double t[2];

        if (c->n < ENOUGH || c->xx * c->n <= c->x * c->x)
            continue;
        t[0] = t_of(c->n, c->x, c->xx, c->rest, c->rest2, c->x_rest);
        t[1] = t_of(c->n, c->x, c->xx, c->far, c->far2, c->x_far);
        n++;
        of[at / NUMBERS / PLACES]++;
        for (int k = 0; k < 2; k++) {
            double size = t[k] < 0 ? -t[k] : t[k];

            worst = size > worst ? size : worst;
            if (size >= T_MAX)
                n_above++;
            if (size >= 3.0 && n_told++ < 40)
                tell(self, at, k == 0 ? "rest t/1000 " : "distance t/1000 ", t[k]);
        }
    }
    for (uint32_t type = 0; type < TYPES; type++) {
        char has[100] = "of type ";

        if (of[type] == 0)
            continue;
        put_number(number, type);
        strcat(has, number);
        put_number(number, of[type]);
        strcat(strcat(has, ": "), number);
        (void)self->log->line(self->host, AGON_WARN, has);
    }
    put_number(number, n);
    strcat(line, number);
    strcat(line, " bars ");
    put_number(number, (int64_t)state->n_bars);
    strcat(line, number);
    strcat(line, " above ");
    put_number(number, n_above);
    strcat(line, number);
    strcat(line, " largest t/1000 ");
    put_number(number, (int64_t)(worst * 1000));
    strcat(line, number);
    (void)self->log->line(self->host, AGON_WARN, line);
    return AGON_OK;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct probe *self = plugin;

    (void)reason;
    self->params->integer(self->host, P_LENGTH, &self->length_s);
    return AGON_OK;
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, ((struct probe *)plugin)->state, sizeof(struct state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    return schema == 1 ? agon_read(in, ((struct probe *)plugin)->state, sizeof(struct state))
                       : AGON_EVERSION;
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct probe *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->state = arena->take(host, sizeof(*self->state), 8);
    if (self->state == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->params = host->get_extension(host, AGON_EXT_PARAM);
    self->log = host->get_extension(host, AGON_EXT_LOG);
    if (self->orders == NULL || self->params == NULL || self->log == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .save_state = save_state,
                                                      .load_state = load_state,
                                                      .on_stop = on_stop,
                                                      .destroy = destroy});
}

AGON_NUMBER(length_s, P_LENGTH, AGON_INTEGER, AGON_PARAM_RESTART, 1, 86400, 60, 0, "s",
            "length of a bar");
static const struct agon_param *const params[] = {&length_s};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_PARAM, AGON_EXT_ARENA,
                                           AGON_EXT_LOG};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .n_params = 1,
    .id = "org.agon.test.probe",
    .name = "probe",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "correlates what is shown inside a bar with the rest of it",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = 1,
    .state_schema_oldest = 1,
    .budget_ns = 5000,
    .event_mask = ~(uint64_t)0 >> (64 - TYPES),
    .arena_bytes = 8 << 20,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.probe", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
