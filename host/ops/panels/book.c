// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "ops/panels.h"

#define BOOKS_SHOWN 256

/* The marks of all in one key, in the order of the books' numbers, for who draws a price; and each
 * book by itself. */
void panel_book(const struct api *api, struct control_live *live)
{
    struct jout *out = control_live_set(live, "marks");
    uint32_t n = api->view->n_instruments < BOOKS_SHOWN ? api->view->n_instruments : BOOKS_SHOWN;
    char key[32];

    jout_open(out, '{');
    for (uint32_t i = 0; i < n; i++)
        jout_kv_dec(out, api_label(api, i), api->view->instruments[i].last_px,
                    api->view->instruments[i].px_exp);
    jout_close(out, '{');
    for (uint32_t i = 0; i < n; i++) {
        snprintf(key, sizeof(key), "book/%u", i + 1);
        api_put_book(api, i, control_live_set(live, key));
    }
}
