// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int error_set(struct error *err, int code, const char *format, ...)
{
    va_list args;

    if (err == NULL)
        return code;
    err->code = code;
    va_start(args, format);
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    return code;
}

void error_wrap(struct error *err, const char *format, ...)
{
    char head[ERROR_TEXT / 2];
    char tail[ERROR_TEXT];
    va_list args;

    if (err == NULL || err->code == 0)
        return;
    va_start(args, format);
    vsnprintf(head, sizeof(head), format, args);
    va_end(args);
    memcpy(tail, err->text, sizeof(tail));
    // The context is cut before the reason is: the reason is what an operator can act on.
    snprintf(err->text, sizeof(err->text), "%.480s: %.540s", head, tail);
}

void error_hint(struct error *err, const char *format, ...)
{
    char tail[ERROR_TEXT / 2];
    char head[ERROR_TEXT];
    va_list args;

    if (err == NULL || err->code == 0)
        return;
    va_start(args, format);
    vsnprintf(tail, sizeof(tail), format, args);
    va_end(args);
    memcpy(head, err->text, sizeof(head));
    snprintf(err->text, sizeof(err->text), "%.540s; %.480s", head, tail);
}

const char *error_name(int code)
{
    switch (code) {
    case AGON_EINVAL:
        return "invalid";
    case AGON_ENOMEM:
        return "out of memory";
    case AGON_EIO:
        return "input or output failed";
    case AGON_EAGAIN:
        return "full, try again later";
    case AGON_ENOENT:
        return "not found";
    case AGON_EBUSY:
        return "in use";
    case AGON_EPERM:
        return "not permitted";
    case AGON_ERANGE:
        return "out of range";
    case AGON_ENOSPC:
        return "no space left";
    case AGON_ESTATE:
        return "not in this state";
    case AGON_EVERSION:
        return "version not served";
    case AGON_ENOTSUP:
        return "not supported";
    case AGON_ECORRUPT:
        return "corrupt";
    case AGON_ETHREAD:
        return "wrong thread";
    case AGON_ETIME:
        return "too late";
    default:
        return code >= 0 ? "ok" : "unknown error";
    }
}

void require_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "agon: internal error: %s is false (%s:%d)\n", condition, file, line);
    abort();
}
