// SPDX-License-Identifier: Apache-2.0
/* utf8: is this text, and how is it shown safely. [any] */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <agon/types.h>

/* True when n bytes are well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, at most
 * U+10FFFF). */
int utf8_is_valid(const void *bytes, size_t n);
/* Copies text for a log line or a terminal: control characters, ESC, line separators, bidi
 * controls and malformed bytes become \xNN; cut with "..." when it does not fit. Returns the length
 * without the NUL; room
 * >= 8. */
size_t utf8_escape(const void *bytes, size_t n, char *text, size_t room);

#endif
