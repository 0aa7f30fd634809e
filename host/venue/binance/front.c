// SPDX-License-Identifier: Apache-2.0
#include "venue/binance/front.h"

static const char first[] = "symbol=";
#define N_FIRST (sizeof(first) - 1)

/* Where it is kept: neighbours of a list differ in their names' first bytes, or in the kind. */
static uint32_t place_of(const char *name, size_t n_name, const struct binance_front_kind *kind)
{
    uint32_t mixed = (uint32_t)(unsigned char)name[0] * 5 +
                     (uint32_t)(unsigned char)name[n_name / 2] * 3 + (uint32_t)n_name;

    return (mixed * 8 + kind->side * 4u + kind->type + kind->tif * 2u + kind->is_post_only) %
           BINANCE_FRONTS;
}

static int is_kind(const struct binance_front_kind *a, const struct binance_front_kind *b)
{
    return a->side == b->side && a->type == b->type && a->tif == b->tif &&
           a->is_post_only == b->is_post_only && a->recv_window_ms == b->recv_window_ms;
}

int binance_front_begin(const struct binance_fronts *fronts, struct binance_params *params,
                        const char *name, size_t n_name, const struct binance_front_kind *kind)
{
    const struct binance_front *front;

    if (n_name == 0 || params->n != 0 || params->room <= BINANCE_FRONT_TEXT)
        return 0;
    front = &fronts->all[place_of(name, n_name, kind)];
    // By the name itself: a table of symbols may be another one by now.
    if (front->n == 0 || front->n_name != n_name || !is_kind(&front->kind, kind) ||
        memcmp(front->text + N_FIRST, name, n_name) != 0)
        return 0;
    memcpy(params->text, front->text, BINANCE_FRONT_TEXT);
    params->text[front->n] = '\0';
    params->n = front->n;
    params->front = front;
    params->has_window = 1;
    return 1;
}

void binance_front_keep(struct binance_fronts *fronts, const struct binance_signer *signer,
                        struct binance_params *params, size_t n_name,
                        const struct binance_front_kind *kind)
{
    struct binance_front *front;

    // A name that stands encoded is not found again, and need not be kept.
    if (params->is_full || params->n > BINANCE_FRONT_TEXT || n_name == 0 ||
        params->n <= N_FIRST + n_name || memcmp(params->text, first, N_FIRST) != 0 ||
        params->text[N_FIRST + n_name] != '&')
        return;
    front = &fronts->all[place_of(params->text + N_FIRST, n_name, kind)];
    memset(front, 0, sizeof(*front));
    memcpy(front->text, params->text, params->n);
    front->n = (uint32_t)params->n;
    front->n_name = (uint32_t)n_name;
    front->kind = *kind;
    front->n_hashed = binance_signer_begin(signer, &front->key, front->text, front->n);
    params->front = front;
}
