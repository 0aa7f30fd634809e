// SPDX-License-Identifier: Apache-2.0
#include "venue/binance/judge.h"

#include <string.h>

static int has_text(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

enum answer binance_judge(int status, int32_t code, const char *text)
{
    if (status == 429 || status == 418 || status == 403)
        return ANSWER_RATE;
    switch (code) {
    case -1003:
    case -1015:
        return ANSWER_RATE;
    case -1008:
    case -1016:
        return ANSWER_LATER;
    case -1021:
        return ANSWER_CLOCK;
    case -1002:
    case -1022:
    case -2014:
    case -2015:
        return ANSWER_AUTH;
    case -1000:
    case -1001:
    case -1006:
    case -1007:
        return ANSWER_UNKNOWN;
    case -2010:
        return has_text(text, "Duplicate order sent") ? ANSWER_DUPLICATE : ANSWER_REJECT;
    case -4116: // the client id is there: the first one has arrived
    case -5027: // it is as it shall be: so may the first copy of this request have made it
        return ANSWER_DUPLICATE;
    case -2011:
    case -2013:
        return ANSWER_NO_ORDER;
    case 0:
        return ANSWER_UNKNOWN; // an answer that is none of the venue's
    default:
        break;
    }
    return status >= 500 ? ANSWER_UNKNOWN : ANSWER_REJECT;
}

/* What an instrument's filters refuse; on futures each has a number of its own. */
static int is_filter(int32_t code)
{
    static const int32_t codes[] = {-1013, -1111, -2025, -4001, -4002, -4003, -4004, -4005,
                                    -4006, -4013, -4014, -4016, -4023, -4024, -4045, -4164};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i] == code)
            return 1;
    }
    return 0;
}

uint16_t binance_reject_reason(int32_t code, const char *text)
{
    if (is_filter(code) || has_text(text, "Filter failure"))
        return REASON_VENUE_FILTER;
    if (code == -2018 || code == -2019 || has_text(text, "insufficient balance"))
        return REASON_VENUE_FUNDS;
    if (code == -5022 || has_text(text, "immediately match"))
        return REASON_VENUE_POST_ONLY;
    if (code == -2011 || code == -2013)
        return REASON_VENUE_UNKNOWN_ORDER;
    return REASON_VENUE_REJECT;
}

int binance_is_of_socket(int32_t code, const char *text)
{
    (void)text;
    switch (code) {
    case -1002: // the session is not logged on
    case -1020: // there is no such request
    case -1022: // REST signs another text
    case -1099:
    case -1135: // the request is no JSON that it can read
        return 1;
    default:
        return code <= -1100 && code >= -1106; // parameters: missing, unknown, too many
    }
}

uint16_t binance_refusal(enum answer answer, int32_t code, const char *text)
{
    uint16_t reason = wire_refusal(answer);

    return reason != REASON_VENUE_REJECT ? reason : binance_reject_reason(code, text);
}
