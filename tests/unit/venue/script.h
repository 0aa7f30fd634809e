// SPDX-License-Identifier: Apache-2.0
/* script: a gateway against a written venue. Time is the script's, the network is a table in
 * memory, the other side does what a transcript in tests/data/venue says. One command a line:
 *
 *   T <ms>                          time passes, in steps of 1 ms
 *   on <METHOD> <prefix> <status> [Name:value ...] <body>   the next such request is answered so
 *   always <METHOD> <prefix> ...    every such request is; forget: no rule counts any more
 *   lose <METHOD> <prefix>          ... is taken and never answered
 *   cut <METHOD> <prefix>           ... is taken, then the connection is reset
 *   want <METHOD> <prefix>          such a request came (since the last want of it)
 *   none <METHOD> <prefix>          no such request came since the last look
 *   ... with SAY as method: what is said on the private connection, by its method's name
 *   has <text>                      the request wanted last holds this text; hasnt: it does not
 *   market <json>   user <json>     the venue sends a message
 *   torn <n> <json>                 so many of market, one each 100 ms, of which no read but the
 * last ends where a frame does next market|user <json>         ... on the youngest of two such
 * connections logs <n> <text>                 so many lines of the log hold this text other <ms>
 * another host's order, filled, is so old when orders are listed refused yes|no the gateway refuses
 * to trade the account bad <n>                         so many messages were counted as bad conns
 * market|user <n>           so many such connections stand life <ms>                       a
 * WebSocket is replaced when it is so old sent market|user <text>         our last message on it
 * holds this text reset market|user|rest          these connections break break market|user ... and
 * of two such the older alone leave market|user|rest          the venue closes these connections in
 * good order refuse market|user|rest|none    connects to it fail cmd new|cancel|replace|query|all
 * key=value ...   (doubt=1 new, 2 cancel, 3 replace) durable <seq>                   the journal is
 * safe up to there room none|<n>|again             the host has none for market events, but for
 * STATUS, HEALTH and so many bars report <KIND> key=value ...     the next REPORT record; silence:
 * there is none book <STATE> [reason]           the next STATUS record take <TYPE> [key=value ...]
 * the next record of that type, over all between nothing <TYPE>                  there is none of
 * that type among all that is left connects market|user|rest <n>   so many connects were tried
 * since the last look; fewer: at most use <file>                      the lines of another
 * transcript ready yes|no
 *
 * In bodies ${req} is the id of what was said last, or wanted of that,
 * ${1:0} is the client id of order 1, revision 0, ${other} one of another journal, and
 * ${t} the venue's time in ms,
 * ${t-10} ten of them before, ${trades:18:501:1000} a thousand trades of its order 18, the first
 * with the number 501. What no line answers is answered as a quiet venue would: time, empty lists,
 * nothing open. */
#ifndef TESTS_UNIT_VENUE_SCRIPT_H
#define TESTS_UNIT_VENUE_SCRIPT_H

/* Runs a transcript; a difference fails the Check test with file and line. */
void script_run(const char *file);

#endif
