// SPDX-License-Identifier: Apache-2.0
#include "journal/refs.h"

#include "base/codec.h"
#include "base/hot.h"

#define GAP       7u  /* in bits 0-2: more follows */
#define NEW_TAPE  8u  /* its number follows */
#define NEW_LAG   16u /* its distance follows */
#define NEW_SLOTS 64u /* they follow */
#define VARINT    10  /* bytes of one at most */
#define LAST_BYTE 1u  /* of a varint of that length */

int journal_tape_is_good(const struct journal_tape *tape)
{
    return tape->number < JOURNAL_TAPES && tape->has_book <= 1 && tape->is_lenient <= 1 &&
           tape->is_table <= 1 && tape->is_joined <= 1 &&
           (journal_tape_is_late(tape) ||
            (tape->first_row <= tape->n_rows && tape->last_row <= tape->n_rows)) &&
           memchr(tape->path, '\0', sizeof(tape->path)) != NULL && tape->path[0] != '\0' &&
           memchr(tape->instrument.symbol, '\0', sizeof(tape->instrument.symbol)) != NULL &&
           tape->quote_exp >= 0 && tape->quote_exp <= 18 && tape->instrument.px_exp >= 0 &&
           tape->instrument.px_exp <= 18 && tape->instrument.qty_exp >= 0 &&
           tape->instrument.qty_exp <= 18 && tape->instrument.tick_px > 0 &&
           tape->instrument.lot_qty > 0;
}

static uint32_t put_varint(unsigned char *at, uint64_t value)
{
    uint32_t n = 0;

    while (value >= 0x80) {
        at[n++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    at[n++] = (unsigned char)value;
    return n;
}

static int take_varint(struct refs_in *in, uint64_t *value)
{
    *value = 0;
    for (uint32_t i = 0; i < VARINT && in->at < in->end; i++) {
        unsigned char byte = *in->at++;

        *value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80)
            return i + 1 < VARINT || byte <= LAST_BYTE;
    }
    return 0;
}

void refs_begin(struct refs_out *out, uint64_t first)
{
    memset(out, 0, sizeof(*out));
    out->first = first;
    out->last = first - 1;
}

int refs_is_full(const struct refs_out *out)
{
    return out->bytes + REFS_EVENT_MAX > REFS_BYTES_MAX;
}

/* slots: of an end; NULL: it is none. */
static inline __attribute__((always_inline)) void add(struct refs_out *out, unsigned char *payload,
                                                      uint32_t tape,
                                                      const struct agon_event_hdr *event,
                                                      const uint64_t *slots)
{
    int64_t *lags = slots != NULL ? out->end_lags : out->lags;
    unsigned char *token = payload + REFS_HEAD + out->bytes, *at = token + 1;
    uint64_t gap = event->seq - out->last - 1;
    int64_t lag = refs_lag(event);

    // A reader takes no number twice, and none that goes back.
    REQUIRE(!refs_is_full(out) && event->seq > out->last && tape < JOURNAL_TAPES);
    *token = (unsigned char)((gap < GAP ? gap : GAP) | (slots != NULL ? REFS_END : 0));
    if (gap >= GAP)
        at += put_varint(at, gap - GAP);
    if (tape != out->tape) {
        *token |= NEW_TAPE;
        at += put_varint(at, tape);
        out->tape = tape;
    }
    if (lag != lags[tape]) {
        *token |= NEW_LAG;
        at += put_varint(at, ((uint64_t)lag << 1) ^ (uint64_t)(lag >> 63));
        lags[tape] = lag;
    }
    if (slots != NULL && *slots != out->slots[tape]) {
        *token |= NEW_SLOTS;
        at += put_varint(at, *slots);
        out->slots[tape] = *slots;
    }
    out->bytes = (uint32_t)(at - payload) - REFS_HEAD;
    out->last = event->seq;
    out->n++;
}

HOT void refs_add(struct refs_out *out, unsigned char *payload, uint32_t tape,
                  const struct agon_event_hdr *event)
{
    add(out, payload, tape, event, NULL);
    out->crc = crc32c(out->crc, event, event_bytes(event));
}

HOT void refs_add_end(struct refs_out *out, unsigned char *payload, uint32_t tape,
                      const struct record_path *end)
{
    add(out, payload, tape, &end->hdr, &end->slots);
}

uint32_t refs_end(const struct refs_out *out, unsigned char *payload)
{
    struct enc enc = {.at = payload, .room = REFS_HEAD};
    uint32_t n = REFS_HEAD + out->bytes;

    enc_u64(&enc, out->first);
    enc_u64(&enc, out->last);
    enc_u32(&enc, out->n);
    enc_u32(&enc, out->crc);
    enc_u32(&enc, out->bytes);
    enc_u32(&enc, 0);
    REQUIRE(out->n > 0 && enc.used == REFS_HEAD);
    for (; n % 8 != 0; n++)
        payload[n] = 0;
    return n;
}

int refs_open(struct refs_in *in, const unsigned char *payload, uint32_t n)
{
    struct dec dec = {.at = payload, .n = REFS_HEAD};
    uint32_t bytes;

    memset(in, 0, sizeof(*in));
    if (n < REFS_HEAD)
        return 0;
    in->first = dec_u64(&dec);
    in->last = dec_u64(&dec);
    in->n = dec_u32(&dec);
    in->crc = dec_u32(&dec);
    bytes = dec_u32(&dec);
    if (dec_u32(&dec) != 0 || bytes > REFS_BYTES_MAX || in->n == 0 || in->n > bytes ||
        (REFS_HEAD + bytes + 7) / 8 * 8 != n || in->first == 0 || in->last < in->first ||
        in->last >= UINT64_MAX - 1)
        return 0;
    for (uint32_t i = REFS_HEAD + bytes; i < n; i++) {
        if (payload[i] != 0)
            return 0;
    }
    in->seq = in->first - 1;
    in->at = payload + REFS_HEAD;
    in->end = in->at + bytes;
    return 1;
}

HOT int refs_next(struct refs_in *in)
{
    uint64_t value;
    int64_t *lags;
    unsigned char token;

    if (in->n == 0)
        return in->at == in->end && in->seq == in->last ? 0 : AGON_ECORRUPT;
    if (in->at == in->end)
        return AGON_ECORRUPT;
    token = *in->at++;
    value = token & GAP;
    in->is_end = (token & REFS_END) != 0;
    if ((token & ~(GAP | NEW_TAPE | NEW_LAG | (in->has_ends ? REFS_END : 0) |
                   (in->is_end ? NEW_SLOTS : 0))) != 0)
        return AGON_ECORRUPT;
    if (value == GAP) {
        if (!take_varint(in, &value) || value > in->last)
            return AGON_ECORRUPT;
        value += GAP;
    }
    if (value >= in->last - in->seq)
        return AGON_ECORRUPT; // beyond the last one that the head names
    in->seq += value + 1;
    if ((token & NEW_TAPE) != 0) {
        if (!take_varint(in, &value) || value >= JOURNAL_TAPES)
            return AGON_ECORRUPT;
        in->tape = (uint32_t)value;
    }
    if ((token & NEW_LAG) != 0) {
        if (!take_varint(in, &value))
            return AGON_ECORRUPT;
        lags = in->is_end ? in->end_lags : in->lags;
        lags[in->tape] = (int64_t)(value >> 1 ^ (0 - (value & 1)));
    }
    if ((token & NEW_SLOTS) != 0 && !take_varint(in, &in->slots[in->tape]))
        return AGON_ECORRUPT;
    in->lag = in->is_end ? in->end_lags[in->tape] : in->lags[in->tape];
    in->end_slots = in->slots[in->tape];
    in->n--;
    return 1;
}
