# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a VNC client goes through before it sees a screen: a password, TLS (VeNCrypt).

    VncClient(port, authenticate=by_password("secret"))
    VncClient(port, authenticate=by_certificate("ca-cert.pem"))
"""

import ssl
import struct
import subprocess

VNC_PASSWORD = 2
VENCRYPT = 19
X509_NONE = 260


def by_password(password):
    def authenticate(client, _):
        client.send(bytes([VNC_PASSWORD]))
        client.send(answer_to(client.receive(16), password))

    return authenticate


def answer_to(challenge, password):
    """DES, with the bits of each byte of the key in the other order, as the first VNC had them."""
    key = password.encode()[:8].ljust(8, b"\0")
    mirrored = bytes(int(f"{byte:08b}"[::-1], 2) for byte in key)
    command = ["openssl", "enc", "-des-ecb", "-nopad", "-K", mirrored.hex(), "-provider", "legacy", "-provider", "default"]
    return subprocess.run(command, input=challenge, check=True, capture_output=True).stdout


def by_certificate(authority):
    def authenticate(client, _):
        client.send(bytes([VENCRYPT]))
        client.send(client.receive(2))  # the version
        assert client.receive(1) == b"\0", "the server knows no version of VeNCrypt that this client does"
        offered = struct.unpack(f">{client.receive(1)[0]}I", client.receive(4))
        assert X509_NONE in offered, offered
        client.send(struct.pack(">I", X509_NONE))
        assert client.receive(1) == b"\1", "the server does not start TLS"
        context = ssl.create_default_context(cafile=authority)
        client.stream = context.wrap_socket(client.stream, server_hostname="localhost")

    return authenticate


def make_certificates(folder):
    """ca-cert.pem, server-cert.pem and server-key.pem, as QEMU's tls-creds-x509 wants them."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca-key.pem", "-out", "ca-cert.pem",
            "-subj", "/CN=qsbx test authority", "-days", "2")  # fmt: skip
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server-key.pem", "-out", "request.pem",
            "-subj", "/CN=localhost")  # fmt: skip
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca-cert.pem", "-CAkey", "ca-key.pem", "-CAcreateserial",
            "-out", "server-cert.pem", "-days", "2", "-extfile", "names")  # fmt: skip
