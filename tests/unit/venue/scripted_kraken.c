// SPDX-License-Identifier: Apache-2.0
/* Kraken in transcripts. */
#include "script_impl.h"

/* What a quiet Kraken says. False: it knows no such path. */
static int quiet(struct conn *conn, const struct http_message *message)
{
    static const struct {
        const char *path, *result;
    } says[] = {{"/0/public/AssetPairs", "{}"},
                {"/0/public/OHLC", "{\"XXBTZUSD\":[],\"last\":0}"},
                {"/0/private/GetWebSocketsToken", "{\"token\":\"token1\",\"expires\":900}"},
                {"/0/private/OpenOrders", "{\"open\":{}}"},
                {"/0/private/ClosedOrders", "{\"closed\":{},\"count\":0}"},
                {"/0/private/TradesHistory", "{\"trades\":{},\"count\":0}"},
                {"/0/private/BalanceEx", "{}"}};
    char body[256];

    if (strcmp(message->path, "/0/public/Time") == 0) {
        snprintf(body, sizeof(body), "{\"error\":[],\"result\":{\"unixtime\":%lld}}",
                 (long long)((T0 + w.now) / 1000000000));
        script_reply(conn, 200, "", body);
        return 1;
    }
    for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
        if (strcmp(message->path, says[i].path) == 0) {
            snprintf(body, sizeof(body), "{\"error\":[],\"result\":%s}", says[i].result);
            script_reply(conn, 200, "", body);
            return 1;
        }
    }
    return 0;
}

static void prepare(struct venue_config *config, struct gateway_asset assets[3],
                    struct gateway_instrument instruments[2])
{
    snprintf(assets[0].name, sizeof(assets[0].name), "USD");
    snprintf(assets[2].name, sizeof(assets[2].name), "ETH");
    snprintf(instruments[0].instrument.symbol, 32, "BTC/USD");
    snprintf(instruments[1].instrument.symbol, 32, "ETH/USD");
    instruments[0].instrument.qty_exp = instruments[1].instrument.qty_exp = 8;
    config->snapshot_levels = 10;
    config->is_private = strcmp(w.file, "kraken/market.script") != 0;
    secret_wipe(&config->secret);
    ck_assert_int_eq(secret_set(&config->secret, "YWdvbi10ZXN0LXNlY3JldA==", 24), AGON_OK);
}

static const char *const stories[] = {
    "kraken/garbage.script",       "kraken/market.script",         "kraken/order_types.script",
    "kraken/orders.script",        "kraken/unknown.script",        "kraken/socket.script",
    "kraken/socket_follow.script", "kraken/socket_refused.script", NULL};

extern const struct scripted scripted_kraken[];
const struct scripted scripted_kraken[] = {{.folder = "kraken",
                                            .dialect = "kraken_spot",
                                            .stories = stories,
                                            .reply = quiet,
                                            .prepare = prepare,
                                            .is_said_first = 1},
                                           {.folder = NULL}};
