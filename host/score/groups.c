// SPDX-License-Identifier: Apache-2.0
#include "score/groups.h"

struct trade_group trade_group_rest(agon_instrument_t instrument, uint16_t why, agon_amt_t amt)
{
    return (struct trade_group){.instrument = instrument, .why = why, .result_amt = amt};
}

void trade_group_merge(struct trade_group *to, const struct trade_group *from)
{
    to->best_amt = to->n == 0 || from->best_amt > to->best_amt ? from->best_amt : to->best_amt;
    to->worst_amt = to->n == 0 || from->worst_amt < to->worst_amt ? from->worst_amt : to->worst_amt;
    to->n += from->n;
    to->n_won += from->n_won;
    to->n_lost += from->n_lost;
    to->n_timed += from->n_timed;
    to->result_amt = num_add(to->result_amt, from->result_amt);
    to->fee_amt = num_add(to->fee_amt, from->fee_amt);
    to->held_ns = num_add(to->held_ns, from->held_ns);
}

static int is_same(const struct trade_group *a, const struct trade_group *b)
{
    return a->instrument == b->instrument && a->why == b->why && a->tag == b->tag;
}

void trade_groups_add(struct trade_groups *groups, const struct trade_closed *trade)
{
    const int is_timed = trade->t_open != 0;
    const struct trade_group one = {.instrument = trade->instrument,
                                    .why = trade->why,
                                    .tag = trade->entry_tag,
                                    .n = 1,
                                    .n_won = trade->result_amt > 0,
                                    .n_lost = trade->result_amt < 0,
                                    .result_amt = trade->result_amt,
                                    .best_amt = trade->result_amt,
                                    .worst_amt = trade->result_amt,
                                    .fee_amt = trade->fee_amt,
                                    .n_timed = (uint64_t)is_timed,
                                    .held_ns = is_timed ? trade->t_close - trade->t_open : 0};
    uint32_t i = 0;

    while (i < groups->n && !is_same(&groups->all[i], &one))
        i++;
    if (i == TRADE_GROUPS) {
        groups->n_lost++;
        return;
    }
    if (i == groups->n)
        groups->all[groups->n++] =
            (struct trade_group){.instrument = one.instrument, .why = one.why, .tag = one.tag};
    trade_group_merge(&groups->all[i], &one);
}
