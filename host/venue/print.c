// SPDX-License-Identifier: Apache-2.0
#include "venue/print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void print_text(struct print *print, const char *text)
{
    size_t n = strlen(text);

    if (print->is_full || n >= print->room - print->n) {
        print->is_full = 1;
        return;
    }
    memcpy(print->at + print->n, text, n + 1);
    print->n += n;
}

void print_add(struct print *print, const char *format, ...)
{
    va_list args;
    int n;

    if (print->is_full)
        return;
    va_start(args, format);
    n = vsnprintf(print->at + print->n, print->room - print->n, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= print->room - print->n)
        print->is_full = 1;
    else
        print->n += (size_t)n;
}
