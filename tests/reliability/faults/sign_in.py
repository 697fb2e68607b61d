"""Credentials that Jira refuses, and permissions that are lacking."""

from faults.actions import headers, refusal, reply, words
from faults.case import case, cases
from faults.scene import Scene
from faults.steps import approved, create, gate, refused

FAILED = {"x_seraph_loginreason": "AUTHENTICATED_FAILED"}
PAGE = "https://jira.example.com/login.jsp"
CAPTCHA = {
    "x_seraph_loginreason": "AUTHENTICATION_DENIED",
    "x_authentication_denied_reason": f"CAPTCHA_CHALLENGE; login-url={PAGE}",
}


@case("401 for a step that writes")
def refuse_a_write(scene: Scene) -> str:
    scene.fault("*", ".", refusal(401), times=None)
    ended = scene.run(create())
    assert ended.of("step_finished")[0]["status"] == "Failed"
    assert len(scene.wire.requests) == 1
    return refused(scene, ended, "the credentials are not accepted")


@case("401 for a gate, and the secret is mended after ten minutes")
def refuse_a_wait(scene: Scene) -> str:
    key = scene.issue()
    wrong = scene.fault("*", ".", refusal(401), times=None)

    def mend() -> None:
        wrong.on = False
        scene.move(key, "Request approval", "Approve")

    scene.agenda.at(600, mend)
    ended = scene.run(gate(key))
    assert wrong.fired <= 11, f"{wrong.fired} tries in ten minutes"
    assert all("credentials are not accepted" in reason for reason in ended.reasons)
    return f"{approved(ended)}, a try a minute at most"


@case("a wrong token in the secret, mended while a gate waits")
def rotate(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval", "Approve")
    right = scene.environ["PENSTOCK_SECRET_ACCOUNT_JIRA_TOKEN"]
    scene.environ["PENSTOCK_SECRET_ACCOUNT_JIRA_TOKEN"] = "an-expired-token"

    def rotated() -> None:
        scene.environ["PENSTOCK_SECRET_ACCOUNT_JIRA_TOKEN"] = right
        scene.happened()

    scene.agenda.at(300, rotated)
    return approved(scene.run(gate(key)))


@case("a CAPTCHA is wanted of a gate, and solved after an hour")
def captcha(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval", "Approve")
    wanted = scene.fault("*", ".", reply(403, b"<html>", **CAPTCHA), times=None)
    scene.agenda.at(3600, lambda: setattr(wanted, "on", False))
    ended = scene.run(gate(key))
    assert wanted.fired <= 7, f"{wanted.fired} tries in an hour"
    assert all(PAGE in reason for reason in ended.reasons)
    return f"{approved(ended)}, {wanted.fired} tries in an hour, the page is named"


@case("a CAPTCHA is wanted of a step that writes")
def captcha_for_a_write(scene: Scene) -> str:
    scene.fault("POST", "/issue$", reply(403, b"<html>", **CAPTCHA))
    return refused(scene, scene.run(create()), "Jira wants a CAPTCHA", PAGE)


@cases(
    "200 for nobody ({}), with an empty list",
    [("AUTHENTICATED_FAILED", FAILED), ("anonymous", {"x_ausername": "anonymous"})],
)
def nobody(scene: Scene, _: str, told: dict[str, str]) -> str:
    key = scene.issue()
    scene.move(key, "Request approval", "Approve")
    empty = scene.fault("GET", "/field$", reply(200, b"[]", **told), times=5)
    ended = scene.run(gate(key))
    assert empty.fired == 5
    assert all("credentials are not accepted" in reason for reason in ended.reasons)
    return approved(ended)


@case("200 for nobody, while a step reads what it needs")
def nobody_writes(scene: Scene) -> str:
    scene.fault("GET", "createmeta", headers(**FAILED), times=None)
    ended = scene.run(create())
    assert scene.wire.count("POST", "/issue$") == 0
    return refused(scene, ended, "the credentials are not accepted")


@case("404 for nobody, on the issue that a gate waits for")
def nobody_sees(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval", "Approve")
    gone = scene.fault("GET", f"/issue/{key}", reply(404, b"{}", **FAILED), times=30)
    ended = scene.run(gate(key))
    assert gone.fired == 30
    return approved(ended)


@case("403 with Jira's words: no permission to create")
def forbidden(scene: Scene) -> str:
    said = "You do not have permission to create issues in this project."
    scene.fault("POST", "/issue$", refusal(403, said))
    ended = scene.run(create())
    return refused(scene, ended, said.rstrip("."), "check the user's permissions")


@case("403 without JSON: the XSRF check failed")
def xsrf(scene: Scene) -> str:
    scene.fault("POST", "/issue$", words(403, "XSRF check failed"))
    ended = scene.run(create())
    sent = next(request for request in scene.wire.requests if request.method == "POST")
    assert sent.headers["x-atlassian-token"] == "no-check"
    assert "Mozilla" not in sent.headers["user-agent"]
    return refused(scene, ended, "XSRF check failed")
