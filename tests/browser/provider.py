"""A small OpenID Connect provider on loopback: discovery, a page to say who one is, token, keys. It signs as real ones do."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "evenkeel", "a secret between the app and its provider"


@contextmanager
def provider(people: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Serve these people (name -> groups); gives the issuer's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Provider)
    server.people, server.key, server.codes = people, RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}), {}
    server.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.issuer
    finally:
        server.shutdown()
        server.server_close()


class _Provider(BaseHTTPRequestHandler):
    """The four addresses a relying party needs."""

    def do_GET(self) -> None:
        place, issuer = urlsplit(self.path), self.server.issuer
        asked = {name: values[0] for name, values in parse_qs(place.query).items()}
        if place.path == "/.well-known/openid-configuration":
            ends = {f"{name}_endpoint": f"{issuer}/{name}" for name in ("authorization", "token")}
            self._json({"issuer": issuer, **ends, "jwks_uri": f"{issuer}/keys", "response_types_supported": ["code"], "subject_types_supported": ["public"],
                        "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"]})
        elif place.path == "/keys":
            self._json({"keys": [self.server.key.as_dict(private=False)]})
        elif place.path == "/authorization" and "as" not in asked:
            links = "".join(f'<p><a href="?{urlencode({**asked, "as": name}).replace("&", "&amp;")}">{name}</a></p>' for name in self.server.people)
            self._answer(200, "text/html", f"<h1>Who are you?</h1>{links}")
        elif place.path == "/authorization" and asked.get("client_id") == CLIENT:
            code = secrets.token_urlsafe()
            self.server.codes[code] = asked
            self._answer(302, "text/html", "", Location=f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")
        else:
            self._answer(404, "text/plain", "nothing here")

    def do_POST(self) -> None:
        sent = {name: values[0] for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
        asked = self.server.codes.pop(sent.get("code", ""), None)   # a code is good once
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode() in self.headers.get("Authorization", "")
        if not asked or not known or _challenge(sent.get("code_verifier", "")) != asked.get("code_challenge"):
            self._json({"error": "invalid_grant"}, 400)
            return
        name, now = asked["as"], int(time.time())
        claims = {"iss": self.server.issuer, "aud": CLIENT, "sub": name, "email": f"{name}@lamp.example", "groups": list(self.server.people[name]),
                  "nonce": asked["nonce"], "iat": now, "exp": now + 600}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.server.key)
        self._json({"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "expires_in": 600, "id_token": token})

    def _json(self, document: dict, status: int = 200) -> None:
        self._answer(status, "application/json", json.dumps(document))

    def _answer(self, status: int, kind: str, text: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(text.encode())), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *told: object) -> None:
        """Silent: the test says what went wrong."""


def _challenge(verifier: str) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
