// SPDX-License-Identifier: Apache-2.0
/* ws: the reader of net/ws.h. A frame that came whole and unmasked, as nearly all of a feed's do,
 * is shown where it lies; of others the head is kept until it is whole, and the payload is joined.
 */
#include "net/ws.h"

#include "base/utf8.h"
#include "net/grow.h"

#include <stdlib.h>

struct ws {
    struct ws_owner owner;
    struct ws_limits limits;
    struct grow message;
    uint64_t length, left; /* payload of the current frame, and what it still owes of it */
    uint64_t owed;         /* bytes taken that belong to no complete frame yet */
    uint32_t fragments;    /* frames of the message so far */
    int code;
    uint8_t opcode; /* of the message being joined, 0: none */
    uint8_t frame_opcode, is_fin, is_in_frame;
    uint8_t is_masked; /* what the peer's frames must be */
    uint8_t is_stopped, control_n, head_n;
    unsigned char mask[4];
    unsigned char head[WS_HEADER_MAX]; /* of a frame whose head is not whole yet, or is */
    unsigned char control[WS_CONTROL_MAX];
};

static uint32_t limit(uint32_t wanted, uint32_t most)
{
    return wanted == 0 || wanted > most ? most : wanted;
}

int ws_new(struct ws **out, enum ws_role role, const struct ws_limits *limits,
           const struct ws_owner *owner)
{
    const struct ws_limits none = {0};
    struct ws *ws = calloc(1, sizeof *ws);

    *out = ws;
    if (!ws)
        return AGON_ENOMEM;
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

/* How long a head is, by its first two bytes. */
static size_t head_bytes(const unsigned char *head)
{
    unsigned n = head[1] & 0x7f;

    return 2 + (n == 127 ? 8u : n == 126 ? 2u : 0u) + (head[1] & 0x80 ? 4u : 0u);
}

/* The length that a head states; UINT64_MAX: not in its shortest form, or over 63 bits. */
static uint64_t length_of(const unsigned char *head)
{
    uint64_t n = head[1] & 0x7f;

    if (n == 126) {
        n = (uint64_t)head[2] << 8 | head[3];
        return n > 125 ? n : UINT64_MAX;
    }
    if (n == 127) {
        n = 0;
        for (int i = 2; i < 10; i++)
            n = n << 8 | head[i];
        return n > 65535 && n >> 63 == 0 ? n : UINT64_MAX;
    }
    return n;
}

/* The rules that hold for a frame as a whole. */
static int begin(struct ws *ws, const unsigned char *head, struct error *err)
{
    uint8_t opcode = head[0] & 15;
    int is_fin = head[0] >> 7, is_masked = head[1] >> 7;
    int is_data = opcode == 0 || opcode == WS_TEXT || opcode == WS_BINARY;
    int is_control = opcode == WS_CLOSE || opcode == WS_PING || opcode == WS_PONG;
    uint64_t n = length_of(head);

    if (head[0] & 0x70)
        return refuse(ws, err, WS_CODE_PROTOCOL, "a reserved bit is set");
    if (!is_data && !is_control)
        return refuse(ws, err, WS_CODE_PROTOCOL, "unknown opcode");
    if (n == UINT64_MAX)
        return refuse(ws, err, WS_CODE_PROTOCOL, "a frame's length is wrong");
    if (is_masked != ws->is_masked)
        return refuse(ws, err, WS_CODE_PROTOCOL,
                      ws->is_masked ? "a client's frame is not masked"
                                    : "a server's frame is masked");
    if (is_control && (!is_fin || n > WS_CONTROL_MAX))
        return refuse(ws, err, WS_CODE_PROTOCOL, "a control frame is fragmented or too long");
    if (is_data && opcode == 0 && !ws->opcode)
        return refuse(ws, err, WS_CODE_PROTOCOL, "a continuation of nothing");
    if (is_data && opcode != 0 && ws->opcode)
        return refuse(ws, err, WS_CODE_PROTOCOL, "a new message inside a fragmented one");
    if (is_data) {
        if (n > ws->limits.frame_bytes)
            return refuse(ws, err, WS_CODE_TOO_BIG, "the frame is over the limit");
        if (n > ws->limits.message_bytes - ws->message.n)
            return refuse(ws, err, WS_CODE_TOO_BIG, "the message is over the limit");
        if (++ws->fragments > ws->limits.fragments)
            return refuse(ws, err, WS_CODE_TOO_BIG, "the message has too many fragments");
        if (opcode)
            ws->opcode = opcode;
    }
    ws->frame_opcode = opcode;
    ws->is_fin = (uint8_t)is_fin;
    ws->length = ws->left = n;
    ws->control_n = 0;
    ws->is_in_frame = 1;
    if (is_masked)
        memcpy(ws->mask, head + head_bytes(head) - 4, 4);
    return AGON_OK;
}

#define HIGH_BITS 0x8080808080808080u

typedef uint64_t vector __attribute__((vector_size(16)));

static inline vector vector_at(const unsigned char *at)
{
    vector words;

    memcpy(&words, at, sizeof words);
    return words;
}

static inline int is_ascii(vector words)
{
    return ((words[0] | words[1]) & HIGH_BITS) == 0;
}

/* UTF-8, with feeds in mind: they are ASCII nearly always, and 64 bytes of that are seen at once.
 * What was seen is ASCII, so that the last bytes may be looked at twice. */
static int is_text(const unsigned char *at, size_t n)
{
    size_t left = n;
    uint64_t word;

    for (; left >= 64; at += 64, left -= 64) {
        if (!is_ascii(vector_at(at) | vector_at(at + 16) | vector_at(at + 32) | vector_at(at + 48)))
            return utf8_is_valid(at, left);
    }
    for (; left >= 16; at += 16, left -= 16) {
        if (!is_ascii(vector_at(at)))
            return utf8_is_valid(at, left);
    }
    if (n >= 16)
        return is_ascii(vector_at(at + left - 16)) || utf8_is_valid(at, left);
    if (n >= 8) {
        uint64_t last;

        memcpy(&word, at, 8);
        memcpy(&last, at + left - 8, 8);
        if (((word | last) & HIGH_BITS) == 0)
            return 1;
    }
    return utf8_is_valid(at, left);
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

/* Bytes of the payload from the one numbered at on, without their mask. */
static void copy_payload(const struct ws *ws, uint64_t at, unsigned char *to,
                         const unsigned char *from, size_t n)
{
    if (!ws->is_masked) {
        if (n > 0)
            memcpy(to, from, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        to[i] = from[i] ^ ws->mask[(at + i) & 3];
}

/* A piece of the current frame's payload, maybe its last. */
static int piece(struct ws *ws, const unsigned char *bytes, size_t n, struct error *err)
{
    uint64_t at = ws->length - ws->left;
    int is_whole = ws->is_fin && n == ws->length && ws->message.n == 0 && !ws->is_masked;

    ws->left -= n;
    ws->is_in_frame = ws->left > 0;
    if (ws->frame_opcode & 8) {
        REQUIRE(n + ws->control_n <= sizeof ws->control);
        copy_payload(ws, at, ws->control + ws->control_n, bytes, n);
        ws->control_n = (uint8_t)(ws->control_n + n);
        return ws->is_in_frame ? AGON_OK : control(ws, err);
    }
    // The usual message came in one piece: it is shown where it lies.
    if (is_whole)
        return deliver(ws, n ? bytes : (const void *)"", n, err);
    if (grow_reserve(&ws->message, n) < 0)
        return out_of_memory(ws, err);
    if (n > 0)
        copy_payload(ws, at, ws->message.bytes + ws->message.n, bytes, n);
    ws->message.n += n;
    if (ws->is_in_frame || !ws->is_fin)
        return AGON_OK;
    return deliver(ws, ws->message.n ? ws->message.bytes : (const void *)"", ws->message.n, err);
}

/* The head that bytes begin with, or go on with; *took: so many of them are its. NULL: it is not
 * whole yet. */
static const unsigned char *take_head(struct ws *ws, const unsigned char *bytes, size_t n,
                                      size_t *took)
{
    size_t want = 2;

    *took = 0;
    if (ws->head_n == 0 && n >= 2 && n >= head_bytes(bytes)) {
        *took = head_bytes(bytes);
        ws->head_n = (uint8_t)*took;
        return bytes;
    }
    for (;;) {
        if (ws->head_n >= 2)
            want = head_bytes(ws->head);
        if (ws->head_n == want)
            return ws->head;
        if (*took == n)
            return NULL;
        ws->head[ws->head_n++] = bytes[(*took)++];
    }
}

int ws_feed(struct ws *ws, const void *bytes, size_t n, struct error *err)
{
    const unsigned char *at = bytes;
    int rc = AGON_OK;

    if (ws->code)
        return error_set(err, AGON_ESTATE, "this WebSocket was refused before");
    ws->owed += n;
    while (rc == AGON_OK && !ws->is_stopped) {
        size_t got;

        if (!ws->is_in_frame) {
            const unsigned char *head = take_head(ws, at, n, &got);

            at += got;
            n -= got;
            if (head == NULL)
                break;
            rc = begin(ws, head, err);
            if (rc < 0)
                break;
        }
        got = ws->left < n ? (size_t)ws->left : n;
        if (got == 0 && ws->left > 0)
            break;
        if (got == ws->left) {
            // Before piece(): a callback may ask ws_is_partial.
            ws->owed -= ws->head_n + ws->length;
            ws->head_n = 0;
        }
        rc = piece(ws, at, got, err);
        at += got;
        n -= got;
    }
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
