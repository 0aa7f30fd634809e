// SPDX-License-Identifier: Apache-2.0
/* A second ledger, by the journal: each fill that a venue told, once, in the order in which it was
 * told, and each rate of funding. After each event it is what the host's own books have to be.
 *
 *   quantity          exactly
 *   cost, result, fee to a unit (10^-8 of the quote) for each fill of the position: the host rounds
 *                     what a fill closes to a unit, here sixteen decimals are kept
 *   money             what a fill or a payment of funding moves, and nothing else
 *   funding           the rate that stood announced until its time, by the mark price of that time
 *   equity            money and positions at what they could be closed at: the mark price that a
 *                     venue told within its time, else the worse side of a live book
 *
 * Whose order a fill is of is the host's word; which fills there were is held against the exchange
 * elsewhere (bytes_check.c). */
#include "dst/bytes_books.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/num.h"
#include "engine/engine.h"
#include "run/host_impl.h"

#define EXP      8
#define FINE     100000000ll   /* of a unit of the quote, here */
#define FILLS    65536u        /* of a run */
#define MARK_NS  (60 * SECOND) /* a mark price is believed so long */
#define OFF_NS   (5 * SECOND)  /* an equity that is not what it should be, without a break */
#define RATE_ONE 1000000000    /* of funding */
#define USDT     "USDT"

struct line {     /* of a slot and an instrument */
    int64_t held; /* as the ledger counts it: spot 10^-8 of the base, else the instrument's */
    num128_t cost, realised; /* 10^-16 of the quote */
    int64_t fee, funding;
    uint32_t n;
};
struct quote {
    int64_t long_px, short_px; /* what a long, a short could be closed at */
    int64_t mark_px, last_px;
    agon_ns_t t_mark;
};
struct bytes_books {
    struct bytes *world;
    struct line lines[BYTES_SLOTS][BYTES_COINS];
    struct quote quotes[BYTES_COINS];
    int64_t rate_ppb; /* of the perpetual */
    agon_ns_t t_funding;
    int64_t cash[BYTES_SLOTS][BYTES_VENUES]; /* behind the event before */
    agon_ns_t t_off[BYTES_SLOTS];            /* equity is another than it should be since */
    uint8_t is_here[BYTES_SLOTS];
    struct map seen;
};

int bytes_books_new(struct bytes_books **books, struct bytes *world)
{
    *books = calloc(1, sizeof(**books));
    if (*books == NULL)
        return AGON_ENOMEM;
    (*books)->world = world;
    return map_init(&(*books)->seen, FILLS);
}

void bytes_books_free(struct bytes_books *books)
{
    if (books == NULL)
        return;
    map_deinit(&books->seen);
    free(books);
}

static int is_perpetual(const struct bytes_books *books, uint32_t coin)
{
    return books->world->instruments[coin].kind != INSTRUMENT_SPOT;
}

static int64_t cash_of(struct engine *engine, uint16_t slot, uint32_t account)
{
    return ledger_amt(engine_ledger(engine), (agon_account_t)account, slot,
                      instruments_find_asset(engine_instruments(engine), USDT));
}

int64_t bytes_books_amt(const struct bytes *world, uint32_t coin, int64_t px, int64_t qty)
{
    const struct host_instrument *instrument = &world->instruments[coin];
    int exp = EXP - instrument->px_exp - instrument->qty_exp;

    return (int64_t)((num128_t)px * qty * num_pow10(exp));
}

/* --- fills --- */

/* What closes goes at the average cost. Returns what it brought. */
static num128_t move(struct line *line, int64_t change, num128_t cost)
{
    num128_t result = 0;

    if (line->held != 0 && (line->held > 0) != (change > 0)) {
        int64_t have = llabs((long long)line->held), moved = llabs((long long)change);
        int64_t closed = moved < have ? moved : have;
        num128_t out = line->cost * closed / have, part = cost * closed / moved;

        result = -part - out;
        line->cost -= out;
        cost -= part;
    }
    line->held += change;
    line->cost += cost;
    line->n++;
    return result;
}

/* A fee in coins makes the position smaller, and what is left bears the whole cost. */
static void take_coins(struct line *line, int64_t fee, num128_t *result)
{
    line->held -= fee;
    if (line->cost == 0 || (line->held != 0 && (line->held > 0) == (line->cost > 0)))
        return;
    *result -= line->cost;
    line->cost = 0;
}

/* Returns what it moves of the money. */
static num128_t book(struct bytes_books *books, struct line *line, uint32_t coin, uint8_t side,
                     const struct record_report *report, const struct agon_instrument *instrument)
{
    int sign = side == AGON_BUY ? 1 : -1;
    int64_t amt = bytes_books_amt(books->world, coin, report->px, report->qty);
    num128_t cost = (num128_t)sign * amt * FINE, result, money;
    int64_t one = num_pow10(EXP - instrument->qty_exp);
    int is_base = !is_perpetual(books, coin) && report->fee_asset == instrument->base;

    result = move(line, sign * report->qty * (is_perpetual(books, coin) ? 1 : one), cost);
    if (is_base) {
        take_coins(line, report->fee_amt, &result);
        line->fee +=
            num_mul_div(report->px, report->fee_amt, num_pow10(instrument->px_exp), NUM_EVEN);
    } else {
        result -= (num128_t)report->fee_amt * FINE;
        line->fee += report->fee_amt;
    }
    line->realised += result;
    money = is_perpetual(books, coin) ? result : -cost;
    if (!is_perpetual(books, coin) && !is_base)
        money -= (num128_t)report->fee_amt * FINE;
    return money;
}

static int is_far(num128_t here, num128_t there, uint32_t n)
{
    num128_t off = here * FINE - there;

    return off > (num128_t)n * FINE || off < -(num128_t)n * FINE;
}

static void compare(struct bytes_books *books, struct engine *engine, uint16_t slot, uint32_t coin,
                    uint64_t seq)
{
    static const struct position none;
    const struct line *line = &books->lines[slot][coin];
    const struct position *pos = ledger_position(engine_ledger(engine), slot, coin + 1, 0);
    uint32_t n = line->n + 1;
    const char *what = NULL;

    pos = pos != NULL ? pos : &none;
    if (pos->held_amt != line->held)
        what = "quantity";
    else if (is_far(pos->cost_amt, line->cost, n))
        what = "cost";
    else if (is_far(pos->realised_amt, line->realised, n))
        what = "result";
    else if (llabs((long long)(pos->fee_amt - line->fee)) > n)
        what = "fees";
    if (what != NULL)
        bytes_fail(books->world, "inv-13",
                   "event %llu: slot %u, instrument %u: %s: %lld held at a cost of %lld, %lld "
                   "won, %lld of fees; by its fills %lld at %lld, %lld, %lld",
                   (unsigned long long)seq, slot, coin + 1, what, (long long)pos->held_amt,
                   (long long)pos->cost_amt, (long long)pos->realised_amt, (long long)pos->fee_amt,
                   (long long)line->held, (long long)(line->cost / FINE),
                   (long long)(line->realised / FINE), (long long)line->fee);
}

/* Each once, whoever told it. One that comes before its order is known, and does not say whether it
 * bought or sold, is nobody's yet. */
static int is_new(struct bytes_books *books, const struct record_report *report, uint8_t side)
{
    uint64_t key = hash_mix((uint64_t)side << 32 | report->hdr.instrument) ^ report->venue_fill;

    if (map_get(&books->seen, key, NULL))
        return 0;
    (void)map_put(&books->seen, key, 1);
    return 1;
}

static void on_fill(struct bytes_books *books, struct engine *engine,
                    const struct record_report *report)
{
    const struct order *order = orders_find(engine_orders(engine), report->order_id);
    const struct agon_instrument *instrument =
        instruments_get(engine_instruments(engine), report->hdr.instrument);
    uint8_t side = order != NULL ? order->side : report->side;
    uint32_t coin = report->hdr.instrument - 1, account;
    struct line *line;
    num128_t money;
    int64_t moved;

    if (report->px <= 0 || report->qty <= 0 || side == 0 || coin >= books->world->n_coins ||
        instrument == NULL ||
        (order != NULL &&
         (order->instrument != report->hdr.instrument || order->account != report->account)) ||
        !is_new(books, report, side) || order == NULL || order->slot >= BYTES_SLOTS)
        return;
    line = &books->lines[order->slot][coin];
    account = order->account;
    money = book(books, line, coin, side, report, instrument);
    compare(books, engine, order->slot, coin, report->hdr.seq);
    moved = cash_of(engine, order->slot, account) - books->cash[order->slot][account];
    if (is_far(moved, money, is_perpetual(books, coin) ? line->n + 2 : 0))
        bytes_fail(books->world, "inv-13",
                   "event %llu: a fill of slot %u moved its money by %lld, by what was traded it "
                   "is %lld",
                   (unsigned long long)report->hdr.seq, order->slot, (long long)moved,
                   (long long)(money / FINE));
}

/* --- funding --- */

static void on_funding(struct bytes_books *books, struct engine *engine,
                       const struct agon_funding *funding)
{
    uint32_t coin = funding->hdr.instrument - 1;
    agon_ns_t t = funding->hdr.t_venue != 0 ? funding->hdr.t_venue : engine_t(engine);
    int64_t px = funding->mark_px > 0 ? funding->mark_px : engine_mark_px(engine, coin + 1);
    int is_paid =
        books->t_funding != 0 && funding->t_next > books->t_funding && t >= books->t_funding;

    if (coin >= books->world->n_coins || !is_perpetual(books, coin))
        return;
    for (uint16_t slot = 0; slot < BYTES_SLOTS; slot++) {
        const struct position *pos = ledger_position(engine_ledger(engine), slot, coin + 1, 0);
        struct line *line = &books->lines[slot][coin];
        int64_t paid = (pos != NULL ? pos->funding_amt : 0) - line->funding, due = 0;

        if (is_paid)
            due = -num_mul_div(bytes_books_amt(books->world, coin, px, line->held), books->rate_ppb,
                               RATE_ONE, NUM_EVEN);
        if (llabs((long long)(paid - due)) > 1 ||
            (pos != NULL &&
             cash_of(engine, slot, pos->account) - books->cash[slot][pos->account] != paid))
            bytes_fail(books->world, "inv-13",
                       "event %llu: slot %u gets %lld of funding, by %lld ppb of %lld at %lld it "
                       "is %lld",
                       (unsigned long long)funding->hdr.seq, slot, (long long)paid,
                       (long long)books->rate_ppb, (long long)line->held, (long long)px,
                       (long long)due);
        line->funding += paid;
    }
    books->rate_ppb = funding->rate_ppb;
    books->t_funding = funding->t_next;
}

/* --- what it is worth --- */

static void look(struct bytes_books *books, const struct engine *engine,
                 const struct agon_event_hdr *event)
{
    uint32_t coin = event->instrument - 1;
    struct quote *quote = &books->quotes[coin < BYTES_COINS ? coin : 0];
    int64_t bid, ask;

    if (coin >= books->world->n_coins)
        return;
    if (event->type == AGON_EVENT_MARK &&
        ((const struct agon_value *)(const void *)event)->value > 0) {
        quote->mark_px = ((const struct agon_value *)(const void *)event)->value;
        quote->t_mark = engine_t(engine);
    } else if (event->type == AGON_EVENT_TRADE) {
        quote->last_px = ((const struct agon_trade *)(const void *)event)->px;
    } else if (event->type != AGON_EVENT_BOOK_DELTA && event->type != AGON_EVENT_BOOK_SNAPSHOT) {
        return;
    }
    if (quote->mark_px > 0 && engine_t(engine) - quote->t_mark <= MARK_NS) {
        quote->long_px = quote->short_px = quote->mark_px;
    } else if (bytes_best_of(engine, coin + 1, &bid, &ask)) {
        quote->long_px = bid;
        quote->short_px = ask;
    } else if (engine_book_state(engine, coin + 1) == BOOK_COLD && quote->last_px > 0) {
        quote->long_px = quote->short_px = quote->last_px;
    }
}

int64_t bytes_books_px(const struct bytes_books *books, uint32_t coin)
{
    const struct quote *quote = &books->quotes[coin];

    return quote->long_px > quote->short_px ? quote->long_px : quote->short_px;
}

static int64_t equity_of(const struct bytes_books *books, struct engine *engine, uint16_t slot)
{
    int64_t equity = 0;

    for (uint32_t account = 0; account < books->world->swarm.n_venues; account++)
        equity += cash_of(engine, slot, account);
    for (uint32_t coin = 0; coin < books->world->n_coins; coin++) {
        const struct line *line = &books->lines[slot][coin];
        const struct quote *quote = &books->quotes[coin];
        int64_t px = line->held > 0 ? quote->long_px : quote->short_px;
        int64_t cost = (int64_t)(line->cost / FINE);

        if (line->held == 0)
            continue;
        if (is_perpetual(books, coin))
            equity += px > 0 ? bytes_books_amt(books->world, coin, px, line->held) - cost : 0;
        else // without any price it is worth what it cost
            equity += px > 0
                          ? num_mul_div(px, line->held,
                                        num_pow10(books->world->instruments[coin].px_exp), NUM_DOWN)
                          : cost;
    }
    return equity;
}

static void check_equity(struct bytes_books *books, struct engine *engine, uint16_t slot,
                         uint64_t seq)
{
    int64_t here = engine_risk(engine, slot)->equity_amt, slack = 0;
    int64_t there = equity_of(books, engine, slot);
    agon_ns_t t = engine_t(engine);

    for (uint32_t coin = 0; coin < books->world->n_coins; coin++)
        slack += books->lines[slot][coin].n + 2;
    // A price counts from the next one on that differs.
    if (llabs((long long)(here - there)) <= slack) {
        books->t_off[slot] = 0;
        return;
    }
    if (books->t_off[slot] == 0)
        books->t_off[slot] = t;
    if (t - books->t_off[slot] > OFF_NS)
        bytes_fail(books->world, "inv-10",
                   "event %llu: the loss limits of slot %u are judged by an equity of %lld, by its "
                   "money and its positions it is %lld",
                   (unsigned long long)seq, slot, (long long)here, (long long)there);
}

void bytes_books_stepped(struct bytes_books *books, struct engine *engine,
                         const struct agon_event_hdr *event)
{
    const struct slots *slots = engine_slots(engine);
    const struct record_report *report = (const struct record_report *)(const void *)event;

    look(books, engine, event);
    if (event->type == EVENT_REPORT && report->kind == REPORT_FILL)
        on_fill(books, engine, report);
    if (event->type == AGON_EVENT_FUNDING)
        on_funding(books, engine, (const struct agon_funding *)(const void *)event);
    for (uint16_t slot = 0; slot < BYTES_SLOTS; slot++) {
        int is_here = slot < slots->n && slots->all[slot].is_used;

        // Who comes into its place begins with nothing.
        if (!is_here && books->is_here[slot])
            memset(books->lines[slot], 0, sizeof(books->lines[slot]));
        books->is_here[slot] = (uint8_t)is_here;
        for (uint32_t account = 0; account < books->world->swarm.n_venues; account++)
            books->cash[slot][account] = cash_of(engine, slot, account);
        if (is_here)
            check_equity(books, engine, slot, event->seq);
        else
            books->t_off[slot] = 0;
    }
}
