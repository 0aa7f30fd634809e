// SPDX-License-Identifier: Apache-2.0
/* bars: candles of 1m 3m 5m 10m 15m 1h 4h 1d from trades.
 *
 * A trade belongs to the interval that holds its venue time (its engine time where the venue gave
 * none), [open, open + length), aligned to 1970 UTC as the venues align theirs. A bar closes with
 * the first trade of a later interval or when engine time has passed its end by the grace; an
 * interval without a trade gives a flat bar at the last close, volume 0, once the instrument has
 * traded. A trade that comes after its minute closed is counted late and changes no bar, so that
 * each length is the sum of its minutes. Bars come out by their end and, where ends are equal, the
 * shortest first, whether a trade or the clock closed them. A hole of more than BARS_FLAT_MAX
 * minutes is not filled: every length closes what was open and goes on after the hole.
 *
 * Where bars are given and their length is not a minute (bars_set_base), what is said here of
 * minutes is true of that length: longer ones are built of it where they divide. [core] */
#ifndef MARKET_BARS_H
#define MARKET_BARS_H

#include "base/codec.h"
#include "market/records.h"

#define BARS_LENGTHS  8
#define BARS_GRACE_NS ((agon_ns_t)250 * 1000 * 1000) /* unless somebody knows better */
#define BARS_FLAT_MAX                                                                              \
    100 /* minutes: with the longer bars that end among them, under the 255 events                 \
           that one cause may have */
/* Lengths in seconds, by their place. */
#define BARS_EACH_LENGTH(X)                                                                        \
    X(0, 60) X(1, 180) X(2, 300) X(3, 600) X(4, 900) X(5, 3600) X(6, 14400) X(7, 86400)

/* 1 << its place; 0: it is none of them. */
static inline uint32_t bars_length_bit(uint32_t length_s)
{
    switch (length_s) {
#define BARS_LENGTH_BIT(place, s)                                                                  \
    case s:                                                                                        \
        return 1u << (place);
        BARS_EACH_LENGTH(BARS_LENGTH_BIT)
#undef BARS_LENGTH_BIT
    default:
        return 0;
    }
}
extern const uint32_t bars_length_s[BARS_LENGTHS];

struct bars { /* of one instrument; plain data without pointers */
    agon_instrument_t instrument;
    int8_t px_exp, qty_exp, quote_exp; /* turnover is in 10^-quote_exp of the quote asset */
    uint8_t has_traded;
    uint8_t wanted;  /* longer lengths that are built, a bit each; all of them unless it was said */
    uint32_t base_s; /* of the shortest: 60 */
    agon_px_t last_px;
    uint64_t n_late;
    /* Valid once has_traded. The minute takes trades; the longer ones hold their closed minutes,
     * but for those in part, which they get together when the first of them ends, and those from
     * ten minutes on for what is in later, when one of these does. */
    struct agon_bar open[BARS_LENGTHS];
    struct agon_bar part, later;
    agon_ns_t t_end, t_later; /* of that one, and of the first of these */
};
typedef void (*bars_emit_fn)(void *ctx, const struct agon_bar *bar);

void bars_init(struct bars *bars, agon_instrument_t instrument, int px_exp, int qty_exp,
               int quote_exp);
/* The shortest bars are of that length. It is the caller's to keep, and to set again after
 * bars_load. AGON_EINVAL: no whole number of them makes a day, or what is open is none of them. */
int bars_set_base(struct bars *bars, uint32_t length_s);
/* From now on longer bars of these lengths are built, and no others (bars_length_bit). One that
 * begins meanwhile lacks what was before, as the first ones of all do. */
void bars_want(struct bars *bars, uint32_t lengths);
/* Takes a trade; emits the bars it closes. Emitted hdr: type, granules, instrument are set, the
 * rest is 0: seq, sub and times are the caller's to set. A trade with px <= 0 or qty < 0 is
 * ignored. */
void bars_on_trade(struct bars *bars, const struct agon_trade *trade, bars_emit_fn emit, void *ctx);
/* Engine time is now t: closes what ended at or before t - grace. */
void bars_on_time(struct bars *bars, agon_ns_t t, agon_ns_t grace_ns, bars_emit_fn emit, void *ctx);
/* Takes a closed bar of the shortest length that the venue gave (klines) as if its trades had come:
 * the longer ones are built from it and emitted as soon as their last minute is there. The minute
 * itself is not emitted (it is the caller's event), minutes missing before it are, as flat bars. It
 * replaces what trades made of the same minute. AGON_EINVAL: not aligned, of another length, a
 * price <= 0, or older than what is open (bars_on_time closed it: give it a grace longer than the
 * venue's delay). */
int bars_on_bar(struct bars *bars, const struct agon_bar *bar, bars_emit_fn emit, void *ctx);
/* Engine time at which bars_on_time has next something to do; INT64_MAX: nothing. */
agon_ns_t bars_next(const struct bars *bars, agon_ns_t grace_ns);
/* Engine time was set back to t: what is open ahead of it is dropped, and the minute of t begins.
 */
void bars_set_back(struct bars *bars, agon_ns_t t);
void bars_save(const struct bars *bars, struct enc *enc);
int bars_load(struct bars *bars, struct dec *dec);

#endif
