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

/* Its place. Below 0: it is not here. */
static int find(const struct binance_fronts *fronts, const char *name, size_t n_name,
                const struct binance_front_kind *kind)
{
    const struct binance_front *front;
    uint32_t place;

    if (n_name == 0)
        return AGON_ENOENT;
    place = place_of(name, n_name, kind);
    front = &fronts->all[place];
    // By the name itself: a table of symbols may be another one by now.
    return front->n != 0 && front->n_name == n_name && is_kind(&front->kind, kind) &&
                   memcmp(front->text + N_FIRST, name, n_name) == 0
               ? (int)place
               : AGON_ENOENT;
}

/* Whole texts: of a length that is known, which makes it a few moves. */
static void begin_with(struct binance_params *params, const char *text, size_t n_text, uint32_t n)
{
    memcpy(params->text, text, n_text);
    params->text[n] = '\0';
    params->n = n;
    params->has_window = 1;
}

int binance_front_begin(const struct binance_fronts *fronts, struct binance_params *params,
                        const char *name, size_t n_name, const struct binance_front_kind *kind,
                        uint64_t order_id, uint8_t rev)
{
    const struct binance_front *front;
    int place;

    if (params->n != 0 || params->room <= BINANCE_AHEAD_TEXT ||
        (place = find(fronts, name, n_name, kind)) < 0)
        return 0;
    front = &fronts->all[place];
    if (front->ahead.order_id == order_id && front->ahead.rev == rev && order_id != 0) {
        begin_with(params, front->ahead.text, sizeof(front->ahead.text), front->ahead.n);
        params->hashed = &front->ahead.key;
        params->n_hashed = front->ahead.n_hashed;
        params->has_id = 1;
    } else {
        begin_with(params, front->text, sizeof(front->text), front->n);
        params->hashed = &front->key;
        params->n_hashed = front->n_hashed;
    }
    return 1;
}

/* Two orders of a kind are as far apart as the two before: whoever asks for a bid and an offer in
 * turn has each second id for either. 0: of that slot and run there may be no such id. */
static uint64_t next_id(uint64_t last_id, uint64_t order_id)
{
    uint64_t stride = order_id - last_id; // more than that: another slot's, or another run's
    uint64_t next = order_id + (stride - 1 < BINANCE_STRIDE_MAX ? stride : 1);

    return next >> 32 == order_id >> 32 && ORDER_ID_COUNTER(next) <= ORDER_COUNTER_MAX ? next : 0;
}

void binance_front_foretell(struct binance_fronts *fronts, const char *name, size_t n_name,
                            const struct binance_front_kind *kind, const struct order_ids *ids,
                            uint64_t order_id, uint8_t rev)
{
    struct binance_front *front;
    struct binance_ahead *ahead;
    struct binance_params params;
    char id[CLIENT_ID_TEXT];
    int place = find(fronts, name, n_name, kind);

    if (place < 0)
        return;
    front = &fronts->all[place];
    ahead = &front->ahead;
    ahead->order_id = next_id(front->last_id, order_id);
    ahead->rev = rev;
    front->last_id = order_id;
    if (ahead->order_id == 0)
        return;
    binance_params_init(&params, ahead->text, sizeof(ahead->text));
    memcpy(ahead->text, front->text, front->n);
    params.n = front->n;
    client_id_format(ids, ahead->order_id, rev, id);
    binance_params_add_bare(&params, "newClientOrderId", id, CLIENT_ID_CHARS);
    binance_params_add_bare(&params, "quantity", "", 0);
    REQUIRE(!params.is_full); // its room is theirs
    ahead->n = (uint32_t)params.n;
    ahead->key = front->key;
    ahead->n_hashed = front->n_hashed;
    if (front->is_hashed)
        ahead->n_hashed += (uint32_t)hmac_key_ahead(&ahead->key, ahead->text + front->n_hashed,
                                                    ahead->n - front->n_hashed);
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
    front->is_hashed = signer->kind == BINANCE_SIGN_HMAC;
    params->hashed = &front->key;
    params->n_hashed = front->n_hashed;
}
