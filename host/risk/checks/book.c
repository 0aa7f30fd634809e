// SPDX-License-Identifier: Apache-2.0
/* book: a price is judged only against a live book that is not crossed and not too old; without
 * one, only an order that reduces may leave, and only as a limit order. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_book(const struct risk_view *view, const struct agon_intent *intent)
{
    if (view->is_book_live)
        return RISK_PASS;
    return view->is_reducing && intent->type == AGON_LIMIT ? RISK_PASS : RISK_REFUSE;
}

const struct risk_check risk_book = {
    .name = "book", .reason = REASON_NO_BOOK, .is_soft = 0, .judge = judge_book};
