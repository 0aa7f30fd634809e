// SPDX-License-Identifier: Apache-2.0
/* judge: what an answer of the venue means for the request that it answers, by its status, code and
 * text. The same for both markets. [io] */
#ifndef VENUE_BINANCE_JUDGE_H
#define VENUE_BINANCE_JUDGE_H

#include "venue/wire.h"

enum answer binance_judge(int status, int32_t code, const char *text);
/* enum reason for an answer that is a refusal. */
uint16_t binance_refusal(enum answer answer, int32_t code, const char *text);
/* Does it say that a socket cannot serve the request, so that REST may? */
int binance_is_of_socket(int32_t code, const char *text);
uint16_t binance_reject_reason(int32_t code, const char *text);

#endif
