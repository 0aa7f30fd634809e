// SPDX-License-Identifier: MIT
/* explog: exp and ln out of the four operations alone (agon/ta.h). */
#include "feature_math.h"

#define LOG2E 0x1.71547652b82fep+0

static double power_of_2(int k) /* -1022 to 1023 */
{
    uint64_t bits = (uint64_t)(k + 1023) << 52;
    double x;

    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* x = k ln 2 + r, |r| <= ln 2 / 2: k LN2_HIGH is exact, and so is what it leaves of x. e^r by
 * Taylor to r^13 / 13!, 2e-18 short. 2^k comes in two halves, so that only the last product of a
 * result below the normal numbers rounds. */
double agon_exp(double x)
{
    double r, q = 1, turns;
    int k, half, n;

    if (!(x == x))
        return x;
    x = x > -746 ? x : -746;
    x = x < 710 ? x : 710;
    turns = x * LOG2E;
    k = (int)(turns < 0 ? turns - 0.5 : turns + 0.5);
    r = (x - k * LN2_HIGH) - k * LN2_LOW;
    for (n = 13; n >= 3; n--)
        q = 1 + q * r / n;
    half = k / 2;
    return (1 + (r + r * r * (q * 0.5))) * power_of_2(half) * power_of_2(k - half);
}

double agon_ln(double x)
{
    if (!(x > 0))
        return x < 0 || !(x == x) ? (double)NAN : -(double)INFINITY;
    if (x > 0x1.fffffffffffffp+1023)
        return x;
    return x < 0x1p-1022 ? ln(x * 0x1p54) - 54 * LN2_HIGH - 54 * LN2_LOW : ln(x);
}
