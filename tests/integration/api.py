#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""api: holds what a running host answers over HTTP against its own OpenAPI document, with a validator that others wrote.

    api.py look RUN SEEN               asks for every GET route of the document, with every agent and instrument that there is
    api.py order RUN SEEN PATH [ARG...]  a POST; its status and body are printed
    api.py wrong RUN SEEN              what is refused, by each status that an operator can meet
    api.py judge RUN SEEN LIST         fails for what was answered and is not described, or described and never answered

RUN is the run directory of a host. SEEN collects over several calls: members of objects, words, statuses, routes. In the
document an object does not forbid more members, so that a client goes on with a later host; here it does. LIST names what no
run of this test has, each with its reason."""
import copy
import http.client
import json
import os
import re
import socket
import sys
import urllib.parse

import jsonschema

API = "/api/v1"


def strict(node):
    """The same schema in the words of JSON Schema: null where it may be null, and no member beside those that are described."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: strict(value) for key, value in node.items() if key not in ("nullable", "example", "description", "format")}
    if node.get("type") == "object" and "properties" in node and "additionalProperties" not in node:
        made["additionalProperties"] = False
    if node.get("nullable"):
        made["type"] = [node["type"], "null"]
    return made


class Host:
    def __init__(self, run, seen_path):
        self.run, self.seen_path = run, seen_path
        self.address = self.read("http").split("//")[1]
        self.seen = {"members": {}, "nulls": {}, "statuses": {}, "faults": []}
        if os.path.exists(seen_path):
            with open(seen_path, encoding="utf-8") as file:
                self.seen = json.load(file)
        status, body, _ = self.ask("GET", "/openapi.json", self.read("token_read"))
        if status != 200:
            sys.exit(f"FAIL: no document: {status}")
        self.document = json.loads(body)
        self.components = strict(copy.deepcopy(self.document["components"]["schemas"]))
        self.validators = {}

    def read(self, name):
        with open(os.path.join(self.run, name), encoding="utf-8") as file:
            return file.read().strip()

    def save(self):
        with open(self.seen_path, "w", encoding="utf-8") as file:
            json.dump(self.seen, file)

    def ask(self, method, path, token=None, body=None, headers=None):
        link = http.client.HTTPConnection(self.address, timeout=90)
        sends = {"Authorization": "Bearer " + token} if token else {}
        if body is not None:
            sends["Content-Type"] = "application/json"
        sends.update(headers or {})
        link.request(method, path, body=None if body is None else body if isinstance(body, str) else json.dumps(body), headers=sends)
        reply = link.getresponse()
        return reply.status, reply.read().decode(), reply.getheader("content-type")

    def fault(self, what):
        if what not in self.seen["faults"]:
            self.seen["faults"].append(what)
            print("FAIL:", what, file=sys.stderr)

    def validate(self, where, schema, value):
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            whole = dict(strict(copy.deepcopy(schema)), components={"schemas": self.components})
            self.validators[key] = jsonschema.Draft4Validator(whole)
        for error in list(self.validators[key].iter_errors(value))[:3]:
            self.fault(f"{where}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
        self.note(schema, value)

    def note(self, schema, value):
        """Which members were there, and which of them were something else than null."""
        if "oneOf" in schema and all("$ref" in one for one in schema["oneOf"]):
            for one in schema["oneOf"]:
                properties = self.document["components"]["schemas"][one["$ref"].rpartition("/")[2]]["properties"]
                if isinstance(value, dict) and set(value) <= set(properties):
                    self.note(one, value)
            return
        name = schema.get("$ref", "").rpartition("/")[2]
        if name:
            schema = self.document["components"]["schemas"][name]
        if isinstance(value, list) and "items" in schema:
            for item in value:
                self.note(schema["items"], item)
        elif isinstance(value, dict):
            for member, inner in value.items():
                one = schema.get("properties", {}).get(member)
                if one is not None:
                    full = f"{name}.{member}"
                    self.seen["members"][full] = self.seen["members"].get(full, 0) + (inner is not None)
                    if inner is None:
                        self.seen["nulls"][full] = 1
                    self.note(one, inner)
                elif isinstance(schema.get("additionalProperties"), dict):
                    self.note(schema["additionalProperties"], inner)

    def take(self, route, method, status, body, kind):
        """One answer of an operation of the document."""
        where = f"{method} {route} {status}"
        self.seen["statuses"][where] = self.seen["statuses"].get(where, 0) + 1
        answers = self.document["paths"][route][method.lower()]["responses"]
        if str(status) not in answers:
            self.fault(f"{where}: this status is not in the document: {body[:160]}")
            return
        answer = answers[str(status)]
        if "$ref" in answer:
            answer = self.document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        content = answer.get("content", {})
        if not content:
            return
        if (kind or "").split(";")[0] not in content:
            self.fault(f"{where}: content type {kind}, described: {list(content)}")
        elif kind.startswith("application/json"):
            try:
                value = json.loads(body)
            except ValueError as error:
                self.fault(f"{where}: no JSON: {error}")
                return
            self.validate(where, content["application/json"]["schema"], value)

    def get(self, route, path=None, token=None):
        status, body, kind = self.ask("GET", path or route, token or self.read("token_read"))
        self.take(route, "GET", status, body, kind)
        return status, body

    def post(self, path, args, token=None, headers=None):
        status, body, kind = self.ask("POST", path, token or self.read("token"), {"args": list(args)}, headers)
        if path in self.document["paths"]:
            self.take(path, "POST", status, body, kind)
        return status, body


# What the live view sends under a key is an object of the document, whole or without what a page has from elsewhere.
LIVE = {"status": "Status", "position": "Position", "tournament": "Tournament", "portfolio": "Portfolio", "feed": "Feed", "latency": "Latency"}


def shake_hands(host, token, headers=None):
    where, port = host.address.split(":")
    link = socket.create_connection((where, int(port)), timeout=30)
    sends = {"Host": host.address, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    sends.update(headers or {})
    link.sendall((f"GET {API}/live" + (f"?token={token}" if token else "") + " HTTP/1.1\r\n" + "".join(f"{key}: {value}\r\n" for key, value in sends.items()) + "\r\n").encode())
    stream = link.makefile("rb")
    status = int(stream.readline().split()[1])
    while stream.readline() not in (b"\r\n", b""):
        pass
    host.take(API + "/live", "GET", status, "", None)
    return status, stream


def look_live(host):
    status, stream = shake_hands(host, host.read("token_read"))
    if status != 101:
        host.fault(f"the live view: {status}")
        return
    head = stream.read(2)
    n = head[1] & 127
    if n >= 126:
        n = int.from_bytes(stream.read(2 if n == 126 else 8), "big")
    message = json.loads(stream.read(n))
    if message["type"] != "snapshot" or set(message) - {"type", "version", "set", "merge", "removed"}:
        host.fault(f"the first message: {sorted(message)}")
    for key, value in message["set"].items():
        name = LIVE.get(key.split("/")[0])
        if name:
            host.validate(f"live {key}", {"$ref": "#/components/schemas/" + name}, value)


def look(host):
    look_live(host)
    agents = [agent["name"] for agent in json.loads(host.get(API + "/agents")[1])]
    symbols = [book["symbol"] for book in json.loads(host.get(API + "/books")[1])]
    leases = [str(lease["lease"]) for lease in json.loads(host.get(API + "/gpu/leases")[1])]
    held = [str(plan["number"]) for plan in json.loads(host.get(API + "/plans")[1])]
    fills = {"number": held or ["1"], "agent": agents, "lease": leases or ["1"], "symbol": symbols, "seconds": ["60", "900", "14400"], "points": ["3"], "seq": ["0"], "after": ["0"], "since": ["0"], "count": ["3"], "all": ["all"], "lines": ["100"]}
    for route, operations in host.document["paths"].items():
        if "get" not in operations or route == API + "/live":
            continue
        words = re.findall(r"{(\w+)}", route)
        for word in words:
            if word not in fills:
                host.fault(f"{route}: this test knows nothing for {{{word}}}")
        for value in fills.get(words[0], ["-"]) if words else ["-"]:
            path = route
            for word in words:
                path = path.replace("{" + word + "}", urllib.parse.quote(value if word == words[0] else fills[word][0], safe=""))
            host.get(route, path)


def wrong(host):
    reader, operator = host.read("token_read"), host.read("token")
    routes = host.document["paths"]
    for route, operations in routes.items():
        if route == API + "/live":
            continue
        method = "GET" if "get" in operations else "POST"
        body = {"args": ["x"] * 8} if method == "POST" else None
        path = re.sub(r"{\w+}", "nobody-has-this-name", route)
        is_free = operations[method.lower()].get("security") == []
        tries = [("another site's page", operator, {"Origin": "http://evil.example"}, body),
                 ("another host's name", operator, {"Host": "evil.example"}, body)]
        if not is_free:
            tries.append(("no token", None, {}, body))
        if "{" in route:
            tries.append(("a name that nobody has", reader, {}, None))
        if method == "POST":
            tries += [("the reader's token", reader, {}, body), ("too many arguments", operator, {}, body),
                      ("no JSON", operator, {}, "{"), ("a key that is not known", operator, {}, {"arguments": []}),
                      ("another content type", operator, {"Content-Type": "text/plain"}, body)]
        for what, token, headers, sent in tries:
            status, text, kind = host.ask(method, path, token, sent, headers)
            if status < 400 and not (what.startswith("a name") and status == 200):
                host.fault(f"{method} {path}: {what}: {status}")
            host.take(route, method, status, text, kind)
    status, text, kind = host.ask("GET", API + "/live", reader)
    host.take(API + "/live", "GET", status, text, kind)
    if status != 404:
        host.fault(f"{API}/live without an upgrade: {status}")
    shake_hands(host, None)
    shake_hands(host, "wrong")
    shake_hands(host, host.read("token_read"), {"Origin": "http://evil.example"})
    shake_hands(host, host.read("token_read"), {"Host": "evil.example"})
    # The same command twice; and more wrong tokens than a person mistypes.
    for _ in range(2):
        status, _ = host.post(API + "/log/level", ["info"], headers={"Idempotency-Key": "once"})
    if status != 409:
        host.fault(f"a command that was taken before: {status}")
    for _ in range(40):
        status, text, kind = host.ask("GET", API + "/status", "wrong")
        host.take(API + "/status", "GET", status, text, kind)
        if status == 429:
            break
    else:
        host.fault("wrong tokens without end are answered at once")


def judge(host, path):
    with open(path, encoding="utf-8") as file:
        excused = dict(line.rstrip("\n").split(" ", 1) for line in file if line.strip() and not line.startswith("#"))
    document, members, statuses = host.document, host.seen["members"], host.seen["statuses"]
    described = set()
    for name, schema in document["components"]["schemas"].items():
        if name.endswith("Args"):
            continue
        for member in schema["properties"]:
            full = f"{name}.{member}"
            described.add(full)
            # One that was always null has a type that nobody has seen.
            if members.get(full, 0) == 0 and full not in excused:
                host.fault(f"{full}: described, and in no answer of this test" + (" but null" if full in members else ""))
    n_operations = 0
    for route, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method.upper()} {route}"
            n_operations += 1
            if f"{where} {101 if route == API + '/live' else 200}" not in statuses:
                host.fault(f"{where}: never answered well in this test")
            for status, answer in operation["responses"].items():
                if "$ref" in answer:
                    answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                described.add(f"status:{status}")
                for body in answer.get("content", {}).values():
                    if not body.get("schema") or body["schema"] == {"type": "object"} and route != "/openapi.json":
                        host.fault(f"{where} {status}: no schema")
    seen = {"status:" + where.rpartition(" ")[2] for where in statuses}
    for status in sorted(one for one in described if one.startswith("status:")):
        if status not in seen and status not in excused:
            host.fault(f"{status}: described, and never answered in this test")
    for full in excused:
        if full not in described:
            host.fault(f"{full}: excused, and not in the document: take it out of the list")
    print(f"{n_operations} operations, {sum(statuses.values())} answers of {len(statuses)} operations with a status, "
          f"{sum(1 for n in members.values() if n)} members, statuses {' '.join(sorted(one[7:] for one in seen))}; {len(excused)} exceptions")


def main():
    verb, run, seen = sys.argv[1:4]
    host = Host(run, seen)
    if verb == "look":
        look(host)
    elif verb == "order":
        status, body = host.post(API + "/" + sys.argv[4], sys.argv[5:])
        print(status, body)
    elif verb == "wrong":
        wrong(host)
    elif verb == "judge":
        judge(host, sys.argv[4])
        host.save()
        sys.exit(1 if host.seen["faults"] else 0)
    else:
        sys.exit(__doc__)
    host.save()


main()
