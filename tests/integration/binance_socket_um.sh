#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# binance_socket.sh for USD-M futures: orders have a connection of their own; positions and money are the exchange's.
KIND=um
. "$(dirname "$0")/binance_socket.sh"
