// SPDX-License-Identifier: Apache-2.0
/* lane: what one lane computes, the one source of every kernel that works element by element.
 *
 * C compiles it into vector loops and CUDA into threads. Bits agree because nothing here is left to
 * a compiler: every fused multiply-add is written, none is made (-ffp-contract=off, --fmad=false),
 * exp and tanh are these, and division and square root round as IEEE 754 says on both. No branch
 * depends on a value, so that loops become vectors. It is C++ too, which NVRTC wants. [any] */
#ifndef KERNELS_LANE_H
#define KERNELS_LANE_H

#include "kernels/args.h"

#if defined(__CUDACC__)
#define LANE static __device__ __forceinline__
#else
#define LANE static inline __attribute__((always_inline))
#endif
/* Before a loop of a few turns within a lane's work, which makes vectors only once it is none. */
#if defined(__CUDACC__) || defined(__clang__)
#define LANE_UNROLL _Pragma("unroll")
#else
#define LANE_UNROLL _Pragma("GCC unroll 16")
#endif

LANE real_bits lane_bits(real x)
{
    real_bits bits;

    __builtin_memcpy(&bits, &x, sizeof(bits));
    return bits;
}

LANE real lane_real(real_bits bits)
{
    real x;

    __builtin_memcpy(&x, &bits, sizeof(x));
    return x;
}

#if REAL_BITS == 32
LANE real lane_fma(real a, real b, real c)
{
    return __builtin_fmaf(a, b, c);
}
LANE real lane_sqrt(real x)
{
    return __builtin_sqrtf(x);
}
#define LANE_LOG2E    0x1.715476p+0f
#define LANE_LN2_HIGH 0x1.62e430p-1f
#define LANE_LN2_LOW  (-0x1.05c610p-29f)
#define LANE_MAGIC    0x1.8p+23f /* adding it rounds to an integer, which stands in the low bits */
#define LANE_BIAS     127u
#define LANE_MANTISSA 23
#define LANE_EXP_LOW  (-104.0f) /* below: 0; above LANE_EXP_HIGH: infinity */
#define LANE_EXP_HIGH 89.0f
#define LANE_TANH_ONE 10.0f /* from here on tanh rounds to 1 */
#define LANE_LOG_FROM 0x1.6a09e6p-1f
#else
LANE real lane_fma(real a, real b, real c)
{
    return __builtin_fma(a, b, c);
}
LANE real lane_sqrt(real x)
{
    return __builtin_sqrt(x);
}
#define LANE_LOG2E    0x1.71547652b82fep+0
#define LANE_LN2_HIGH 0x1.62e42fefa39efp-1
#define LANE_LN2_LOW  0x1.abc9e3b39803fp-56
#define LANE_MAGIC    0x1.8p+52
#define LANE_BIAS     1023u
#define LANE_MANTISSA 52
#define LANE_EXP_LOW  (-746.0)
#define LANE_EXP_HIGH 710.0
#define LANE_TANH_ONE 22.0
#define LANE_LOG_FROM 0x1.6a09e667f3bcdp-1
#endif

/* What a place without a value holds. */
LANE real lane_nan(void)
{
    return lane_real((((real_bits)1 << (REAL_BITS - LANE_MANTISSA)) - 1) << (LANE_MANTISSA - 1));
}

/* exp(r) - 1 for |r| <= ln 2 / 2 by Taylor: what is left out is below a tenth of an ulp. */
LANE real lane_expm1_small(real r)
{
#if REAL_BITS == 32
    real q = (real)(1.0 / 5040);
#else
    real q = (real)(1.0 / 6227020800.0);

    q = lane_fma(q, r, (real)(1.0 / 479001600));
    q = lane_fma(q, r, (real)(1.0 / 39916800));
    q = lane_fma(q, r, (real)(1.0 / 3628800));
    q = lane_fma(q, r, (real)(1.0 / 362880));
    q = lane_fma(q, r, (real)(1.0 / 40320));
    q = lane_fma(q, r, (real)(1.0 / 5040));
#endif
    q = lane_fma(q, r, (real)(1.0 / 720));
    q = lane_fma(q, r, (real)(1.0 / 120));
    q = lane_fma(q, r, (real)(1.0 / 24));
    q = lane_fma(q, r, (real)(1.0 / 6));
    q = lane_fma(q, r, (real)0.5);
    return lane_fma(r * r, q, r);
}

/* exp: x = k ln 2 + r. 2^k comes in two halves, so that neither leaves the normal numbers and only
 * the last product rounds. */
LANE real lane_exp(real x)
{
    real inside = x > LANE_EXP_LOW ? x : LANE_EXP_LOW;
    real shifted;
    real k;
    real r;
    real_bits twice;
    real_bits half;

    inside = inside < LANE_EXP_HIGH ? inside : LANE_EXP_HIGH;
    shifted = lane_fma(inside, LANE_LOG2E, LANE_MAGIC);
    k = shifted - LANE_MAGIC;
    r = lane_fma(k, -LANE_LN2_HIGH, inside);
    r = lane_fma(k, -LANE_LN2_LOW, r);
    twice = lane_bits(shifted) - lane_bits(LANE_MAGIC) + 2 * LANE_BIAS;
    half = twice >> 1;
    r = ((real)1 + lane_expm1_small(r)) * lane_real(half << LANE_MANTISSA) *
        lane_real((twice - half) << LANE_MANTISSA);
    return x == x ? r : x;
}

/* tanh |x| = e / (e + 2) with e = exp(2 |x|) - 1 = 2^k (exp(r) - 1) + (2^k - 1): near 0 k is 0 and
 * nothing cancels. */
LANE real lane_tanh(real x)
{
    real_bits sign = lane_bits(x) & (real_bits)1 << (REAL_BITS - 1);
    real size = lane_real(lane_bits(x) ^ sign);
    real shifted;
    real k;
    real r;
    real power;

    size = size < LANE_TANH_ONE ? size : LANE_TANH_ONE;
    size = size + size;
    shifted = lane_fma(size, LANE_LOG2E, LANE_MAGIC);
    k = shifted - LANE_MAGIC;
    r = lane_fma(k, -LANE_LN2_HIGH, size);
    r = lane_fma(k, -LANE_LN2_LOW, r);
    power = lane_real((lane_bits(shifted) - lane_bits(LANE_MAGIC) + LANE_BIAS) << LANE_MANTISSA);
    r = lane_fma(power, lane_expm1_small(r), power - 1);
    r = lane_real(lane_bits(r / (r + 2)) | sign);
    return x == x ? r : x;
}

LANE real lane_sigmoid(real x)
{
    return 1 / (1 + lane_exp(-x));
}

#define LANE_GELU_A ((real)0.79788456080286535588) /* sqrt(2 / pi) */
#define LANE_GELU_B ((real)0.044715)

LANE real lane_gelu_tanh(real x)
{
    return lane_tanh(LANE_GELU_A * lane_fma(LANE_GELU_B * x * x, x, x));
}

LANE real lane_gelu(real x)
{
    real half = (real)0.5 * x;

    return lane_fma(half, lane_gelu_tanh(x), half);
}

LANE real lane_gelu_back(real x, real dy)
{
    real t = lane_gelu_tanh(x);
    real inner = LANE_GELU_A * lane_fma(3 * LANE_GELU_B * x, x, (real)1);
    real slope = (real)0.5 * x * lane_fma(-t, t, (real)1) * inner;

    return dy * lane_fma((real)0.5, t, (real)0.5 + slope);
}

/* s (1 - s) dy, s the sigmoid's output; (1 - t^2) dy, t the tanh's. */
LANE real lane_sigmoid_back(real s, real dy)
{
    return s * (1 - s) * dy;
}

LANE real lane_tanh_back(real t, real dy)
{
    return lane_fma(-t, t, (real)1) * dy;
}

LANE void lane_adam(const struct adam_args *args, uint32_t i)
{
    real g = args->g[i];
    real m = lane_fma(args->beta1, args->m[i], args->rest1 * g);
    real v = lane_fma(args->beta2, args->v[i], args->rest2 * g * g);

    args->m[i] = m;
    args->v[i] = v;
    args->w[i] -= args->rate * (m * args->scale1) / (lane_sqrt(v * args->scale2) + args->eps);
}

/* Philox4x32-10 (Salmon and others, 2011). */
struct lane_philox {
    uint32_t word[4];
};
LANE struct lane_philox lane_philox(uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0,
                                    uint32_t k1)
{
    struct lane_philox out;

    LANE_UNROLL
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xd2511f53u * c0;
        uint64_t p1 = (uint64_t)0xcd9e8d57u * c2;

        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9e3779b9u;
        k1 += 0xbb67ae85u;
    }
    out.word[0] = c0;
    out.word[1] = c1;
    out.word[2] = c2;
    out.word[3] = c3;
    return out;
}

/* Four elements from 4 * quad on. */
LANE void lane_dropout(const struct dropout_args *args, uint32_t quad)
{
    struct lane_philox draw =
        lane_philox(quad, 0, (uint32_t)args->stream, (uint32_t)(args->stream >> 32),
                    (uint32_t)args->seed, (uint32_t)(args->seed >> 32));

    for (uint32_t i = 0; i < 4; i++) {
        uint32_t at = 4 * quad + i;

        if (at < args->n)
            args->y[at] = draw.word[i] >= args->threshold ? args->a[at] * args->scale : (real)0;
    }
}

/* One cell of one row. */
LANE void lane_lstm_gates(const struct lstm_gates_args *args, uint32_t row, uint32_t j)
{
    real *gates = args->gates + (uint64_t)row * 4 * args->hidden + j;
    uint64_t at = (uint64_t)row * args->hidden + j;
    real i = lane_sigmoid(gates[0]);
    real f = lane_sigmoid(gates[args->hidden]);
    real g = lane_tanh(gates[2 * args->hidden]);
    real o = lane_sigmoid(gates[3 * args->hidden]);
    real c = lane_fma(f, args->c_prev[at], i * g);
    real tanh_c = lane_tanh(c);

    gates[0] = i;
    gates[args->hidden] = f;
    gates[2 * args->hidden] = g;
    gates[3 * args->hidden] = o;
    args->c[at] = c;
    args->tanh_c[at] = tanh_c;
    args->h[at] = o * tanh_c;
}

LANE void lane_lstm_gates_back(const struct lstm_gates_back_args *args, uint32_t row, uint32_t j)
{
    const real *gates = args->gates + (uint64_t)row * 4 * args->hidden + j;
    real *dgates = args->dgates + (uint64_t)row * 4 * args->hidden + j;
    uint64_t at = (uint64_t)row * args->hidden + j;
    real i = gates[0];
    real f = gates[args->hidden];
    real g = gates[2 * args->hidden];
    real o = gates[3 * args->hidden];
    real dh = args->dh[at];
    real dc = args->dc[at] + lane_tanh_back(args->tanh_c[at], dh * o);

    dgates[0] = lane_sigmoid_back(i, dc * g);
    dgates[args->hidden] = lane_sigmoid_back(f, dc * args->c_prev[at]);
    dgates[2 * args->hidden] = lane_tanh_back(g, dc * i);
    dgates[3 * args->hidden] = lane_sigmoid_back(o, dh * args->tanh_c[at]);
    args->dc[at] = dc * f;
}

/* ln x of a normal number above 0, within 2 ulp: x = 2^k m with m from sqrt(1/2) to sqrt(2), and
 * ln m = 2 atanh((m - 1) / (m + 1)). */
LANE real lane_log(real x)
{
    real_bits lifted = lane_bits(x) + (lane_bits((real)1) - lane_bits(LANE_LOG_FROM));
    real_bits biased = lifted >> LANE_MANTISSA; // k + LANE_BIAS
    real k = lane_real(lane_bits(LANE_MAGIC) + biased) - LANE_MAGIC - (real)LANE_BIAS;
    real m = lane_real(lane_bits(x) - ((biased - LANE_BIAS) << LANE_MANTISSA));
    real s = (m - 1) / (m + 1);
    real s2 = s * s;
#if REAL_BITS == 32
    real q = (real)(1.0 / 9);
#else
    real q = (real)(1.0 / 21);

    q = lane_fma(q, s2, (real)(1.0 / 19));
    q = lane_fma(q, s2, (real)(1.0 / 17));
    q = lane_fma(q, s2, (real)(1.0 / 15));
    q = lane_fma(q, s2, (real)(1.0 / 13));
    q = lane_fma(q, s2, (real)(1.0 / 11));
    q = lane_fma(q, s2, (real)(1.0 / 9));
#endif
    q = lane_fma(q, s2, (real)(1.0 / 7));
    q = lane_fma(q, s2, (real)(1.0 / 5));
    q = lane_fma(q, s2, (real)(1.0 / 3));
    s = s + s;
    q = lane_fma(k, LANE_LN2_LOW, s * s2 * q);
    return lane_fma(k, LANE_LN2_HIGH, s + q);
}

/* Sine and cosine of w / 2^32 of a turn, within an ulp of 1: of the quarter that is nearest, and
 * Taylor of what is left. */
struct lane_turn {
    real sine, cosine;
};
LANE struct lane_turn lane_turn(uint32_t w)
{
    struct lane_turn turn;
    uint32_t quarter = (w + 0x20000000u) >> 30;
    real t = (real)(int32_t)(w - (quarter << 30)) * (real)(0x1.921fb54442d18p+2 / 4294967296.0);
    real t2 = t * t;
#if REAL_BITS == 32
    real s = (real)(1.0 / 362880);
    real c = (real)(-1.0 / 3628800);
#else
    real s = (real)(1.0 / 355687428096000.0);
    real c = (real)(1.0 / 20922789888000.0);

    s = lane_fma(s, t2, (real)(-1.0 / 1307674368000.0));
    s = lane_fma(s, t2, (real)(1.0 / 6227020800.0));
    s = lane_fma(s, t2, (real)(-1.0 / 39916800));
    s = lane_fma(s, t2, (real)(1.0 / 362880));
    c = lane_fma(c, t2, (real)(-1.0 / 87178291200.0));
    c = lane_fma(c, t2, (real)(1.0 / 479001600));
    c = lane_fma(c, t2, (real)(-1.0 / 3628800));
#endif
    s = lane_fma(s, t2, (real)(-1.0 / 5040));
    s = lane_fma(s, t2, (real)(1.0 / 120));
    s = lane_fma(s, t2, (real)(-1.0 / 6));
    s = lane_fma(s * t2, t, t);
    c = lane_fma(c, t2, (real)(1.0 / 40320));
    c = lane_fma(c, t2, (real)(-1.0 / 720));
    c = lane_fma(c, t2, (real)(1.0 / 24));
    c = lane_fma(c, t2, (real)-0.5);
    c = lane_fma(c, t2, (real)1);
    turn.sine = (quarter & 1) != 0 ? c : s;
    turn.cosine = (quarter & 1) != 0 ? s : c;
    turn.sine = (quarter & 2) != 0 ? -turn.sine : turn.sine;
    turn.cosine = ((quarter + 1) & 2) != 0 ? -turn.cosine : turn.cosine;
    return turn;
}

/* Four normal numbers of one draw (Box and Muller, 1958): of words a and b the numbers
 * sqrt(-2 ln u) cos and sin of b / 2^32 of a turn, u = (floor(a / 2) + 1 / 2) / 2^31; of words c
 * and d two more. None is beyond 6.7. */
struct lane_normals {
    real at[4];
};
LANE struct lane_normals lane_normals(struct lane_philox draw)
{
    struct lane_normals out;

    LANE_UNROLL
    for (int i = 0; i < 4; i += 2) {
        real u = ((real)(int32_t)(draw.word[i] >> 1) + (real)0.5) * (real)(1.0 / 2147483648.0);
        real far = lane_sqrt(-2 * lane_log(u));
        struct lane_turn turn = lane_turn(draw.word[i + 1]);

        out.at[i] = far * turn.cosine;
        out.at[i + 1] = far * turn.sine;
    }
    return out;
}

/* Lanes of one call of the two below: side by side in registers on a processor (isa.h), one on a
 * card. Each lane is computed alone. */
#if defined(ISA_SIDE)
#define LANE_SIDE ISA_SIDE
#else
#define LANE_SIDE 1u
#endif

/* Paths [first, first + width), width <= LANE_SIDE. */
LANE void lane_scenarios(const struct scenarios_args *args, uint32_t first, uint32_t width)
{
    real x[SCENARIOS_POSITIONS][LANE_SIDE];
    real z[SCENARIOS_POSITIONS][LANE_SIDE];
    real pnl[LANE_SIDE];
    real low[LANE_SIDE];
    real high[LANE_SIDE];
    real fall[LANE_SIDE];

    for (uint32_t l = 0; l < width; l++) {
        for (uint32_t j = 0; j < args->m; j++)
            x[j][l] = 0;
        pnl[l] = low[l] = high[l] = fall[l] = 0;
    }
    for (uint32_t step = 0; step < args->steps; step++) {
        for (uint32_t k = 0; k < args->m; k += 4)
            for (uint32_t l = 0; l < width; l++) {
                struct lane_normals four =
                    lane_normals(lane_philox(first + l, step + SCENARIOS_STEPS * (k / 4),
                                             (uint32_t)args->stream, (uint32_t)(args->stream >> 32),
                                             (uint32_t)args->seed, (uint32_t)(args->seed >> 32)));

                z[k][l] = four.at[0];
                z[k + 1][l] = four.at[1];
                z[k + 2][l] = four.at[2];
                z[k + 3][l] = four.at[3];
            }
        for (uint32_t l = 0; l < width; l++)
            pnl[l] = 0;
        for (uint32_t j = 0; j < args->m; j++) {
            real move[LANE_SIDE];

            for (uint32_t l = 0; l < width; l++)
                move[l] = args->drift[j];
            for (uint32_t k = 0; k <= j; k++)
                for (uint32_t l = 0; l < width; l++)
                    move[l] = lane_fma(args->factor[j * args->m + k], z[k][l], move[l]);
            for (uint32_t l = 0; l < width; l++) {
                x[j][l] += move[l];
                pnl[l] = lane_fma(args->value[j], lane_exp(x[j][l]) - 1, pnl[l]);
            }
        }
        for (uint32_t l = 0; l < width; l++) {
            low[l] = pnl[l] < low[l] ? pnl[l] : low[l];
            high[l] = pnl[l] > high[l] ? pnl[l] : high[l];
            fall[l] = high[l] - pnl[l] > fall[l] ? high[l] - pnl[l] : fall[l];
        }
    }
    for (uint32_t l = 0; l < width; l++) {
        args->y[first + l] = pnl[l];
        args->y[(uint64_t)args->n + first + l] = low[l];
        args->y[2 * (uint64_t)args->n + first + l] = fall[l];
    }
}

/* Sets [first, first + width), width <= LANE_SIDE. is_long, is_armed and held are 0 or 1. */
LANE void lane_sweeps(const struct sweeps_args *args, uint32_t first, uint32_t width)
{
    const uint32_t *pairs = args->pairs + 2 * (uint64_t)first;
    real keep = 1 - args->fee;
    uint64_t rows[LANE_SIDE][2]; // where the two series begin
    real enter[LANE_SIDE];
    real leave[LANE_SIDE];
    real d[LANE_SIDE];
    real is_long[LANE_SIDE];
    real is_armed[LANE_SIDE];
    real held[LANE_SIDE];
    real money[LANE_SIDE];
    real units[LANE_SIDE];
    real most[LANE_SIDE];
    real fall[LANE_SIDE];
    real n_trades[LANE_SIDE];
    real now[LANE_SIDE];

    for (uint32_t l = 0; l < width; l++) {
        is_long[l] = is_armed[l] = held[l] = units[l] = fall[l] = n_trades[l] = 0;
        money[l] = most[l] = now[l] = 1;
        rows[l][0] = (uint64_t)pairs[2 * l] * args->steps;
        rows[l][1] = (uint64_t)pairs[2 * l + 1] * args->steps;
        enter[l] = args->enter[first + l];
        leave[l] = args->leave[first + l];
    }
    for (uint32_t t = 0; t < args->steps; t++) {
        real fill = args->fill[t];
        real price = args->price[t];
        const real *a = args->a + t;

        for (uint32_t l = 0; l < width; l++)
            d[l] = a[rows[l][0]] - a[rows[l][1]];
        for (uint32_t l = 0; l < width; l++) {
            real bought = money[l] * keep / fill;
            real sold = units[l] * fill * keep;
            real lost;

            money[l] = is_long[l] > held[l] ? (real)0 : is_long[l] < held[l] ? sold : money[l];
            units[l] = is_long[l] > held[l] ? bought : is_long[l] < held[l] ? (real)0 : units[l];
            n_trades[l] += is_long[l] != held[l] ? (real)1 : (real)0;
            held[l] = is_long[l];
            now[l] = lane_fma(units[l], price, money[l]);
            most[l] = now[l] > most[l] ? now[l] : most[l];
            lost = (most[l] - now[l]) / most[l];
            fall[l] = lost > fall[l] ? lost : fall[l];
            is_armed[l] = d[l] < leave[l] ? (real)1 : is_armed[l];
            is_long[l] = d[l] < leave[l] ? (real)0 : is_long[l];
            is_long[l] = d[l] > enter[l] ? is_armed[l] : is_long[l];
        }
    }
    for (uint32_t l = 0; l < width; l++) {
        args->y[first + l] = now[l] - 1;
        args->y[(uint64_t)args->n + first + l] = fall[l];
        args->y[2 * (uint64_t)args->n + first + l] = n_trades[l];
    }
}

/* What norm and norm_back compute of one value, once the row's sums are there. */
LANE real lane_norm(real x, real mean, real rstd, real gain, real bias)
{
    return lane_fma((x - mean) * rstd, gain, bias);
}

LANE real lane_norm_back(real g, real xhat, real rstd, real mean_g, real mean_gx)
{
    return rstd * (g - lane_fma(xhat, mean_gx, mean_g));
}

/* What a map does, by its operation: an expression of element i of a, b and c, and of scale. */
#define LANE_MAPS(MAP)                                                                             \
    MAP(MAP_ADD, a[i] + b[i])                                                                      \
    MAP(MAP_SUB, a[i] - b[i])                                                                      \
    MAP(MAP_MUL, a[i] * b[i])                                                                      \
    MAP(MAP_FMA, lane_fma(a[i], b[i], c[i]))                                                       \
    MAP(MAP_SCALE, a[i] * scale)                                                                   \
    MAP(MAP_EXP, lane_exp(a[i]))                                                                   \
    MAP(MAP_TANH, lane_tanh(a[i]))                                                                 \
    MAP(MAP_SIGMOID, lane_sigmoid(a[i]))                                                           \
    MAP(MAP_RELU, a[i] > 0 ? a[i] : (real)0)                                                       \
    MAP(MAP_GELU, lane_gelu(a[i]))                                                                 \
    MAP(MAP_TANH_BACK, lane_tanh_back(a[i], b[i]))                                                 \
    MAP(MAP_SIGMOID_BACK, lane_sigmoid_back(a[i], b[i]))                                           \
    MAP(MAP_RELU_BACK, a[i] > 0 ? b[i] : (real)0)                                                  \
    MAP(MAP_GELU_BACK, lane_gelu_back(a[i], b[i]))

#endif
