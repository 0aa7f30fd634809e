// SPDX-License-Identifier: Apache-2.0
/* stream_uv: the byte-stream port (net/stream.h) over libuv, with TLS by OpenSSL over memory BIOs.
 *
 * Names are resolved on libuv's pool, never on the loop; a TLS peer whose name does not resolve
 * now is tried at its last good address. Name 2 s, connect 3 s over all addresses, TLS 5 s. TLS 1.2
 * or newer, chain and name (or address) verified, SNI sent; there is no switch to turn that off.
 * SIGPIPE must be ignored by the process. Everything runs on the thread of the loop. [io] */
#ifndef NET_STREAM_UV_H
#define NET_STREAM_UV_H

#include "net/stream.h"

#include <uv.h>

#define STREAM_UV_SEND_MAX (1u << 20) /* bytes queued per connection */

struct stream_uv;
/* loop is borrowed and outlives it; conns is the most connections at a time (1..65535).
 * AGON_ENOMEM, AGON_EINVAL, AGON_EIO. */
int stream_uv_new(struct stream_uv **stream, uv_loop_t *loop, uint32_t conns, struct error *err);
/* Borrowed until stream_uv_free. send refuses one piece over STREAM_UV_SEND_MAX with
 * AGON_ERANGE. */
const struct stream_port *stream_uv_port(struct stream_uv *stream);
uint32_t stream_uv_conns(const struct stream_uv *stream); /* open or opening */
/* Ends every connection and timer without another callback. The loop must turn until
 * stream_uv_is_stopped (a name look-up in progress is waited for). */
void stream_uv_stop(struct stream_uv *stream);
int stream_uv_is_stopped(const struct stream_uv *stream);
/* After stream_uv_is_stopped. */
void stream_uv_free(struct stream_uv *stream);

#endif
