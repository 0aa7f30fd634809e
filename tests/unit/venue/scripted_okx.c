// SPDX-License-Identifier: Apache-2.0
/* OKX in transcripts: spot and swaps. */
#include "script_impl.h"

/* What a quiet OKX says: lists without a record. */
static int quiet(struct conn *conn, const struct http_message *message)
{
    const char *path = message->path;
    char body[256];

    if (strncmp(path, "/api/v5/", 8) != 0)
        return 0;
    snprintf(body, sizeof(body), "{\"code\":\"0\",\"msg\":\"\",\"data\":[]}");
    if (strcmp(path, "/api/v5/public/time") == 0)
        snprintf(body, sizeof(body), "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"ts\":\"%lld\"}]}",
                 (long long)((T0 + w.now) / 1000000));
    else if (strcmp(path, "/api/v5/account/config") == 0)
        snprintf(
            body, sizeof(body),
            "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"uid\":\"7\",\"perm\":\"read_only,trade\","
            "\"posMode\":\"net_mode\"}]}");
    else if (strcmp(path, "/api/v5/account/balance") == 0)
        snprintf(body, sizeof(body), "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"details\":[]}]}");
    script_reply(conn, 200, "", body);
    return 1;
}

static void prepare(struct venue_config *config, struct gateway_asset assets[3],
                    struct gateway_instrument instruments[2])
{
    snprintf(assets[0].name, sizeof(assets[0].name), "USDT");
    snprintf(assets[2].name, sizeof(assets[2].name), "ETH");
    snprintf(instruments[0].instrument.symbol, 32, "BTC-USDT");
    snprintf(instruments[1].instrument.symbol, 32, "ETH-USDT");
    instruments[0].instrument.qty_exp = instruments[1].instrument.qty_exp = 8;
    config->is_private = strstr(w.file, "/market.script") == NULL;
    // One transcript is about the switch.
    if (strcmp(w.file, "okx/dead_man.script") != 0)
        config->dead_man_ns = 0;
    ck_assert_int_eq(secret_set(&config->passphrase, "agon-pass", 9), AGON_OK);
}

static void prepare_swap(struct venue_config *config, struct gateway_asset assets[3],
                         struct gateway_instrument instruments[2])
{
    prepare(config, assets, instruments);
    snprintf(instruments[0].instrument.symbol, 32, "BTC-USDT-SWAP");
    snprintf(instruments[1].instrument.symbol, 32, "ETH-USDT-SWAP");
    instruments[0].instrument.kind = instruments[1].instrument.kind = INSTRUMENT_LINEAR;
    config->is_guarded = 1; // the key is asked how positions count
}

static const char *const stories[] = {"okx/dead_man.script",
                                      "okx/garbage.script",
                                      "okx/market.script",
                                      "okx/orders.script",
                                      "okx/unknown.script",
                                      "okx/socket.script",
                                      "okx/socket_refused.script",
                                      "okx/socket_refused_exit.script",
                                      "okx/socket_rate.script",
                                      "okx/socket_unanswered.script",
                                      "okx/socket_lost.script",
                                      "okx/socket_follow.script",
                                      NULL};
static const char *const stories_swap[] = {"okx_swap/market.script", "okx_swap/orders.script",
                                           "okx_swap/position.script", "okx_swap/two_sides.script",
                                           NULL};

extern const struct scripted scripted_okx[];
const struct scripted scripted_okx[] = {{.folder = "okx",
                                         .dialect = "okx_spot",
                                         .stories = stories,
                                         .reply = quiet,
                                         .prepare = prepare,
                                         .said_key = "\"op\":\""},
                                        {.folder = "okx_swap",
                                         .dialect = "okx_swap",
                                         .stories = stories_swap,
                                         .reply = quiet,
                                         .prepare = prepare_swap,
                                         .said_key = "\"op\":\""},
                                        {.folder = NULL}};
