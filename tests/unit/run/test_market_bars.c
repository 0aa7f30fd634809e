// SPDX-License-Identifier: Apache-2.0
#include "run/market_bars.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define ASSUMED                                                                                    \
    " path=ohlc spread=200 drift=100 touch=0 volume=100000 slippage=50 seed=18446744073709551615"

START_TEST(a_market_of_bars_says_of_which_symbols_and_what_is_assumed)
{
    struct market_bars bars;

    ck_assert_int_eq(market_bars_read(&bars, "BTCUSDT=60,ETHUSDT=3600" ASSUMED), AGON_OK);
    ck_assert_uint_eq(market_bars_length_s(&bars, "BTCUSDT"), 60);
    ck_assert_uint_eq(market_bars_length_s(&bars, "ETHUSDT"), 3600);
    ck_assert_uint_eq(market_bars_length_s(&bars, "SOLUSDT"), 0);
    ck_assert_uint_eq(bars.assumed.path, MATCH_PATH_OHLC);
    ck_assert_uint_eq(bars.assumed.spread_ppm, 200);
    ck_assert_uint_eq(bars.assumed.volume_ppm, 100000);
    ck_assert_uint_eq(bars.assumed.slippage_ppm, 50);
    ck_assert(bars.assumed.seed == UINT64_MAX);
    ck_assert_str_eq(market_bars_warning(bars.is_visible, market_bars_is_optimistic(&bars)), "");
    ck_assert_int_eq(market_bars_read(&bars, "visible"), AGON_OK);
    ck_assert_uint_eq(bars.n, 0);
    ck_assert(!market_bars_is_optimistic(&bars));
    ck_assert_ptr_nonnull(strstr(
        market_bars_warning(bars.is_visible, market_bars_is_optimistic(&bars)), "not comparable"));
    // Its fills know the close: whoever sees its results is told.
    ck_assert_int_eq(market_bars_read(&bars,
                                      "BTCUSDT=60 path=optimistic spread=200 drift=100 touch=0 "
                                      "volume=100000 slippage=50 seed=1"),
                     AGON_OK);
    ck_assert(market_bars_is_optimistic(&bars));
    ck_assert_ptr_nonnull(strstr(market_bars_warning(0, 1), "nothing can be earned"));
}
END_TEST

START_TEST(what_is_no_such_word_says_nothing)
{
    static const char *const texts[] = {
        "",
        "BTCUSDT",
        "BTCUSDT=60",
        "BTCUSDT=0" ASSUMED,
        "BTCUSDT=61" ASSUMED,
        "BTCUSDT=99999999999999999999" ASSUMED,
        "BTCUSDT=60," ASSUMED,
        "=60" ASSUMED,
        "BTCUSDT=-60" ASSUMED,
        "ANAMETHATISLONGERTHANANYSYMBOLOFAVENUE=60" ASSUMED,
        "BTCUSDT=60" ASSUMED " more",
        "BTCUSDT=60 path=mine spread=200 drift=100 touch=0 volume=100000 slippage=50 seed=1",
        "BTCUSDT=60 path=ohlc spread=2000000 drift=100 touch=0 volume=100000 slippage=50 seed=1",
        "A=60,B=60,C=60,D=60,E=60,F=60,G=60,H=60,I=60,J=60,K=60,L=60,M=60,N=60,O=60,P=60,Q="
        "60" ASSUMED,
    };
    struct market_bars none, bars;

    memset(&none, 0, sizeof(none));
    ck_assert_int_eq(market_bars_read(&bars, texts[_i]), AGON_ECORRUPT);
    ck_assert_mem_eq(&bars, &none, sizeof(bars));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("market_bars");
    TCase *tcase = tcase_create("market_bars");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, a_market_of_bars_says_of_which_symbols_and_what_is_assumed);
    tcase_add_loop_test(tcase, what_is_no_such_word_says_nothing, 0, 14);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
