// SPDX-License-Identifier: Apache-2.0
#include "base/fmath.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static double from_bits(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint64_t to_bits(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

// x * 2^k for -2000 < k < 2000, in steps that never leave the range of normal numbers too early.
static double scale(double x, int k)
{
    while (k > 1000) {
        x *= 0x1p1000;
        k -= 1000;
    }
    while (k < -900) {
        x *= 0x1p-900;
        k += 900;
    }
    return x * from_bits((uint64_t)(k + 1023) << 52);
}

#define LN2_HIGH 6.93147180369123816490e-01 /* its low 21 bits are zero: k * LN2_HIGH is exact */
#define LN2_LOW  1.90821492927058770002e-10

/* exp: x = k ln 2 + r with |r| <= ln 2 / 2, and a Taylor polynomial of degree 13 in r, whose
 * remainder is below 2^-58 there. */
double fmath_exp(double x)
{
    double k;
    double r;
    double sum;

    if (isnan(x))
        return x;
    if (x > 709.782712893384)
        return (double)INFINITY;
    if (x < -745.2)
        return 0.0;
    k = floor(x * 1.44269504088896338700 + 0.5);
    r = (x - k * LN2_HIGH) - k * LN2_LOW;
    sum = 1.0 / 6227020800.0;
    sum = sum * r + 1.0 / 479001600.0;
    sum = sum * r + 1.0 / 39916800.0;
    sum = sum * r + 1.0 / 3628800.0;
    sum = sum * r + 1.0 / 362880.0;
    sum = sum * r + 1.0 / 40320.0;
    sum = sum * r + 1.0 / 5040.0;
    sum = sum * r + 1.0 / 720.0;
    sum = sum * r + 1.0 / 120.0;
    sum = sum * r + 1.0 / 24.0;
    sum = sum * r + 1.0 / 6.0;
    sum = sum * r + 0.5;
    return scale(1.0 + (r + r * r * sum), (int)k);
}

/* log: x = 2^k m with m in [sqrt 1/2, sqrt 2); log m = 2 atanh(s), s = (m - 1) / (m + 1), by its
 * odd series, |s| < 0.1716 and 12 terms leave less than 2^-60. */
double fmath_log(double x)
{
    uint64_t bits = to_bits(x);
    int k = 0;
    double f;
    double s;
    double z;
    double sum;
    double half;

    if (isnan(x))
        return x;
    if (x < 0)
        return (double)NAN;
    if (x == 0)
        return (double)-INFINITY;
    if (isinf(x))
        return x;
    if (bits < (uint64_t)1 << 52) { // subnormal
        x *= 0x1p54;
        bits = to_bits(x);
        k = -54;
    }
    k += (int)(bits >> 52) - 1023;
    x = from_bits((bits & 0x000fffffffffffffu) | (uint64_t)1023 << 52);
    if (x > 1.4142135623730951) {
        x *= 0.5;
        k += 1;
    }
    f = x - 1.0; // exact
    s = f / (2.0 + f);
    z = s * s;
    sum = 2.0 / 25.0;
    sum = sum * z + 2.0 / 23.0;
    sum = sum * z + 2.0 / 21.0;
    sum = sum * z + 2.0 / 19.0;
    sum = sum * z + 2.0 / 17.0;
    sum = sum * z + 2.0 / 15.0;
    sum = sum * z + 2.0 / 13.0;
    sum = sum * z + 2.0 / 11.0;
    sum = sum * z + 2.0 / 9.0;
    sum = sum * z + 2.0 / 7.0;
    sum = sum * z + 2.0 / 5.0;
    sum = sum * z + 2.0 / 3.0;
    sum *= z;
    // log(1+f) = f - f*f/2 + s*(f*f/2 + sum): the large parts are exact or nearly so.
    half = 0.5 * f * f;
    return k * LN2_HIGH - ((half - (s * (half + sum) + k * LN2_LOW)) - f);
}

/* pow for what decides here: x >= 0, by exp(y log x). The error of the logarithm grows with |y log
 * x|: it stays below 1.5e-13 for |y log x| < 700, and below 1e-15 for what growth and discount
 * take. */
double fmath_pow(double x, double y)
{
    if (y == 0 || x == 1.0)
        return 1.0;
    if (isnan(y))
        return y;
    if (x == 0)
        return y > 0 ? 0.0 : (double)INFINITY;
    return fmath_exp(y * fmath_log(x));
}

#define PI_2_A 1.57079632673412561417e+00 /* 33 bits of pi / 2, then 33 more, then the rest */
#define PI_2_B 6.07710050630396597660e-11
#define PI_2_C 2.02226624879595063154e-21

static double sin_poly(double r)
{
    double z = r * r;
    double sum = -1.0 / 1307674368000.0;

    sum = sum * z + 1.0 / 6227020800.0;
    sum = sum * z - 1.0 / 39916800.0;
    sum = sum * z + 1.0 / 362880.0;
    sum = sum * z - 1.0 / 5040.0;
    sum = sum * z + 1.0 / 120.0;
    sum = sum * z - 1.0 / 6.0;
    return r + r * z * sum;
}

static double cos_poly(double r)
{
    double z = r * r;
    double sum = 1.0 / 20922789888000.0;

    sum = sum * z - 1.0 / 87178291200.0;
    sum = sum * z + 1.0 / 479001600.0;
    sum = sum * z - 1.0 / 3628800.0;
    sum = sum * z + 1.0 / 40320.0;
    sum = sum * z - 1.0 / 720.0;
    sum = sum * z + 1.0 / 24.0;
    return 1.0 - (0.5 * z - z * z * sum);
}

static double circle(double x, int quarter)
{
    double k;
    double r;

    if (isnan(x) || isinf(x))
        return (double)NAN;
    k = floor(x * 0.63661977236758134308 + 0.5);
    r = ((x - k * PI_2_A) - k * PI_2_B) - k * PI_2_C;
    switch (((int64_t)k + quarter) & 3) {
    case 0:
        return sin_poly(r);
    case 1:
        return cos_poly(r);
    case 2:
        return -sin_poly(r);
    default:
        return -cos_poly(r);
    }
}

double fmath_sin(double x)
{
    return x == 0 ? x : circle(x, 0); // keeps the sign of a zero
}

double fmath_cos(double x)
{
    return circle(x, 1);
}

/* tanh: near zero by Lambert's continued fraction, whose rest after nine steps is below 2^-58 for
 * |x| < 0.55; beyond it by exp, as what is missing to 1. */
double fmath_tanh(double x)
{
    double size = fabs(x);
    double z = x * x;
    double sum = 17.0;

    if (isnan(x))
        return x;
    if (size < 0.55) {
        for (int i = 15; i > 0; i -= 2)
            sum = i + z / sum;
        return x / sum;
    }
    size = size < 20.0 ? 1.0 - 2.0 / (fmath_exp(2.0 * size) + 1.0) : 1.0;
    return x < 0 ? -size : size;
}
