// SPDX-License-Identifier: Apache-2.0
/* judge: what an answer of the venue means for the request that it answers, by its status, code and
 * text. The same for both markets. [io] */
#ifndef VENUE_BINANCE_JUDGE_H
#define VENUE_BINANCE_JUDGE_H

#include "market/records.h"

enum answer { /* what an answer means for the request it answers */
              ANSWER_GOOD = 1,
              ANSWER_UNKNOWN = 2, /* it may or may not have been done */
              ANSWER_LATER = 3,   /* nothing was done, the venue is busy or going down */
              ANSWER_RATE = 4,    /* nothing was done, we were too fast */
              ANSWER_CLOCK = 5,
              ANSWER_AUTH = 6,
              ANSWER_DUPLICATE = 7, /* it is already there */
              ANSWER_NO_ORDER = 8,
              ANSWER_REJECT = 9
};

enum answer binance_judge(int status, int32_t code, const char *text);
/* enum reason for an answer that is a refusal. */
uint16_t binance_refusal(enum answer answer, int32_t code, const char *text);
uint16_t binance_reject_reason(int32_t code, const char *text);

#endif
