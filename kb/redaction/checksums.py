"""The checksums of crypto addresses and keys: base58check, bech32 and bech32m, and the upper-case letters of EIP-55."""

import hashlib
from collections.abc import Iterable
from typing import Final

_BASE58: Final = {
    character: value for value, character in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
}
_BECH32: Final = {character: value for value, character in enumerate("qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_ENDS: Final = (1, 0x2BC830A3)  # bech32 (BIP-173) and bech32m (BIP-350)


def base58check(text: str) -> bytes | None:
    """The payload, version byte first, if the last four bytes are its double SHA-256; None otherwise."""
    value = 0
    for character in text:
        value = value * 58 + _BASE58[character]
    octets = bytes(len(text) - len(text.lstrip("1"))) + value.to_bytes((value.bit_length() + 7) // 8)
    payload, checksum = octets[:-4], octets[-4:]
    whole = len(payload) > 1 and hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4] == checksum
    return payload if whole else None


def is_bech32(text: str) -> bool:
    """Whether a human-readable part, `1` and data carry the checksum of BIP-173 or BIP-350."""
    prefix, _, data = text.lower().rpartition("1")
    if len(data) < 6 or not set(data) <= _BECH32.keys():
        return False
    spread = [*(ord(character) >> 5 for character in prefix), 0, *(ord(character) & 31 for character in prefix)]
    return _polymod([*spread, *(_BECH32[character] for character in data)]) in _BECH32_ENDS


def _polymod(values: Iterable[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            checksum ^= generator if top >> bit & 1 else 0
    return checksum


def is_eip55(digits: str) -> bool:
    """Whether the case of forty hexadecimal digits is the checksum of the address that they write."""
    digest = keccak256(digits.lower().encode()).hex()
    return all(
        character.isdigit() or character.isupper() == (int(nibble, 16) >= 8)
        for character, nibble in zip(digits, digest, strict=False)
    )


_LANES: Final = 25
_RATE: Final = 136  # bytes that are absorbed at a time, for 256 bits
_WORD: Final = (1 << 64) - 1
_ROTATIONS: Final = (1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44)
_PLACES: Final = (10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1)


def _round_constants() -> tuple[int, ...]:
    """The 24 constants, from the shift register that FIPS 202 defines them by."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            constant ^= (register & 1) << ((1 << power) - 1)
            register = (register << 1) ^ (0x171 if register >> 7 else 0)
        constants.append(constant)
    return tuple(constants)


_CONSTANTS: Final = _round_constants()


def keccak256(message: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it: SHA-3 with the padding of before FIPS 202, which hashlib does not offer."""
    padded = bytearray(message + bytes(_RATE - len(message) % _RATE))
    padded[len(message)] ^= 0x01
    padded[-1] ^= 0x80
    state = [0] * _LANES
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            state[lane] ^= int.from_bytes(padded[start + 8 * lane : start + 8 * lane + 8], "little")
        _permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _permute(state: list[int]) -> None:
    for constant in _CONSTANTS:
        columns = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        for x in range(5):
            mixed = columns[(x + 4) % 5] ^ _rotated(columns[(x + 1) % 5], 1)
            for y in range(0, _LANES, 5):
                state[x + y] ^= mixed
        moved = state[1]
        for place, rotation in zip(_PLACES, _ROTATIONS, strict=True):
            moved, state[place] = state[place], _rotated(moved, rotation)
        for y in range(0, _LANES, 5):
            row = state[y : y + 5]
            for x in range(5):
                state[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5] & _WORD)
        state[0] ^= constant


def _rotated(word: int, by: int) -> int:
    return ((word << by) | (word >> (64 - by))) & _WORD
