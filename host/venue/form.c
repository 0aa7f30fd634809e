// SPDX-License-Identifier: Apache-2.0
#include "venue/form.h"

#include <stdio.h>
#include <string.h>

#include "net/http.h"

void form_init(struct form *form, char *text, size_t room)
{
    *form = (struct form){.text = text, .room = room};
    text[0] = '\0';
}

void form_add(struct form *form, const char *name, const char *value)
{
    size_t n_name = strlen(name);
    int64_t n;

    if (form->is_full || form->room - form->n < n_name + 3) {
        form->is_full = 1;
        return;
    }
    if (form->n > 0)
        form->text[form->n++] = '&';
    memcpy(form->text + form->n, name, n_name);
    form->n += n_name;
    form->text[form->n++] = '=';
    n = http_pct_encode(value, strlen(value), form->text + form->n, form->room - form->n);
    if (n < 0)
        form->is_full = 1;
    else
        form->n += (size_t)n;
}

void form_add_u64(struct form *form, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    form_add(form, name, text);
}
