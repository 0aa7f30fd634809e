// SPDX-License-Identifier: Apache-2.0
/* ws_write: outgoing frames and the opening handshake of net/ws.h. */
#include "net/ws.h"

#include "base/utf8.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <strings.h>

int64_t ws_write(void *out, size_t room, enum ws_role role, enum ws_opcode opcode,
                 const void *bytes, size_t n, uint32_t mask)
{
    unsigned char *at = out;
    const unsigned char *from = bytes;
    unsigned char is_masked = role == WS_CLIENT ? 0x80 : 0;
    size_t head = 2 + (n > 65535 ? 8u : n > 125 ? 2u : 0u) + (is_masked ? 4u : 0u);

    if ((opcode & 8) && n > WS_CONTROL_MAX)
        return AGON_EINVAL;
    if (room < head || room - head < n)
        return AGON_ENOSPC;
    *at++ = (unsigned char)(0x80 | opcode);
    if (n > 65535) {
        *at++ = is_masked | 127;
        for (int shift = 56; shift >= 0; shift -= 8)
            *at++ = (unsigned char)((uint64_t)n >> shift);
    } else if (n > 125) {
        *at++ = is_masked | 126;
        *at++ = (unsigned char)(n >> 8);
        *at++ = (unsigned char)n;
    } else {
        *at++ = (unsigned char)(is_masked | n);
    }
    if (!is_masked) {
        if (n)
            memcpy(at, from, n);
        return (int64_t)(head + n);
    }
    unsigned char key[4];
    memcpy(key, &mask, 4);
    memcpy(at, key, 4);
    at += 4;
    for (size_t i = 0; i < n; i++)
        at[i] = from[i] ^ key[i & 3];
    return (int64_t)(head + n);
}

int64_t ws_write_close(void *out, size_t room, enum ws_role role, int code, const char *reason,
                       uint32_t mask)
{
    unsigned char body[WS_CONTROL_MAX];
    size_t n = 0;

    if (code != WS_CODE_NONE) {
        size_t reason_n = reason ? strlen(reason) : 0;
        if (code < 1000 || code > 4999 || code == 1004 || code == WS_CODE_ABNORMAL || code == 1015)
            return AGON_EINVAL;
        body[0] = (unsigned char)(code >> 8);
        body[1] = (unsigned char)code;
        if (reason_n > sizeof body - 2)
            reason_n = sizeof body - 2;
        // Cut between characters; a reason that is no text at all is left out.
        for (int i = 0; i < 4 && reason_n && !utf8_is_valid(reason, reason_n); i++)
            reason_n--;
        if (reason_n && !utf8_is_valid(reason, reason_n))
            reason_n = 0;
        if (reason_n)
            memcpy(body + 2, reason, reason_n);
        n = 2 + reason_n;
    }
    return ws_write(out, room, role, WS_CLOSE, body, n, mask);
}

void ws_accept(const char *key, char accept[WS_ACCEPT_TEXT])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char text[WS_KEY_TEXT + sizeof guid];
    unsigned char digest[SHA_DIGEST_LENGTH];
    size_t key_n = strlen(key);

    if (key_n > WS_KEY_TEXT)
        key_n = WS_KEY_TEXT;
    memcpy(text, key, key_n);
    memcpy(text + key_n, guid, sizeof guid - 1);
    SHA1(text, key_n + sizeof guid - 1, digest);
    EVP_EncodeBlock((unsigned char *)accept, digest, sizeof digest);
}

int64_t ws_write_request(char *out, size_t room, const char *host, const char *target,
                         const struct http_header *headers, uint32_t n_headers,
                         const unsigned char nonce[16], char key_text[WS_KEY_TEXT])
{
    struct http_request request = {.method = "GET",
                                   .host = host,
                                   .target = target,
                                   .headers = headers,
                                   .n_headers = n_headers};
    static const char upgrade[] = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ";
    size_t add_n = sizeof upgrade - 1 + WS_KEY_TEXT - 1 + 4;
    int64_t n = http_write_request(out, room, &request);

    EVP_EncodeBlock((unsigned char *)key_text, nonce, 16);
    if (n < 0)
        return n;
    // The head ends in an empty line; ours go in front of it.
    n -= 2;
    if (room - (size_t)n < add_n)
        return AGON_ENOSPC;
    memcpy(out + n, upgrade, sizeof upgrade - 1);
    n += (int64_t)sizeof upgrade - 1;
    memcpy(out + n, key_text, WS_KEY_TEXT - 1);
    n += WS_KEY_TEXT - 1;
    memcpy(out + n, "\r\n\r\n", 4);
    return n + 4;
}

int ws_check_reply(const struct http_message *reply, const char *key_text, struct error *err)
{
    char accept[WS_ACCEPT_TEXT];
    const char *theirs = http_header_find(reply, "sec-websocket-accept");

    if (reply->status != 101)
        return error_set(err, AGON_ECORRUPT, "the WebSocket was refused with HTTP status %d",
                         reply->status);
    if (!http_header_has_token(reply, "upgrade", "websocket") ||
        !http_header_has_token(reply, "connection", "upgrade"))
        return error_set(err, AGON_ECORRUPT, "a 101 that does not change to websocket");
    ws_accept(key_text, accept);
    if (!theirs || strcmp(theirs, accept) != 0)
        return error_set(err, AGON_ECORRUPT,
                         "Sec-WebSocket-Accept does not answer our key: this is not a "
                         "WebSocket server, or something between replayed an old reply");
    if (http_header_find(reply, "sec-websocket-extensions"))
        return error_set(err, AGON_ECORRUPT, "a WebSocket extension that was not asked for");
    return AGON_OK;
}

int ws_check_request(const struct http_message *request, const char **key, struct error *err)
{
    const char *version = http_header_find(request, "sec-websocket-version");
    unsigned char nonce[18];

    *key = http_header_find(request, "sec-websocket-key");
    if (!http_header_has_token(request, "upgrade", "websocket"))
        return AGON_ENOENT;
    if (strcmp(request->method, "GET") != 0 || request->body_n != 0 ||
        !http_header_has_token(request, "connection", "upgrade"))
        return error_set(err, AGON_ECORRUPT, "a WebSocket begins with GET and Connection: Upgrade");
    if (!version || strcmp(version, "13") != 0)
        return error_set(err, AGON_ECORRUPT, "the WebSocket version is not 13");
    if (!*key || strlen(*key) != WS_KEY_TEXT - 1 || (*key)[22] != '=' || (*key)[23] != '=' ||
        (*key)[21] == '=' ||
        EVP_DecodeBlock(nonce, (const unsigned char *)*key, WS_KEY_TEXT - 1) != 18)
        return error_set(err, AGON_ECORRUPT, "Sec-WebSocket-Key is not 16 bytes in base64");
    return AGON_OK;
}

int64_t ws_write_reply(char *out, size_t room, const char *key)
{
    static const char head[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                               "Connection: Upgrade\r\nSec-WebSocket-Accept: ";
    char accept[WS_ACCEPT_TEXT];
    size_t n = sizeof head - 1;

    if (room < n + WS_ACCEPT_TEXT - 1 + 4)
        return AGON_ENOSPC;
    ws_accept(key, accept);
    memcpy(out, head, n);
    memcpy(out + n, accept, WS_ACCEPT_TEXT - 1);
    memcpy(out + n + WS_ACCEPT_TEXT - 1, "\r\n\r\n", 4);
    return (int64_t)(n + WS_ACCEPT_TEXT - 1 + 4);
}
