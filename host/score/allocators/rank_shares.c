// SPDX-License-Identifier: Apache-2.0
#include "score/allocator.h"

static uint32_t share_ppm(const struct plan_rules *rules, struct plan_line *line, uint32_t place,
                          uint32_t n)
{
    (void)line;
    return place < rules->n_shares ? rules->shares_ppm[place]
                                   : rules->rest_ppm / (n - rules->n_shares);
}

const struct allocator allocator_rank_shares = {.name = "rank_shares",
                                                .title = "rank shares",
                                                .doc = "by rank",
                                                .mode = TOURNAMENT_RANK_SHARES,
                                                .share_ppm = share_ppm};
