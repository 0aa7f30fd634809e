// SPDX-License-Identifier: Apache-2.0
#include "agent/rehearse.h"
#include "agent/info.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crc.h"
#include "base/hash.h"
#include "base/hist.h"
#include "base/rng.h"
#include "market/bars.h"
#include "market/bus.h"
#include "market/evring.h"
#include "slot/meters.h"
#include "sys/clock.h"

#define BUS_GRANULES  4096
#define TO_GRANULES   4096
#define FROM_GRANULES 4096
#define T0            1700000000000000000
#define PARAM_EVENTS  1000
#define AGAIN_EVENTS  101
#define OTHER_NUMBERS 2654435769u /* higher by that: each bit is another one */
#define SETTLE_EVENTS 64
/* What a meter has of an event's time, as if ten came in a second: a plugin that wants something at
 * each event may be on a market with more of them, and its roster may grant it more. */
#define EVENT_NS ((agon_ns_t)100000000)
/* Every eighth event closes an hour, and with it candles of each length that ends there: 2,500
 * hours, 104 days of the longest. */
#define BARS_EVERY  8
#define BALANCE_AMT ((agon_amt_t)1000000 * 100000000)
#define HOUR_NS     ((agon_ns_t)3600 * 1000000000)

static const struct rehearse_given *given;

/* A stage: rings, bus and the answers of a world that fills or refuses every order at once. All of
 * it is a function of the plugin's wishes. */
struct stage {
    char said[ERROR_TEXT]; /* its plugin, or a service of the host's, of an error */
    struct setup setup;
    struct setup_venue venue;
    struct setup_asset assets[2];
    struct agon_instrument instruments[2];
    struct setup_param param;
    struct agon_position position;
    struct agon_balance balances[2]; /* as much as anybody wants, whatever is bought */
    void *block;
    uint64_t block_bytes;
    void *bus_memory, *to_memory, *from_memory;
    struct bus_writer bus;
    struct evring to_agent, from_agent;
    struct feed *feed;
    uint64_t seq, next_order;
    uint64_t add; /* to the numbers that it is told */
    agon_ns_t t;
    agon_px_t px;
    agon_qty_t held_qty;
    uint8_t sub;
    int is_extreme;
    struct agon_top10 tops[2];    /* last of each instrument; hdr.type 0: none yet */
    struct agon_top10 last[2];    /* as the setup brings them */
    const unsigned char *pending; /* wishes of the step before that are not in the ring any more */
    uint64_t n_pending;
    uint64_t whole, tail; /* over all wishes; over those since the middle */
    uint32_t n_wishes, n_arms;
    struct meters meters;
    int over; /* the first meter that was full, enum meter_id; -1: none */
    uint64_t over_seq;
    int64_t longest_ns; /* processor time of a step */
    uint64_t longest_seq;
    struct error err;
};

static const struct {
    const char *id, *name;
} names[REHEARSE_CHECKS] = {
    {"r05", "starts with its declared arena"},
    {"r02", "leaves floating-point control alone"},
    {"r08", "callback time within its budget"},
    {"r14", "two runs have the same intents"},
    {"r15", "save, load, save: equal bytes"},
    {"r16", "restored, it goes on like the original"},
    {"r17", "a truncated state is refused"},
    {"r25", "extreme prices, gaps, halts: no crash"},
    {"r36", "parameters at their ends: no crash"},
    {"r38", "what an event makes it cause fills no meter"},
    {"r37", "a million events: no crash, no error"},
};

const char *rehearsal_id(unsigned check)
{
    return check < REHEARSE_CHECKS ? names[check].id : NULL;
}

const char *rehearsal_name(unsigned check)
{
    return check < REHEARSE_CHECKS ? names[check].name : NULL;
}

static __attribute__((format(printf, 4, 5))) void verdict(struct rehearsal *r, unsigned check,
                                                          uint32_t is, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(r->checks[check].text, sizeof(r->checks[check].text), format, args);
    va_end(args);
    r->checks[check].verdict = is;
}

static struct agon_instrument instrument(agon_instrument_t id, const char *symbol)
{
    struct agon_instrument made = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = id},
        .venue = 1,
        .kind = AGON_SPOT,
        .state = AGON_TRADING_OPEN,
        .px_exp = 2,
        .qty_exp = 5,
        .base = 1,
        .quote = 2,
        .settle = 2,
        .tick_px = 1,
        .lot_qty = 1,
        .multiplier = 1};

    snprintf(made.symbol, sizeof(made.symbol), "%s", symbol);
    return made;
}

static void stage_init(struct stage *stage, const struct agon_descriptor *descriptor,
                       uint32_t index)
{
    struct record_slot *slot = &stage->setup.head.slot;

    memset(stage, 0, sizeof(*stage));
    stage->t = T0;
    stage->over = -1;
    stage->px = 4200000;
    stage->venue = (struct setup_venue){.venue = 1, .name = "binance"};
    stage->assets[0] = (struct setup_asset){.id = 1, .exp = 8, .name = "BTC"};
    stage->assets[1] = (struct setup_asset){.id = 2, .exp = 8, .name = "USDT"};
    for (uint32_t i = 0; i < 2; i++)
        stage->balances[i] =
            (struct agon_balance){.hdr = {.type = AGON_EVENT_BALANCE, .granules = 1},
                                  .account = 1,
                                  .asset = i + 1,
                                  .total_amt = BALANCE_AMT,
                                  .free_amt = BALANCE_AMT};
    stage->instruments[0] = instrument(1, "BTCUSDT");
    stage->instruments[1] = instrument(2, "ETHUSDT");
    stage->setup = (struct setup){.n_venues = 1,
                                  .venues = &stage->venue,
                                  .n_assets = 2,
                                  .assets = stage->assets,
                                  .n_instruments = 2,
                                  .instruments = stage->instruments,
                                  .n_balances = 2,
                                  .balances = stage->balances};
    stage->setup.head = (struct setup_head){.t = T0,
                                            .generation = 1,
                                            .plugin_index = index,
                                            .base_currency = 2,
                                            .start = AGON_START_FRESH};
    slot->account = 1;
    slot->seed = 1;
    slot->agent_kind = (uint8_t)descriptor->kind;
    slot->subscription = (struct subscription){.event_mask = descriptor->event_mask,
                                               .event_more = plugin_info_more(descriptor),
                                               .n_instruments = 2,
                                               .bar_mask = 0xff,
                                               .depth = DEPTH_FULL,
                                               .instruments = {1, 2}};
    if (AGON_HAS(descriptor, struct agon_descriptor, n_reads)) {
        slot->signals.n_keys = (uint16_t)descriptor->n_publishes;
        slot->signals.n_inputs = (uint16_t)descriptor->n_reads;
        for (uint32_t i = 0; i < descriptor->n_publishes; i++)
            slot->signals.keys[i] = slot_series("rehearsal", descriptor->publishes[i]);
    }
    stage->whole = HASH_BEGIN;
    stage->tail = HASH_BEGIN;
}

static void *ring_new(struct evring *ring, uint64_t granules)
{
    uint64_t bytes = (evring_bytes(granules) + 127) / 128 * 128;
    void *memory = aligned_alloc(128, bytes);

    REQUIRE(memory);
    memset(memory, 0, bytes);
    REQUIRE(evring_format(memory, granules) >= 0 && evring_attach(ring, memory, granules) >= 0);
    return memory;
}

/* The last word is the reason: what follows of it is said before. */
static void hear(void *ctx, uint32_t level, agon_ns_t t, const char *text)
{
    struct stage *stage = ctx;

    (void)t;
    if (level == AGON_ERROR)
        (void)snprintf(stage->said, sizeof(stage->said), "%s", text);
}

static int stage_start(struct stage *stage, const struct agon_entry *entry)
{
    struct feed_config config = {.bus_granules = BUS_GRANULES,
                                 .to_granules = TO_GRANULES,
                                 .from_granules = FROM_GRANULES,
                                 .log = hear,
                                 .ctx = stage};
    uint64_t bytes = (bus_bytes(BUS_GRANULES) + 4095) / 4096 * 4096;
    int rc;

    stage->bus_memory = aligned_alloc(4096, bytes);
    REQUIRE(stage->bus_memory);
    memset(stage->bus_memory, 0, bytes);
    REQUIRE(bus_format(stage->bus_memory, BUS_GRANULES) >= 0 &&
            bus_writer_attach(&stage->bus, stage->bus_memory, BUS_GRANULES) >= 0);
    stage->to_memory = ring_new(&stage->to_agent, TO_GRANULES);
    stage->from_memory = ring_new(&stage->from_agent, FROM_GRANULES);
    stage->setup.files = given->files;
    stage->setup.n_files = given->n_files;
    memcpy(config.files, given->contents, sizeof(config.files));
    stage->block = setup_encode_dup(&stage->setup, &stage->block_bytes);
    REQUIRE(stage->block);
    config.setup = stage->block;
    config.setup_bytes = stage->block_bytes;
    config.bus = stage->bus_memory;
    config.to_agent = stage->to_memory;
    config.from_agent = stage->from_memory;
    rc = feed_new(&stage->feed, &config, &stage->err);
    if (rc >= 0)
        rc = feed_create(stage->feed, entry, &stage->err);
    return rc >= 0 ? feed_start(stage->feed, &stage->err) : rc;
}

static void stage_deinit(struct stage *stage)
{
    if (stage->feed)
        feed_stop(stage->feed, AGON_END_DONE);
    feed_free(stage->feed);
    free(stage->block);
    free(stage->bus_memory);
    free(stage->to_memory);
    free(stage->from_memory);
}

static void tell(struct stage *stage, void *event)
{
    struct agon_event_hdr *hdr = event;

    hdr->seq = stage->seq + stage->add;
    hdr->sub = stage->sub++;
    hdr->t = stage->t;
    REQUIRE(evring_put(&stage->to_agent, hdr) == AGON_OK);
}

static void answer(struct stage *stage, const struct agon_intent_event *wish)
{
    const struct agon_intent *intent = &wish->intent;
    int is_filled = intent->client_ref % 4 != 0;
    struct agon_order order = {
        .hdr = {.type = AGON_EVENT_ORDER, .granules = 2, .instrument = intent->instrument},
        .order_id = ++stage->next_order,
        .client_ref = intent->client_ref,
        .account = 1,
        .reason = is_filled ? 0 : AGON_REASON_COLLAR,
        .state = is_filled ? AGON_ORDER_FILLED : AGON_ORDER_REJECTED,
        .side = intent->side,
        .type = intent->type,
        .px = intent->px,
        .qty = intent->qty};

    if (intent->kind != AGON_INTENT_ORDER || stage->sub > 200)
        return;
    if (is_filled) {
        struct agon_fill fill = {.hdr = order.hdr,
                                 .order_id = order.order_id,
                                 .client_ref = order.client_ref,
                                 .account = 1,
                                 .side = order.side,
                                 .liquidity = AGON_TAKER,
                                 .fee_asset = 2,
                                 .px = stage->px,
                                 .qty = order.qty};

        if (intent->instrument == 1 && intent->qty < (1ll << 40))
            stage->held_qty += intent->side == AGON_BUY ? intent->qty : -intent->qty;
        fill.hdr.type = AGON_EVENT_FILL;
        fill.position_qty = intent->instrument == 1 ? stage->held_qty : 0;
        order.filled_qty = order.qty;
        tell(stage, &fill);
    }
    tell(stage, &order);
}

/* As a host counts it (run/meter.c), but for what is refused: here all is taken. */
static void count(struct stage *stage, const struct agon_event_hdr *wish)
{
    const struct agon_intent_event *intent = (const struct agon_intent_event *)(const void *)wish;
    uint64_t *n = stage->meters.n;

    n[METER_RECORDS]++;
    n[METER_BYTES] += event_bytes(wish);
    n[METER_SIGNALS] += wish->type == AGON_EVENT_SIGNAL;
    n[METER_TIMERS] += wish->type == EVENT_ARM;
    n[METER_CANCELS] +=
        wish->type == AGON_EVENT_INTENT && (intent->intent.kind == AGON_INTENT_CANCEL ||
                                            intent->intent.kind == AGON_INTENT_CANCEL_ALL);
}

static void look_at_meters(struct stage *stage)
{
    static const uint32_t presets[METERS_N];
    struct meters_found found;

    stage->meters.n[METER_ERRORS] = atomic_load(&feed_beat(stage->feed)->n_errors);
    found = meters_look(&stage->meters, presets, EVENT_NS, EVENT_NS);
    if (found.over < 0 || stage->over >= 0)
        return;
    stage->over = found.over;
    stage->over_seq = stage->seq;
}

static void take_wish(struct stage *stage, const struct agon_event_hdr *from)
{
    static _Alignas(64) unsigned char memory[EVENT_BYTES_MAX];
    const struct agon_event_hdr *wish = (const struct agon_event_hdr *)(const void *)memory;
    struct agon_origin *origin = &((struct agon_intent_event *)(void *)memory)->origin;

    memcpy(memory, from, event_bytes(from));
    if (origin->cause_seq >= stage->add) // else of on_start
        origin->cause_seq -= stage->add;
    stage->whole = hash_more(stage->whole, memory, event_bytes(wish));
    stage->tail = hash_more(stage->tail, memory, event_bytes(wish));
    stage->n_wishes++;
    count(stage, wish);
    if (wish->type == AGON_EVENT_INTENT)
        answer(stage, (const struct agon_intent_event *)(const void *)wish);
    if (wish->type == EVENT_ARM) {
        const struct record_arm *arm = (const struct record_arm *)(const void *)wish;
        struct agon_timer timer = {.hdr = {.type = AGON_EVENT_TIMER, .granules = 1},
                                   .cookie = arm->cookie,
                                   .t_due = arm->t_at,
                                   .id = arm->id};

        stage->n_arms += !arm->is_disarm;
        if (!arm->is_disarm && stage->sub <= 200)
            tell(stage, &timer);
    }
}

/* Takes what the plugin wished in the step before and answers it in this one. */
static void take_wishes(struct stage *stage)
{
    const struct agon_event_hdr *next;

    while (stage->n_pending > 0) {
        next = (const struct agon_event_hdr *)(const void *)stage->pending;
        stage->pending += event_bytes(next);
        stage->n_pending -= event_bytes(next);
        take_wish(stage, next);
    }
    while ((next = evring_peek(&stage->from_agent, NULL)) != NULL) {
        take_wish(stage, next);
        evring_release(&stage->from_agent);
    }
}

static agon_px_t extreme(struct rng *rng)
{
    static const agon_px_t values[] = {
        0, -1, 1, INT64_MAX, INT64_MIN, INT64_MAX - 1, 1ll << 53, (1ll << 62), -4200000};

    return values[rng_below(rng, sizeof(values) / sizeof(values[0]))];
}

static void write_bars(struct stage *stage, struct rng *rng)
{
    uint8_t sub = 255 - 2 * BARS_LENGTHS;

    for (uint32_t i = 0; i < 2 * BARS_LENGTHS; i++) {
        agon_ns_t length_ns = (agon_ns_t)bars_length_s[i / 2] * 1000000000;
        agon_px_t px = stage->px + (i % 2 == 0 ? 0 : (agon_px_t)rng_below(rng, 20001));
        struct agon_bar bar = {.hdr = {.type = AGON_EVENT_BAR,
                                       .granules = 2,
                                       .instrument = i % 2 + 1,
                                       .seq = stage->seq + stage->add,
                                       .sub = ++sub,
                                       .t = stage->t,
                                       .t_venue = stage->t},
                               .t_open = stage->t - length_ns,
                               .length_s = bars_length_s[i / 2],
                               .n_trades = 10,
                               .open_px = px,
                               .close_px = px,
                               .volume_qty = 500 + (agon_qty_t)rng_below(rng, 1001)};

        bar.open_px += (agon_px_t)rng_below(rng, 20001) - 10000;
        bar.low_px = (bar.open_px < px ? bar.open_px : px) - (agon_px_t)rng_below(rng, 10000);
        bar.high_px = (bar.open_px > px ? bar.open_px : px) + (agon_px_t)rng_below(rng, 10000);
        bar.taker_buy_qty = bar.volume_qty / 2;
        if (stage->t % length_ns == 0)
            bus_write(&stage->bus, &bar.hdr);
    }
}

/* One public event of the tape, or the candles of an hour: a function of its number. */
static void write_event(struct stage *stage)
{
    static _Alignas(64) unsigned char memory[512];
    struct agon_event_hdr *hdr = (struct agon_event_hdr *)(void *)memory;
    struct rng rng;
    agon_instrument_t id;
    agon_px_t px;

    rng_init(&rng, stage->seq);
    if (!stage->is_extreme && stage->seq % BARS_EVERY == 0) {
        write_bars(stage, &rng);
        return;
    }
    id = rng_below(&rng, 4) == 0 ? 2 : 1;
    stage->px += (agon_px_t)rng_below(&rng, 20001) - 10000;
    if (stage->px < 100000)
        stage->px = 100000;
    px = stage->is_extreme ? extreme(&rng) : stage->px;
    memset(memory, 0, sizeof(memory));
    hdr->instrument = id;
    hdr->granules = 1;
    hdr->t_venue = stage->t;
    switch (rng_below(&rng, 10)) {
    case 0: {
        struct agon_top10 *top = (struct agon_top10 *)(void *)memory;

        hdr->type = AGON_EVENT_TOP10;
        hdr->granules = 6;
        top->book = AGON_BOOK_LIVE;
        top->n_bid = top->n_ask = stage->is_extreme && rng_below(&rng, 2) ? 0 : 10;
        for (int i = 0; i < top->n_bid; i++) {
            top->bid[i] = (struct agon_level){stage->is_extreme ? px : px - 1 - i, 100};
            top->ask[i] = (struct agon_level){stage->is_extreme ? px : px + 1 + i, 100};
        }
        hdr->seq = stage->seq + stage->add;
        hdr->sub = 255;
        hdr->t = stage->t;
        stage->tops[id - 1] = *top;
        break;
    }
    case 1: {
        struct agon_quote *quote = (struct agon_quote *)(void *)memory;

        hdr->type = AGON_EVENT_QUOTE;
        quote->bid_px = px;
        quote->ask_px = stage->is_extreme ? px : px + 1;
        quote->bid_qty = quote->ask_qty = 100;
        break;
    }
    case 2: {
        struct agon_bar *bar = (struct agon_bar *)(void *)memory;

        hdr->type = AGON_EVENT_BAR;
        hdr->granules = 2;
        bar->t_open = stage->t / 60000000000 * 60000000000;
        bar->length_s = 60;
        bar->open_px = bar->close_px = bar->low_px = bar->high_px = px;
        bar->volume_qty = 1000;
        break;
    }
    case 3:
        hdr->type = stage->is_extreme ? AGON_EVENT_HALT : AGON_EVENT_MARK;
        ((struct agon_value *)(void *)memory)->value = stage->is_extreme ? AGON_SCOPE_GLOBAL : px;
        break;
    default: {
        struct agon_trade *trade = (struct agon_trade *)(void *)memory;

        hdr->type = AGON_EVENT_TRADE;
        trade->px = px;
        trade->qty = stage->is_extreme ? extreme(&rng) : (agon_qty_t)rng_below(&rng, 1000) + 1;
        trade->venue_id = stage->seq;
        trade->side = (uint8_t)(rng_below(&rng, 2) + 1);
        break;
    }
    }
    hdr->seq = stage->seq + stage->add;
    hdr->sub = 255;
    hdr->t = stage->t;
    bus_write(&stage->bus, hdr);
}

/* n steps; false when the plugin failed. times (may be NULL) takes the ns of
 * each. */
static int play(struct stage *stage, int n, struct hist *times)
{
    for (int i = 0; i < n; i++) {
        int64_t begin, cpu_ns;

        stage->seq++;
        stage->t += stage->is_extreme && stage->seq % 97 == 0 ? 86400000000000 : 1000000;
        if (!stage->is_extreme && stage->seq % BARS_EVERY == 0)
            stage->t += HOUR_NS - stage->t % HOUR_NS;
        stage->sub = 0;
        take_wishes(stage);
        look_at_meters(stage);
        if (stage->is_extreme && stage->seq % 101 == 0) {
            struct agon_gap gap = {.hdr = {.type = AGON_EVENT_GAP, .granules = 1},
                                   .first_seq = 1,
                                   .last_seq = UINT64_MAX,
                                   .n_missed = UINT64_MAX};

            tell(stage, &gap);
        }
        write_event(stage);
        bus_publish(&stage->bus, stage->seq + stage->add);
        cpu_ns = times != NULL ? clock_cpu() : 0;
        begin = clock_mono();
        if (feed_run(stage->feed, stage->seq + stage->add) < 0)
            return 0;
        if (times == NULL)
            continue;
        hist_add(times, clock_mono() - begin);
        cpu_ns = clock_cpu() - cpu_ns;
        if (cpu_ns > stage->longest_ns) {
            stage->longest_ns = cpu_ns;
            stage->longest_seq = stage->seq;
        }
    }
    return 1;
}

/* On to where no intent waits for its answer, as after most events: what waits is an open order of
 * which a setup would have to say what the plugin was told. */
static int settle(struct stage *stage, struct hist *times)
{
    for (int i = 0; i < SETTLE_EVENTS && evring_peek(&stage->from_agent, NULL) != NULL; i++) {
        if (!play(stage, 1, times))
            return 0;
    }
    return 1;
}

static int play_rest(struct stage *stage, struct hist *times)
{
    int is_well = play(stage, (int)(REHEARSAL_EVENTS - stage->seq), times);

    take_wishes(stage);
    return is_well;
}

/* Where the first run stood in the middle, and what it wished in all and from there on. */
struct half {
    unsigned char *state;   /* owned; NULL: it saves none */
    unsigned char *pending; /* owned; wishes that were not yet answered */
    uint64_t n_state, n_pending, nth, seq, next_order;
    agon_ns_t t;
    agon_px_t px;
    agon_qty_t held_qty;
    uint32_t n_arms;
    struct agon_top10 tops[2];
    uint64_t whole, tail;
};

static void cut(struct rehearsal *r, struct stage *stage, struct half *half)
{
    const struct agon_event_hdr *next;

    *half = (struct half){.nth = feed_nth(stage->feed),
                          .seq = stage->seq,
                          .next_order = stage->next_order,
                          .t = stage->t,
                          .px = stage->px,
                          .held_qty = stage->held_qty,
                          .n_arms = stage->n_arms};
    memcpy(half->tops, stage->tops, sizeof(half->tops));
    half->pending = aligned_alloc(64, FROM_GRANULES * EVENT_GRANULE);
    REQUIRE(half->pending);
    while ((next = evring_peek(&stage->from_agent, NULL)) != NULL) {
        memcpy(half->pending + half->n_pending, next, event_bytes(next));
        half->n_pending += event_bytes(next);
        evring_release(&stage->from_agent);
    }
    stage->pending = half->pending;
    stage->n_pending = half->n_pending;
    stage->tail = HASH_BEGIN;
    if (feed_save(stage->feed, &half->state, &half->n_state, &stage->err) < 0 &&
        stage->err.code != AGON_ENOTSUP)
        verdict(r, REHEARSE_SAVE, REHEARSAL_ERROR, "%s", stage->err.text);
}

static int first_run(struct rehearsal *r, const struct agon_entry *entry, uint32_t index,
                     struct half *half)
{
    static struct stage stage;
    static struct hist times; // no qsort here: libc's makes a system call
    const struct agon_descriptor *d = entry->plugins[index];
    int64_t p99_ns;
    int is_well;

    hist_clear(&times);
    atomic_store(&r->at, REHEARSE_START);
    stage_init(&stage, d, index);
    if (stage_start(&stage, entry) < 0) {
        const char *why = stage.said[0] != '\0' ? stage.said : stage.err.text;

        // Files that somebody gave it are no default: that it does not start with them is a fault.
        if (given->n_files > 0)
            verdict(r, REHEARSE_START, REHEARSAL_ERROR,
                    "not with the files that it is given, and its defaults: %s", why);
        else
            verdict(r, REHEARSE_START, REHEARSAL_NOTE, "not with its defaults: %s", why);
        stage_deinit(&stage);
        return 0;
    }
    verdict(r, REHEARSE_START, REHEARSAL_OK, "%s", "");
    atomic_store(&r->at, REHEARSE_REPEAT);
    is_well = play(&stage, REHEARSAL_EVENTS / 2, &times) && settle(&stage, &times);
    if (is_well)
        cut(r, &stage, half);
    is_well = is_well && play_rest(&stage, &times);
    half->whole = stage.whole;
    half->tail = stage.tail;
    r->n_wishes = stage.n_wishes;
    if (!is_well)
        verdict(r, REHEARSE_START, REHEARSAL_ERROR, "%s", feed_failure(stage.feed)->text);
    if (atomic_load(&feed_beat(stage.feed)->n_fp) > 0)
        verdict(r, REHEARSE_FP, REHEARSAL_ERROR, "changed in %llu calls",
                (unsigned long long)atomic_load(&feed_beat(stage.feed)->n_fp));
    else
        verdict(r, REHEARSE_FP, REHEARSAL_OK, "%s", "");
    p99_ns = hist_quantile(&times, 0.99);
    if (stage.longest_ns > REHEARSAL_HARD_NS)
        verdict(r, REHEARSE_TIME, REHEARSAL_ERROR,
                "event %llu took %lld ms of processor time; a host ends that at %d ms, where its "
                "roster grants no more (`hard`)",
                (unsigned long long)stage.longest_seq, (long long)(stage.longest_ns / 1000000),
                REHEARSAL_HARD_NS / 1000000);
    else
        verdict(r, REHEARSE_TIME,
                d->budget_ns > 0 && p99_ns > d->budget_ns ? REHEARSAL_NOTE : REHEARSAL_OK,
                "p50 %lld ns, p99 %lld ns; promised %u ns", (long long)hist_quantile(&times, 0.5),
                (long long)p99_ns, d->budget_ns);
    if (stage.over >= 0)
        verdict(r, REHEARSE_METERS, REHEARSAL_ERROR,
                "%s: full at event %llu of a market of ten a second; a host ends that, where its "
                "roster grants no more than %u %s a second (`meters: {%s: N}`)",
                meters_all[stage.over].name, (unsigned long long)stage.over_seq,
                meters_all[stage.over].preset, meters_all[stage.over].unit,
                meters_all[stage.over].key);
    else
        verdict(r, REHEARSE_METERS, REHEARSAL_OK, "%s", "");
    stage_deinit(&stage);
    return is_well;
}

/* Once more from the beginning, after another instance has played a little: a counter in a static
 * would otherwise stand where it stood the first time, if its period divides the tape. */
static int second_run(const struct agon_entry *entry, uint32_t index, int prelude, uint64_t add,
                      const struct half *half)
{
    static struct stage stage;
    uint64_t again;
    void *shift = malloc(12345); // and at other addresses
    int is_well;

    stage_init(&stage, entry->plugins[index], index);
    is_well = stage_start(&stage, entry) >= 0 && play(&stage, prelude, NULL);
    stage_deinit(&stage);
    stage_init(&stage, entry->plugins[index], index);
    stage.add = add;
    is_well = is_well && stage_start(&stage, entry) >= 0 && play(&stage, REHEARSAL_EVENTS, NULL);
    take_wishes(&stage);
    again = stage.whole;
    stage_deinit(&stage);
    free(shift);
    return is_well && again == half->whole;
}

/* Equal intents prove nothing where there are none. */
static void judge_wishes(struct rehearsal *r, unsigned check, uint32_t n)
{
    if (n > 0)
        verdict(r, check, REHEARSAL_OK, "%u intents", n);
    else
        verdict(r, check, REHEARSAL_NOTE,
                "not judged: it had no intent on the made-up market of two spot pairs; `agon "
                "backtest --check lookahead` judges it on data of yours");
}

static void repeat(struct rehearsal *r, const struct agon_entry *entry, uint32_t index,
                   const struct half *half)
{
    int runs_ahead = (entry->plugins[index]->caps & AGON_RUNS_AHEAD) != 0;

    if (!second_run(entry, index, 53, 0, half) || !second_run(entry, index, 101, 0, half))
        verdict(r, REHEARSE_REPEAT, REHEARSAL_ERROR,
                "the same events gave other intents: a static, an address or libc decides");
    else if (runs_ahead && !second_run(entry, index, 53, OTHER_NUMBERS, half))
        verdict(r, REHEARSE_REPEAT, REHEARSAL_ERROR,
                "other numbers of the same events (hdr.seq) gave other intents; take "
                "AGON_RUNS_AHEAD out of its caps, or do nothing by them");
    else
        judge_wishes(r, REHEARSE_REPEAT, r->n_wishes);
}

static void stage_restore(struct stage *stage, const struct agon_descriptor *d, uint32_t index,
                          const struct half *half)
{
    stage_init(stage, d, index);
    stage->seq = stage->setup.head.seq = half->seq;
    stage->t = stage->setup.head.t = half->t;
    stage->setup.head.nth = half->nth;
    stage->setup.head.start = AGON_START_RESTORE;
    stage->setup.head.next_timer = half->n_arms + 1;
    stage->n_arms = half->n_arms;
    stage->pending = half->pending;
    stage->n_pending = half->n_pending;
    memcpy(stage->tops, half->tops, sizeof(stage->tops));
    for (int i = 0; i < 2; i++)
        if (half->tops[i].hdr.type != 0)
            stage->last[stage->setup.n_tops++] = half->tops[i];
    stage->setup.tops = stage->last;
    stage->px = half->px;
    stage->held_qty = half->held_qty;
    stage->next_order = half->next_order;
    stage->position =
        (struct agon_position){.hdr = {.type = AGON_EVENT_POSITION, .granules = 1, .instrument = 1},
                               .account = 1,
                               .qty = half->held_qty};
    stage->setup.positions = &stage->position;
    stage->setup.n_positions = 1;
    stage->setup.state = half->state;
    stage->setup.n_state = (uint32_t)half->n_state;
}

/* Saved and restored once more soon after: what counts in a period that the first place hits by
 * chance is found at the second. Then to the end. */
static int restore_again(struct rehearsal *r, struct stage *stage, const struct agon_entry *entry,
                         uint32_t index)
{
    uint64_t tail;
    uint32_t n_wishes;
    struct half again;
    int is_well;

    if (!play(stage, AGAIN_EVENTS, NULL) || !settle(stage, NULL))
        return 0;
    tail = stage->tail;
    n_wishes = stage->n_wishes;
    cut(r, stage, &again);
    stage_deinit(stage);
    stage_restore(stage, entry->plugins[index], index, &again);
    stage->tail = tail;
    stage->n_wishes = n_wishes;
    is_well = stage_start(stage, entry) >= 0 && play_rest(stage, NULL);
    free(again.state);
    free(again.pending);
    return is_well;
}

static void states(struct rehearsal *r, const struct agon_entry *entry, uint32_t index,
                   const struct half *half)
{
    static struct stage stage;
    const struct agon_descriptor *d = entry->plugins[index];
    struct agon_state_hdr hdr;
    struct half part = *half;
    unsigned char *again = NULL;
    uint64_t n = 0;
    int is_well;

    atomic_store(&r->at, REHEARSE_SAVE);
    stage_restore(&stage, d, index, half);
    if (stage_start(&stage, entry) < 0) {
        verdict(r, REHEARSE_SAVE, REHEARSAL_ERROR, "its own state is refused: %s", stage.err.text);
        stage_deinit(&stage);
        return;
    }
    // The header's seq and nth are those of the place; on_start may not have changed the rest.
    if (feed_save(stage.feed, &again, &n, &stage.err) >= 0 && n == half->n_state &&
        memcmp(again, half->state, n) == 0)
        verdict(r, REHEARSE_SAVE, REHEARSAL_OK, "%llu bytes",
                (unsigned long long)(n - sizeof(hdr)));
    else
        verdict(r, REHEARSE_SAVE, REHEARSAL_ERROR, "what is loaded is not what was saved");
    free(again);
    atomic_store(&r->at, REHEARSE_RESTORE);
    is_well = restore_again(r, &stage, entry, index);
    if (is_well && stage.tail == half->tail)
        judge_wishes(r, REHEARSE_RESTORE, stage.n_wishes);
    else
        verdict(r, REHEARSE_RESTORE, REHEARSAL_ERROR,
                "after load_state its intents differ: not all that matters is saved");
    stage_deinit(&stage);

    atomic_store(&r->at, REHEARSE_TRUNCATED);
    verdict(r, REHEARSE_TRUNCATED, REHEARSAL_OK, "%s", "");
    for (uint64_t keep = sizeof(hdr); half->n_state > sizeof(hdr) && keep < half->n_state;
         keep += (half->n_state - sizeof(hdr) + 6) / 7) {
        // Whole for the host: only the plugin can see that it is cut.
        memcpy(&hdr, half->state, sizeof(hdr));
        hdr.bytes = keep - sizeof(hdr);
        hdr.crc32c = crc32c(0, half->state + sizeof(hdr), hdr.bytes);
        part.state = malloc(keep);
        REQUIRE(part.state);
        memcpy(part.state, half->state, keep);
        memcpy(part.state, &hdr, sizeof(hdr));
        part.n_state = keep;
        stage_restore(&stage, d, index, &part);
        if (stage_start(&stage, entry) >= 0)
            verdict(r, REHEARSE_TRUNCATED, REHEARSAL_ERROR,
                    "took %llu of %llu bytes: load_state must read all or refuse",
                    (unsigned long long)hdr.bytes,
                    (unsigned long long)(half->n_state - sizeof(hdr)));
        stage_deinit(&stage);
        free(part.state);
    }
}

static void extremes(struct rehearsal *r, const struct agon_entry *entry, uint32_t index)
{
    static struct stage stage;

    atomic_store(&r->at, REHEARSE_EXTREME);
    stage_init(&stage, entry->plugins[index], index);
    stage.is_extreme = 1;
    if (stage_start(&stage, entry) >= 0)
        (void)play(&stage, REHEARSAL_EVENTS / 4, NULL); // to fail with an error is allowed
    verdict(r, REHEARSE_EXTREME, REHEARSAL_OK, "%s", "");
    stage_deinit(&stage);
}

static void params(struct rehearsal *r, const struct agon_entry *entry, uint32_t index)
{
    static struct stage stage;
    const struct agon_descriptor *d = entry->plugins[index];

    atomic_store(&r->at, REHEARSE_PARAMS);
    for (uint32_t i = 0; i < d->n_params; i++) {
        const struct agon_param *param = d->params[i];

        if ((param->type != AGON_INTEGER && param->type != AGON_REAL) ||
            (param->min == 0 && param->max == 0))
            continue;
        for (int k = 0; k < 2; k++) {
            stage_init(&stage, d, index);
            snprintf(stage.param.name, sizeof(stage.param.name), "%s", param->name);
            snprintf(stage.param.text, sizeof(stage.param.text),
                     param->type == AGON_INTEGER ? "%.0f" : "%.17g", k ? param->max : param->min);
            stage.setup.params = &stage.param;
            stage.setup.n_params = 1;
            // To refuse a value that does not fit the others is good manners.
            if (stage_start(&stage, entry) >= 0)
                (void)play(&stage, PARAM_EVENTS, NULL);
            stage_deinit(&stage);
        }
    }
    verdict(r, REHEARSE_PARAMS, REHEARSAL_OK, "%u parameters", d->n_params);
}

static void endure(struct rehearsal *r, const struct agon_entry *entry, uint32_t index,
                   uint32_t n_events)
{
    static struct stage stage;

    atomic_store(&r->at, REHEARSE_LONG);
    stage_init(&stage, entry->plugins[index], index);
    if (stage_start(&stage, entry) < 0)
        verdict(r, REHEARSE_LONG, REHEARSAL_ERROR, "%s", stage.err.text);
    else if (!play(&stage, (int)n_events, NULL))
        verdict(r, REHEARSE_LONG, REHEARSAL_ERROR, "at event %llu: %s",
                (unsigned long long)stage.seq, feed_failure(stage.feed)->text);
    else
        verdict(r, REHEARSE_LONG, REHEARSAL_OK, "%u events", n_events);
    stage_deinit(&stage);
}

void rehearse(struct rehearsal *r, const struct agon_entry *entry, uint32_t index,
              const struct rehearse_given *with)
{
    struct half half = {0};

    given = with;
    if (first_run(r, entry, index, &half)) {
        repeat(r, entry, index, &half);
        if (half.state)
            states(r, entry, index, &half);
        extremes(r, entry, index);
        params(r, entry, index);
        if (with->n_long > 0)
            endure(r, entry, index, with->n_long);
    }
    free(half.state);
    free(half.pending);
}
