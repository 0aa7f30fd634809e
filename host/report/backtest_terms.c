// SPDX-License-Identifier: Apache-2.0
#include "report/backtest_terms.h"

#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/num.h"
#include "market/instrument_kind.h"

struct figures_money backtest_base(const struct backtest *result)
{
    const struct instruments *table = engine_instruments(result->engine);
    const struct asset *base = instruments_asset(table, table->base_currency);

    return (struct figures_money){.name = base != NULL ? base->name : "?",
                                  .exp = base != NULL ? base->exp : 8};
}

const char *backtest_kind_name(uint8_t kind)
{
    static const char *const names[] = {"?", "raw stream", "trades", "bars", "generated"};

    return kind <= TAPE_GENERATED ? names[kind] : "?";
}

double backtest_share(const struct risk_slot *risk)
{
    return risk->breach_base_amt > 0 ? (double)risk->breach_amt / (double)risk->breach_base_amt
                                     : 0.0;
}

static double ms_of(const struct received *received, double quantile)
{
    struct hist ways;

    hist_of_small(&ways, &received->ways);
    return (double)hist_quantile(&ways, quantile) / 1e6;
}

const char *backtest_received(const struct backtest *result, uint32_t i,
                              char text[BACKTEST_ASSUMED_TEXT])
{
    const struct received *received = &result->tapes[i].received;

    text[0] = '\0';
    if (received->n_stamped > 0)
        snprintf(text, BACKTEST_ASSUMED_TEXT,
                 "agents heard it when it had been received, %.3g ms (median) and %.3g ms (99 %%) "
                 "after it was sent; orders met the exchange's book of their own time",
                 ms_of(received, 0.5), ms_of(received, 0.99));
    return text;
}

json_t *backtest_received_json(const struct backtest_tape *tape)
{
    const struct received *received = &tape->received;

    if (received->n == 0)
        return NULL;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f}", "messages",
                     (json_int_t)received->n, "stamped", (json_int_t)received->n_stamped, "early",
                     (json_int_t)received->n_early, "long", (json_int_t)received->n_long,
                     "clock_behind_ns", (json_int_t)received->clock_ns, "least_ms",
                     (double)received->least_ns / 1e6, "median_ms", ms_of(received, 0.5), "p99_ms",
                     ms_of(received, 0.99), "most_ms", (double)received->most_ns / 1e6);
}

const char *backtest_clock(const struct backtest *result, uint32_t i,
                           char text[BACKTEST_ASSUMED_TEXT])
{
    const struct backtest_tape *tape = &result->tapes[i];
    const struct received *received = &tape->received;

    if (received->n > 0 && received->n_stamped == 0)
        snprintf(text, BACKTEST_ASSUMED_TEXT,
                 "%.200s: nothing in it says when it was sent; it was taken for received at once",
                 tape->path);
    else if (received->clock_ns > 0)
        snprintf(text, BACKTEST_ASSUMED_TEXT,
                 "%.200s: its clock is behind the exchange's: %llu of %llu messages were received "
                 "before they were sent by it, one by %.6g ms; that was taken off, as if the "
                 "fastest had taken no time",
                 tape->path, (unsigned long long)received->n_early,
                 (unsigned long long)received->n_stamped, (double)received->clock_ns / 1e6);
    else if (received->n_long > 0)
        snprintf(text, BACKTEST_ASSUMED_TEXT,
                 "%.200s: %llu messages were received more than 10 s after their stamps; 10 s were "
                 "assumed of them",
                 tape->path, (unsigned long long)received->n_long);
    else
        return NULL;
    return text;
}

static const char *fees_from(const struct backtest *result, const struct listed *listed)
{
    return result->has_maker_fee && result->has_taker_fee ? "as said"
           : result->has_maker_fee                        ? "that of a maker as said"
           : result->has_taker_fee                        ? "that of a taker as said"
           : listed->has_fees                             ? "by its listing"
                                                          : "as the venue publishes them";
}

static const char *band_text(const struct rules *rules, char text[160])
{
    const double ppm = RULES_PPM;
    int n = 0;

    text[0] = '\0';
    for (int side = AGON_BUY; side <= AGON_SELL; side++) {
        const char *whose = side == AGON_BUY ? "buys" : "sells";

        if (rules->up_ppm[side] == 0 && rules->down_ppm[side] == 0)
            continue;
        n += snprintf(text + n, 160 - (size_t)n, "%s%s", n > 0 ? ", " : "", whose);
        if (rules->down_ppm[side] != 0)
            n += snprintf(text + n, 160 - (size_t)n, " from %g", rules->down_ppm[side] / ppm);
        if (rules->up_ppm[side] != 0)
            n += snprintf(text + n, 160 - (size_t)n, " to %g", rules->up_ppm[side] / ppm);
    }
    if (n > 0 && rules->market == RULES_UM)
        (void)snprintf(text + n, 160 - (size_t)n, " times the mark (or the last price)");
    else if (n > 0)
        (void)snprintf(text + n, 160 - (size_t)n, " times the mean of %u min", rules->band_minutes);
    return text;
}

/* Of two of one symbol, what each is: " spot", " perpetual". */
static const char *which_of(const struct backtest *result, uint32_t i)
{
    const struct agon_instrument *record = &result->listed[i].record;

    for (uint32_t k = 0; k < result->n_listed; k++) {
        if (k != i && strcmp(result->listed[k].record.symbol, record->symbol) == 0)
            return instrument_kind_has_coins(record->kind) ? " spot" : " perpetual";
    }
    return "";
}

static const char *terms(const struct backtest *result, uint32_t i, int is_apart,
                         char text[BACKTEST_ASSUMED_TEXT])
{
    const struct listed *listed = &result->listed[i];
    const struct rules *rules = &listed->rules;
    char plain[2][NUM_TEXT], apart[2][MONEY_TEXT], band[160];
    const char *most = is_apart ? apart[0] : plain[0];
    const char *notional = is_apart ? apart[1] : plain[1];
    size_t n = (size_t)snprintf(
        text, BACKTEST_ASSUMED_TEXT, "%s%s: fees %g %% (maker) and %g %% (taker), %s",
        listed->record.symbol, which_of(result, i), listed->record.maker_fee_ppb / 1e7,
        listed->record.taker_fee_ppb / 1e7, fees_from(result, listed));

    if (!listed->has_rules) {
        (void)snprintf(text + n, BACKTEST_ASSUMED_TEXT - n,
                       "; no price band, and no bound of orders at market, of notional or of open "
                       "orders is known, and none was held to");
        return text;
    }
    num_format_short(rules->market_max_qty, listed->record.qty_exp, plain[0]);
    num_format_short(rules->max_notional_amt, 8, plain[1]);
    for (int k = 0; k < 2; k++)
        (void)money_apart(plain[k], apart[k]);
    band_text(rules, band);
    n += (size_t)snprintf(text + n, BACKTEST_ASSUMED_TEXT - n,
                          "; orders: at market at most %s, notional at most %s, limits %s",
                          rules->market_max_qty > 0 ? most : "as others",
                          rules->max_notional_amt > 0 ? notional : "anything",
                          band[0] != '\0' ? band : "at any price");
    if (rules->max_orders > 0)
        (void)snprintf(text + n, BACKTEST_ASSUMED_TEXT - n, ", %u open, %u of them stops",
                       rules->max_orders, rules->max_stops);
    return text;
}

const char *backtest_terms(const struct backtest *result, uint32_t i,
                           char text[BACKTEST_ASSUMED_TEXT])
{
    return terms(result, i, 1, text);
}

json_t *backtest_terms_json(const struct backtest *result, uint32_t i)
{
    const struct listed *listed = &result->listed[i];
    char text[BACKTEST_ASSUMED_TEXT];

    return json_pack("{s:f, s:f, s:s, s:b, s:s}", "maker", listed->record.maker_fee_ppb / 1e9,
                     "taker", listed->record.taker_fee_ppb / 1e9, "fees", fees_from(result, listed),
                     "has_rules", (int)listed->has_rules, "text", terms(result, i, 0, text));
}

static const char *leg_text(const struct latency *latency, enum latency_leg leg, char text[48])
{
    const struct latency_model *model = &latency->legs[leg];

    if (model->kind == LATENCY_CONSTANT)
        snprintf(text, 48, "%g ms", (double)model->median_ns / 1e6);
    else
        snprintf(text, 48, "%g ms (median, sigma %g)", (double)model->median_ns / 1e6,
                 model->sigma);
    return text;
}

const char *backtest_ways(const struct backtest *result, char text[BACKTEST_ASSUMED_TEXT])
{
    char legs[LATENCY_LEGS][48];

    snprintf(text, BACKTEST_ASSUMED_TEXT,
             "latency: orders %s, reports %s, market data %s where no recording has it; of what "
             "comes at one time closed bars are first, then files in the order in which they were "
             "named, then orders that arrive",
             leg_text(&result->latency, LATENCY_ENTRY, legs[0]),
             leg_text(&result->latency, LATENCY_ACK, legs[1]),
             leg_text(&result->latency, LATENCY_MARKET, legs[2]));
    return text;
}

json_t *backtest_ways_json(const struct backtest *result)
{
    static const char *const names[LATENCY_LEGS] = {"data", "order", "report"};
    char text[BACKTEST_ASSUMED_TEXT];
    json_t *all = json_object();

    for (int leg = 0; leg < LATENCY_LEGS; leg++) {
        const struct latency_model *model = &result->latency.legs[leg];

        json_object_set_new(all, names[leg],
                            json_pack("{s:f, s:f}", "median_ms", (double)model->median_ns / 1e6,
                                      "sigma", model->sigma));
    }
    json_object_set_new(all, "text", json_string(backtest_ways(result, text)));
    return all;
}

const char *backtest_cards(const struct backtest *result, char text[BACKTEST_ASSUMED_TEXT])
{
    const struct backtest_cards *cards = &result->cards;

    if (cards->n == 0)
        return NULL;
    (void)snprintf(text, BACKTEST_ASSUMED_TEXT,
                   "%u cards of %s with shares of %s, all there and cool to the end: %llu leases "
                   "granted, %llu waited, %llu put out; %llu jobs, whose time is their delay, in "
                   "%llu chunks, %llu times another went first",
                   cards->n, engine_cards_profile(result->engine),
                   engine_cards_shares(result->engine), (unsigned long long)cards->n_granted,
                   (unsigned long long)cards->n_queued, (unsigned long long)cards->n_evicted,
                   (unsigned long long)cards->n_jobs, (unsigned long long)cards->n_chunks,
                   (unsigned long long)cards->n_preempted);
    return text;
}

json_t *backtest_cards_json(const struct backtest *result)
{
    const struct backtest_cards *cards = &result->cards;

    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "profile",
                     engine_cards_profile(result->engine), "shares",
                     engine_cards_shares(result->engine), "cards", (json_int_t)cards->n, "granted",
                     (json_int_t)cards->n_granted, "queued", (json_int_t)cards->n_queued, "evicted",
                     (json_int_t)cards->n_evicted, "jobs", (json_int_t)cards->n_jobs, "chunks",
                     (json_int_t)cards->n_chunks, "preempted", (json_int_t)cards->n_preempted);
}
