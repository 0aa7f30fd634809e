// SPDX-License-Identifier: Apache-2.0
/* clerk_impl: what the files of the clerk share: clerk.c asks, sends and is told, clerk_answers.c
 * concludes from answers to orders, clerk_rounds.c from what is read of the account. */
#ifndef DST_CLERK_IMPL_H
#define DST_CLERK_IMPL_H

#include "dst/world.h"
#include "venue/binance/judge.h"

#define TURN_NS     (10 * MS)
#define DATA_NS     (10 * SECOND) /* so long a request for data may wait */
#define RETRY_NS    SECOND
#define RESIGN_NS   (3 * SECOND)
#define AGAIN_NS    (100 * MS)
#define CANCEL_HOLD (5 * SECOND)

enum fate { FATE_REPLY, FATE_NOT_SENT, FATE_UNKNOWN };

/* clerk.c */
extern const uint32_t clerk_weights[ASKS];
int clerk_emit(void *ctx, struct agon_event_hdr *record);
struct ticket *clerk_ask(struct world *world, enum ask what, agon_instrument_t instrument,
                         enum limiter_class class, agon_ns_t wait_ns);
struct ticket *clerk_ask_order(struct world *world, enum ask what, const struct outbox_entry *entry,
                               enum limiter_class class, agon_ns_t wait_ns);
void clerk_queue(struct ticket *ticket, int64_t until_ns);
struct outbox_entry *clerk_entry_of(struct world *world, const struct ticket *ticket);
int clerk_is_pending(const struct ticket *ticket, const struct outbox_entry *entry);

/* clerk_answers.c */
void clerk_show(struct world *world, const struct bare_order *order, uint64_t order_id, uint8_t rev,
                uint8_t state, agon_qty_t cum_qty, enum outbox_source source, int64_t asked_ns);
struct outbox_fill clerk_fill_of(struct world *world, const struct bare_fill *from);
int clerk_take_order(struct world *world, struct ticket *ticket, enum fate fate, uint16_t reason,
                     enum answer answer, const struct answered *answered);
int clerk_ask_trades(struct world *world, agon_instrument_t id, uint8_t round);
void clerk_ask_order_trades(struct world *world, agon_instrument_t id, uint64_t order_id,
                            uint64_t number, uint64_t from);
void clerk_take_query(struct world *world, const struct ticket *ticket, enum answer answer,
                      const struct answered *answered);

/* clerk_rounds.c */
void clerk_begin_round(struct world *world);
void clerk_end_part(struct world *world, const struct ticket *ticket, int is_good);
int clerk_take_trades(struct world *world, const struct ticket *ticket, const struct list *list);
void clerk_learn_stranger(struct world *world, uint64_t number);
void clerk_take_number(struct world *world, const struct ticket *ticket, enum answer answer,
                       const struct answered *answered);
void clerk_take_open(struct world *world, const struct ticket *ticket, const struct list *list);
void clerk_take_account(struct world *world, const struct answered *answered);
void clerk_ask_strays(struct world *world);
void clerk_take_stray(struct world *world, const struct ticket *ticket, enum answer answer);
#endif
