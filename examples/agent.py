#!/usr/bin/env python3
"""An agent for Pilothouse that needs nothing but Python's standard library.

It joins over the engine's Unix socket, gives signs of life, publishes what it
thinks of prices on its own topic, holds capital and API calls while it works,
and answers the strategy phase of trading cycles. A halt empties its hands. It
comes back by itself after lost connections and restarts of the engine, and on
SIGTERM or SIGINT it gives everything back and ends with code 0.

The rule it trades by is a toy: it buys when a price has risen since the last
look. The protocol is not: docs/agents.md describes it.
"""

import argparse
import http.client
import json
import logging
import os
import pathlib
import random
import signal
import socket
import sys
import threading
import time
import urllib.parse

log = logging.getLogger("agent")

# Seconds: what the engine may take to answer, beside what a long poll waits.
TIMEOUT = 10
# Seconds of a long poll; at most 30.
WAIT = 2
# Seconds between two tries to come back: from, to.
BACKOFF = (0.25, 10.0)


class Refused(Exception):
    """The engine said no; `code` is stable."""

    def __init__(self, status, error):
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.status = status
        self.code = error.get("code", "UNKNOWN")
        self.hint = error.get("hint", "")
        self.retry_after_s = error.get("retry_after_s")


class Away(Exception):
    """Nobody answers at the socket."""


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Engine:
    """The engine's API; every call is one request."""

    def __init__(self, path):
        self.path = path
        self.token = None

    def call(self, method, path, body=None, query=None, key=None, patience=0):
        """The answer's document.

        Raises Refused where the engine says no, Away where it does not answer.
        """
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        text = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            text = json.dumps(body)
        target = f"/api/v1/{path}"
        if query:
            target += "?" + urllib.parse.urlencode(query)
        connection = UnixConnection(self.path, TIMEOUT + patience)
        try:
            connection.request(method, target, text, headers)
            answer = connection.getresponse()
            document = json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as why:
            raise Away(str(why)) from why
        finally:
            connection.close()
        if answer.status >= 400:
            raise Refused(answer.status, document.get("error", {}))
        return document


class Agent:
    """One agent and what it holds."""

    def __init__(self, options):
        self.options = options
        self.name = options.name
        self.engine = Engine(options.socket)
        self.ending = threading.Event()
        self.halted = False
        self.held = {}
        self.prices = {}
        self.answered = 0
        self.due = 0.0

    # Coming and going

    def run(self):
        """Works until it is told to end; whatever breaks, it comes back."""
        pause = BACKOFF[0]
        beats = threading.Thread(target=self.beat, name="heartbeat", daemon=True)
        beats.start()
        while not self.ending.is_set():
            try:
                self.join()
                pause = BACKOFF[0]
                while not self.ending.is_set():
                    self.work()
            except Away as why:
                log.warning("the engine is away: %s", why)
            except Refused as no:
                log.warning("refused: %s (%s)", no, no.hint)
                if no.status == 401:
                    self.engine.token = None
                pause = max(pause, no.retry_after_s or 0)
            # With some chance in it, so that not all agents come back at once.
            self.ending.wait(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, BACKOFF[1])
        self.leave()
        beats.join(TIMEOUT)

    def join(self):
        """Registers, or goes on with the token it has, and asks for what it needs."""
        if self.engine.token is None:
            joined = self.engine.call(
                "POST",
                "agents",
                {
                    "name": self.name,
                    "version": "1.0",
                    "handles": self.options.handles,
                    "lockstep": True,
                },
            )
            self.engine.token = joined["token"]
            self.halted = joined["state"] != "running"
            log.info("registered; trading is %s", joined["state"])
        status = self.engine.call("GET", "coordinator/status")
        self.halted = status["state"] != "running"
        # There is one subscription to a topic and source: of several pairs, it takes all prices.
        wish = {"topic": "market_data"}
        if len(self.options.symbols) == 1:
            wish["symbol"] = self.options.symbols[0]
        self.engine.call("POST", "coordination/subscriptions", wish)
        # What it held before the connection was lost is still held, or has expired.
        mine = {row["id"]: row for row in status["reservations"] if row["agent"] == self.name}
        self.held = {name: id for name, id in self.held.items() if id in mine}
        log.info("joined; %d reservations are still held", len(self.held))

    def leave(self):
        """Gives back what it holds; nothing waits for an agent that has gone."""
        for resource in list(self.held):
            try:
                self.give_back(resource)
            except (Refused, Away) as why:
                log.warning("%s is not given back and will expire: %s", resource, why)
        try:
            wish = {"topic": "market_data"}
            self.engine.call("DELETE", "coordination/subscriptions", wish)
        except (Refused, Away) as why:
            log.info("still subscribed: %s", why)
        log.info("ended; %d phases were answered", self.answered)

    def beat(self):
        """Signs of life, also while something takes long."""
        while not self.ending.wait(self.options.heartbeat):
            if self.engine.token is None:
                continue
            body = {"ok": True, "message": f"{self.answered} phases answered"}
            began = time.monotonic()
            try:
                self.engine.call("POST", f"agents/{self.name}/heartbeat", body)
                log.debug("heartbeat in %.1f ms", 1000 * (time.monotonic() - began))
            except (Refused, Away) as why:
                log.debug("no heartbeat: %s", why)

    # Working

    def work(self):
        """One turn: holds what it needs, then takes what waits in its queue."""
        if self.halted:
            # Nobody is told that trading goes on: who waits for it asks.
            self.halted = self.engine.call("GET", "coordinator/status")["state"] != "running"
        if not self.halted and time.monotonic() >= self.due:
            self.due = time.monotonic() + self.options.every
            self.provide()
        queue = {"agent": self.name, "pending": "true", "wait_s": WAIT, "limit": 32}
        waiting = self.engine.call("GET", "coordination/messages", query=queue, patience=WAIT)
        for message in waiting["items"]:
            self.hear(message)

    def hear(self, message):
        """Does what a message asks for, then acknowledges it; an answer does so by itself."""
        payload = message["payload"]
        if message["topic"] == "market_data":
            self.look(payload)
            return
        if message["kind"] == "command" and payload.get("kind") == "analyse":
            self.answer(message, self.decide(payload["symbol"]))
            return
        if message["priority"] == "critical" or message["subject"] == "STATE":
            self.heed(message)
        else:
            log.info("heard %r of %s", message["subject"], message["from"])
        try:
            self.engine.call("POST", f"coordination/messages/{message['id']}/ack", {})
        except Refused as no:
            # It came twice, or is too old: nobody waits for it any more.
            log.debug("not acknowledged: %s", no)

    def heed(self, message):
        """A halt empties its hands at once; how things stand says when to go on."""
        state = self.engine.call("GET", "coordinator/status")["state"]
        self.halted = state != "running"
        log.info("%s: trading is %s", message["subject"], state)
        if self.halted:
            for resource in list(self.held):
                self.give_back(resource)

    def look(self, market):
        """A price came: what it means goes out on the agent's own topic."""
        symbol, price = market["symbol"], float(market["price"])
        before = self.prices.get(symbol)
        self.prices[symbol] = price
        if before is None or self.halted or symbol not in self.options.symbols:
            return
        view = {"symbol": symbol, "rising": price > before, "price": market["price"]}
        letter = {"topic": self.name, "subject": f"view of {symbol}", "payload": view, "ttl_s": 60}
        if price != before:
            self.engine.call("POST", "coordination/messages", letter)

    def decide(self, symbol):
        """A signal; every number in it as text, so that no digit is lost."""
        latest = {"topic": "market_data", "symbol": symbol}
        try:
            price = float(self.engine.call("GET", "coordination/latest", query=latest)["payload"]["price"])
        except Refused:
            return {"error": f"no price of {symbol} is known"}
        before = self.prices.get(symbol, price)
        rises = price > before and not self.halted
        return {
            "symbol": symbol,
            "action": "BUY" if rises else "HOLD",
            "confidence": "0.70" if rises else "0.50",
            "entry_price": None,
            "stop_loss_pct": "2.0",
            "take_profit_pct": "4.0",
            "leverage": "1",
            "reasoning": f"{price} after {before}",
        }

    def answer(self, question, payload):
        """Answers a phase of a cycle, which acknowledges the question."""
        letter = {"in_reply_to": question["id"], "kind": "response", "payload": payload}
        try:
            self.engine.call("POST", "coordination/messages", letter)
        except Refused as no:
            log.warning("%s is not answered: %s", question["subject"], no)
            if no.code != "MESSAGE_INVALID" or "error" in payload:
                return
            # The question is still open: that there is no answer is one.
            return self.answer(question, {"error": str(no)})
        self.answered += 1
        log.info("answered %s with %s", question["subject"], payload.get("action", "error"))

    # Holding

    def provide(self):
        """Keeps its capital, and takes API calls for as long as it makes them."""
        if "capital" in self.held:
            self.renew("capital")
        else:
            self.hold("capital", self.options.capital)
        if self.hold("api", self.options.calls):
            # Here an agent of the real world asks somebody else's API.
            self.give_back("api")

    def hold(self, resource, amount):
        """Reserves; no is an answer."""
        if amount == "0":
            return False
        wish = {
            "resource": resource,
            "amount": amount,
            "purpose": "paper",
            "ttl_s": self.options.ttl,
        }
        # Under the same key a repeat is the same request.
        key = f"{self.name}-{os.urandom(8).hex()}"
        try:
            got = self.engine.call("POST", "reservations", wish, key=key)
        except Refused as no:
            log.info("no %s: %s", resource, no)
            return False
        self.held[resource] = got["reservation_id"]
        log.info("holds %s of %s as %s", got["amount"], resource, got["reservation_id"])
        return True

    def renew(self, resource):
        id = self.held[resource]
        try:
            self.engine.call("POST", f"reservations/{id}/renew", {"ttl_s": self.options.ttl})
        except Refused as no:
            log.info("%s is lost: %s", id, no)
            del self.held[resource]

    def give_back(self, resource):
        id = self.held.pop(resource)
        try:
            answer = self.engine.call("DELETE", f"reservations/{id}")
            log.info("gave %s back: %s", id, answer["result"])
        except Refused as no:
            log.info("%s was gone: %s", id, no)


def default_socket():
    home = os.environ.get("PILOTHOUSE_STATE")
    if not home:
        base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
        home = os.path.join(base, "pilothouse")
    return os.path.join(home, "control.sock")


def options():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0],
        epilog="It ends on SIGTERM and SIGINT, and gives back what it holds.",
    )
    parser.add_argument("--name", default="scout", help="the agent's name (%(default)s)")
    parser.add_argument("--socket", default=default_socket(), help="the engine's socket (%(default)s)")
    parser.add_argument(
        "--symbols", nargs="+", default=["BTC/USDT"], help="pairs to watch (BTC/USDT)", metavar="PAIR"
    )
    parser.add_argument(
        "--handles",
        nargs="*",
        default=["strategy_analysis"],
        metavar="PHASE",
        help="phases of a cycle to answer (strategy_analysis)",
    )
    parser.add_argument("--capital", default="25", help="USD to hold, 0 for none (%(default)s)")
    parser.add_argument("--calls", default="2", help="API calls to take at a time, 0 for none (%(default)s)")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two looks at what it holds (%(default)s)")
    parser.add_argument("--ttl", type=int, default=3600, help="seconds of engine time held (%(default)s)")
    parser.add_argument("--heartbeat", type=float, default=5.0, help="seconds between two (%(default)s)")
    parser.add_argument("--verbose", action="store_true", help="say more on stderr")
    return parser.parse_args()


def main():
    given = options()
    logging.basicConfig(
        level=logging.DEBUG if given.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        stream=sys.stderr,
    )
    # A socket's address holds 107 bytes; a longer path is reached from its own folder.
    path = pathlib.Path(given.socket).absolute()
    if len(os.fsencode(path)) > 107:
        os.chdir(path.parent)
        given.socket = path.name
    agent = Agent(given)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.ending.set())
    agent.run()


if __name__ == "__main__":
    main()
