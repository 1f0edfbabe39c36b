"""The sandbox's certificates."""

import stat
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from wigwag.sandbox.edge.tls import make_tls_identity


def test_the_certificates_fit(tmp_path: Path):
    identity = make_tls_identity(tmp_path / "new", extra_names=("sandbox.local", "10.0.0.7"))
    authority = x509.load_pem_x509_certificate(identity.ca_file.read_bytes())
    leaf = x509.load_pem_x509_certificate(identity.leaf_file.read_bytes())
    leaf.verify_directly_issued_by(authority)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    dns = names.get_values_for_type(x509.DNSName)
    assert {"web.whatsapp.com", "*.whatsapp.com", "*.whatsapp.net", "sandbox.local"} <= set(dns)
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    assert addresses == ["127.0.0.1", "::1", "10.0.0.7"]
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert b"PRIVATE" not in identity.ca_file.read_bytes()
    assert stat.S_IMODE(identity.leaf_file.stat().st_mode) == 0o600
    assert sorted(path.name for path in identity.ca_file.parent.iterdir()) == [
        "ca.pem",
        "server.pem",
    ]
