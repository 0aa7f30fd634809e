#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""binance_asks PORT KIND: what the simulated Binance says of its default account, by signed requests over REST on loopback. The
signature is made here, from the venue's page: HMAC-SHA256 of the query, in hex.

    open ID             an open order's client id
    cash ASSET AMOUNT   free and locked together, or the wallet of futures, in 10^-8
    position SYMBOL QUANTITY   of futures, in 10^-8

KIND is spot or um, or risk: the positions of futures as one JSON array, as the exchange writes them. It asks from an address of its own (127.0.1.N): weight is counted by address, and what a test asks for is not
what the host beside it lacks."""
import hashlib
import hmac
import http.client
import json
import os
import sys
import time

KEY = 'agon-sim-key'
SECRET = b'YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA=='


def ask(port, path):
    query = f'timestamp={time.time_ns() // 1000000}&recvWindow=60000'
    mac = hmac.new(SECRET, query.encode(), hashlib.sha256).hexdigest()
    link = http.client.HTTPConnection('127.0.0.1', port, timeout=10, source_address=(f'127.0.1.{os.getpid() % 200 + 1}', 0))
    link.request('GET', f'{path}?{query}&signature={mac}', headers={'X-MBX-APIKEY': KEY})
    reply = link.getresponse()
    answer = json.loads(reply.read())
    if reply.status != 200:
        sys.exit(f'binance_asks: {path}: {answer}')
    return answer


def count(text):
    whole, _, part = text.lstrip('-').partition('.')
    number = int(whole + part[:8].ljust(8, '0'))
    return -number if text.startswith('-') else number


port, kind = int(sys.argv[1]), sys.argv[2]
if kind == 'risk':
    print(json.dumps([row for row in ask(port, '/fapi/v2/positionRisk') if count(row['positionAmt']) != 0]))
    sys.exit()
for order in ask(port, '/api/v3/openOrders' if kind == 'spot' else '/fapi/v1/openOrders'):
    print('open', order['clientOrderId'])
if kind == 'spot':
    for balance in ask(port, '/api/v3/account')['balances']:
        print('cash', balance['asset'], count(balance['free']) + count(balance['locked']))
else:
    for asset in ask(port, '/fapi/v2/account')['assets']:
        print('cash', asset['asset'], count(asset['walletBalance']))
    for row in ask(port, '/fapi/v2/positionRisk'):
        if count(row['positionAmt']) != 0:
            print('position', row['symbol'], count(row['positionAmt']))
