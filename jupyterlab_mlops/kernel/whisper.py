"""How a kernel tells the server that listens which values are secret: never stored, never shown.

They go over IOPub, which other clients read too; so they are enciphered with the key that signs
the kernel's messages, which only the kernel and its server have. The stream is HMAC-SHA256 of a
counter, and a last HMAC vouches for the whole.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from base64 import b64decode, b64encode

FIELD = "mlops_known"
_NONCE, _BLOCK = 16, 32


def seal(key: bytes, values: list[str]) -> str:
    """Encipher values."""
    nonce = os.urandom(_NONCE)
    sealed = nonce + _mixed(key, nonce, json.dumps(values).encode())
    return b64encode(sealed + _check(key, sealed)).decode()


def unseal(key: bytes, text: str) -> list[str]:
    """Decipher them again.

    Raises
    ------
    ValueError
        The text was not made with this key.
    """
    content = b64decode(text, validate=True)
    sealed, check = content[:-_BLOCK], content[-_BLOCK:]
    if len(content) < _NONCE + _BLOCK or not hmac.compare_digest(_check(key, sealed), check):
        raise ValueError("a word about secrets that is not this kernel's")
    values = json.loads(_mixed(key, sealed[:_NONCE], sealed[_NONCE:]))
    return [value for value in values if isinstance(value, str)]


def _mixed(key: bytes, nonce: bytes, content: bytes) -> bytes:
    blocks = range(-(-len(content) // _BLOCK))
    stream = b"".join(_mac(key, b"stream" + nonce + n.to_bytes(8, "big")) for n in blocks)
    return bytes(one ^ other for one, other in zip(content, stream, strict=False))


def _check(key: bytes, sealed: bytes) -> bytes:
    return _mac(key, b"check" + sealed)


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()
