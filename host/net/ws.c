// SPDX-License-Identifier: Apache-2.0
/* ws: the reader of net/ws.h, on wslay's frame API. wslay cuts the bytes into frames and unmasks
 * them; messages, limits, roles, UTF-8 and close codes are ours. */
#include "net/ws.h"

#include "base/utf8.h"
#include "net/grow.h"

#include <stdlib.h>
#include <wslay/wslay.h>

struct ws {
    wslay_frame_context_ptr frame; /* owned */
    struct ws_owner owner;
    struct ws_limits limits;
    const unsigned char *in; /* what ws_feed was given and wslay has not taken yet */
    size_t in_n;
    struct grow message;
    uint64_t left;      /* payload bytes the current frame still owes */
    uint64_t owed;      /* bytes taken that belong to no complete frame yet */
    uint32_t fragments; /* frames of the message so far */
    int code;
    uint8_t opcode; /* of the message being joined, 0: none */
    uint8_t frame_opcode, is_fin, is_in_frame;
    uint8_t is_masked; /* what the peer's frames must be */
    uint8_t is_stopped, control_n;
    unsigned char control[WS_CONTROL_MAX];
};

static ssize_t give(uint8_t *buffer, size_t room, int flags, void *ctx)
{
    struct ws *ws = ctx;
    size_t n = ws->in_n < room ? ws->in_n : room;

    (void)flags;
    if (n == 0)
        return -1;
    memcpy(buffer, ws->in, n);
    ws->in += n;
    ws->in_n -= n;
    return (ssize_t)n;
}

static uint32_t limit(uint32_t wanted, uint32_t most)
{
    return wanted == 0 || wanted > most ? most : wanted;
}

int ws_new(struct ws **out, enum ws_role role, const struct ws_limits *limits,
           const struct ws_owner *owner)
{
    const struct wslay_frame_callbacks callbacks = {.recv_callback = give};
    const struct ws_limits none = {0};
    struct ws *ws = calloc(1, sizeof *ws);

    *out = ws;
    if (!ws)
        return AGON_ENOMEM;
    if (wslay_frame_context_init(&ws->frame, &callbacks, ws) != 0) {
        free(ws);
        *out = NULL;
        return AGON_ENOMEM;
    }
    if (!limits)
        limits = &none;
    ws->limits.frame_bytes = limit(limits->frame_bytes, WS_FRAME_MAX);
    ws->limits.message_bytes = limit(limits->message_bytes, WS_MESSAGE_MAX);
    ws->limits.fragments = limit(limits->fragments, WS_FRAGMENTS_MAX);
    ws->owner = *owner;
    ws->is_masked = role == WS_SERVER;
    return AGON_OK;
}

void ws_free(struct ws *ws)
{
    if (!ws)
        return;
    wslay_frame_context_free(ws->frame);
    grow_free(&ws->message);
    free(ws);
}

static int refuse(struct ws *ws, struct error *err, int code, const char *why)
{
    ws->code = code;
    return error_set(err, AGON_ECORRUPT, "WebSocket refused with %d: %s", code, why);
}

static int out_of_memory(struct ws *ws, struct error *err)
{
    ws->code = WS_CODE_INTERNAL;
    return error_set(err, AGON_ENOMEM, "out of memory for a WebSocket message");
}

/* The rules that hold for a frame as a whole; wslay has checked the lengths of control frames. */
static int begin(struct ws *ws, const struct wslay_frame_iocb *frame, struct error *err)
{
    int is_data = frame->opcode == 0 || frame->opcode == WS_TEXT || frame->opcode == WS_BINARY;
    int is_control =
        frame->opcode == WS_CLOSE || frame->opcode == WS_PING || frame->opcode == WS_PONG;

    if (frame->rsv)
        return refuse(ws, err, WS_CODE_PROTOCOL, "a reserved bit is set");
    if (!is_data && !is_control)
        return refuse(ws, err, WS_CODE_PROTOCOL, "unknown opcode");
    if (frame->mask != ws->is_masked)
        return refuse(ws, err, WS_CODE_PROTOCOL,
                      ws->is_masked ? "a client's frame is not masked"
                                    : "a server's frame is masked");
    if (is_control && (!frame->fin || frame->payload_length > WS_CONTROL_MAX))
        return refuse(ws, err, WS_CODE_PROTOCOL, "a control frame is fragmented or too long");
    if (is_data && frame->opcode == 0 && !ws->opcode)
        return refuse(ws, err, WS_CODE_PROTOCOL, "a continuation of nothing");
    if (is_data && frame->opcode != 0 && ws->opcode)
        return refuse(ws, err, WS_CODE_PROTOCOL, "a new message inside a fragmented one");
    if (is_data) {
        if (frame->payload_length > ws->limits.frame_bytes)
            return refuse(ws, err, WS_CODE_TOO_BIG, "the frame is over the limit");
        if (frame->payload_length > ws->limits.message_bytes - ws->message.n)
            return refuse(ws, err, WS_CODE_TOO_BIG, "the message is over the limit");
        if (++ws->fragments > ws->limits.fragments)
            return refuse(ws, err, WS_CODE_TOO_BIG, "the message has too many fragments");
        if (frame->opcode)
            ws->opcode = frame->opcode;
    }
    ws->frame_opcode = frame->opcode;
    ws->is_fin = frame->fin;
    ws->left = frame->payload_length;
    ws->control_n = 0;
    ws->is_in_frame = 1;
    return AGON_OK;
}

/* UTF-8, with feeds in mind: they are ASCII nearly always, and eight bytes of that are seen at
 * once. */
static int is_text(const unsigned char *at, size_t n)
{
    uint64_t word;

    for (; n >= sizeof word; at += sizeof word, n -= sizeof word) {
        memcpy(&word, at, sizeof word);
        if (word & 0x8080808080808080u)
            break;
    }
    return utf8_is_valid(at, n);
}

static int deliver(struct ws *ws, const void *bytes, size_t n, struct error *err)
{
    enum ws_opcode opcode = (enum ws_opcode)ws->opcode;

    if (opcode == WS_TEXT && !is_text(bytes, n))
        return refuse(ws, err, WS_CODE_BAD_DATA, "a text message is not UTF-8");
    ws->opcode = 0;
    ws->fragments = 0;
    ws->owner.on_message(ws->owner.ctx, opcode, bytes, n);
    // A large message now and then is no reason to hold its memory until the end.
    grow_trim(&ws->message, 1u << 18);
    return AGON_OK;
}

/* RFC 6455 7.4, and 1012 to 1014 which were registered later. */
static int is_wire_code(int code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static int control(struct ws *ws, struct error *err)
{
    int code = WS_CODE_NONE;

    if (ws->frame_opcode == WS_PING) {
        ws->owner.on_ping(ws->owner.ctx, ws->control, ws->control_n);
        return AGON_OK;
    }
    if (ws->frame_opcode == WS_PONG) {
        if (ws->owner.on_pong)
            ws->owner.on_pong(ws->owner.ctx, ws->control, ws->control_n);
        return AGON_OK;
    }
    if (ws->control_n == 1)
        return refuse(ws, err, WS_CODE_PROTOCOL, "a close frame with half a code");
    if (ws->control_n >= 2) {
        code = ws->control[0] << 8 | ws->control[1];
        if (!is_wire_code(code))
            return refuse(ws, err, WS_CODE_PROTOCOL, "a close code that must not be sent");
        if (!utf8_is_valid(ws->control + 2, ws->control_n - 2u))
            return refuse(ws, err, WS_CODE_BAD_DATA, "a close reason that is not UTF-8");
    }
    ws->is_stopped = 1;
    ws->owner.on_close(ws->owner.ctx, code, (const char *)ws->control + 2,
                       ws->control_n > 2 ? ws->control_n - 2u : 0);
    return AGON_OK;
}

/* A piece of the current frame's payload, maybe its last. */
static int piece(struct ws *ws, const struct wslay_frame_iocb *frame, struct error *err)
{
    size_t n = frame->data_length;
    int is_whole = ws->is_fin && n == frame->payload_length && ws->message.n == 0;

    REQUIRE(n <= ws->left);
    ws->left -= n;
    ws->is_in_frame = ws->left > 0;
    if (ws->frame_opcode & 8) {
        REQUIRE(n + ws->control_n <= sizeof ws->control);
        if (n)
            memcpy(ws->control + ws->control_n, frame->data, n);
        ws->control_n = (uint8_t)(ws->control_n + n);
        return ws->is_in_frame ? AGON_OK : control(ws, err);
    }
    // The usual message came in one piece: it is shown where it lies.
    if (is_whole)
        return deliver(ws, n ? frame->data : (const void *)"", n, err);
    if (grow_add(&ws->message, frame->data, n) < 0)
        return out_of_memory(ws, err);
    if (ws->is_in_frame || !ws->is_fin)
        return AGON_OK;
    return deliver(ws, ws->message.n ? ws->message.bytes : (const void *)"", ws->message.n, err);
}

static uint64_t wire_length(const struct wslay_frame_iocb *frame)
{
    uint64_t n = frame->payload_length;

    return n + 2 + (frame->mask ? 4 : 0) + (n > 65535 ? 8 : n > 125 ? 2 : 0);
}

int ws_feed(struct ws *ws, const void *bytes, size_t n, struct error *err)
{
    int rc = AGON_OK;

    if (ws->code)
        return error_set(err, AGON_ESTATE, "this WebSocket was refused before");
    ws->in = bytes;
    ws->in_n = n;
    ws->owed += n;
    while (rc == AGON_OK && !ws->is_stopped) {
        struct wslay_frame_iocb frame = {0};
        ssize_t got = wslay_frame_recv(ws->frame, &frame);
        if (got == WSLAY_ERR_WANT_READ)
            break;
        if (got < 0) {
            rc = refuse(ws, err, WS_CODE_PROTOCOL, "a frame's length or a control frame is wrong");
            break;
        }
        if (!ws->is_in_frame)
            rc = begin(ws, &frame, err);
        if (rc == AGON_OK) {
            // Before piece(): a callback may ask ws_is_partial.
            if (ws->left == frame.data_length)
                ws->owed -= wire_length(&frame);
            rc = piece(ws, &frame, err);
        }
    }
    ws->in = NULL;
    ws->in_n = 0;
    return rc;
}

int ws_code(const struct ws *ws)
{
    return ws->code;
}

void ws_stop(struct ws *ws)
{
    ws->is_stopped = 1;
}

int ws_is_partial(const struct ws *ws)
{
    return !ws->is_stopped && !ws->code && (ws->owed > 0 || ws->opcode);
}

/* ---- pongs */

int pong_gate_ping(struct pong_gate *gate, int64_t now, const void *bytes, size_t n)
{
    if (n > WS_CONTROL_MAX)
        n = WS_CONTROL_MAX;
    if (n)
        memcpy(gate->bytes, bytes, n);
    gate->n = (uint8_t)n;
    if (now < gate->next_ns) {
        gate->is_held = 1;
        return 0;
    }
    gate->is_held = 0;
    gate->next_ns = now + PONG_GAP_NS;
    return 1;
}

int pong_gate_due(struct pong_gate *gate, int64_t now)
{
    if (!gate->is_held || now < gate->next_ns)
        return 0;
    gate->is_held = 0;
    gate->next_ns = now + PONG_GAP_NS;
    return 1;
}
