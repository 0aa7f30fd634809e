// SPDX-License-Identifier: Apache-2.0
/* codec: canonical bytes. What a snapshot, a saved state or a wire record of ours holds is written
 * and read with these, little-endian and without padding, never by copying structs whose padding is
 * not ours. The state hash is taken over such bytes. [any] */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H

#include <agon/types.h>

/* A writer with bounded room. Once it overflows it stays so and writes nothing more; used goes on
 * counting, so that a first pass with room 0 measures. */
struct enc {
    unsigned char *at; /* borrowed; may be NULL when room is 0 */
    uint64_t room;
    uint64_t used;
};
void enc_u8(struct enc *enc, uint8_t value);
void enc_u16(struct enc *enc, uint16_t value);
void enc_u32(struct enc *enc, uint32_t value);
void enc_u64(struct enc *enc, uint64_t value);
void enc_i64(struct enc *enc, int64_t value);
void enc_f64(struct enc *enc, double value); /* its bits; -0 becomes 0, every NaN the same NaN */
void enc_bytes(struct enc *enc, const void *bytes, uint64_t n);
static inline int enc_is_ok(const struct enc *enc)
{
    return enc->used <= enc->room;
}

/* A reader. Past the end, or after dec_fail, it yields zeros and stays failed; check once. */
struct dec {
    const unsigned char *at; /* borrowed */
    uint64_t n;
    uint64_t used;
    int is_bad;
};
uint8_t dec_u8(struct dec *dec);
uint16_t dec_u16(struct dec *dec);
uint32_t dec_u32(struct dec *dec);
uint64_t dec_u64(struct dec *dec);
int64_t dec_i64(struct dec *dec);
double dec_f64(struct dec *dec);
void dec_bytes(struct dec *dec, void *bytes, uint64_t n);
void dec_fail(struct dec *dec);
static inline int dec_is_ok(const struct dec *dec)
{
    return !dec->is_bad;
}

#endif
