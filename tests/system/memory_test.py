"""What a node must keep for a session is in its memory as long as the session lasts, and what it need not keep never is.

Looked for by reading the memory of the process, where what was given back to the allocator and old stacks can be found, too.
"""
import base64
import hashlib
import http.client
import json
import os
import sqlite3
import ssl
import subprocess
import unittest

from node import node
from process_memory import held
from waiting import wait_until

SALT, NONCE, KEY = 16, 12, 32
DEFAULT = "changeme"
VAULT_KEY = "the vault key of this test, 4a7b1c90d2e83f65"
# A key is wiped within a second of the end of its session; the rest is for a machine that is busy.
SOON = 5


def of_its_own(what):
    """A secret that nobody else has, of letters that stay as they are in JSON and in URLs."""
    return f"{what}-{os.urandom(24).hex()}"


def data_key(data, vault_key):
    """What a vault key opens, from what is stored: the same steps by other programs."""
    with sqlite3.connect(f"file:{data}/aops.db?mode=ro", uri=True) as db:
        ((record,),) = db.execute("select body from vault_verifier").fetchall()
    number = lambda at, size: int.from_bytes(record[at:at + size], "little")
    at = 17
    salt, nonce, wrapped = record[at:at + SALT], record[at + SALT:at + SALT + NONCE], record[at + SALT + NONCE:][:KEY]
    wrapping = hashlib.scrypt(vault_key.encode(), salt=salt, n=number(1, 8), r=number(9, 4), p=number(13, 4), dklen=KEY)
    # GCM encrypts by counting on from the nonce; 1 is for the tag.
    words = ["openssl", "enc", "-d", "-aes-256-ctr", "-nopad", "-K", wrapping.hex(), "-iv", nonce.hex() + "00000002"]
    key = subprocess.run(words, input=wrapped, stdout=subprocess.PIPE, timeout=30, check=True).stdout
    assert len(key) == KEY
    return key


class browser:
    """One connection that stays open over all requests, as those of browsers do."""

    def __init__(self, it):
        self.headers = {"Content-Type": "application/json"}
        where = it.client().where
        if it.tls:
            trusting = ssl.create_default_context()
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            self.link = http.client.HTTPSConnection(where.hostname, where.port, timeout=30, context=trusting)
        else:
            self.link = http.client.HTTPConnection(where.hostname, where.port, timeout=30)

    def ask(self, path, body=None, method="POST", **headers):
        self.link.request(method, path, None if method == "GET" else json.dumps(body or {}), self.headers | headers)
        reply = self.link.getresponse()
        return reply, json.loads(reply.read())

    def good(self, path, body=None, code=200, **more):
        reply = self.ask(path, body, **more)[1]
        assert reply["code"] == code, (path, reply)
        return reply

    def login(self, password, code=200):
        reply = self.good("/manage/account/login", {"username": "admin", "password": password}, code)
        self.headers["Access-Token"] = reply["access_token"]
        return reply["access_token"]

    def close(self):
        self.link.close()


class memory(unittest.TestCase):
    def start(self, *settings, tls=False):
        """A node, and a session of somebody whose password is `self.password`."""
        it = node("http.keep_alive=5m", *settings, tls=tls)  # The page is quiet while the memory is read.
        self.addCleanup(it.close)
        page = browser(it)
        self.addCleanup(page.close)
        self.password = of_its_own("password")
        page.login(DEFAULT, 1204)
        page.good("/manage/account/change", {"password": self.password})
        page.login(self.password)
        return it, page

    def add_host(self, page, **more):
        page.good("/manage/host/group/add", {"host_group_name": "g", "description": ""})
        row = {"host_name": "h", "host_group_name": "g", "public_ip": "127.0.0.9", "username": "ops", "password": "p", "sudo_password": "p"}
        page.good("/manage/host/add", {"host_list": [row | more], "key": VAULT_KEY})

    def assert_held(self, it, secrets):
        self.assertEqual(held(it.process.pid, secrets), set(secrets))

    def assert_soon_gone(self, it, secrets, deadline=SOON):
        wait_until(lambda: not held(it.process.pid, secrets), deadline, f"{sorted(secrets)}: not in memory any more", 0.2)

    def test_a_vault_key_goes_with_the_log_out(self):
        it, page = self.start()
        # While nothing is sealed, nobody can say what it opens: it is kept as it was typed.
        typed = {"vault key": of_its_own("vault-key")}
        page.good("/manage/account/certificate", {"key": typed["vault key"]})
        self.assert_held(it, typed)
        page.good("/manage/account/logout")
        self.assert_soon_gone(it, typed)
        page.login(self.password)
        self.add_host(page)
        opened = {"what the vault key opens": data_key(it.data, VAULT_KEY)}
        self.assert_soon_gone(it, opened)
        page.good("/manage/account/certificate", {"key": VAULT_KEY})
        self.assert_held(it, opened)
        self.assertEqual(held(it.process.pid, {"vault key": VAULT_KEY}), set())
        page.good("/manage/account/logout")
        self.assert_soon_gone(it, opened)

    def test_a_vault_key_goes_with_a_session_that_ends_by_itself(self):
        for end in ("auth.session_idle=5s", "auth.session_absolute=5s"):
            with self.subTest(end=end):
                it, page = self.start(end, *(["auth.session_idle=5s"] if "absolute" in end else []))
                typed = {"vault key": of_its_own("vault-key")}
                page.login(self.password)
                page.good("/manage/account/certificate", {"key": typed["vault key"]})
                self.assert_held(it, typed)
                self.assert_soon_gone(it, typed, 5 + SOON)
                self.assertEqual(page.ask("/manage/host/count")[1]["code"], 1201)

    def test_secrets_of_requests_do_not_stay(self):
        for tls in (False, True):
            with self.subTest(tls=tls):
                it, page = self.start(tls=tls)
                secrets = self.say_all(it, page)
                self.assert_soon_gone(it, secrets)

    def say_all(self, it, page):
        """Returns what was said: each kind of secret in each of the places where one may stand."""
        secrets = {"password": self.password} | {
            x: of_its_own(x.replace(" ", "-")) for x in (
                "wrong password", "next password", "password of another", "given password", "reset password", "ssh password",
                "sudo password", "vault key", "wrong vault key", "next vault key", "refused password", "malformed password")}
        page.ask("/manage/account/login", {"username": "admin", "password": secrets["wrong password"]})
        page.ask("/manage/account/login", {"username": "admin", "password": secrets["refused password"], "unknown": 1})
        page.link.request("POST", "/manage/account/login", '{"username": "admin", "password": "' + secrets["malformed password"],
                          {"Content-Type": "application/json"})
        page.link.getresponse().read()
        page.good("/manage/account/register", {"username": "ann", "password": secrets["password of another"]})
        page.good("/manage/account/user/add", {"username": "bob", "password": secrets["given password"]})
        page.good("/manage/account/user/reset", {"username": "bob", "password": secrets["reset password"]})
        page.good("/manage/account/change", {"password": secrets["next password"]})
        secrets["token"] = page.login(secrets["next password"])
        page.good("/manage/host/group/add", {"host_group_name": "g", "description": ""})
        row = {"host_name": "h", "host_group_name": "g", "public_ip": "127.0.0.9", "username": "ops",
               "password": secrets["ssh password"], "sudo_password": secrets["sudo password"]}
        host = page.good("/manage/host/add", {"host_list": [row], "key": secrets["vault key"]})["host_list"][0]
        page.good("/manage/account/certificate", {"key": secrets["wrong vault key"]}, 1203)
        page.good("/manage/account/certificate", {"key": secrets["vault key"]})
        page.good("/manage/account/certificate/change", {"key": secrets["vault key"], "new_key": secrets["next vault key"]})
        secrets["program's token"] = page.good("/manage/account/token/create", {"name": "t", "scope": "act"})["access_token"]
        program = {"Access-Token": secrets["program's token"]}
        page.good("/manage/host/count", **program)
        page.good("/manage/host/info/query", {"host_list": [host], "basic": True})
        reply, _ = page.ask("/session/login", {"username": "admin", "password": secrets["next password"]},
                            **{"Sec-Fetch-Site": "same-origin", "Access-Token": ""})
        cookie = reply.headers["Set-Cookie"].split(";")[0]
        secrets["cookie"] = cookie.split("=", 1)[1]
        page.good("/session", method="GET", **{"Cookie": cookie, "Access-Token": "", "Sec-Fetch-Site": "same-origin"})
        name = base64.b64encode(f"admin:{secrets['next password']}".encode()).decode()
        secrets["name and password in a header"] = name
        page.link.request("GET", "/api/v1/labels", headers={"Authorization": "Basic " + name})
        self.assertEqual(page.link.getresponse().read()[:19], b'{"status":"success"')
        page.good("/manage/account/logout")
        return secrets


if __name__ == "__main__":
    unittest.main()
