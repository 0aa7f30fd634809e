# SPDX-License-Identifier: Apache-2.0
# What a test that drives a browser needs, and a host for it to look at: at twenty times the market's pace, four agents, a tournament every
# two minutes of the market. common.sh comes before it. place: where the browser's programs are.

page_skip() {
    echo "skipped: $*"
    exit 77
}

# page_needs TOOL...: skips the test where one is missing, or what the browser is driven with.
page_needs() {
    local tool
    place=$AGON_BUILD_ROOT/tests/browser
    for tool; do
        command -v "$tool" >/dev/null || page_skip "needs $tool"
    done
    . "$AGON_SOURCE_ROOT/tests/support/npm.sh"
    npm_install "$AGON_SOURCE_ROOT/tests/browser" "$place" || page_skip "needs a package registry: $(tail -n 1 "$place/install.log")"
}

# Starts it. Then url is the dashboard's, reload a command by which busy_1 changes hands, add one by which an agent begins that crashes
# until it is put away, doomed.
page_host() {
    cp "$PLUGINS"/busy.so "$PLUGINS"/busy_again.so "$PLUGINS"/stander.so "$FAULTY" "$AGON_BUILD_ROOT/plugins/sma_cross/sma_cross.so" "$WORK/"
    PLUGINS=$WORK
    start_sim --seed 3 --speed 20
    SPEED=20 HOST_MORE='snapshot_every: 5000' live_files "$(agent busy_1 busy.so 'every: 20' '' ', orders_on_reload: cancel')
$(agent busy_2 busy.so 'every: 25')
$(agent still stander.so 'orders: 3')
$(agent crossing sma_cross.so 'bar_s: 60, fast: 2, slow: 3, size_pct: 1, symbol: BTCUSDT')"
    sed -i '1i tournament: {schedule: "*/2 * * * *", sample: 1m, window: 1h, min_samples: 3}' "$WORK/conf/roster.yaml"
    start_host
    until_true "$HOST_PID" "orders" lines "$SIM_LOG" '"kind":"request"' 5
    url=$("$AGON" ctl url --dir "$WORK/run") || fail "ctl url"
    {
        cat "$WORK/conf/roster.yaml"
        agent doomed faulty.so 'fault: segv, at: 200' 'orders_per_second: 1'
    } >"$WORK/new.yaml"
    reload="'$AGON' ctl reload busy_1 '$WORK/busy_again.so' --dir '$WORK/run'"
    add="'$AGON' ctl apply '$WORK/new.yaml' --dir '$WORK/run'"
}
