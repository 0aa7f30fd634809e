// SPDX-License-Identifier: Apache-2.0
/* session: a card that is lent to one process as what it is, a device (kernels/device.h): memory
 * that stays from call to call, and calls of the host's kernels in their order. For whoever works
 * on one thing for hours, as a training does, where a job (wire.h) would bring and take all of it
 * each time. The driver is in agon-gpu alone, behind its fence; away.h is the other side.
 *
 * What is to be done stands in an area that both have mapped, an operation behind the other, each
 * padded to 16 bytes; a message has it done and is answered once the area may be written again.
 * Addresses are the device's own. Each call's arguments are checked: they touch memory of this
 * session alone. The first failure ends the session. [one thread] */
#ifndef CARD_SESSION_H
#define CARD_SESSION_H

#include "base/error.h"
#include "card/wire.h"

#define SESSION_VERSION 1u
#define SESSION_FD_AREA 4 /* of the worker: the area's memory */
#define SESSION_AREA    ((uint64_t)4 << 20)
#define SESSION_BLOCKS  64u /* of memory at a time */

enum session_asks {
    SESSION_DO = 1, /* bytes of the area */
    SESSION_ALLOC,  /* bytes; answered with at, 0: no memory, for the reason in text */
    SESSION_FREE    /* at: it is 0 before it goes */
};
struct session_ask {
    uint32_t version, ask;
    uint64_t at, bytes;
    uint32_t must_wait, pad; /* of DO: until all of it is done, and how that went */
};
struct session_answer {
    uint32_t version;
    int32_t status; /* below 0: for the reason in text, and the session is over; but for ALLOC */
    uint64_t at, bytes; /* of ALLOC; bytes: that the session has by now */
    char text[CARD_TEXT];
};

enum session_ops {
    SESSION_CALL = 1, /* kernel; bytes of its arguments follow */
    SESSION_WRITE,    /* bytes that follow, to */
    SESSION_CLEAR,    /* bytes, to */
    SESSION_COPY,     /* bytes, to, from */
    SESSION_READ      /* bytes, from, into the room that follows; the last one of its message */
};
struct session_op {
    uint32_t op, kernel;
    uint64_t bytes, to, from;
};
_Static_assert(sizeof(struct session_op) == 32, "as both sides have it");
static inline uint64_t session_op_bytes(uint64_t payload)
{
    return sizeof(struct session_op) + (payload + 15) / 16 * 16;
}

struct card_typed;
struct device;
/* The worker's side, until the other has gone (AGON_OK) or something failed (AGON_E..., and err).
 * most: bytes of the device that it may have at a time; 0: what there is. */
int card_session_run(int fd, struct device *device, const struct card_typed *typed, uint64_t most,
                     struct error *err);

#endif
