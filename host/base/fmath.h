// SPDX-License-Identifier: Apache-2.0
/* fmath: elementary functions that agree on every CPU and compiler.
 *
 * glibc chooses other code for other CPUs, and its exp, log and pow then differ in the last bit,
 * which is enough to part a replay from its run. These use only + - * /, sqrt and integer
 * operations on the bits, in a fixed order, with contraction off. Relative error below 4e-16 for
 * exp and log in their normal range (tests compare with values of higher precision); edge cases as
 * in C17 annex F. [any] */
#ifndef BASE_FMATH_H
#define BASE_FMATH_H

double fmath_exp(double x);
double fmath_log(double x);
double fmath_pow(double x, double y); /* x >= 0 */
double fmath_sin(double x);           /* |x| <= 1e6 */
double fmath_cos(double x);           /* |x| <= 1e6 */
double fmath_tanh(double x);

#endif
