#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""okx_asks PORT: what the simulated OKX says of its default account, by signed requests over REST on loopback. The signature
is made here, from the venue's page: HMAC-SHA256 of time stamp, method and path with query, in base64.

    open ID             an open order's client id
    cash ASSET AMOUNT   free and held together, in 10^-8"""
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


port = sys.argv[1]
for order in ask(port, 'trade/orders-pending?instType=SPOT'):
    print('open', order['clOrdId'] or '-')
for balance in ask(port, 'account/balance')[0]['details']:
    print('cash', balance['ccy'], count(balance['cashBal']))
