// SPDX-License-Identifier: Apache-2.0
/* order_texts: orders of an exchange whose ids are texts. Elsewhere an order has a number: the hash
 * of its text, the same after a restart, by which the text is found again. Of each is kept what was
 * told of it last, for exchanges that tell no more than what has changed. What was not heard of for
 * longest makes room. [io] */
#ifndef VENUE_ORDER_TEXTS_H
#define VENUE_ORDER_TEXTS_H

#include "venue/wire.h"

#define ORDER_TEXT  40
#define ORDER_TEXTS 8192

struct order_text {  /* an order by the number that stands for its text */
    uint64_t number; /* 0: none */
    uint64_t used;
    char text[ORDER_TEXT], client_id[WIRE_CLIENT_ID];
    const struct symbol *symbol;
    uint8_t side;
    agon_px_t px;
    agon_qty_t qty, cum_qty;
};
struct order_texts {
    uint64_t n_used;
    struct order_text *all; /* owned; ORDER_TEXTS */
};

int order_texts_init(struct order_texts *texts); /* AGON_ENOMEM */
void order_texts_deinit(struct order_texts *texts);
uint64_t order_texts_number(const char *text);
/* NULL: it was not heard of. */
struct order_text *order_texts_find(const struct order_texts *texts, uint64_t number);
/* NULL: another text has that number. */
struct order_text *order_texts_learn(struct order_texts *texts, const char *text);
/* As it was told, but for how much is filled; the order gets its number. */
void order_texts_keep(struct order_text *text, struct wire_order *order);

#endif
