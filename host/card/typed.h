// SPDX-License-Identifier: Apache-2.0
/* typed: what a worker takes of the kernels for float and for double; the rest of it is of neither.
 * [one thread] */
#ifndef CARD_TYPED_H
#define CARD_TYPED_H

#include "card/check.h"
#include "card/nvrtc.h"
#include "kernels/device.h"

struct card_typed {
    uint32_t bits;
    int has_image;                             /* else a card's code is made by NVRTC */
    struct device *(*cpu)(uint32_t n_threads); /* NULL: no memory, no thread */
    /* The card's code is the one that the build put into the program, or NVRTC makes it (NULL:
     * there is none, for the reason in why). driver: NULL: the system's. */
    struct device *(*cuda)(uint32_t card, const char *driver, struct card_nvrtc *nvrtc,
                           const struct error *why, struct error *err);
    int (*check)(struct card_call *call, const struct card_space *space, struct card_ids *ids,
                 struct error *err);
};
extern const struct card_typed card_typed_f32, card_typed_f64;

/* The kernels' source as it was built. type: -DREAL_BITS=32 or 64. */
struct card_source card_kernels_source(const char *type);
/* NVRTC has no headers of its own: what sources include as stdint.h. */
#define CARD_STDINT                                                                                \
    "typedef signed char int8_t;\ntypedef unsigned char uint8_t;\n"                                \
    "typedef short int16_t;\ntypedef unsigned short uint16_t;\n"                                   \
    "typedef int int32_t;\ntypedef unsigned int uint32_t;\n"                                       \
    "typedef long long int64_t;\ntypedef unsigned long long uint64_t;\n"                           \
    "typedef unsigned long long uintptr_t;\n"

#endif
