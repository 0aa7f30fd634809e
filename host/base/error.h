// SPDX-License-Identifier: Apache-2.0
/* error: reasons for people, and the line between our mistakes and the world's.
 *
 * A function that can be refused by the outside returns an int (AGON_OK or more when well,
 * AGON_E... when not) and on cold paths also fills a struct error. REQUIRE is for what only a bug
 * of ours can break: it stops the host, in release builds too, and the journal restores it. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <agon/types.h>

#define ERROR_TEXT 1024

struct error {
    int code; /* AGON_E... of the first error_set; 0: none */
    char text[ERROR_TEXT];
};

/* Sets code and text and returns code, so that a caller may write return error_set(...). err may be
 * NULL. [any] */
int error_set(struct error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "context: " before the text that is there; nothing when err is NULL or empty. [any] */
void error_wrap(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts what to do behind the reason: "; name another with --dir". Where no reason stands, nothing.
 */
void error_hint(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The name of an AGON_E... code in words: "out of memory". Static. [any] */
const char *error_name(int code);

_Noreturn void require_failed(const char *condition, const char *file, int line);
#define REQUIRE(condition)                                                                         \
    (__builtin_expect(!!(condition), 1) ? (void)0 : require_failed(#condition, __FILE__, __LINE__))

#endif
