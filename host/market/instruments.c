// SPDX-License-Identifier: Apache-2.0
#include "market/instruments.h"

#include <stdlib.h>

#include "base/hot.h"
#include "base/utf8.h"
#include "market/instrument_kind.h"

__extension__ typedef unsigned __int128 wide_t;

int instruments_init(struct instruments *table)
{
    return instruments_init_for(table, INSTRUMENTS_MAX);
}

int instruments_init_for(struct instruments *table, uint32_t n)
{
    memset(table, 0, sizeof(*table));
    table->room = n < INSTRUMENTS_MAX ? n : INSTRUMENTS_MAX;
    table->assets = calloc(ASSETS_MAX + 1, sizeof(*table->assets));
    table->all = calloc((size_t)table->room + 1, sizeof(*table->all));
    table->scales = calloc((size_t)table->room + 1, sizeof(*table->scales));
    if (table->assets == NULL || table->all == NULL || table->scales == NULL) {
        instruments_deinit(table);
        return AGON_ENOMEM;
    }
    return AGON_OK;
}

void instruments_deinit(struct instruments *table)
{
    free(table->assets);
    free(table->all);
    free(table->scales);
    memset(table, 0, sizeof(*table));
}

static int is_text(const char *text, size_t room)
{
    return text[0] != '\0' && memchr(text, '\0', room) != NULL;
}

// Names come from outside: in an error text they stand without control characters.
static void wrap(struct error *err, const char *what, uint32_t id, const char *name, size_t room)
{
    char shown[160];

    utf8_escape(name, strnlen(name, room), shown, sizeof(shown));
    error_wrap(err, "%s %u \"%s\"", what, id, shown);
}

static int is_exp(int exp)
{
    return exp >= 0 && exp <= NUM_EXP_MAX;
}

static int is_asset(const struct instruments *table, agon_asset_t id)
{
    return id > 0 && id <= table->n_assets;
}

static int check_identity(const struct instruments *table, const struct agon_instrument *event,
                          struct error *err)
{
    agon_instrument_t id = event->hdr.instrument;
    const struct agon_instrument *old = instruments_get(table, id);
    int is_index = !instrument_kind_is_traded(event->kind);
    agon_instrument_t namesake;

    if (id == 0 || id > table->room)
        return error_set(err, AGON_EINVAL, "id is outside 1 to %u", table->room);
    if (old == NULL && id != table->n_instruments + 1)
        return error_set(err, AGON_EINVAL, "id is out of order: the next one is %u",
                         table->n_instruments + 1);
    if (!is_text(event->symbol, sizeof(event->symbol)))
        return error_set(err, AGON_EINVAL, "symbol is empty or has no end");
    if (event->venue > VENUES_MAX)
        return error_set(err, AGON_EINVAL, "venue %u is above %d", event->venue, VENUES_MAX);
    if (!instrument_kind_is(event->kind))
        return error_set(err, AGON_EINVAL, "there is no kind %u", event->kind);
    if (!is_exp(event->px_exp) || !is_exp(event->qty_exp) || !is_exp(event->multiplier_exp))
        return error_set(err, AGON_EINVAL,
                         "an exponent is outside 0 to %d (price %d, quantity %d, multiplier %d)",
                         NUM_EXP_MAX, event->px_exp, event->qty_exp, event->multiplier_exp);
    if (!is_asset(table, event->quote) || (!is_index && !is_asset(table, event->base)) ||
        (!is_index && !is_asset(table, event->settle)) || event->base > table->n_assets ||
        event->settle > table->n_assets)
        return error_set(err, AGON_EINVAL,
                         "unknown asset (base %u, quote %u, settlement %u): assets come first",
                         event->base, event->quote, event->settle);
    if (event->predecessor >= id)
        return error_set(err, AGON_EINVAL, "predecessor %u is not an older instrument",
                         event->predecessor);
    if (old != NULL &&
        (old->px_exp != event->px_exp || old->qty_exp != event->qty_exp ||
         old->multiplier_exp != event->multiplier_exp || old->venue != event->venue ||
         old->kind != event->kind || old->base != event->base || old->quote != event->quote ||
         old->settle != event->settle))
        return error_set(err, AGON_EINVAL,
                         "exponent, venue, kind or asset changed: that takes a new id, with this "
                         "one as its predecessor");
    namesake = instruments_find(table, event->venue, event->symbol);
    if (namesake != 0 && namesake != id && namesake != event->predecessor)
        return error_set(err, AGON_EINVAL, "symbol is taken by instrument %u", namesake);
    return AGON_OK;
}

static int check_filters(const struct agon_instrument *event, struct error *err)
{
    if (event->tick_px <= 0)
        return error_set(err, AGON_EINVAL, "tick %lld is not above 0", (long long)event->tick_px);
    if (event->lot_qty <= 0)
        return error_set(err, AGON_EINVAL, "lot %lld is not above 0", (long long)event->lot_qty);
    if (event->min_qty < 0 || event->max_qty < 0 || event->min_notional_amt < 0 ||
        event->min_px < 0 || event->max_px < 0)
        return error_set(err, AGON_EINVAL, "a limit on quantity, price or notional is below 0");
    if (event->multiplier < 0)
        return error_set(err, AGON_EINVAL, "multiplier %lld is below 0",
                         (long long)event->multiplier);
    return AGON_OK;
}

static inline int amt_exp_of(const struct instruments *table,
                             const struct agon_instrument *instrument)
{
    const struct asset *settle = instruments_asset(table, instrument->settle);

    return settle != NULL ? settle->exp : 0;
}

// Is a notional price times quantity, and nothing else?
static inline int is_plain(const struct agon_instrument *instrument)
{
    return !instrument_kind_is_in_base(instrument->kind) &&
           (instrument->multiplier == 0 ||
            (instrument->multiplier == 1 && instrument->multiplier_exp == 0));
}

#define SCALES 9
static const int64_t scales[SCALES] = {1,      10,      100,      1000,     10000,
                                       100000, 1000000, 10000000, 100000000};

/* What price times quantity is to be multiplied by, where that is all; 0: it is not. */
static inline int64_t scale_of(const struct instruments *table,
                               const struct agon_instrument *instrument)
{
    int shift = amt_exp_of(table, instrument) - instrument->px_exp - instrument->qty_exp;

    return is_plain(instrument) && shift >= 0 && shift < SCALES ? scales[shift] : 0;
}

int instruments_set(struct instruments *table, const struct agon_instrument *event,
                    struct error *err)
{
    agon_instrument_t id = event->hdr.instrument;
    int rc;

    if (event->hdr.type != AGON_EVENT_INSTRUMENT || event_bytes(&event->hdr) != sizeof(*event))
        return error_set(err, AGON_EINVAL, "not an INSTRUMENT record (type %u, %u granules)",
                         event->hdr.type, event->hdr.granules);
    rc = check_identity(table, event, err);
    if (rc >= 0)
        rc = check_filters(event, err);
    if (rc < 0) {
        wrap(err, "instrument", id, event->symbol, sizeof(event->symbol));
        return rc;
    }
    table->all[id] = *event;
    table->scales[id] = scale_of(table, event);
    if (id > table->n_instruments)
        table->n_instruments = id;
    return AGON_OK;
}

static int check_asset(const struct instruments *table, const struct record_asset *event,
                       struct error *err)
{
    agon_asset_t id = event->asset;
    agon_asset_t namesake;

    if (id == 0 || id > ASSETS_MAX)
        return error_set(err, AGON_EINVAL, "id is outside 1 to %d", ASSETS_MAX);
    if (id > table->n_assets + 1)
        return error_set(err, AGON_EINVAL, "id is out of order: the next one is %u",
                         table->n_assets + 1);
    if (!is_text(event->name, sizeof(event->name)))
        return error_set(err, AGON_EINVAL, "name is empty or has no end");
    if (!is_exp(event->exp))
        return error_set(err, AGON_EINVAL, "exponent %d is outside 0 to %d", event->exp,
                         NUM_EXP_MAX);
    if (is_asset(table, id) && table->assets[id].exp != event->exp)
        return error_set(err, AGON_EINVAL, "exponent changed from %d to %d: it is fixed",
                         table->assets[id].exp, event->exp);
    namesake = instruments_find_asset(table, event->name);
    if (namesake != 0 && namesake != id)
        return error_set(err, AGON_EINVAL, "name is taken by asset %u", namesake);
    if (event->is_base_currency && table->base_currency != 0 && table->base_currency != id)
        return error_set(err, AGON_EINVAL, "asset %u is the base currency: there is one",
                         table->base_currency);
    return AGON_OK;
}

int instruments_set_asset(struct instruments *table, const struct record_asset *event,
                          struct error *err)
{
    int rc = check_asset(table, event, err);
    agon_asset_t id = event->asset;

    if (rc < 0) {
        wrap(err, "asset", id, event->name, sizeof(event->name));
        return rc;
    }
    memset(&table->assets[id], 0, sizeof(table->assets[id]));
    memcpy(table->assets[id].name, event->name, strlen(event->name));
    table->assets[id].exp = event->exp;
    if (event->is_base_currency)
        table->base_currency = id;
    if (id > table->n_assets)
        table->n_assets = id;
    return AGON_OK;
}

agon_instrument_t instruments_find(const struct instruments *table, uint16_t venue,
                                   const char *symbol)
{
    for (agon_instrument_t id = table->n_instruments; id > 0; id--) {
        if (table->all[id].venue == venue && strcmp(table->all[id].symbol, symbol) == 0)
            return id;
    }
    return 0;
}

agon_asset_t instruments_find_asset(const struct instruments *table, const char *name)
{
    for (agon_asset_t id = table->n_assets; id > 0; id--) {
        if (strcmp(table->assets[id].name, name) == 0)
            return id;
    }
    return 0;
}

/* A number of 256 bits, for products of up to four factors of 63 bits. */
struct huge {
    uint64_t limb[4]; /* lowest first */
};

static void multiply(struct huge *value, uint64_t factor)
{
    uint64_t carry = 0;

    for (int i = 0; i < 4; i++) {
        wide_t product = (wide_t)value->limb[i] * factor + carry;

        value->limb[i] = (uint64_t)product;
        carry = (uint64_t)(product >> 64);
    }
}

static uint64_t divide(struct huge *value, uint64_t divisor)
{
    uint64_t rest = 0;

    for (int i = 3; i >= 0; i--) {
        wide_t part = (wide_t)rest << 64 | value->limb[i];

        value->limb[i] = (uint64_t)(part / divisor);
        rest = (uint64_t)(part % divisor);
    }
    return rest;
}

/* Rounds the magnitude value / divisor, where something was cut off below it before (is_inexact).
 * With several divisors the last one is even, so that half of it is a whole number and a cut-off
 * part can only decide a tie. */
static int64_t round_last(struct huge *value, uint64_t divisor, int is_inexact, int is_negative,
                          enum num_round round)
{
    uint64_t rest = divide(value, divisor);
    int is_up = 0;
    int64_t result;

    if (rest != 0 || is_inexact) {
        if (round == NUM_AWAY || round == (is_negative ? NUM_DOWN : NUM_UP))
            is_up = 1;
        else if (round == NUM_EVEN)
            is_up = rest > divisor - rest ||
                    (rest == divisor - rest && (is_inexact || (value->limb[0] & 1) != 0));
    }
    if ((value->limb[1] | value->limb[2] | value->limb[3]) != 0 ||
        value->limb[0] > (uint64_t)NUM_MAX - (uint64_t)is_up)
        result = NUM_MAX;
    else
        result = (int64_t)(value->limb[0] + (uint64_t)is_up);
    return is_negative ? -result : result;
}

static agon_amt_t notional_wide(const struct agon_instrument *instrument, int amt_exp, agon_px_t px,
                                agon_qty_t qty, enum num_round round)
{
    int is_inverse = instrument_kind_is_in_base(instrument->kind);
    int64_t multiplier = instrument->multiplier;
    int multiplier_exp = instrument->multiplier_exp;
    int is_negative = (px < 0) != (qty < 0);
    struct huge value = {{1, 0, 0, 0}};
    uint64_t last = 1;
    int is_inexact = 0;
    int shift; // decimal digits to drop

    if (multiplier == 0) {
        multiplier = 1;
        multiplier_exp = 0;
    }
    if (is_inverse && px == 0)
        return 0;
    multiply(&value, (uint64_t)num_abs(qty));
    multiply(&value, (uint64_t)multiplier);
    shift = instrument->qty_exp + multiplier_exp - amt_exp;
    if (is_inverse) {
        shift -= instrument->px_exp;
    } else {
        multiply(&value, (uint64_t)num_abs(px));
        shift += instrument->px_exp;
    }
    for (; shift < 0; shift += -shift < NUM_EXP_MAX ? -shift : NUM_EXP_MAX)
        multiply(&value, (uint64_t)num_pow10(-shift < NUM_EXP_MAX ? -shift : NUM_EXP_MAX));
    if (is_inverse) {
        if (shift == 0)
            return round_last(&value, (uint64_t)num_abs(px), 0, is_negative, round);
        is_inexact |= divide(&value, (uint64_t)num_abs(px)) != 0;
    }
    for (; shift > NUM_EXP_MAX; shift -= NUM_EXP_MAX)
        is_inexact |= divide(&value, (uint64_t)num_pow10(NUM_EXP_MAX)) != 0;
    if (shift > 0)
        last = (uint64_t)num_pow10(shift);
    return round_last(&value, last, is_inexact, is_negative, round);
}

HOT agon_amt_t instruments_notional(const struct instruments *table,
                                    const struct agon_instrument *instrument, agon_px_t px,
                                    agon_qty_t qty, enum num_round round)
{
    int amt_exp = amt_exp_of(table, instrument);

    if (is_plain(instrument)) {
        int64_t scale = scale_of(table, instrument);
        int64_t narrow, scaled;

        // Most need no rounding and fit 63 bits.
        if (scale > 0 && !__builtin_mul_overflow(px, qty, &narrow) &&
            !__builtin_mul_overflow(narrow, scale, &scaled) && scaled >= NUM_MIN)
            return scaled;
        return num_notional(px, instrument->px_exp, qty, instrument->qty_exp, amt_exp, round);
    }
    return notional_wide(instrument, amt_exp, px, qty, round);
}

void instruments_save(const struct instruments *table, struct enc *enc)
{
    enc_u32(enc, table->n_assets);
    enc_u32(enc, table->base_currency);
    for (agon_asset_t id = 1; id <= table->n_assets; id++) {
        enc_bytes(enc, table->assets[id].name, sizeof(table->assets[id].name));
        enc_u8(enc, (uint8_t)table->assets[id].exp);
    }
    enc_u32(enc, table->n_instruments);
    for (agon_instrument_t id = 1; id <= table->n_instruments; id++) {
        const struct agon_instrument *one = &table->all[id];

        enc_u64(enc, one->hdr.seq);
        enc_i64(enc, one->hdr.t_venue);
        enc_i64(enc, one->hdr.t);
        enc_u16(enc, one->venue);
        enc_u8(enc, one->kind);
        enc_u8(enc, one->state);
        enc_u8(enc, (uint8_t)one->px_exp);
        enc_u8(enc, (uint8_t)one->qty_exp);
        enc_u8(enc, (uint8_t)one->multiplier_exp);
        enc_u32(enc, one->predecessor);
        enc_u32(enc, one->base);
        enc_u32(enc, one->quote);
        enc_u32(enc, one->settle);
        enc_u32(enc, (uint32_t)one->maker_fee_ppb);
        enc_u32(enc, (uint32_t)one->taker_fee_ppb);
        enc_bytes(enc, one->symbol, sizeof(one->symbol));
        enc_i64(enc, one->tick_px);
        enc_i64(enc, one->lot_qty);
        enc_i64(enc, one->min_qty);
        enc_i64(enc, one->max_qty);
        enc_i64(enc, one->min_notional_amt);
        enc_i64(enc, one->multiplier);
        enc_i64(enc, one->min_px);
        enc_i64(enc, one->max_px);
        enc_i64(enc, one->t_expiry);
    }
}

static void load_assets(struct instruments *table, struct dec *dec)
{
    uint32_t n = dec_u32(dec);
    agon_asset_t base_currency = dec_u32(dec);

    for (agon_asset_t id = 1; id <= n && dec_is_ok(dec); id++) {
        struct record_asset event = {.asset = id, .is_base_currency = id == base_currency};

        dec_bytes(dec, event.name, sizeof(event.name));
        event.exp = (int8_t)dec_u8(dec);
        if (!dec_is_ok(dec) || instruments_set_asset(table, &event, NULL) < 0)
            dec_fail(dec);
    }
    if (table->base_currency != base_currency)
        dec_fail(dec);
}

static void load_instrument(struct instruments *table, struct dec *dec, agon_instrument_t id)
{
    struct agon_instrument one = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = id}};

    one.hdr.seq = dec_u64(dec);
    one.hdr.t_venue = dec_i64(dec);
    one.hdr.t = dec_i64(dec);
    one.venue = dec_u16(dec);
    one.kind = dec_u8(dec);
    one.state = dec_u8(dec);
    one.px_exp = (int8_t)dec_u8(dec);
    one.qty_exp = (int8_t)dec_u8(dec);
    one.multiplier_exp = (int8_t)dec_u8(dec);
    one.predecessor = dec_u32(dec);
    one.base = dec_u32(dec);
    one.quote = dec_u32(dec);
    one.settle = dec_u32(dec);
    one.maker_fee_ppb = (int32_t)dec_u32(dec);
    one.taker_fee_ppb = (int32_t)dec_u32(dec);
    dec_bytes(dec, one.symbol, sizeof(one.symbol));
    one.tick_px = dec_i64(dec);
    one.lot_qty = dec_i64(dec);
    one.min_qty = dec_i64(dec);
    one.max_qty = dec_i64(dec);
    one.min_notional_amt = dec_i64(dec);
    one.multiplier = dec_i64(dec);
    one.min_px = dec_i64(dec);
    one.max_px = dec_i64(dec);
    one.t_expiry = dec_i64(dec);
    if (!dec_is_ok(dec) || instruments_set(table, &one, NULL) < 0)
        dec_fail(dec);
}

int instruments_load(struct instruments *table, struct dec *dec)
{
    uint32_t n;

    table->n_assets = 0;
    table->n_instruments = 0;
    table->base_currency = 0;
    load_assets(table, dec);
    n = dec_u32(dec);
    for (agon_instrument_t id = 1; id <= n && dec_is_ok(dec); id++)
        load_instrument(table, dec, id);
    if (!dec_is_ok(dec)) {
        table->n_assets = 0;
        table->n_instruments = 0;
        table->base_currency = 0;
        return AGON_ECORRUPT;
    }
    return AGON_OK;
}
