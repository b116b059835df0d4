"""The manifests are valid and agree with each other; what they run follows a rotation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from conftest import CLI, DEPLOY, await_all
from mounts import translate
from traffic import Traffic

HERE = Path(__file__).parent
FOLDER = DEPLOY / "kubernetes"
#: Of Kubernetes: as old as clusters are, and as new.
VERSIONS = ("1.31", "1.37")

manifests = [
    (f"{file.stem}: {document['kind']}", document)
    for file in sorted(FOLDER.glob("*.yaml"))
    for document in yaml.safe_load_all(file.read_text())
]


def manifest(kind):
    return next(document for name, document in manifests if document["kind"] == kind)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("document", [it for _, it in manifests], ids=[it for it, _ in manifests])
def test_the_schema_holds(document, version):
    kubernetes_validate.validate(document, version, strict=True)


def test_the_schema_is_strict():
    wrong = json.loads(json.dumps(manifest("Deployment")))
    wrong["spec"]["template"]["spec"]["containers"][0]["readinessprobe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


PODS = {
    "app": manifest("Deployment")["spec"]["template"]["spec"],
    "refresh": manifest("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"],
}


@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
def test_pods_may_do_little(pod):
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    # What the group of the volumes may not read, nobody here can.
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]
    for volume in pod["volumes"]:
        assert volume.get("secret", {"defaultMode": 0o440})["defaultMode"] == 0o440
    # Secrets are files of whole folders: neither variables nor files that never change.
    assert all("valueFrom" not in variable for variable in container["env"])
    assert all("subPath" not in mount for mount in container["volumeMounts"])


def test_the_role_reaches_one_secret():
    assert manifest("Role")["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": ["redis-tls-ca"],
            "verbs": ["get", "patch"],
        }
    ]
    binding, account = manifest("RoleBinding"), manifest("ServiceAccount")["metadata"]["name"]
    assert binding["roleRef"]["name"] == manifest("Role")["metadata"]["name"]
    assert [it["name"] for it in binding["subjects"]] == [account]
    assert PODS["refresh"]["serviceAccountName"] == account


def test_nothing_is_restarted_for_a_rotation():
    for file in FOLDER.iterdir():
        text = file.read_text()
        assert "delete secret" not in text
        assert file.suffix == ".md" or "rollout restart" not in text


@pytest.fixture
def cluster(tmp_path):
    """The environment of the scripts: `kubectl` publishes into folders."""
    volumes, programs = tmp_path / "volumes", tmp_path / "bin"
    volumes.mkdir()
    programs.mkdir()
    stub(programs / "kubectl", f'exec "{sys.executable}" "{HERE / "kubectl.py"}" "$@"')
    stub(programs / "redlatch", f'exec "{CLI}" "$@"')
    return os.environ | {"VOLUMES": str(volumes), "PATH": f"{programs}:{os.environ['PATH']}"}


def stub(path, command):
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)


def publish(cluster, what, file):
    command = [FOLDER / "publish.sh", what, file]
    done = subprocess.run(command, env=cluster, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def environment(cluster):
    """The deployment's variables, with its volumes where the node of this test has them."""
    pod = PODS["app"]
    (container,) = pod["containers"]
    secrets = {volume["name"]: volume["secret"]["secretName"] for volume in pod["volumes"]}
    mounts = {
        mount["mountPath"]: f"{cluster['VOLUMES']}/{secrets[mount['name']]}"
        for mount in container["volumeMounts"]
    }
    return {it["name"]: translate(it["value"], mounts) for it in container["env"]}


def test_three_pods_follow_without_a_restart(lab, cluster, run, replaced):
    def published(what):
        status, output = publish(cluster, what, lab.facts()[f"{what}_file"])
        assert status == 0, output

    published("ca")
    published("password")
    here = {"REDIS_HOST": lab.facts()["host"], "REDIS_PORT": str(lab.port)}
    apps = [run(environment(cluster) | here, it) for it in ("python", "node", "go")]
    pids = [app.program.process.pid for app in apps]
    assert [app.ask("GET", "/readyz")[0] for app in apps] == [200, 200, 200]
    with Traffic(apps) as traffic:
        traffic.goes_on()
        gone = replaced()
        lab.verb("add-ca")
        published("ca")
        await_all(apps, lambda it: it["trust"]["generation"] == 2)
        lab.verb("switch-leaf")
        # Connections go on; those that are made from now on see the new certificate.
        lab.verb("drop-ca")
        published("ca")
        await_all(apps, lambda it: it["trust"]["generation"] == 3)
        traffic.goes_on(gone)
        lab.verb("rotate-password", "--overlap")
        published("password")
        await_all(apps, lambda it: it["credentials"]["generation"] == 2)
        lab.verb("rotate-password", "--finish")
        traffic.goes_on()
        # What no application would take is not published.
        before = Path(environment(cluster)["REDIS_CA_CERT"]).read_bytes()
        status, output = publish(cluster, "ca", os.devnull)
        assert (status, "trust.empty" in output) == (1, True), output
        assert Path(environment(cluster)["REDIS_CA_CERT"]).read_bytes() == before
        traffic.goes_on()
    assert traffic.check() > 0
    assert [app.status()["pid"] for app in apps] == pids
    assert [len(app.status()["trust"]["certificates"]) for app in apps] == [1, 1, 1]
    for app in apps:
        app.close()


def test_readiness_says_what_is_wrong_and_liveness_stays(lab, cluster, run):
    for what in ("ca", "password"):
        publish(cluster, what, lab.facts()[f"{what}_file"])
    here = {"REDIS_HOST": lab.facts()["host"], "REDIS_PORT": str(lab.port)}
    apps = [run(environment(cluster) | here, it) for it in ("python", "node", "go")]
    lab.verb("kill")
    with ThreadPoolExecutor() as threads:
        # As long as the server is away, each waits for it for five seconds.
        for status, document in threads.map(lambda app: app.ask("GET", "/readyz"), apps):
            assert (status, document["code"]) == (503, "net.refused")
            assert document["remedy"] is not None
    for app in apps:
        assert app.ask("GET", "/livez") == (200, {"live": True})
    lab.verb("restart")
    for app in apps:
        assert app.ask("GET", "/readyz") == (200, {"ready": True})
        app.close()


def test_the_nightly_job_publishes_whole_bundles_only(lab, cluster, tmp_path):
    (container,) = PODS["refresh"]["containers"]
    variables = {it["name"]: it["value"] for it in container["env"]}
    variables["HOME"] = str(tmp_path)
    asked = tmp_path / "asked"
    answer = tmp_path / "answer"
    stub(Path(cluster["PATH"].split(":")[0], "gcloud"), f'echo "$*" >"{asked}"\ncat "{answer}"')

    def job(*cas):
        # As the API says it: no newline at the end.
        listed = [{"serialNumber": "0", "cert": ca.strip()} for ca in cas]
        answer.write_text(json.dumps({"serverCaCerts": listed}))
        done = subprocess.run(
            [*container["command"], *container["args"]],
            env=cluster | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    ca = Path(lab.facts()["ca_file"])
    first = ca.read_text()
    status, output = job(first)
    assert (status, "secret/redis-tls-ca configured" in output) == (0, True), output
    assert asked.read_text() == (
        "redis instances describe my-instance --region=us-central1 --format=json(serverCaCerts)\n"
    )
    published = Path(cluster["VOLUMES"], "redis-tls-ca", "ca.pem")
    assert published.read_text().count("BEGIN CERTIFICATE") == 1
    lab.verb("add-ca")
    both = ca.read_text()
    lab.verb("drop-ca")
    assert job(first, ca.read_text())[0] == 0
    assert published.read_text().count("BEGIN CERTIFICATE") == both.count("BEGIN CERTIFICATE") == 2
    # Nothing, and something cut off: what was published stays.
    before = published.read_bytes()
    for wrong in ([], [first[: len(first) // 2]]):
        status, output = job(*wrong)
        assert status != 0, output
        assert published.read_bytes() == before


def test_publish_tells_how_it_is_used(cluster):
    for words in ([], ["ca"], ["both", "file"]):
        done = subprocess.run(
            [FOLDER / "publish.sh", *words], env=cluster, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (2, "Usage: publish.sh ca|password FILE\n")
