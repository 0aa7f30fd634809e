// SPDX-License-Identifier: Apache-2.0
/* bytes_said: what leaves on a socket, as the text that the same request has by REST: one reader
 * (bytes_check.c) holds both against what was wished, and no id leaves twice by either. */
#include <jansson.h>

#include "dst/bytes_impl.h"

#define SAID_MAX 4096

/* Of a client's text frame, unmasked, with a NUL; 0: it is none that is whole, or too long. */
static size_t unmask(const unsigned char *bytes, size_t n, char *text)
{
    size_t at = 2, length;

    if (n < 6 || bytes[0] != 0x81 || (bytes[1] & 0x80) == 0)
        return 0;
    length = bytes[1] & 0x7f;
    if (length == 126) {
        length = (size_t)bytes[2] << 8 | bytes[3];
        at = 4;
    }
    if (length == 127 || length >= SAID_MAX || n != at + 4 + length)
        return 0;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)(bytes[at + 4 + i] ^ bytes[at + i % 4]);
    text[length] = '\0';
    return length;
}

size_t bytes_said(const void *bytes, size_t n, char *form, size_t room)
{
    char text[SAID_MAX];
    size_t length = unmask(bytes, n, text), used = 0;
    const char *method, *name;
    json_t *root, *value;

    if (length == 0 || strstr(text, "\"method\":\"order.") == NULL)
        return 0;
    root = json_loadb(text, length, 0, NULL);
    method = json_string_value(json_object_get(root, "method"));
    if (method != NULL && strcmp(method, "order.cancel") != 0)
        used = (size_t)snprintf(form, room, "%s /%s?",
                                strcmp(method, "order.modify") == 0 ? "PUT" : "POST", method);
    json_object_foreach(used > 0 ? json_object_get(root, "params") : NULL, name, value)
    {
        if (json_is_string(value) && used < room)
            used += (size_t)snprintf(form + used, room - used, "%s=%s&", name,
                                     json_string_value(value));
    }
    json_decref(root);
    REQUIRE(used < room);
    return used;
}
