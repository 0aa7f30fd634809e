// SPDX-License-Identifier: Apache-2.0
/* units: quantities that carry their unit: "10s", "64MiB", "3%", "1000 USDT". The same words serve
 * configuration and the command line. Text is n bytes, not ended by a NUL. On failure the error
 * says what was expected; AGON_EINVAL is a wrong form, AGON_ERANGE a number that does not fit.
 * [any] */
#ifndef CONFIG_UNITS_H
#define CONFIG_UNITS_H

#include "base/error.h"

#define UNITS_ASSET 16 /* longest name of an asset, with its NUL */

/* ns us ms s m h d, with at most 9 decimals: "1.5s". Negative is refused. */
int units_duration(const char *text, size_t n, int64_t *ns, struct error *err);
/* A count of bytes: "4096", "64KiB", "16MiB", "1GiB", "1TiB"; "512B". */
int units_size(const char *text, size_t n, int64_t *bytes, struct error *err);
/* UTC only: "2024-08-08", "2024-08-08T12:30", "2024-08-08T12:30:00.25Z". Years 1970 to 2200. */
int units_time(const char *text, size_t n, int64_t *ns, struct error *err);
/* "Sunday 00:00": minutes since Sunday 00:00 UTC, 0 to 10079. */
int units_weekly(const char *text, size_t n, int64_t *minutes, struct error *err);
/* A share with its unit, "3%", "0.25%", "12bps", "-1%" , as parts per million, exactly. */
int units_ppm(const char *text, size_t n, int64_t *ppm, struct error *err);
/* "1000 USDT", "0.5 BTC": the amount as a count of 10^-exp, and the asset. */
int units_money(const char *text, size_t n, int exp, int64_t *amt, char asset[UNITS_ASSET],
                struct error *err);
/* A whole number as YAML 1.2 and people write it: "-12", "0"; no '+', no "007", no "0x", no "1e3",
 * no "-0". */
int units_int(const char *text, size_t n, int64_t *value, struct error *err);
int units_u64(const char *text, size_t n, uint64_t *value, struct error *err);

/* The other way round, in the largest unit that needs no fraction: "20ms", "400d", "64KiB". */
void units_say_duration(int64_t ns, char *text, size_t room);
void units_say_size(int64_t bytes, char *text, size_t room);

#endif
