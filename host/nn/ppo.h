// SPDX-License-Identifier: Apache-2.0
/* ppo: proximal policy optimisation (Schulman et al. 2017) of a net policy/1, batch by batch. Of a
 * row with action a, with log_p from when it was chosen, an advantage A and a return R
 *
 *   -min(r A, clamp(r, 1 - clip, 1 + clip) A) + value_share (V - R)^2 - entropy_share H
 *
 * where r = p(a) / exp(log_p) and A is as it stands among the batch's: less their mean, over their
 * deviation. The loss is the mean of the rows; its gradient is made no longer than norm_most, and
 * Adam moves the weights by it.
 *
 * Where experience comes from is its caller's. What the next step does is a function of weights,
 * moments, the number of steps and the batch, to the bit, on each processor and for any number of
 * threads: losses are computed in double, in the order of rows, by fmath. */
#ifndef NN_PPO_H
#define NN_PPO_H

#include "nn/adam.h"
#include "nn/net.h"

/* Names carry the type (kernels/real.h). */
#define ppo_init     TYPED(ppo_init)
#define ppo_deinit   TYPED(ppo_deinit)
#define ppo_gradient TYPED(ppo_gradient)
#define ppo_step     TYPED(ppo_step)
#define ppo_chances  TYPED(ppo_chances)
#define ppo_draw     TYPED(ppo_draw)
#define ppo_gae      TYPED(ppo_gae)

#define PPO_ACTIONS 64 /* no policy has more */

struct ppo_rules {
    double rate; /* Adam's */
    double clip, value_share, entropy_share;
    double norm_most; /* of a gradient; 0: any */
};
struct ppo_batch { /* borrowed; of as many rows as ppo_init said */
    const real *x; /* [rows][inputs] */
    const uint32_t *actions;
    const double *log_p, *advantages, *returns;
};
struct ppo_said {                   /* of a batch, as it was before the step */
    double loss;                    /* the whole of it */
    double policy, square, entropy; /* means: of its first term, of (V - R)^2, of H */
    double divergence;              /* mean of r - 1 - ln r: about KL(old, new) */
    double clipped;                 /* share of rows whose r is out of bounds */
    double norm;                    /* of the gradient, before it was limited; of ppo_step */
};
struct ppo {
    struct device *device; /* borrowed */
    const struct net *net; /* borrowed */
    uint32_t rows;
    struct ppo_rules rules; /* may be set between steps, but for the rate, which is adam.rate */
    struct net_tape tape;
    struct adam adam;
    uint64_t n_steps;
    real *weights, *dweights, *x, *y, *dy; /* the device's */
    real *block;                           /* owned */
    real *here; /* owned; this process's: room for weights, m and v, or for y and dy */
};

/* Weights are drawn by the seed. AGON_EINVAL: the net is no policy, or has too many actions;
 * AGON_ENOMEM. [owner] */
int ppo_init(struct device *device, const struct net *net, uint32_t rows,
             const struct ppo_rules *rules, uint64_t seed, struct ppo *ppo);
void ppo_deinit(struct ppo *ppo);
/* Loss and gradient (ppo->dweights, not limited) of a batch, and nothing else. [owner] */
void ppo_gradient(struct ppo *ppo, const struct ppo_batch *batch, struct ppo_said *said);
/* One step on it. [owner] */
void ppo_step(struct ppo *ppo, const struct ppo_batch *batch, struct ppo_said *said);

/* p[n] and log_p[n] (may be NULL) of n logits. [any] */
void ppo_chances(const real *logits, uint32_t n, double *p, double *log_p);
/* The action at a draw u in [0, 1). [any] */
uint32_t ppo_draw(const double *p, uint32_t n, double u);
/* Generalised advantages (Schulman et al. 2016) of a series of n rewards: values[n + 1] are of the
 * states before each and behind the last, ends[i] says that nothing of this series follows reward
 * i. returns = advantages + values. [any] */
void ppo_gae(const double *rewards, const double *values, const uint8_t *ends, uint32_t n,
             double gamma, double lambda, double *advantages, double *returns);

#endif
