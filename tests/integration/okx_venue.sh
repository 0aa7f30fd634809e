# SPDX-License-Identifier: Apache-2.0
# okx_venue: a venue's file of a simulated OKX, for every script that has one. After start_sim.

# okx_venue NAME spot|swap [LINE...]: prints the file; a LINE more is what the others have not, as 'credential: sim'.
okx_venue() {
    cat <<EOT
name: $1
dialect: okx_$2
market: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /ws/v5/public}
user: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /ws/v5/private}
rest: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /api/v5}
limits:
  - {kind: weight, capacity: 20, window: 2s}
  - {kind: raw, capacity: 500, window: 2s}
  - {kind: orders, capacity: 60, window: 2s}
  - {kind: orders_day, capacity: 1000000, window: 1d}
  - {kind: snapshots, capacity: 100, window: 1m}
  - {kind: connects, capacity: 3, window: 1s}
subscribe: {trades: true, quotes: true, depth: true}
snapshot_levels: 400
warm_bars: 299
message_gap: 350ms
channel: 0s
silence: 25s
EOT
    shift 2
    [ $# = 0 ] || printf '%s\n' "$@"
}
