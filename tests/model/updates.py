# SPDX-License-Identifier: GPL-2.0-only
"""
Authenticated updates for the model test: keys, certificates and EFI_VARIABLE_AUTHENTICATION_2 with PKCS#7, signed and
checked by OpenSSL (python3-cryptography). An update is made once and kept: a sequence draws from few of them.
"""
import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from rules import X509, SHA256, guid

PKCS7_TYPE = guid('4aafd29d-68df-49ee-8aa9-347d375665a7')
OWNER = guid('77fa9abd-0359-4d32-bd60-28f4e78f784b')
HASHES = {'SHA256': (hashes.SHA256, 1), 'SHA384': (hashes.SHA384, 2), 'SHA512': (hashes.SHA512, 3),
          'SHA224': (hashes.SHA224, 4)}


def der(tag, *contents):
    body = b''.join(contents)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, 'big')
    return bytes([tag, 0x80 | len(length)]) + length + body


def oid(text):
    return der(6, bytes.fromhex(text))


DATA, SIGNED_DATA = oid('2a864886f70d010701'), oid('2a864886f70d010702')
RSA_OID = der(0x30, oid('2a864886f70d010101'), der(5))


def digest_oid(name):
    return der(0x30, oid('6086480165030402%02x' % HASHES[name][1]))


class Identity:
    def __init__(self, name, kind, issuer=None):
        self.key = rsa.generate_private_key(65537, 2048) if kind == 'rsa' else ec.generate_private_key(ec.SECP256R1())
        self.issuer = issuer
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        start = datetime.datetime(2020, 1, 1)
        self.certificate = x509.CertificateBuilder(
            subject_name=subject, issuer_name=issuer.certificate.subject if issuer else subject,
            public_key=self.key.public_key(), serial_number=x509.random_serial_number(), not_valid_before=start,
            not_valid_after=start + datetime.timedelta(days=5000),
        ).add_extension(x509.BasicConstraints(issuer is None, None), True).sign(
            issuer.key if issuer else self.key, hashes.SHA256())
        self.der = self.certificate.public_bytes(serialization.Encoding.DER)
        self.chain = [self.der] + (issuer.chain if issuer else [])

    def sign(self, message, digest):
        algorithm = HASHES[digest][0]()
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), algorithm)
        return self.key.sign(message, ec.ECDSA(algorithm))

    def verifies(self, signature, message, digest):
        algorithm, key = HASHES[digest][0](), self.key.public_key()
        try:
            if isinstance(self.key, rsa.RSAPrivateKey):
                key.verify(signature, message, padding.PKCS1v15(), algorithm)
            else:
                key.verify(signature, message, ec.ECDSA(algorithm))
        except InvalidSignature:
            return False
        return True

    def signed_data(self, message, digest, wrapped):
        name = self.certificate.issuer.public_bytes()
        serial = self.certificate.serial_number
        number = der(2, serial.to_bytes(serial.bit_length() // 8 + 1, 'big'))
        signature = self.sign(message, digest)
        if isinstance(self.key, rsa.RSAPrivateKey):
            how = RSA_OID
        else:
            how = der(0x30, oid('2a8648ce3d0403%02x' % {'SHA224': 1, 'SHA256': 2, 'SHA384': 3, 'SHA512': 4}[digest]))
        info = der(0x30, der(2, b'\1'), der(0x30, name, number), digest_oid(digest), how, der(4, signature))
        body = der(0x30, der(2, b'\1'), der(0x31, digest_oid(digest)), der(0x30, DATA), der(0xa0, *self.chain),
                   der(0x31, info))
        return (der(0x30, SIGNED_DATA, der(0xa0, body)) if wrapped else body), signature


class Update:
    """The data of a write, and what is true of it."""
    __slots__ = ('data', 'payload', 'time', 'signer', 'chain', 'good', 'readable')


def efi_time(when):
    year, month, day, hour, minute, second = when
    return year.to_bytes(2, 'little') + bytes([month, day, hour, minute, second]) + bytes(9)


def make(key, attributes, when, payload, signer, digest='SHA256', spoil=None, wrapped=False):
    """spoil: what is wrong with it, a word; the last ones leave no readable descriptor."""
    time = efi_time(when)
    message = key[1] + key[0] + attributes.to_bytes(4, 'little') + time + payload
    said = {'payload': message + b'x', 'attributes': key[1] + key[0] + bytes(4) + time + payload,
            'name': b'x\0' + message}.get(spoil, message)
    blob, signature = (signer.signed_data(said, digest, wrapped) if signer else (b'', b''))
    if spoil == 'signature' and blob:
        blob = blob[:-3] + bytes([blob[-3] ^ 4]) + blob[-2:]
    update = Update()
    update.payload, update.time, update.signer = payload, time[:7], signer
    update.time = when
    update.chain = signer.chain if signer else []
    update.readable = spoil not in ('pad', 'type', 'guid', 'short', 'long', 'cut')
    update.good = bool(signer) and digest != 'SHA224' and spoil != 'signature' and \
        signer.verifies(signature, message, digest)
    length = {'short': 23, 'long': 24 + len(blob) + len(payload) + 1}.get(spoil, 24 + len(blob))
    if spoil == 'pad':
        time = time[:7] + b'\1' + time[8:]
    head = time + length.to_bytes(4, 'little') + b'\0\2' + (b'\xf0\x0e' if spoil == 'type' else b'\xf1\x0e')
    update.data = head + (PKCS7_TYPE if spoil != 'guid' else SHA256) + blob + payload
    if spoil == 'cut':
        update.data = update.data[:39]
    return update


def siglist(kind, data):
    """One list of entries of equal size."""
    size = 16 + len(data[0])
    return kind + (28 + size * len(data)).to_bytes(4, 'little') + bytes(4) + size.to_bytes(4, 'little') + \
        b''.join(OWNER + d for d in data)


class Pool:
    """Who there is, what is signed, and the updates made so far."""

    def __init__(self):
        root = Identity('Model root', 'ec')
        self.people = {
            'pk1': Identity('Model PK 1', 'rsa'), 'pk2': Identity('Model PK 2', 'ec'),
            'kek1': Identity('Model KEK 1', 'rsa'), 'kek2': Identity('Model KEK 2', 'ec'), 'root': root,
            'leaf': Identity('Model leaf', 'ec', root), 'owner': Identity('Model owner', 'ec'),
            'twin': Identity('Model owner', 'ec'), 'other': Identity('Model other', 'rsa'), 'nobody': None,
        }
        certificates = {name: siglist(X509, [who.der]) for name, who in self.people.items() if who}
        digests = [bytes([i]) * 32 for i in range(8)]
        self.lists = {
            **certificates,
            'both': certificates['kek1'] + certificates['root'],
            'hashes': siglist(SHA256, digests[:3]), 'more': siglist(SHA256, digests[2:6]),
            'twice': siglist(SHA256, [digests[7], digests[7]]), 'mixed': siglist(SHA256, digests[:1]) + certificates['kek2'],
            'big': siglist(SHA256, [bytes([i, j]) * 16 for i in range(4) for j in range(250)]),
            'empty': b'',
            'no-entry': SHA256 + (28).to_bytes(4, 'little') + bytes(4) + (48).to_bytes(4, 'little'),
            'wrong-size': siglist(SHA256, [b'x' * 33]), 'unknown': siglist(OWNER, digests[:1]),
            'no-der': siglist(X509, [b'x' * 40]), 'cut': certificates['kek1'][:-1], 'stub': b'x' * 27,
        }
        self.values = {'one': b'one', 'two': b'two!', 'three': b'3' * 300, 'large': b'L' * 20000, 'empty': b''}
        self.made = {}

    def update(self, key, attributes, day, payload, signer, digest='SHA256', spoil=None, wrapped=False):
        known = (key, attributes, day, payload, signer, digest, spoil, wrapped)
        update = self.made.get(known)
        if update is None:
            data = self.lists[payload] if payload in self.lists and payload != 'empty' else self.values[payload]
            update = make(key, attributes, (2020, 1, day, 0, 0, 0), data, self.people[signer], digest, spoil, wrapped)
            self.made[known] = update
        return update
