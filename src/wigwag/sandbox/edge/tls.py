"""TLS of the sandbox: a certificate authority of its own and a certificate for WhatsApp's names."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST_NAMES = (
    "web.whatsapp.com",
    "*.whatsapp.com",
    "*.whatsapp.net",
    "*.cdn.whatsapp.net",
    "*.fna.whatsapp.net",
    "localhost",
)
ADDRESSES = ("127.0.0.1", "::1")

_VALID_DAYS = 820
"""Some clients refuse longer lives of certificates."""

_CA_FILE = "ca.pem"
_LEAF_FILE = "server.pem"


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """Where the certificates lie: `ca_file` is for clients to trust, `leaf_file` is secret."""

    ca_file: Path
    leaf_file: Path

    def server_context(self) -> ssl.SSLContext:
        """A context for the listener: HTTP/1.1 only, else Go would speak h2 for media."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.leaf_file)
        context.set_alpn_protocols(["http/1.1"])
        return context


def make_tls_identity(
    directory: Path, *, extra_names: tuple[str, ...] = (), now: datetime | None = None
) -> TlsIdentity:
    """A new authority and server certificate as files in `directory` (made when absent).

    `extra_names` are further host names or IP addresses under which the listener is reached.
    The authority's private key is never written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    moment = now or datetime.now(UTC)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _make_authority(authority_key, moment)
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    leaf = _make_leaf(leaf_key, authority_key, moment, extra_names)
    ca_file, leaf_file = directory / _CA_FILE, directory / _LEAF_FILE
    ca_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    leaf_file.touch(mode=0o600)
    leaf_file.chmod(0o600)
    leaf_file.write_bytes(
        leaf_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + leaf.public_bytes(serialization.Encoding.PEM)
    )
    return TlsIdentity(ca_file, leaf_file)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_VALID_DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _make_authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    return (
        _builder("wigwag sandbox authority", "wigwag sandbox authority", key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _make_leaf(
    key: ec.EllipticCurvePrivateKey,
    authority_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    extra_names: tuple[str, ...],
) -> x509.Certificate:
    names = [_general_name(name) for name in dict.fromkeys((*HOST_NAMES, *ADDRESSES, *extra_names))]
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return (
        _builder("web.whatsapp.com", "wigwag sandbox authority", key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(issuer_id, critical=False)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(server, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
