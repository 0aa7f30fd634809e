// SPDX-License-Identifier: Apache-2.0
#include "venue/order_texts.h"

#include <stdio.h>
#include <stdlib.h>

#define PROBES 8

int order_texts_init(struct order_texts *texts)
{
    *texts = (struct order_texts){.all = calloc(ORDER_TEXTS, sizeof(*texts->all))};
    return texts->all != NULL ? AGON_OK : AGON_ENOMEM;
}

void order_texts_deinit(struct order_texts *texts)
{
    free(texts->all);
    texts->all = NULL;
}

uint64_t order_texts_number(const char *text)
{
    uint64_t hash = 14695981039346656037u; // FNV-1a

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash != 0 ? hash : 1;
}

struct order_text *order_texts_find(const struct order_texts *texts, uint64_t number)
{
    for (uint32_t i = 0; i < PROBES; i++) {
        struct order_text *known = &texts->all[(number + i) % ORDER_TEXTS];

        if (known->number == number)
            return known;
    }
    return NULL;
}

struct order_text *order_texts_learn(struct order_texts *texts, const char *text)
{
    uint64_t number = order_texts_number(text);
    struct order_text *known = order_texts_find(texts, number);

    // Two texts of one number: neither could be told from the other.
    if (known != NULL)
        return strcmp(known->text, text) == 0 ? known : NULL;
    for (uint32_t i = 0; i < PROBES; i++) {
        struct order_text *at = &texts->all[(number + i) % ORDER_TEXTS];

        if (known == NULL || at->used < known->used)
            known = at; // the one that was not heard of for longest
    }
    memset(known, 0, sizeof(*known));
    known->number = number;
    known->used = ++texts->n_used;
    snprintf(known->text, sizeof(known->text), "%s", text);
    return known;
}

void order_texts_keep(struct order_text *text, struct wire_order *order)
{
    order->venue_order = text->number;
    text->symbol = order->symbol;
    text->side = order->side;
    text->px = order->px;
    text->qty = order->qty;
    memcpy(text->client_id, order->client_id, sizeof(text->client_id));
}
