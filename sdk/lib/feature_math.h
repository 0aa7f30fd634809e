// SPDX-License-Identifier: MIT
/* feature_math: logarithm and sine out of the four operations alone, so that they come out alike
 * wherever a plugin is built, and what features ask of a row of numbers. */
#ifndef AGON_LIB_FEATURE_MATH_H
#define AGON_LIB_FEATURE_MATH_H

#include <math.h>

#include "agon/feature.h"
#include "agon/ta.h"

#define LN2_HIGH 0x1.62e42fefa0000p-1 /* so few bits of it that e * LN2_HIGH is exact */
#define LN2_LOW  0x1.cf79abc9e3b3ap-40

/* The natural logarithm of a positive normal number, to 2e-16 of its size or, near 1, absolutely:
 * x = m 2^e with m from sqrt(1/2) to sqrt(2), ln m = 2 artanh((m - 1) / (m + 1)). */
static inline double ln(double x)
{
    uint64_t bits;
    double m, s, square, sum;
    int e, k;

    memcpy(&bits, &x, sizeof(bits));
    e = (int)(bits >> 52 & 0x7ff) - 1022;
    bits = (bits & 0xfffffffffffffu) | (uint64_t)1022 << 52;
    memcpy(&m, &bits, sizeof(m)); // 1/2 to 1
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2;
        e--;
    }
    s = (m - 1) / (m + 1);
    square = s * s;
    sum = 0;
    for (k = 23; k >= 3; k -= 2)
        sum = (sum + 1.0 / k) * square;
    return e * LN2_HIGH + (2 * (s + s * sum) + e * LN2_LOW);
}

/* sin(2 pi x) for x from 0 to 1, by its series around 0. */
static inline double sine_of_turn(double x)
{
    static const double two_pi = 0x1.921fb54442d18p+2;
    double y, square, sum;
    int k;

    if (x > 0.75)
        x -= 1;
    else if (x > 0.25)
        x = 0.5 - x;
    y = x * two_pi; // -pi/2 to pi/2
    square = y * y;
    sum = 0;
    for (k = 22; k >= 2; k -= 2)
        sum = (1 - sum) * square / (k * (k + 1));
    return y * (1 - sum);
}

/* Numbers behind one another in a struct, from the oldest of n to the newest. */
struct row {
    double x[AGON_FEATURE_BACK_MAX];
    uint32_t n;
};

static inline double row_mean(const struct row *row)
{
    double sum = 0;
    uint32_t i;

    for (i = 0; i < row->n; i++)
        sum += row->x[i];
    return row->n > 0 ? sum / row->n : 0;
}

/* Of what lies around the mean, which is given; where that is rounding and nothing else, 0. */
static inline double row_squares(const struct row *row, double mean)
{
    double sum = 0, most = 0;
    uint32_t i;

    for (i = 0; i < row->n; i++) {
        double d = row->x[i] - mean;

        most = fabs(d) > most ? fabs(d) : most;
        sum += d * d;
    }
    return most <= fabs(mean) * 1e-13 ? 0 : sum;
}

#endif
