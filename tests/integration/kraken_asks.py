#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kraken_asks PORT: what the simulated Kraken says of its default account, by signed requests over REST on loopback. The
signature is made here, from the venue's page: HMAC-SHA512 over the path and the SHA-256 of nonce and body.

    open ID             an open order's client id
    cash ASSET AMOUNT   free and held together, in 10^-8"""
import base64
import hashlib
import hmac
import json
import sys
import time
import urllib.parse
import urllib.request

KEY = 'agon-sim-key'
SECRET = base64.b64decode('YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==')
NAMES = {'ZUSD': 'USD', 'XXBT': 'BTC', 'XETH': 'ETH', 'XXRP': 'XRP'}


def ask(port, name):
    path = '/0/private/' + name
    nonce = str(time.time_ns() // 1000)
    body = urllib.parse.urlencode({'nonce': nonce}).encode()
    mac = hmac.new(SECRET, path.encode() + hashlib.sha256(nonce.encode() + body).digest(), hashlib.sha512)
    request = urllib.request.Request(f'http://127.0.0.1:{port}{path}', data=body, headers={
        'API-Key': KEY, 'API-Sign': base64.b64encode(mac.digest()).decode()})
    answer = json.load(urllib.request.urlopen(request, timeout=10))
    if answer['error']:
        sys.exit(f'kraken_asks: {name}: {answer["error"]}')
    return answer['result']


def count(text):
    whole, _, part = text.partition('.')
    return int(whole + part[:8].ljust(8, '0'))


port = sys.argv[1]
for order in ask(port, 'OpenOrders')['open'].values():
    print('open', order.get('cl_ord_id', '-'))
for name, balance in ask(port, 'BalanceEx').items():
    print('cash', NAMES.get(name, name), count(balance['balance']))
