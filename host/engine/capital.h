// SPDX-License-Identifier: Apache-2.0
/* capital: where what a slot is given stands. */
#ifndef ENGINE_CAPITAL_H
#define ENGINE_CAPITAL_H

#include "engine/engine.h"

/* How much of its capital a slot would have on an account by that CONFIG: it is divided evenly
 * among the accounts of its instruments, the first has the odd units; 0: none. In units of the base
 * currency. Instruments and the venues' accounts are there before. [core] */
agon_amt_t engine_capital_on(const struct engine *engine, const struct record_slot *record,
                             agon_account_t account);
/* How much of its capital that CONFIG could give the slot now, from what its accounts have and
 * nobody was given: all of it, or less. taken_amt: what is taken of that before, by account, below
 * 0 given back; NULL: nothing. [core] */
agon_amt_t engine_capital_at_hand(const struct engine *engine, const struct record_slot *record,
                                  const agon_amt_t taken_amt[ACCOUNTS_MAX]);
/* Adds what that CONFIG would take of it, by account. [core] */
void engine_capital_take(const struct engine *engine, const struct record_slot *record,
                         agon_amt_t taken_amt[ACCOUNTS_MAX]);

#endif
