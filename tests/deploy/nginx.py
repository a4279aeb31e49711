"""nginx with the project's own sample, in which only names, ports and paths are others."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.deploy.servers import PATIENCE, listens, until
from webapp.setting_types import ROOT

SAMPLE = ROOT / "deploy" / "nginx.conf"
AROUND = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def find_nginx() -> str | None:
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


@contextmanager
def running_nginx(
    program: str, folder: Path, http: int, https: int, behind: int, host: str
) -> Iterator[None]:
    """Serve the sample on two ports, in front of gunicorn on the port *behind*, until the block ends."""
    write_certificate(folder, host)
    substitutes = {
        "listen 80;": f"listen 127.0.0.1:{http};",
        "listen 443 ssl;": f"listen 127.0.0.1:{https} ssl;",
        "https://admin.example.org$request_uri": f"https://{host}:{https}$request_uri",
        "server_name admin.example.org;": f"server_name {host};",
        "http://127.0.0.1:8000": f"http://127.0.0.1:{behind}",
        "/etc/letsencrypt/live/admin.example.org": str(folder),
    }
    site = SAMPLE.read_text()
    for old, new in substitutes.items():
        assert old in site, f"{SAMPLE.name} has no {old!r} any more"
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site)
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "main.conf").write_text(AROUND.format(folder=folder, user=user))
    process = subprocess.Popen(  # noqa: S603 - the machine's own nginx
        [program, "-p", str(folder), "-c", str(folder / "main.conf"), "-e", str(folder / "error.log")]
    )
    try:
        until(lambda: (listens(http) and listens(https)) or process.poll() is not None)
        assert process.poll() is None, (folder / "error.log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def write_certificate(folder: Path, host: str) -> None:
    """A certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    moment = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def body_limit() -> int:
    """The bytes that the sample lets through."""
    found = re.search(r"client_max_body_size (\d+)m;", SAMPLE.read_text())
    assert found
    return int(found.group(1)) * 1024 * 1024
