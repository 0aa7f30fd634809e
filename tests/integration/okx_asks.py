#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""okx_asks PORT KIND: what the simulated OKX says of its default account, by signed requests over REST on loopback. The signature
is made here, from the venue's page: HMAC-SHA256 of time stamp, method and path with query, in base64.

    open ID             an open order's client id
    cash ASSET AMOUNT   free and held together, in 10^-8
    position SYMBOL QUANTITY   of a swap, in 10^-8 of its base

KIND is spot or swap."""
import base64
import datetime
import hashlib
import hmac
import json
import sys
import urllib.request

KEY = 'agon-sim-key'
SECRET = b'YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA=='
PHRASE = 'agon-sim-pass'


def ask(port, name):
    path = '/api/v5/' + name
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3] + 'Z'
    mac = hmac.new(SECRET, (stamp + 'GET' + path).encode(), hashlib.sha256)
    request = urllib.request.Request(f'http://127.0.0.1:{port}{path}', headers={
        'OK-ACCESS-KEY': KEY, 'OK-ACCESS-PASSPHRASE': PHRASE, 'OK-ACCESS-TIMESTAMP': stamp,
        'OK-ACCESS-SIGN': base64.b64encode(mac.digest()).decode()})
    answer = json.load(urllib.request.urlopen(request, timeout=10))
    if answer['code'] != '0':
        sys.exit(f'okx_asks: {name}: {answer}')
    return answer['data']


def count(text):
    whole, _, part = text.partition('.')
    return int(whole + part[:8].ljust(8, '0'))


port, kind = sys.argv[1], sys.argv[2].upper()
for order in ask(port, 'trade/orders-pending?instType=' + kind):
    print('open', order['clOrdId'] or '-')
for balance in ask(port, 'account/balance')[0]['details']:
    print('cash', balance['ccy'], count(balance['cashBal']))
if kind == 'SWAP':
    stands_for = {row['instId']: count(row['ctVal']) for row in ask(port, 'public/instruments?instType=SWAP')}
    for row in ask(port, 'account/positions?instType=SWAP'):
        qty = count(row['pos'].lstrip('-')) * stands_for[row['instId']] // 10 ** 8
        print('position', row['instId'], -qty if row['pos'].startswith('-') else qty)
