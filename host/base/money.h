// SPDX-License-Identifier: Apache-2.0
/* money: how amounts are shown, everywhere. A currency has its decimals; people get the thousands
 * apart, programs do not; which currency it is stands in the head of the column. [any] */
#ifndef BASE_MONEY_H
#define BASE_MONEY_H

#include <stdint.h>

#define MONEY_TEXT 48

/* Decimals that amounts of a currency are shown with, at most exp: 2 of dollars and what is as
 * much, none of yen, 8 of coins. */
int money_decimals(const char *currency, int exp);
/* "-1234567.89", to the nearest even unit of its decimals. Returns text. */
char *money_plain(int64_t amt, int exp, int decimals, char text[MONEY_TEXT]);
/* "-1,234,567.89" */
char *money_text(int64_t amt, int exp, int decimals, char text[MONEY_TEXT]);
/* The same with the decimals of a currency; one that is not known has all of them, 8 at most. */
char *money_in(int64_t amt, int exp, const char *currency, char text[MONEY_TEXT]);
/* A plain number as it came, with its thousands apart; false, and text is empty, for what is none.
 */
int money_apart(const char *plain, char text[MONEY_TEXT]);

/* A number that is of no currency, as the page has it: a whole one wholly, others with 7 digits and
 * without zeros behind them, thousands apart; below a millionth, and from 10^21 on, "1.5e-09". */
char *money_figure(double value, char text[MONEY_TEXT]);

/* The value, or 0 where so many decimals show nothing of it: "-0.00" is no number. */
double money_shown(double value, int decimals);

/* How many there are of something: "12,345". */
char *money_count(uint64_t n, char text[MONEY_TEXT]);
/* The same in seven columns whatever it is: from a million on "1.23M", "45.6G". */
char *money_brief(uint64_t n, char text[MONEY_TEXT]);

#endif
