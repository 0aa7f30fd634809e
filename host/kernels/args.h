// SPDX-License-Identifier: Apache-2.0
/* args: what each kernel is given, and its contract. Read by C and by CUDA. [any]
 *
 * All matrices are row-major and dense unless a stride is named; sizes are counts of elements and
 * none passes 2^31. Pointers are the device's own memory. An output never overlaps an input unless
 * the kernel says so.
 *
 * Every kernel gives the same bits on every device, for any number of threads. That holds because
 * each names its order of summation, of which there are two:
 *   chain: acc = fma(a, b, acc), from the first term to the last, one accumulator an output;
 *   lanes: term i goes to lane i % 16, each lane a chain from 0; then lane l takes lane l + 8, then
 *          l + 4, l + 2, l + 1. */
#ifndef KERNELS_ARGS_H
#define KERNELS_ARGS_H

#include "kernels/real.h"

/* y[i] of a[i], b[i], c[i], i < n; y may be any of them. x_BACK: a is what the header of lane.h
 * says (the function's input or output), b the gradient of its output. */
enum map_op {
    MAP_ADD = 0,   /* a + b */
    MAP_SUB,       /* a - b */
    MAP_MUL,       /* a * b */
    MAP_FMA,       /* fma(a, b, c) */
    MAP_SCALE,     /* scale * a */
    MAP_EXP,       /* at most 1.1 ulp (tests/unit/kernels/test_lane.c) */
    MAP_TANH,      /* at most 2.5 ulp */
    MAP_SIGMOID,   /* at most 2.5 ulp */
    MAP_RELU,      /* a > 0 ? a : 0 */
    MAP_GELU,      /* by tanh */
    MAP_TANH_BACK, /* a: tanh's output */
    MAP_SIGMOID_BACK,
    MAP_RELU_BACK, /* a: the input */
    MAP_GELU_BACK, /* a: the input */
    MAP_OPS
};
struct map_args {
    const real *a, *b, *c;
    real *y;
    uint32_t n, op;
    real scale;
};

/* One step of Adam (Kingma and Ba, 2015) on n weights w with gradient g; m and v are its two
 * moments. rest is 1 - beta, scale1 = 1 / (1 - beta1^t), scale2 = 1 / (1 - beta2^t): rounded from
 * double by the caller, since a float's 1 - 0.999 is 5e-5 off. */
struct adam_args {
    real *w, *m, *v;
    const real *g;
    uint32_t n;
    real rate, beta1, rest1, beta2, rest2, eps, scale1, scale2;
};

/* y[i] = keep(seed, stream, i) ? a[i] / (1 - p) : 0, where keep is word i % 4 of Philox4x32-10 of
 * counter (i / 4, 0, stream) under key seed, at least threshold = p * 2^32. Which draws there are
 * depends on nothing that ran before. y may be a. The gradient is the same call on dy. */
struct dropout_args {
    const real *a;
    real *y;
    uint64_t seed, stream;
    uint32_t n, threshold;
    real scale; /* 1 / (1 - p) */
};

/* Of the last `window` values of each of `rows` series of n: y[row][t] of a[row][t - window + 1
 * .. t], a chain from the oldest; NaN where there are fewer. MEAN: sum / window. STD: chain of
 * squared distances to that mean, / (window - 1), square root; window > 1. */
enum rolling_op { ROLLING_MEAN = 0, ROLLING_STD, ROLLING_MIN, ROLLING_MAX, ROLLING_OPS };
struct rolling_args {
    const real *a;
    real *y;
    uint32_t rows, n, window, op;
};

/* The gates of one step of an LSTM for `rows` rows of `hidden` cells. gates: [rows][4 * hidden], in
 * torch's order: input, forget, cell, output; before the call sums, after it activations.
 * c = fma(f, c_prev, i * g), h = o * tanh(c); tanh_c is kept for the way back. c may be c_prev. */
struct lstm_gates_args {
    real *gates;
    const real *c_prev;
    real *c, *tanh_c, *h;
    uint32_t rows, hidden;
};
/* The way back: from dh and the dc of the step after (in dc, which becomes that of the step before)
 * to dgates, gradients of the sums. dgates may be gates. */
struct lstm_gates_back_args {
    const real *gates, *c_prev, *tanh_c, *dh;
    real *dc, *dgates;
    uint32_t rows, hidden;
};

/* y[i][:] = table[ids[i]][:], width columns; ids < entries. */
struct embed_args {
    const real *table;
    const uint32_t *ids;
    real *y;
    uint32_t n, width;
};
/* dtable[ids[i]][:] += dy[i][:], i ascending. */
struct embed_back_args {
    const real *dy;
    const uint32_t *ids;
    real *dtable;
    uint32_t n, width;
};

/* y[row] of the n values of a row. SUM: lanes. DOT: of a and b, lanes. MAX: no NaN may be there. */
enum reduce_op { REDUCE_SUM = 0, REDUCE_DOT, REDUCE_MAX, REDUCE_OPS };
struct reduce_args {
    const real *a, *b;
    real *y;
    uint32_t rows, n, op;
};

/* y[j] = s, or y[j] + s with `add`: s the sum of a[0][j], a[1][j], ... by lanes. */
struct column_sum_args {
    const real *a;
    real *y;
    uint32_t rows, n, add;
};

/* Layer norm of each row of n: mean and variance (of n, around the mean) by lanes,
 * rstd = 1 / sqrt(var + eps), y = fma((a - mean) * rstd, gain, bias). */
struct norm_args {
    const real *a, *gain, *bias;
    real *y, *mean, *rstd; /* mean, rstd: [rows], kept for the way back */
    uint32_t rows, n;
    real eps;
};
/* da, of dy: with g = dy * gain and s the sums by lanes,
 * da = rstd * (g - s(g) / n - xhat * s(g xhat) / n). */
struct norm_back_args {
    const real *a, *gain, *mean, *rstd, *dy;
    real *da;
    uint32_t rows, n;
};
/* dgain[j] += the sum of dy * xhat, dbias[j] += that of dy, over the rows by lanes. */
struct norm_params_args {
    const real *a, *mean, *rstd, *dy;
    real *dgain, *dbias;
    uint32_t rows, n;
};

/* y = exp(a - max) / sum by lanes, row by row; -inf counts nothing; y may be a. */
struct softmax_args {
    const real *a;
    real *y;
    uint32_t rows, n;
};
/* da = y * (dy - s(y dy)), s by lanes; da may be dy. */
struct softmax_back_args {
    const real *y, *dy;
    real *da;
    uint32_t rows, n;
};

/* c[m][n] = start + op(a)[m][k] op(b)[k][n], each output a chain over k from where it starts: 0,
 * what c holds, or bias[n]. a_turned: a is stored [k][m], and so on; lda, ldb, ldc are lengths of
 * stored rows. `batch` of them, a_step, b_step and c_step elements apart. */
enum gemm_start { GEMM_ZERO = 0, GEMM_ADD, GEMM_BIAS };
struct gemm_args {
    const real *a, *b, *bias;
    real *c;
    uint32_t m, n, k, lda, ldb, ldc;
    uint32_t a_turned, b_turned, start;
    uint32_t batch, a_step, b_step, c_step; /* batch 0 counts as 1 */
};

/* The three kernels of attention that looks back over the last `window` positions, of `batch` heads
 * with `steps` positions of `width`. Entry w of position t is the pair (t, t - window + 1 + w);
 * where there is no such position: `fill`.
 * band_dot: y[t][w] = scale * (a[t] . b[t - window + 1 + w]), by lanes. */
struct band_dot_args {
    const real *a, *b;
    real *y; /* [batch][steps][window] */
    uint32_t batch, steps, width, window;
    real scale, fill;
};
/* band_apply: y[t] = scale * sum over w of p[t][w] a[t - window + 1 + w], a chain, w ascending. */
/* band_gather: y[s] = scale * sum over t of p[t][s - t + window - 1] a[t], a chain, t ascending:
 * the same with the pairs turned round, as gradients of keys and values need. */
struct band_apply_args {
    const real *p, *a;
    real *y; /* [batch][steps][width] */
    uint32_t batch, steps, width, window;
    real scale;
};

/* What a portfolio of m positions would have earned, in each of n paths of prices of `steps` steps.
 * value[j] is what position j is worth at the beginning, in money, below 0 where it is short; its
 * log price moves in a step by drift[j] + the sum over k <= j of factor[j][k] z[k], z normal: a
 * chain from drift[j], k ascending, so that factor is the lower triangle (Cholesky's) of a step's
 * covariance. A path's profit at a step is a chain from 0 over j of value[j] * (exp(x) - 1), x the
 * sum of position j's moves. y[0][i] is that of the last step, y[1][i] the least of all steps and
 * of 0, y[2][i] the furthest that it lay below its highest so far, which begins at 0.
 *
 * z is lane.h's lane_normals of Philox4x32-10 of counter (i, step + 65536 * (k / 4), stream) under
 * key seed, number k % 4: which draws there are depends on no other path, step or position. A
 * profit is within 1e-5 (float) or 1e-13 (double) of the sum of |value| of what is exact for those
 * draws, where no price has moved by more than half and steps are at most 1,000. */
#define SCENARIOS_POSITIONS 32u
#define SCENARIOS_STEPS     65536u
struct scenarios_args {
    const real *value, *drift; /* [m] */
    const real *factor;        /* [m][m]; above the diagonal nothing is read */
    real *y;                   /* [3][n] */
    uint64_t seed, stream;
    uint32_t n, m, steps;
};

/* One rule, n sets of its parameters at once, over the same `steps` steps: long with all it has, or
 * flat. Set i looks at d = a[pairs[i][0]][t] - a[pairs[i][1]][t], two of the `rows` series of a (as
 * rolling makes them: of two averages it is their cross). Where d < leave[i] it is to be flat, and
 * where d > enter[i] long, but not before d was below leave[i] once; a NaN says nothing. What it is
 * to be at the end of step t is done at fill[t + 1]: who buys has (money * keep) / fill units, who
 * sells (units * fill) * keep of money, keep = 1 - fee. Money begins at 1, and is fma(units,
 * price[t], money) at step t. y[0][i]: what that is at the last step, less 1. y[1][i]: the largest
 * share (most - now) / most that it lost of its highest so far, which begins at 1. y[2][i]: how
 * often it bought or sold. */
struct sweeps_args {
    const real *a;            /* [rows][steps] */
    const real *price, *fill; /* [steps] */
    const uint32_t *pairs;    /* [n][2], each below rows */
    const real *enter, *leave;
    real *y; /* [3][n] */
    uint32_t n, steps, rows;
    real fee; /* of what is traded; 0.001: 10 basis points */
};

/* Every kernel: its name and its struct. */
#define KERNELS(X)                                                                                 \
    X(map, map)                                                                                    \
    X(adam, adam)                                                                                  \
    X(dropout, dropout)                                                                            \
    X(rolling, rolling)                                                                            \
    X(lstm_gates, lstm_gates)                                                                      \
    X(lstm_gates_back, lstm_gates_back)                                                            \
    X(embed, embed)                                                                                \
    X(embed_back, embed_back)                                                                      \
    X(reduce, reduce)                                                                              \
    X(column_sum, column_sum)                                                                      \
    X(norm, norm)                                                                                  \
    X(norm_back, norm_back)                                                                        \
    X(norm_params, norm_params)                                                                    \
    X(softmax, softmax)                                                                            \
    X(softmax_back, softmax_back)                                                                  \
    X(gemm, gemm)                                                                                  \
    X(band_dot, band_dot)                                                                          \
    X(band_apply, band_apply)                                                                      \
    X(band_gather, band_apply)                                                                     \
    X(scenarios, scenarios)                                                                        \
    X(sweeps, sweeps)

#define KERNEL_ENUM(name, args) KERNEL_##name,
enum kernel { KERNELS(KERNEL_ENUM) KERNEL_COUNT };

/* The arguments of any kernel, for whoever deals with all of them. */
#define KERNEL_ARGS(name, type) const struct type##_args *name;
union kernel_args {
    const void *any;
    KERNELS(KERNEL_ARGS)
};

#endif
