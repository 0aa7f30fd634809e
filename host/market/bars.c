// SPDX-License-Identifier: Apache-2.0
#include "market/bars.h"

#include "base/hot.h"
#include "base/num.h"

#define NS     1000000000
#define MINUTE ((int64_t)60 * NS)
#define LATER  3 /* from this place on lengths are of whole tens or fifteens of minutes */

/* So much twice fits, added up, and of ten minutes. */
#define FEW_TRADES   ((uint32_t)1 << 28)
#define SMALL_AMOUNT ((uint64_t)1 << 56)

#define BARS_LENGTH(place, s) [place] = (s),
const uint32_t bars_length_s[BARS_LENGTHS] = {BARS_EACH_LENGTH(BARS_LENGTH)};
#undef BARS_LENGTH

_Static_assert(sizeof(struct agon_bar) == 2 * EVENT_GRANULE, "a bar is two granules");

static int64_t length_ns(const struct bars *bars, int i)
{
    return (int64_t)(i == 0 ? bars->base_s : bars_length_s[i]) * NS;
}

static inline int is_wanted(const struct bars *bars, int i)
{
    return bars->wanted >> i & 1;
}

// Is a longer bar one of whole ones that are given?
static int is_built(const struct bars *bars, int i)
{
    return is_wanted(bars, i) && bars_length_s[i] > bars->base_s &&
           bars_length_s[i] % bars->base_s == 0;
}

static agon_ns_t aligned(agon_ns_t t, int64_t length)
{
    // By the length that most are of it is no division.
    int64_t rest = length == MINUTE ? t % MINUTE : t % length;

    return t - (rest < 0 ? rest + length : rest);
}

void bars_init(struct bars *bars, agon_instrument_t instrument, int px_exp, int qty_exp,
               int quote_exp)
{
    memset(bars, 0, sizeof(*bars));
    bars->instrument = instrument;
    bars->px_exp = (int8_t)px_exp;
    bars->qty_exp = (int8_t)qty_exp;
    bars->quote_exp = (int8_t)quote_exp;
    bars->base_s = bars_length_s[0];
    bars->wanted = UINT8_MAX;
}

// An open interval in which nothing traded yet.
static HOT void begin(struct bars *bars, int i, agon_ns_t t_open)
{
    bars->open[i] = (struct agon_bar){
        .hdr = {.type = AGON_EVENT_BAR, .granules = 2, .instrument = bars->instrument},
        .t_open = t_open,
        .length_s = i == 0 ? bars->base_s : bars_length_s[i],
        .open_px = bars->last_px,
        .high_px = bars->last_px,
        .low_px = bars->last_px,
        .close_px = bars->last_px,
    };
}

// The same where one was open before it.
static inline void begin_next(struct bars *bars, int i, agon_ns_t t_open)
{
    struct agon_bar *bar = &bars->open[i];

    bar->t_open = t_open;
    bar->n_trades = 0;
    bar->open_px = bar->high_px = bar->low_px = bar->close_px = bars->last_px;
    bar->volume_qty = bar->taker_buy_qty = 0;
    bar->turnover_amt = 0;
}

// When the first of the longer ones ends, from i on.
static inline agon_ns_t first_end(const struct bars *bars, int i, int n)
{
    agon_ns_t first = INT64_MAX;

    for (; i < n; i++) {
        agon_ns_t end = bars->open[i].t_open + length_ns(bars, i);

        first = is_wanted(bars, i) && end < first ? end : first;
    }
    return first;
}

static inline void note_first_end(struct bars *bars)
{
    agon_ns_t end = first_end(bars, 1, LATER);

    bars->t_end = end < bars->t_later ? end : bars->t_later;
}

static HOT void note_end(struct bars *bars)
{
    bars->t_later = first_end(bars, LATER, BARS_LENGTHS);
    note_first_end(bars);
}

static void begin_all(struct bars *bars, agon_ns_t t)
{
    for (int i = 0; i < BARS_LENGTHS; i++)
        begin(bars, i, aligned(t, length_ns(bars, i)));
    bars->part = bars->later = (struct agon_bar){0};
    note_end(bars);
}

static int is_flat(const struct agon_bar *bar)
{
    return bar->n_trades == 0 && bar->volume_qty == 0;
}

static uint32_t add_count(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

/* The sums, where one of them may not fit. */
static __attribute__((noinline)) void add_full(struct agon_bar *into, const struct agon_bar *bar)
{
    into->n_trades = add_count(into->n_trades, bar->n_trades);
    into->volume_qty = num_add(into->volume_qty, bar->volume_qty);
    into->taker_buy_qty = num_add(into->taker_buy_qty, bar->taker_buy_qty);
    into->turnover_amt = num_add(into->turnover_amt, bar->turnover_amt);
}

static inline HOT void fold(struct agon_bar *into, const struct agon_bar *bar)
{
    agon_qty_t volume, taker_buy;
    agon_amt_t turnover;
    uint32_t n;
    int is_full;

    if (is_flat(bar))
        return; // it stands at the last close, and so does whatever is flat around it
    if (is_flat(into)) {
        into->open_px = bar->open_px;
        into->high_px = bar->high_px;
        into->low_px = bar->low_px;
    }
    if (bar->high_px > into->high_px)
        into->high_px = bar->high_px;
    if (bar->low_px < into->low_px)
        into->low_px = bar->low_px;
    into->close_px = bar->close_px;
    is_full = (int)__builtin_add_overflow(into->n_trades, bar->n_trades, &n) |
              (int)__builtin_add_overflow(into->volume_qty, bar->volume_qty, &volume) |
              (int)__builtin_add_overflow(into->taker_buy_qty, bar->taker_buy_qty, &taker_buy) |
              (int)__builtin_add_overflow(into->turnover_amt, bar->turnover_amt, &turnover);
    if (__builtin_expect(
            is_full | (volume < NUM_MIN) | (taker_buy < NUM_MIN) | (turnover < NUM_MIN), 0)) {
        add_full(into, bar);
        return;
    }
    into->n_trades = n;
    into->volume_qty = volume;
    into->taker_buy_qty = taker_buy;
    into->turnover_amt = turnover;
}

/* The first longer lengths get the minutes that they lack, and those behind them what they will. */
static HOT void settle_first(struct bars *bars)
{
    if (is_flat(&bars->part))
        return;
    for (int i = 1; i < LATER; i++) {
        if (is_wanted(bars, i))
            fold(&bars->open[i], &bars->part);
    }
    if (bars->wanted >> LATER != 0)
        fold(&bars->later, &bars->part);
    bars->part = (struct agon_bar){0};
}

static HOT void settle_later(struct bars *bars)
{
    if (is_flat(&bars->later))
        return;
    for (int i = LATER; i < BARS_LENGTHS; i++) {
        if (is_wanted(bars, i))
            fold(&bars->open[i], &bars->later);
    }
    bars->later = (struct agon_bar){0};
}

/* The longer bars get all that they lack. */
static void settle(struct bars *bars)
{
    settle_first(bars);
    settle_later(bars);
}

void bars_want(struct bars *bars, uint32_t lengths)
{
    uint8_t before = bars->wanted;

    if (bars->has_traded)
        settle(bars);
    bars->wanted = (uint8_t)lengths;
    for (int i = 1; i < BARS_LENGTHS && bars->has_traded; i++) {
        if (is_wanted(bars, i) && (before >> i & 1) == 0)
            begin(bars, i, aligned(bars->open[0].t_open, length_ns(bars, i)));
    }
    if (bars->has_traded)
        note_end(bars);
}

int bars_set_base(struct bars *bars, uint32_t length_s)
{
    uint32_t day_s = bars_length_s[BARS_LENGTHS - 1];
    agon_ns_t t_open = bars->open[0].t_open;

    if (length_s == 0 || length_s > day_s || day_s % length_s != 0 ||
        (bars->has_traded && aligned(t_open, (int64_t)length_s * NS) != t_open))
        return AGON_EINVAL;
    settle(bars); // of minutes, which are its alone
    bars->base_s = length_s;
    if (bars->has_traded)
        bars->open[0].length_s = length_s;
    return AGON_OK;
}

/* Takes a minute that the longer ones are to get: nothing looks at them before one of them ends, so
 * that until then the minutes are added up once, and not for each of seven lengths; for the longest
 * five once more, since one of those ends seldom. What is never below 0 and fits comes to the same
 * in whichever order it is added. 0: this one does not. */
static inline HOT int take_minute(struct bars *bars, const struct agon_bar *bar)
{
    struct agon_bar *part = &bars->part;

    if (bars->base_s != bars_length_s[0] || // longer ones are built of others too
        bar->n_trades >= FEW_TRADES ||
        (uint64_t)(bar->volume_qty | bar->taker_buy_qty | bar->turnover_amt) >= SMALL_AMOUNT)
        return 0;
    if (is_flat(bar) || bars->wanted >> 1 == 0)
        return 1;
    // So much fits in any case; without short lengths many minutes come together.
    if (__builtin_expect(part->n_trades >= FEW_TRADES ||
                             (uint64_t)(part->volume_qty | part->taker_buy_qty |
                                        part->turnover_amt) >= SMALL_AMOUNT,
                         0))
        settle_first(bars);
    if (is_flat(part)) {
        *part = *bar;
        return 1;
    }
    if (bar->high_px > part->high_px)
        part->high_px = bar->high_px;
    if (bar->low_px < part->low_px)
        part->low_px = bar->low_px;
    part->close_px = bar->close_px;
    part->n_trades += bar->n_trades;
    part->volume_qty += bar->volume_qty;
    part->taker_buy_qty += bar->taker_buy_qty;
    part->turnover_amt += bar->turnover_amt;
    return 1;
}

/* The first of the longer bars ends. */
static HOT void end_first(struct bars *bars, agon_ns_t end, bars_emit_fn emit, void *ctx)
{
    int is_later = end >= bars->t_later;

    settle_first(bars);
    if (is_later)
        settle_later(bars);
    for (int i = 1; i < (is_later ? BARS_LENGTHS : LATER); i++) {
        if (is_wanted(bars, i) && bars->open[i].t_open + length_ns(bars, i) == end) {
            emit(ctx, &bars->open[i]);
            begin_next(bars, i, end);
        }
    }
    if (is_later)
        note_end(bars);
    else
        note_first_end(bars);
}

/* A minute ends that take_minute took: what ends with it is closed, and the next minute begins. */
static HOT void pass_minute(struct bars *bars, agon_ns_t end, bars_emit_fn emit, void *ctx)
{
    if (end >= bars->t_end)
        end_first(bars, end, emit, ctx);
    begin_next(bars, 0, end);
}

/* The open minute is over: the longer bars get it, those that end with it are closed, and the next
 * minute begins. */
static HOT void end_minute(struct bars *bars, bars_emit_fn emit, void *ctx)
{
    agon_ns_t end = bars->open[0].t_open + length_ns(bars, 0);

    if (take_minute(bars, &bars->open[0])) {
        pass_minute(bars, end, emit, ctx);
        return;
    }
    settle(bars);
    for (int i = 1; i < BARS_LENGTHS; i++) {
        if (!is_built(bars, i)) {
            begin(bars, i, aligned(end, length_ns(bars, i)));
            continue;
        }
        fold(&bars->open[i], &bars->open[0]);
        if (bars->open[i].t_open + length_ns(bars, i) == end) {
            emit(ctx, &bars->open[i]);
            begin(bars, i, end);
        }
    }
    note_end(bars);
    begin(bars, 0, end);
}

static void close_minute(struct bars *bars, bars_emit_fn emit, void *ctx)
{
    emit(ctx, &bars->open[0]);
    end_minute(bars, emit, ctx);
}

/* Leaves a hole that is too long to be filled: what is open is closed as it is. */
static void jump(struct bars *bars, agon_ns_t t, bars_emit_fn emit, void *ctx)
{
    settle(bars);
    for (int i = 1; i < BARS_LENGTHS; i++) {
        if (bars->open[i].t_open + length_ns(bars, i) <= t) {
            if (is_built(bars, i))
                emit(ctx, &bars->open[i]);
            begin(bars, i, aligned(t, length_ns(bars, i)));
        }
    }
    begin(bars, 0, aligned(t, length_ns(bars, 0)));
    note_end(bars);
}

static HOT void close_until(struct bars *bars, agon_ns_t t, bars_emit_fn emit, void *ctx)
{
    while (bars->has_traded && bars->open[0].t_open + length_ns(bars, 0) <= t) {
        close_minute(bars, emit, ctx);
        if ((t - bars->open[0].t_open) / length_ns(bars, 0) > BARS_FLAT_MAX)
            jump(bars, t, emit, ctx);
    }
}

static int is_time(agon_ns_t t)
{
    // A day from either end of what 64 bits hold, so that no interval's end overflows.
    return t > INT64_MIN + (int64_t)86400 * NS * 2 && t < INT64_MAX - (int64_t)86400 * NS * 2;
}

HOT void bars_on_trade(struct bars *bars, const struct agon_trade *trade, bars_emit_fn emit,
                       void *ctx)
{
    agon_ns_t t = trade->hdr.t_venue != 0 ? trade->hdr.t_venue : trade->hdr.t;
    struct agon_bar one = {
        .n_trades = 1,
        .open_px = trade->px,
        .high_px = trade->px,
        .low_px = trade->px,
        .close_px = trade->px,
        .volume_qty = trade->qty,
        .taker_buy_qty = trade->side == AGON_BUY ? trade->qty : 0,
    };

    if (trade->px <= 0 || trade->qty < 0 || !is_time(t))
        return;
    if (bars->has_traded && t < bars->open[0].t_open) {
        bars->n_late++;
        return;
    }
    close_until(bars, t, emit, ctx);
    if (!bars->has_traded) {
        bars->last_px = trade->px;
        begin_all(bars, t);
        bars->has_traded = 1;
    }
    one.turnover_amt =
        num_notional(trade->px, bars->px_exp, trade->qty, bars->qty_exp, bars->quote_exp, NUM_EVEN);
    fold(&bars->open[0], &one);
    bars->last_px = trade->px;
}

void bars_on_time(struct bars *bars, agon_ns_t t, agon_ns_t grace_ns, bars_emit_fn emit, void *ctx)
{
    if (is_time(t) && grace_ns >= 0)
        close_until(bars, t - grace_ns, emit, ctx);
}

/* The minute that stands open, where no longer ones are built: most bars of most backtests. */
static inline int is_next(const struct bars *bars, const struct agon_bar *bar)
{
    return bars->has_traded && bar->t_open == bars->open[0].t_open && bars->wanted >> 1 == 0 &&
           bars->base_s == bars_length_s[0] && bar->length_s == bars->base_s && bar->open_px > 0 &&
           bar->high_px > 0 && bar->low_px > 0 && bar->close_px > 0 && bar->volume_qty >= 0;
}

HOT int bars_on_bar(struct bars *bars, const struct agon_bar *bar, bars_emit_fn emit, void *ctx)
{
    if (__builtin_expect(is_next(bars, bar), 1)) {
        bars->last_px = bar->close_px;
        begin_next(bars, 0, bar->t_open + MINUTE);
        return AGON_OK;
    }
    if (bar->length_s != bars->base_s || !is_time(bar->t_open) ||
        aligned(bar->t_open, length_ns(bars, 0)) != bar->t_open)
        return AGON_EINVAL;
    if (bar->open_px <= 0 || bar->high_px <= 0 || bar->low_px <= 0 || bar->close_px <= 0 ||
        bar->volume_qty < 0)
        return AGON_EINVAL;
    if (bars->has_traded && bar->t_open < bars->open[0].t_open)
        return AGON_EINVAL;
    if (!bars->has_traded) {
        bars->last_px = bar->open_px;
        begin_all(bars, bar->t_open);
        bars->has_traded = 1;
    } else if (bar->t_open != bars->open[0].t_open) {
        close_until(bars, bar->t_open, emit, ctx);
    }
    if (take_minute(bars, bar)) {
        bars->last_px = bar->close_px;
        pass_minute(bars, bar->t_open + MINUTE, emit, ctx);
        return AGON_OK;
    }
    begin(bars, 0, bar->t_open);
    fold(&bars->open[0], bar);
    bars->last_px = bar->close_px;
    end_minute(bars, emit, ctx);
    return AGON_OK;
}

HOT agon_ns_t bars_next(const struct bars *bars, agon_ns_t grace_ns)
{
    return bars->has_traded ? num_add(bars->open[0].t_open + length_ns(bars, 0), grace_ns)
                            : INT64_MAX;
}

void bars_set_back(struct bars *bars, agon_ns_t t)
{
    if (bars->has_traded && bars->open[0].t_open > t)
        begin_all(bars, t);
}

void bars_save(const struct bars *of, struct enc *enc)
{
    struct bars whole = *of;
    const struct bars *bars = &whole;

    settle(&whole);
    for (int i = 1; i < BARS_LENGTHS && whole.has_traded; i++) {
        if (!is_wanted(&whole, i)) // it has stood still since the last time that it was
            begin(&whole, i, aligned(whole.open[0].t_open, length_ns(&whole, i)));
    }
    enc_u32(enc, bars->instrument);
    enc_u8(enc, (uint8_t)bars->px_exp);
    enc_u8(enc, (uint8_t)bars->qty_exp);
    enc_u8(enc, (uint8_t)bars->quote_exp);
    enc_u8(enc, bars->has_traded);
    enc_i64(enc, bars->last_px);
    enc_u64(enc, bars->n_late);
    for (int i = 0; i < BARS_LENGTHS && bars->has_traded; i++) {
        const struct agon_bar *bar = &bars->open[i];

        enc_i64(enc, bar->t_open);
        enc_u32(enc, bar->n_trades);
        enc_i64(enc, bar->open_px);
        enc_i64(enc, bar->high_px);
        enc_i64(enc, bar->low_px);
        enc_i64(enc, bar->close_px);
        enc_i64(enc, bar->volume_qty);
        enc_i64(enc, bar->taker_buy_qty);
        enc_i64(enc, bar->turnover_amt);
    }
}

int bars_load(struct bars *bars, struct dec *dec)
{
    struct bars loaded;
    uint32_t instrument = dec_u32(dec);
    uint8_t exps[3];

    dec_bytes(dec, exps, sizeof(exps));
    if (exps[0] > NUM_EXP_MAX || exps[1] > NUM_EXP_MAX || exps[2] > NUM_EXP_MAX)
        dec_fail(dec);
    bars_init(&loaded, instrument, exps[0], exps[1], exps[2]);
    loaded.has_traded = dec_u8(dec);
    loaded.last_px = dec_i64(dec);
    loaded.n_late = dec_u64(dec);
    if (loaded.has_traded > 1)
        dec_fail(dec);
    for (int i = 0; i < BARS_LENGTHS && loaded.has_traded && dec_is_ok(dec); i++) {
        struct agon_bar *bar = &loaded.open[i];

        begin(&loaded, i, dec_i64(dec));
        bar->n_trades = dec_u32(dec);
        bar->open_px = dec_i64(dec);
        bar->high_px = dec_i64(dec);
        bar->low_px = dec_i64(dec);
        bar->close_px = dec_i64(dec);
        bar->volume_qty = dec_i64(dec);
        bar->taker_buy_qty = dec_i64(dec);
        bar->turnover_amt = dec_i64(dec);
        // All of them hold the open minute, or the state is not one that trades could have made.
        if (!is_time(bar->t_open) ||
            aligned(loaded.open[0].t_open, i == 0 ? NS : length_ns(&loaded, i)) != bar->t_open)
            dec_fail(dec);
    }
    if (!dec_is_ok(dec))
        return AGON_ECORRUPT;
    if (loaded.has_traded)
        note_end(&loaded);
    *bars = loaded;
    return AGON_OK;
}
