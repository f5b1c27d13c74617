# SPDX-License-Identifier: GPL-2.0-only
"""
The rules of the variable services a second time, in as few words as possible: one function a call, checks in the order
of the behaviour reference. Written from the specification and nothing of lib/. Where the specification leaves the
status open, a function returns the set of those it allows.

A write's signature is a fact that comes with it (updates.Update): who signed, whether the signature is good for what is
sent, whether the descriptor can be read.
"""

NV, BS, RT, HR, COUNTER, AT, APPEND, ENHANCED = 1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80
A7, A27 = 7, 0x27

ERROR = 1 << 63
S, IP, UNS, BTS, DE, WP, OOR, NF, AD, SV = 0, *(ERROR | n for n in (2, 3, 5, 7, 8, 9, 14, 15, 26))
NAMES = {S: 'SUCCESS', IP: 'INVALID_PARAMETER', UNS: 'UNSUPPORTED', BTS: 'BUFFER_TOO_SMALL', DE: 'DEVICE_ERROR',
         WP: 'WRITE_PROTECTED', OOR: 'OUT_OF_RESOURCES', NF: 'NOT_FOUND', AD: 'ACCESS_DENIED',
         SV: 'SECURITY_VIOLATION'}

DATA_MAX, NAME_MAX, NAME_LOAD_MAX, OVERHEAD = 57344, 1022, 4096, 128
POOL = {True: 131072, False: 65536}  # non-volatile, volatile


def utf16(text):
    return text.encode('utf-16-le')


def guid(text):
    a, b, c, d, e = text.split('-')
    return b''.join(bytes.fromhex(x)[::-1] for x in (a, b, c)) + bytes.fromhex(d + e)


GLOBAL = guid('8be4df61-93ca-11d2-aa0d-00e098032b8c')
SECURITY = guid('d719b2cb-3d3a-4596-a3bc-dad00e67656f')
HARDWARE = guid('414e6bdd-e47b-47cc-b244-bb61020cf516')
MOR_GUID = guid('e20939be-32d4-41be-a150-897f85d49829')
LOCK_GUID = guid('bb983ccf-151d-40e1-a07b-4a17be168292')
VENDOR_NV_GUID = guid('9073e4e0-60ec-4b6e-9903-4c223c260f3c')
STATE_GUID_NAME = utf16('State')

PK, KEK = (GLOBAL, utf16('PK')), (GLOBAL, utf16('KEK'))
DB, DBX, DBT, DBR = ((SECURITY, utf16(n)) for n in ('db', 'dbx', 'dbt', 'dbr'))
KEYS = (PK, KEK, DB, DBX, DBT, DBR)
MOR = (MOR_GUID, utf16('MemoryOverwriteRequestControl'))
LOCK = (LOCK_GUID, utf16('MemoryOverwriteRequestControlLock'))
VENDOR_KEYS_NV = (VENDOR_NV_GUID, utf16('VendorKeysNv'))
VENDOR_KEYS = (GLOBAL, utf16('VendorKeys'))
SECURE_BOOT, SETUP_MODE, AUDIT_MODE, DEPLOYED_MODE = (
    (GLOBAL, utf16(n)) for n in ('SecureBoot', 'SetupMode', 'AuditMode', 'DeployedMode'))
SIGNATURE_SUPPORT = (GLOBAL, utf16('SignatureSupport'))
DEFAULTS = {key: (GLOBAL, key[1] + utf16('Default')) for key in (PK, KEK, DB, DBX)}
READ_ONLY = {SECURE_BOOT, SETUP_MODE, AUDIT_MODE, DEPLOYED_MODE, SIGNATURE_SUPPORT, VENDOR_KEYS, VENDOR_KEYS_NV,
             *DEFAULTS.values(), (GLOBAL, utf16('dbtDefault')), (GLOBAL, utf16('dbrDefault'))}

# Table 3.1 and the reference's A13: attributes, and a test of the data.
DEFINED = {
    'BootOrder': (A7, lambda d: len(d) % 2 == 0), 'DriverOrder': (A7, lambda d: len(d) % 2 == 0),
    'BootNext': (A7, lambda d: len(d) == 2), 'Timeout': (A7, lambda d: len(d) == 2),
    'OsIndications': (A7, lambda d: len(d) == 8), 'OsIndicationsSupported': (6, lambda d: len(d) == 8),
    'BootCurrent': (6, lambda d: len(d) == 2), 'Lang': (A7, lambda d: True), 'ConOut': (A7, lambda d: True),
    'ConOutDev': (6, lambda d: True), 'HwErrRecSupport': (A7, lambda d: len(d) == 2),
    'Boot0001': (A7, lambda d: load_option(d)), 'Boot00AF': (A7, lambda d: load_option(d)),
}


def load_option(data):
    """EFI_LOAD_OPTION: attributes, length of the paths, a description with its NUL, nodes up to an end node."""
    if len(data) < 6:
        return False
    paths = int.from_bytes(data[4:6], 'little')
    at = 6
    while data[at:at + 2] != b'\0\0':
        at += 2
        if at + 2 > len(data):
            return False
    at += 2
    if paths < 4 or at + paths > len(data):
        return False
    end = at + paths
    while at + 4 <= end:
        size = int.from_bytes(data[at + 2:at + 4], 'little')
        if size < 4 or at + size > end:
            return False
        if data[at:at + 2] == b'\x7f\xff':
            return True
        at += size
    return False


def is_recovery(name):
    try:
        text = name.decode('utf-16-le')
    except UnicodeDecodeError:
        return False
    return text == 'OsRecoveryOrder' or (len(text) == 14 and text.startswith('OsRecovery') and
                                         all(c in '0123456789ABCDEF' for c in text[10:]))


def name_good(name):
    return len(name) > 0 and len(name) % 2 == 0 and all(name[i:i + 2] != b'\0\0' for i in range(0, len(name), 2))


class Variable:
    def __init__(self, attributes, data, time=b'', owner=None, charged=True):
        self.attributes, self.data, self.time, self.owner, self.charged = attributes, data, time, owner, charged

    def cost(self, name):
        return len(name) + len(self.data) + OVERHEAD if self.charged else 0


# ---- signature lists: (type, owner, data) entries ----

def entries(lists):
    found, at = [], 0
    while at < len(lists):
        size, header, entry = (int.from_bytes(lists[at + i:at + i + 4], 'little') for i in (16, 20, 24))
        for i in range(at + 28 + header, at + size, entry):
            found.append((lists[at:at + 16], lists[i:i + entry]))
        at += size
    return found


def merge(base, more):
    """Appends the entries that are new, list by list."""
    have, at, out = set(entries(base)), 0, base
    while at < len(more):
        size = int.from_bytes(more[at + 16:at + 20], 'little')
        fresh = []
        for entry in entries(more[at:at + size]):
            if entry not in have:
                have.add(entry)
                fresh.append(entry[1])
        if fresh:
            out += more[at:at + 16] + (28 + sum(map(len, fresh))).to_bytes(4, 'little') + more[at + 20:at + 28]
            out += b''.join(fresh)
        at += size
    return out


class Machine:
    def __init__(self, policy, key_updates=None):
        self.policy, self.key_updates = policy, key_updates
        self.variables, self.mor_key, self.runtime, self.notified = {}, b'', False, False
        self.vendor_keys = 0
        if key_updates:
            for key in (DBX, DB, KEK, PK):
                payload, time = key_updates[key].payload, key_updates[key].time
                self.variables[key] = Variable(A27, payload, time)
            self.vendor_keys = 1
        self.start(first=True)

    # ---- life ----

    def start(self, first=False):
        """A boot. What the firmware makes comes in an order that nobody has promised: see learn()."""
        self.runtime, self.mor_key, self.notified = False, b'', False
        self.variables = {k: v for k, v in self.variables.items() if v.attributes & NV}
        mor = self.variables.get(MOR)
        self.own(MOR, A7, bytes([mor.data[0] & 0xfe]) if mor else b'\0')
        self.own(LOCK, A7, b'\0')
        self.own(SECURE_BOOT, 6, bytes([self.policy['secure_boot'] and all(k in self.variables for k in (PK, KEK, DB))]))
        self.own(AUDIT_MODE, 6, b'\0')
        for key, name in DEFAULTS.items():
            if self.key_updates:
                self.own(name, 6, self.key_updates[key].payload)
        self.follow()

    def own(self, key, attributes, data):
        if key in self.variables:
            self.variables[key].data = data
        else:
            self.variables[key] = Variable(attributes, data, charged=False)

    def follow(self):
        self.own(SETUP_MODE, 6, bytes([PK not in self.variables]))
        self.own(DEPLOYED_MODE, 6, bytes([PK in self.variables and self.policy['deployed']]))
        self.own(VENDOR_KEYS, 6, bytes([self.vendor_keys]))

    def learn(self, names):
        """Takes over the order of the firmware's own variables; returns whether names are what there is."""
        unknown = [n for n in names if n not in self.variables]
        if set(unknown) - {SIGNATURE_SUPPORT, VENDOR_KEYS_NV} or len(set(names)) != len(names):
            return False
        guests = [n for n in names if n in self.variables and self.variables[n].charged]
        if guests != [n for n, v in self.variables.items() if v.charged and self.visible(n)]:
            return False
        hidden = [n for n in self.variables if n not in names]
        if any(self.visible(n) for n in hidden):
            return False
        if hidden:
            return True  # at runtime: the order of all is not seen
        for name in unknown:
            self.variables[name] = Variable(6 if name == SIGNATURE_SUPPORT else 0x23, None, charged=False)
        self.variables = {n: self.variables[n] for n in names}
        return True

    def visible(self, key):
        return key in self.variables and (not self.runtime or bool(self.variables[key].attributes & RT))

    def latch(self, at_runtime):
        self.runtime = self.runtime or bool(at_runtime)

    # ---- calls ----

    def get(self, key, size, at_runtime):
        """Returns status and what follows it."""
        self.latch(at_runtime)
        if not self.visible(key):
            return NF, b''
        variable = self.variables[key]
        attributes = variable.attributes.to_bytes(4, 'little')
        if variable.data is None:
            return None, None
        length = len(variable.data).to_bytes(8, 'little')
        if size < len(variable.data):
            return BTS, length + attributes
        return S, attributes + length + variable.data

    def next(self, key, size, at_runtime):
        self.latch(at_runtime)
        names = [n for n in self.variables if self.visible(n)]
        if not key[1]:
            at = 0
        elif key in names:
            at = names.index(key) + 1
        else:
            return {IP} if size >= len(key[1]) + 2 else {IP, BTS}, b''
        if at == len(names):
            return {NF} if size >= len(key[1]) + 2 else {NF, IP, BTS}, b''
        vendor, name = names[at]
        if size < len(name) + 2:
            return {BTS}, (len(name) + 2).to_bytes(8, 'little')
        if size < len(key[1]) + 2:
            return {S, BTS, IP}, None
        return {S}, len(name).to_bytes(8, 'little') + name + vendor

    def query(self, attributes):
        if attributes & ~0xff:
            return ({IP} if attributes & 0xff else {UNS}), b''
        if attributes & COUNTER or attributes & ENHANCED:
            return {UNS}, b''
        if attributes & HR:
            return ({UNS} if attributes & 7 == 7 else {IP}), b''
        if not attributes & BS:
            return {IP}, b''
        nonvolatile = bool(attributes & NV)
        left = max(0, POOL[nonvolatile] - self.used(nonvolatile))
        numbers = b''.join(n.to_bytes(8, 'little') for n in (POOL[nonvolatile], left, min(left, DATA_MAX)))
        return ({S, IP} if self.runtime and not attributes & RT else {S}), numbers

    def used(self, nonvolatile):
        return sum(v.cost(k[1]) for k, v in self.variables.items() if bool(v.attributes & NV) == nonvolatile)

    def notify(self):
        allowed = {AD} if self.notified else {S}
        self.notified = True
        return allowed

    def set(self, key, attributes, data, at_runtime, update=None):
        """SetVariable: returns the set of statuses that are right; the change is made where that is {S}."""
        self.latch(at_runtime)
        vendor, name = key
        old = self.variables.get(key)
        if not name_good(name):
            return {IP}
        if attributes & ~0xff:
            return {IP}
        if attributes & COUNTER:
            return {UNS, IP} if attributes & (HR | ENHANCED) else {UNS}
        if attributes and not attributes & BS or attributes & HR:
            return {IP}
        if attributes & ENHANCED:
            return {IP} if attributes & AT else {UNS}
        if attributes & AT and not (update and update.readable):
            return {SV}
        payload = update.payload if attributes & AT else data
        if len(payload) > DATA_MAX or len(name) > NAME_MAX:
            return {IP}
        append = bool(attributes & APPEND)
        plain = attributes & ~APPEND
        delete = attributes == 0 or (not append and len(payload) == 0)
        if key == MOR:
            return self.set_mor(attributes, data, delete)
        if key == LOCK:
            return self.set_lock(attributes, data, delete)
        if key in READ_ONLY:
            return {WP}
        doubt = set()
        if not delete:
            wrong = self.property_error(key, plain, payload, append)
            if wrong is not None:
                doubt = {IP}
                # A format error and a bad signature at once: either may be told first.
                if not (wrong == 'format' and attributes & AT):
                    return {WP} if old and self.runtime and not old.attributes & RT and wrong == 'format' else {IP}
        if old and self.runtime and not old.attributes & RT:
            return {WP} | doubt
        if old and attributes and plain != old.attributes:
            return {IP}
        if old and attributes == 0 and old.attributes & AT:
            return {IP}
        if attributes & AT:
            refused = self.authenticate(key, old, update, append)
            if refused:
                return refused | doubt
        if doubt:
            return doubt
        if old and self.runtime and not old.attributes & NV:
            return {WP}
        if delete:
            return self.delete(key) if old else {NF} if attributes in (0, A7, A27) or not self.is_key(key) else {NF, IP}
        if append and not payload and not old:
            return {S, IP} if self.runtime and plain & (NV | RT) != NV | RT else {S}
        if not old and self.runtime and plain & (NV | RT) != NV | RT:
            return {IP}
        return self.write(key, old, plain, payload, append, update)

    # ---- parts of SetVariable ----

    def is_key(self, key):
        return key in KEYS or is_recovery(key[1])

    def property_error(self, key, plain, payload, append):
        """None, 'attributes' for what the name cannot have, 'format' for what its data cannot be."""
        vendor, name = key
        if self.is_key(key):
            if plain != A27:
                return 'attributes'
            if key == PK and append and payload and PK in self.variables:
                return 'format'
            if key in KEYS and payload and not good_lists(payload, key == PK):
                return 'format'
            return None
        if vendor in (SECURITY, HARDWARE):
            return 'attributes'
        if vendor == GLOBAL:
            rule = DEFINED.get(name.decode('utf-16-le', 'replace'))
            if not rule or plain != rule[0]:
                return 'attributes'
            if not rule[1](payload):
                return 'format'
        return None

    def authenticate(self, key, old, update, append):
        """The empty set where the write may go on."""
        late = old and old.time and not append and update.time <= old.time
        if not self.is_key(key):
            if not update.good or (old and (late or update.signer != old.owner)):
                return {SV}
            return set()
        if PK not in self.variables:
            if key == PK and self.policy['signed_pk'] and update.payload and not (update.good and self.holds(update.payload, update, False)):
                return {SV}
            return set()
        trusted = self.holds(self.variables[PK].data, update, False)
        if key not in (PK, KEK):
            trusted = trusted or (KEK in self.variables and self.holds(self.variables[KEK].data, update, True))
        if key not in KEYS:
            trusted = trusted or (DBR in self.variables and self.holds(self.variables[DBR].data, update, True))
        return set() if update.good and trusted and not late else {SV}

    @staticmethod
    def holds(lists, update, chains):
        certificates = [data[16:] for _, data in entries(lists)]
        return any(c in certificates for c in (update.chain if chains else update.chain[:1]))

    def write(self, key, old, plain, payload, append, update):
        data, time = payload, update.time if plain & AT else b''
        if append and old:
            data = merge(old.data, payload) if key in KEYS else old.data + payload
            time = max(old.time, time)
        elif append and key in KEYS:
            data = merge(b'', payload)
        if len(data) > DATA_MAX:
            return {IP}
        fresh = Variable(plain, data, time, old.owner if old else update.signer if plain & AT else None)
        grows = fresh.cost(key[1]) - (old.cost(key[1]) if old else 0)
        nonvolatile = bool(plain & NV)
        if grows > 0 and self.used(nonvolatile) + grows > POOL[nonvolatile]:
            return {OOR}
        changed = not old or (old.data, old.time) != (data, time)
        self.variables[key] = fresh
        if changed:
            self.keys_changed(key)
        return {S}

    def delete(self, key):
        del self.variables[key]
        self.keys_changed(key)
        return {S}

    def keys_changed(self, key):
        if key in (PK, KEK, DB, DBX):
            self.vendor_keys = 0
            self.follow()

    def set_mor(self, attributes, data, delete):
        if self.variables[LOCK].data != b'\0':
            return {AD}
        if delete or attributes != A7 or len(data) != 1:
            return {IP}
        self.variables[MOR].data = data
        return {S}

    def set_lock(self, attributes, data, delete):
        if attributes == 0 or not data:
            return {WP} if not attributes & APPEND else {WP, IP, AD}
        state = self.variables[LOCK].data[0]
        locked = state != 0
        if attributes != A7 or len(data) not in (1, 8):
            return {IP, AD} if locked else {IP}
        if state == 2 and len(data) == 8:
            if data == self.mor_key:
                self.variables[LOCK].data, self.mor_key = b'\0', b''
                return {S}
            self.variables[LOCK].data, self.mor_key = b'\1', b''
            return {AD}
        if locked:
            return {AD}
        if len(data) == 8:
            self.variables[LOCK].data, self.mor_key = b'\2', data
            return {S}
        if data[0] > 1:
            return {IP}
        self.variables[LOCK].data = data
        return {S}


# Type GUIDs by the size of an entry's data, of those the test sends.
X509, SHA256 = guid('a5c059a1-94e4-4aa7-87b5-ab155c2bf072'), guid('c1c41626-504c-4092-aca9-41f936934328')


def good_lists(data, is_pk):
    at, count = 0, 0
    while at < len(data):
        kind = data[at:at + 16]
        if len(data) - at < 28:
            return False
        size, header, entry = (int.from_bytes(data[at + i:at + i + 4], 'little') for i in (16, 20, 24))
        if size < 28 or size > len(data) - at or header or kind not in (X509, SHA256):
            return False
        if entry <= 16 or (kind == SHA256 and entry != 48) or size == 28 or (size - 28) % entry:
            return False
        if kind == X509 and any(e[1][16:17] != b'\x30' for e in entries(data[at:at + size])):
            return False
        if is_pk and kind != X509:
            return False
        count += (size - 28) // entry
        at += size
    return count == 1 if is_pk else True
