// SPDX-License-Identifier: MIT
/* types: scalars and codes of the plugin border.
 *
 * Everything is little-endian. A price, a quantity or an amount is a count of a power of ten and
 * never a double: 12.50 at px_exp 2 is 1250. Padding is zero, and a record with set padding is
 * refused, so that it can get a meaning later. */
#ifndef AGON_TYPES_H
#define AGON_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Version of the border. 0 until the freeze: host and plugin must then match in minor too. */
#define AGON_ABI_MAJOR 0
#define AGON_ABI_MINOR 3
/* Taken over name, offset and size of every field of every record (tests/sdk computes it again):
 * who edits a header by hand is found out before any code runs. */
#define AGON_LAYOUT_HASH 0x8622fc57u

typedef int64_t agon_px_t;          /* units of 10^-px_exp of the instrument */
typedef int64_t agon_qty_t;         /* units of 10^-qty_exp of the instrument */
typedef int64_t agon_amt_t;         /* units of 10^-exp of the asset */
typedef int64_t agon_ns_t;          /* nanoseconds since 1970, UTC */
typedef uint32_t agon_instrument_t; /* host-assigned, 0: none; stays valid for ever */
typedef uint32_t agon_asset_t;      /* host-assigned, 0: none. Money, not a file */
typedef uint16_t agon_account_t;    /* host-assigned; what an author gets to see of an account */

/* What every int of the border means: zero or positive is good, negative is one of these. */
enum {
    AGON_OK = 0,
    AGON_EINVAL = -1,    /* a value is out of range or does not fit the others */
    AGON_ENOMEM = -2,    /* no memory */
    AGON_EIO = -3,       /* the other side of a pipe, a file or a device failed */
    AGON_EAGAIN = -4,    /* no room or no answer now; try again on a later event */
    AGON_ENOENT = -5,    /* there is no such thing */
    AGON_EBUSY = -6,     /* somebody else has it */
    AGON_EPERM = -7,     /* not yours */
    AGON_ERANGE = -8,    /* too large to be represented */
    AGON_ENOSPC = -9,    /* a bounded table is full */
    AGON_ESTATE = -10,   /* not in this phase: outside on_event, before on_start, ... */
    AGON_EVERSION = -11, /* made for another version */
    AGON_ENOTSUP = -12,  /* not offered here */
    AGON_ECORRUPT = -13, /* bytes that are not what they should be */
    AGON_ETHREAD = -14,  /* called from a thread that is not the callback's */
    AGON_ETIME = -15     /* came too late */
};

enum agon_side { AGON_BUY = 1, AGON_SELL = 2 };
/* What a type of order is made of. */
enum agon_type_has {
    AGON_TYPE_PX = 1,      /* px, which it never trades worse than; without: whatever it meets */
    AGON_TYPE_TRIGGER = 2, /* it waits until prices have come to trigger_px against its side: a buy
                              for a rise to it, a sell for a fall; then it acts */
    AGON_TYPE_TOWARDS = 4  /* with TRIGGER: the other way, a buy for a fall, a sell for a rise */
};
/* X(id, number, name, has, text): every type of order, AGON_ and the id, and what it has. The one
 * list of them, the host's too; there to be expanded, as AGON_REASONS is. Numbers rise, are below
 * 32, stand in intents, orders and the journal, and are never used again. */
#define AGON_ORDER_TYPES(X)                                                                        \
    X(LIMIT, 1, "limit", AGON_TYPE_PX, "trades at px or better, and what does not rests")          \
    X(MARKET, 2, "market", 0, "trades at once, as far as the collar lets it")                      \
    X(STOP, 3, "stop", AGON_TYPE_TRIGGER, "a market order, once prices have come to trigger_px")   \
    X(STOP_LIMIT, 4, "stop_limit", AGON_TYPE_PX | AGON_TYPE_TRIGGER,                               \
      "a limit order, once prices have come to trigger_px")                                        \
    /* the next one stands above this line */
#define AGON_ORDER_TYPE_OF(id, number, name, has, text) AGON_##id = (number),
enum agon_order_type {
    AGON_ORDER_TYPES(AGON_ORDER_TYPE_OF) AGON_ORDER_TYPES_END /* highest number known here + 1 */
};
#undef AGON_ORDER_TYPE_OF
/* Time in force; 0 in an intent: the type's own (GTC, and IOC for a market order). */
enum agon_tif { AGON_TIF_GTC = 1, AGON_TIF_IOC = 2, AGON_TIF_FOK = 3, AGON_TIF_GTD = 4 };

/* Is the field there? Tables and descriptors start with their size and grow at the end only, so
 * that an older one is shorter. */
#define AGON_HAS(p, T, field) ((p) && (p)->size >= offsetof(T, field) + sizeof(((T *)0)->field))
/* Stops the compiler when struct T is not n bytes long, in every standard and in C++. */
#define AGON_SIZE_IS(T, n) typedef char T##_size_is[sizeof(struct T) == (n) ? 1 : -1]
#define AGON_EXPORT        __attribute__((visibility("default")))

#endif
