// SPDX-License-Identifier: Apache-2.0
/* table: every sink. A new one is a file here that describes itself (sink/sink.h) and a line here
 * (docs/adding-a-sink.md). [any] */
#ifndef SINK_SINKS_TABLE_H
#define SINK_SINKS_TABLE_H

#define SINK_TABLE(X)                                                                              \
    /* X(name): sink_NAME in NAME.c */                                                             \
    X(ndjson)                                                                                      \
    /* the next one stands above this line */

#endif
