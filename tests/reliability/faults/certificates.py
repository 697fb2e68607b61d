"""Certificates that are not to be trusted, and those that are."""

from faults.case import case, cases
from faults.scene import Scene
from faults.steps import approved, create, gate, one_issue, refused

WRONG = [
    ("has ended", "expired.pem", "certificate has expired"),
    ("is not valid yet", "early.pem", "certificate is not yet valid"),
    ("is for another host", "other_host.pem", "ostname mismatch"),
    ("signed itself", "self_signed.pem", "self-signed certificate"),
]


def _tried(scene: Scene, words: str) -> str:
    scene.connector(caFile=str(scene.certificates / "authority.pem"))
    ended = scene.run(create())
    scene.happened()
    assert scene.wire.requests == []
    return refused(scene, ended, "its TLS certificate is not trusted", words)


for _how, _file, _words in WRONG:
    case(f"a certificate that {_how}", tls=_file)(lambda scene, words=_words: _tried(scene, words))


@case("a certificate of an authority that nobody knows", tls="good.pem")
def unknown_authority(scene: Scene) -> str:
    ended = scene.run(create())
    scene.happened()
    assert scene.wire.requests == []
    return refused(scene, ended, "its TLS certificate is not trusted", "unable to get local issuer")


@case("a certificate of an authority that caFile names", tls="good.pem")
def known_authority(scene: Scene) -> str:
    scene.connector(caFile=str(scene.certificates / "authority.pem"))
    ended = scene.run(create())
    scene.happened()
    return one_issue(scene, ended)


@cases(
    "caFile {}",
    [
        ("that is missing", None, "no such file"),
        ("that holds no certificate", "hello", "caFile"),
        ("that is a directory", "", "caFile"),
    ],
    tls="good.pem",
)
def ca_file(scene: Scene, _: str, content: str | None, words: str) -> str:
    file = scene.directory / "ca.pem"
    if content:
        file.write_text(content)
    elif content == "":
        file.mkdir()
    scene.connector(caFile=str(file))
    ended = scene.run(create())
    scene.happened()
    assert scene.wire.requests == []
    return refused(scene, ended, words)


@case("a certificate that is renewed while a gate waits", tls="expired.pem")
def renewed(scene: Scene) -> str:
    scene.connector(caFile=str(scene.certificates / "authority.pem"))
    key = scene.issue()
    scene.move(key, "Request approval", "Approve")

    def renew() -> None:
        assert scene.wire.tls is not None
        scene.wire.tls.load_cert_chain(scene.certificates / "good.pem")
        scene.happened()

    scene.agenda.at(600, renew)
    ended = scene.run(gate(key))
    assert any("certificate has expired" in reason for reason in ended.reasons)
    return approved(ended)
