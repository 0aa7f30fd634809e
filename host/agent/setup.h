// SPDX-License-Identifier: Apache-2.0
/* setup: all that a runner has to know before the first event, as one block of bytes.
 *
 * It is the state of one slot and of the host's tables as of one seq: whoever makes it does so
 * between two events, on the thread that drives the engine. A runner folds what comes after. The
 * bytes are canonical (equal setups are equal bytes) and hold no pointers, so that they can go to a
 * child in a memfd; a decoded setup points into them. */
#ifndef AGENT_SETUP_H
#define AGENT_SETUP_H

#include <agon/ext/exit.h>
#include <agon/ext/gpu.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/hash.h"
#include "slot/slot.h"

#define SETUP_VENUES_MAX    64
#define SETUP_PARAMS_MAX    256
#define SETUP_FILES_MAX     8
#define SETUP_ORDERS_MAX    4096
#define SETUP_POSITIONS_MAX 256
#define SETUP_BALANCES_MAX  256
#define SETUP_TIMERS_MAX    64
#define SETUP_HISTORY_MAX   65536 /* bars and trades, each */
#define SETUP_SIGNALS_MAX   256
#define SETUP_STATE_MAX     (64u << 20)
#define SETUP_BYTES_MAX     (128u << 20) /* all of it, at most */

struct setup_venue { /* the host's number and the name that the roster and agon.instrument use */
    uint32_t venue;
    char name[28];
};
struct setup_param { /* as the roster has it: resolved against the descriptor by the runner */
    char name[32];
    char text[256];
};
struct setup_file { /* of the roster's `files`; what is in it comes beside the block (feed.h) */
    char name[32];
    unsigned char digest[HASH_SIZE]; /* SHA-256 */
    uint64_t bytes;
};
struct setup_lease { /* that the plugin may ask for: agon.gpu */
    char name[32];
    uint64_t memory;
    uint32_t lease, state; /* enum lease_state */
};
struct setup_asset {
    agon_asset_t id;
    int8_t exp;
    uint8_t pad[3];
    char name[16];
};
struct setup_timer { /* armed and not yet fired */
    uint32_t id, pad;
    agon_ns_t t_due, every_ns;
    uint64_t cookie;
};
struct setup_head {
    uint32_t magic, format;
    uint64_t seq, nth; /* the last event of which this is the state, and the slot's count there */
    uint64_t bus_at;   /* the bus writer's cursor at that moment: struct bus_writer.at */
    agon_ns_t t;       /* engine time of seq */
    uint32_t generation;
    uint32_t next_timer;   /* first free timer id, from 1 */
    uint32_t plugin_index; /* in agon_entry.plugins */
    agon_asset_t base_currency;
    uint64_t arena_max; /* what the roster grants at most; 0: SETUP_ARENA_MAX */
    uint32_t start;     /* enum agon_start */
    uint32_t pad;
    struct record_slot slot;
};
#define SETUP_ARENA_MAX (256u << 20)
_Static_assert(sizeof(struct setup_head) == 712, "no hidden padding in setup_head");
_Static_assert(sizeof(struct setup_venue) == 32 && sizeof(struct setup_param) == 288 &&
                   sizeof(struct setup_asset) == 24 && sizeof(struct setup_timer) == 32 &&
                   sizeof(struct setup_file) == 72 && sizeof(struct setup_lease) == 48,
               "no hidden padding");

struct setup { /* arrays are borrowed */
    struct setup_head head;
    uint32_t n_venues, n_assets, n_instruments, n_params, n_orders, n_exits, n_positions,
        n_balances, n_capital, n_timers, n_tops, n_signals, n_bars, n_trades, n_state, n_files,
        n_leases;
    const struct setup_venue *venues;
    const struct setup_asset *assets;
    const struct agon_instrument *instruments;
    const struct setup_param *params;
    const struct setup_file *files;
    const struct setup_lease *leases;
    const struct agon_order *orders; /* open ones only */
    const struct agon_exit *exits;   /* plans that stand, by id */
    const struct agon_position *positions;
    const struct agon_balance *balances;
    const struct agon_capital *capital; /* one or none */
    const struct setup_timer *timers;
    const struct agon_top10 *tops; /* last known, of subscribed instruments */
    const struct agon_signal *signals;
    const struct agon_bar *bars; /* history: oldest first, any mixture of instruments, lengths */
    const struct agon_trade *trades;
    const unsigned char *state; /* agon_state_hdr and what follows, of n_state bytes; or none */
};

/* Writes the block; measure with room 0 first. enc->at is aligned to 8. [any] */
void setup_encode(const struct setup *setup, struct enc *enc);
/* Encodes into memory of its own (free it). NULL: out of memory. [any] */
void *setup_encode_dup(const struct setup *setup, uint64_t *bytes);
/* Reads a block that is aligned to 8; setup borrows from it. AGON_ECORRUPT with the reason. [any]
 */
int setup_decode(struct setup *setup, const void *bytes, uint64_t n, struct error *err);

#endif
