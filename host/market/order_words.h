// SPDX-License-Identifier: Apache-2.0
/* order_words: what sides and states of orders, requests for them and states of books are called,
 * wherever a program or a person reads it: the API, the journal's text, tables and reports. A word
 * is never changed, since who reads them by a program compares it; a new state is a row here.
 *
 * X(id, word), by number from the first on; what number 0 is called is the reader's own where it
 * is none of them. */
#ifndef MARKET_ORDER_WORDS_H
#define MARKET_ORDER_WORDS_H

#include <agon/agon.h>

#define ORDER_SIDE_WORDS(X) X(AGON_BUY, "buy") X(AGON_SELL, "sell")

#define ORDER_STATE_WORDS(X)                                                                       \
    X(AGON_ORDER_PENDING, "pending")                                                               \
    X(AGON_ORDER_OPEN, "open")                                                                     \
    X(AGON_ORDER_PARTIAL, "partial")                                                               \
    X(AGON_ORDER_CANCELLING, "cancelling")                                                         \
    X(AGON_ORDER_FILLED, "filled")                                                                 \
    X(AGON_ORDER_CANCELLED, "cancelled")                                                           \
    X(AGON_ORDER_EXPIRED, "expired")                                                               \
    X(AGON_ORDER_REJECTED, "rejected")

#define ORDER_REQUEST_WORDS(X)                                                                     \
    X(AGON_REQUEST_NEW, "new")                                                                     \
    X(AGON_REQUEST_CANCEL, "cancel")                                                               \
    X(AGON_REQUEST_REPLACE, "replace")

#define BOOK_STATE_WORDS(X)                                                                        \
    X(AGON_BOOK_COLD, "cold")                                                                      \
    X(AGON_BOOK_SYNCING, "syncing")                                                                \
    X(AGON_BOOK_LIVE, "live")                                                                      \
    X(AGON_BOOK_STALE, "stale")

#define ORDER_WORD(id, word) [id] = (word), /* a row of an array of texts */

#endif
