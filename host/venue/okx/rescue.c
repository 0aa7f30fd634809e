// SPDX-License-Identifier: Apache-2.0
/* rescue: how a dead host's orders are cancelled on OKX, spot and swaps: by their client ids, so
 * many with one request. What it has to cancel all at once is for makers of options alone. */
#include <stdio.h>

#include "venue/okx/core.h"
#include "venue/rescue_wire.h"

#define SIZE_EXP 8 /* of sizes in contracts, which are read to be judged and then forgotten */

static int open_any(int is_swap, const struct venue_config *config, const struct symbols *symbols,
                    void **self, struct error *err)
{
    struct okx *okx;

    if (okx_open_reader(symbols, is_swap, self) < 0)
        return error_set(err, AGON_ENOMEM, "out of memory");
    okx = *self;
    // What a contract stands for nobody asks: a size is a number that can be read.
    for (uint32_t i = 0; i < symbols->n && is_swap; i++)
        okx->contracts[i] =
            (struct okx_contract){.value = 1, .exp = symbols->all[i].qty_exp - SIZE_EXP};
    snprintf(okx->rest_path, sizeof(okx->rest_path), "%s", config->rest_path);
    return okx_take_key(okx, config, err);
}

static int open_spot(const struct venue_config *config, const struct symbols *symbols, void **self,
                     struct error *err)
{
    return open_any(0, config, symbols, self, err);
}

static int open_swap(const struct venue_config *config, const struct symbols *symbols, void **self,
                     struct error *err)
{
    return open_any(1, config, symbols, self, err);
}

static int write_cancels(const struct rescue_job *jobs, uint32_t n, struct gateway_http *http)
{
    size_t room = sizeof(http->body);
    size_t used = 0;

    for (uint32_t i = 0; i < n && used < room; i++)
        used += (size_t)snprintf(http->body + used, room - used,
                                 "%s{\"instId\":\"%s\",\"clOrdId\":\"%s\"}", i > 0 ? "," : "[",
                                 jobs[i].symbol->name, jobs[i].client_id);
    if (used + 2 > room)
        return AGON_ENOSPC;
    memcpy(http->body + used, "]", 2);
    http->body_n = (uint32_t)used + 1;
    return AGON_OK;
}

static int write_job(void *self, const struct rescue_job *jobs, uint32_t n, agon_ns_t venue_now,
                     agon_ns_t utc, struct gateway_http *http)
{
    struct okx *okx = self;

    (void)utc;
    if (jobs->op == RESCUE_LIST)
        snprintf(http->target, sizeof(http->target), "%s/trade/orders-pending?instType=%s&limit=%d",
                 okx->rest_path, okx->is_swap ? "SWAP" : "SPOT", OKX_PAGE);
    else
        snprintf(http->target, sizeof(http->target), "%s/trade/cancel-batch-orders",
                 okx->rest_path);
    if (jobs->op == RESCUE_ORDER && write_cancels(jobs, n, http) < 0)
        return AGON_ENOSPC;
    okx_sign_request(okx, http, venue_now, 0);
    return AGON_OK;
}

static enum answer judge(void *self, const struct http_message *reply, char *text, size_t room)
{
    struct okx_answer said;
    enum answer answer = okx_judge_answer(reply, &said);

    (void)self;
    snprintf(text, room, "%d: %.120s", (int)said.code, said.text);
    return answer;
}

#define SHARED                                                                                     \
    .reach = RESCUE_NOTHING, .batch = RESCUE_BATCH, .page = OKX_PAGE, .list_weight = 1,            \
    .cancel_weight = 1, .share_ppm = 250000, .list_ns = 1000000000, .close = okx_close,            \
    .write = write_job, .judge = judge, .read_list = okx_read_orders

const struct rescue_wire okx_spot_rescue = {SHARED, .open = open_spot};
const struct rescue_wire okx_swap_rescue = {SHARED, .open = open_swap};
