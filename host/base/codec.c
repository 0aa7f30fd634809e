// SPDX-License-Identifier: Apache-2.0
#include "base/codec.h"

#include <math.h>

void enc_bytes(struct enc *enc, const void *bytes, uint64_t n)
{
    if (n > 0 && enc->used <= enc->room && n <= enc->room - enc->used)
        memcpy(enc->at + enc->used, bytes, n);
    enc->used += n;
}

static void enc_le(struct enc *enc, uint64_t value, unsigned n)
{
    unsigned char bytes[8];

    for (unsigned i = 0; i < n; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    enc_bytes(enc, bytes, n);
}

void enc_u8(struct enc *enc, uint8_t value)
{
    enc_le(enc, value, 1);
}

void enc_u16(struct enc *enc, uint16_t value)
{
    enc_le(enc, value, 2);
}

void enc_u32(struct enc *enc, uint32_t value)
{
    enc_le(enc, value, 4);
}

void enc_u64(struct enc *enc, uint64_t value)
{
    enc_le(enc, value, 8);
}

void enc_i64(struct enc *enc, int64_t value)
{
    enc_le(enc, (uint64_t)value, 8);
}

void enc_f64(struct enc *enc, double value)
{
    uint64_t bits;

    if (value == 0.0)
        value = 0.0; // drops the sign of a negative zero
    memcpy(&bits, &value, sizeof(bits));
    if (isnan(value))
        bits = 0x7ff8000000000000u;
    enc_le(enc, bits, 8);
}

void dec_fail(struct dec *dec)
{
    dec->is_bad = 1;
}

void dec_bytes(struct dec *dec, void *bytes, uint64_t n)
{
    if (n == 0)
        return;
    if (dec->is_bad || n > dec->n - dec->used) {
        dec->is_bad = 1;
        memset(bytes, 0, n);
        return;
    }
    memcpy(bytes, dec->at + dec->used, n);
    dec->used += n;
}

static uint64_t dec_le(struct dec *dec, unsigned n)
{
    unsigned char bytes[8];
    uint64_t value = 0;

    dec_bytes(dec, bytes, n);
    for (unsigned i = 0; i < n; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

uint8_t dec_u8(struct dec *dec)
{
    return (uint8_t)dec_le(dec, 1);
}

uint16_t dec_u16(struct dec *dec)
{
    return (uint16_t)dec_le(dec, 2);
}

uint32_t dec_u32(struct dec *dec)
{
    return (uint32_t)dec_le(dec, 4);
}

uint64_t dec_u64(struct dec *dec)
{
    return dec_le(dec, 8);
}

int64_t dec_i64(struct dec *dec)
{
    return (int64_t)dec_le(dec, 8);
}

double dec_f64(struct dec *dec)
{
    uint64_t bits = dec_le(dec, 8);
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}
