// SPDX-License-Identifier: MIT
/* tail: what is at risk, of what many scenarios would earn; link libagon-ta.a (pkg-config
 * agon-sdk). The outcomes come from AGON_GPU_SCENARIOS (agon/ext/gpu.h), or from anywhere.
 *
 * Value at risk and expected shortfall are those of the outcomes as they are (historical
 * simulation): of n outcomes the k worst are the tail, k = share * n rounded up; the first is the
 * loss of the best of these, the second the mean loss of all of them. A loss is above 0, so that
 * either is below 0 where even the tail earns. Nothing is allocated. [any] */
#ifndef AGON_TAIL_H
#define AGON_TAIL_H

#include "agon/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct agon_tail {
    double at_risk, shortfall; /* of the tail */
    double worst, best, mean;
    double p_profit, p_loss; /* shares of the outcomes above 0, and below */
    double profit, loss;     /* their means, a loss above 0; 0 where there are none */
    uint32_t k, pad;         /* outcomes in the tail */
};
AGON_SIZE_IS(agon_tail, 80);

/* share: 0.05 for the value at risk of 95 %. Puts outcomes in order, the worst first.
 * AGON_EINVAL: none, one that is not a number, a share that is not above 0 and at most 1; the
 * outcomes are as they were. */
int agon_tail_of(float *outcomes, uint32_t n, double share, struct agon_tail *tail);

#ifdef __cplusplus
}
#endif

#endif
