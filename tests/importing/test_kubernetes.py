"""Manifests of Kubernetes become processes and tasks that run the same, and what they cannot be is told."""

from __future__ import annotations

import json
import os
import time
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.importing.kubernetes import quantities
from tests.importing.loading import loaded
from tests.importing.samples import gather, lost

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
SHOP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  LOG_LEVEL: debug
  app.properties: |
    a=b
---
apiVersion: v1
kind: Secret
metadata: {name: secrets}
data: {PASSWORD: cGEkJHdvcmQ=}
stringData: {TOKEN: "it's"}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop-web
  labels: &labels {app.kubernetes.io/name: shop, app.kubernetes.io/component: web}
spec:
  replicas: 2
  selector: {matchLabels: *labels}
  template:
    metadata: {labels: *labels}
    spec:
      terminationGracePeriodSeconds: 45
      containers:
      - name: app
        image: registry.example/shop:1.2
        command: ["bundle", "exec", "puma"]
        args: ["-p", "$(PORT)", "-e", "$(UNKNOWN)", "$$(PORT)"]
        ports:
        - {name: http, containerPort: 3000}
        envFrom:
        - configMapRef: {name: settings}
        env:
        - {name: PORT, value: "3000"}
        - name: DB_PASSWORD
          valueFrom: {secretKeyRef: {name: secrets, key: PASSWORD}}
        - {name: URL, value: "postgres://app:$(DB_PASSWORD)@db/$(NOT)$$(X)"}
        - name: NODE
          valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
        - name: ELSEWHERE
          valueFrom: {secretKeyRef: {name: vault, key: a}}
        readinessProbe:
          httpGet: {path: /up, port: http}
          periodSeconds: 5
        livenessProbe:
          tcpSocket: {port: 3000}
          periodSeconds: 20
          failureThreshold: 2
        startupProbe:
          httpGet: {path: /up, port: http}
          periodSeconds: 2
          failureThreshold: 45
        resources:
          limits: {memory: 512Mi, cpu: 500m}
          requests: {memory: 256Mi}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports: [{port: 80, targetPort: 3000}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: digest, annotations: {kubernetes.io/description: Sends the digest}}
spec:
  schedule: "0 8 * * 1"
  timeZone: Europe/Riga
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 600
  suspend: true
  jobTemplate:
    spec:
      backoffLimit: 2
      template:
        spec:
          activeDeadlineSeconds: 300
          restartPolicy: Never
          containers:
          - name: digest
            image: registry.example/shop:1.2
            command: [/bin/sh, -c, 'exec bundle exec rake "digest[$LEVEL]"']
            env: [{name: LEVEL, value: "two words"}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: registry.example/shop:1.2, command: [rake, "db:migrate"]}]
"""
RUN = "command: [./web]"


def deployment(of_container: str = RUN, of_pod: str = "", of_spec: str = "") -> Any:
    """What is found of a Deployment with one container."""
    return gather(("shop.yaml", manifest(of_container, of_pod, of_spec)), kind="kubernetes")


def manifest(of_container: str, of_pod: str, of_spec: str, kind: str = "Deployment") -> str:
    return f"""\
kind: {kind}
metadata: {{name: web}}
spec: {{
  {of_spec}
  template: {{spec: {{
    {of_pod}
    containers: [{{name: web, image: shop,
      {of_container}
    }}]
  }}}}
}}
"""


def cron_job(of_spec: str = "", of_job: str = "", of_container: str = RUN) -> Any:
    text = f"""\
kind: CronJob
metadata: {{name: remind}}
spec: {{ {of_spec}
  jobTemplate: {{spec: {{ {of_job}
    template: {{spec: {{containers: [{{name: a, image: shop, {of_container}}}]}}}}
  }}}}
}}
"""
    return gather(("shop.yaml", text), kind="kubernetes")


def test_a_deployment_with_its_secrets_becomes_a_process() -> None:
    found = gather(("shop.yaml", SHOP))
    loaded(found)
    assert found.processes["web"] == {
        "command": "bundle exec puma -p \"$PORT\" -e '$(UNKNOWN)' '$(PORT)'",
        "port": 3000,
        "ready": {"http": "/up", "every": "5s", "within": "1m30s"},
        "alive": {"tcp": "port", "every": "20s", "failures": 2, "timeout": "1s"},
        "max_memory": "512M",
        "env": {"URL": "postgres://app:pa$$word@db/$(NOT)$(X)"},
        "instances": 2,
        "restart": "always",
        "timeout": "45s",
    }
    assert found.env == {"LOG_LEVEL": "debug", "DB_PASSWORD": "pa$$word"}


def test_a_job_is_a_process_that_ends_and_a_cron_job_a_task() -> None:
    found = gather(("shop.yaml", SHOP))
    assert found.processes["migrate"] == {"command": "rake db:migrate", "oneshot": True}
    assert found.tasks == {
        "digest": {
            "command": "export LEVEL='two words'; bundle exec rake \"digest[$LEVEL]\"",
            "desc": "Sends the digest",
            "schedule": "0 8 * * 1 Europe/Riga",
            "overlap": "skip",
            "grace": "10m",
            "enabled": False,
            "retries": 2,
            "timeout": "5m",
        }
    }


def test_what_is_not_carried_over_is_told_with_its_line() -> None:
    outside = "set it in .env, or in the environment that procman is started in"
    unused = "no container has it as a variable: nothing is made of it"
    assert lost(gather(("shop.yaml", SHOP))) == [
        f"shop.yaml:1: ConfigMap settings: app.properties: {unused}",
        f"shop.yaml:9: Secret secrets: TOKEN: {unused}",
        "shop.yaml:15: restartPolicy: procman gives up after 10 failures in a row,"
        " Kubernetes never: 'backoff: {give_up_after: never}' does as Kubernetes",
        f"shop.yaml:42: Deployment shop-web: env: NODE: valueFrom: fieldRef: only a pod has this: {outside}",
        "shop.yaml:43: Deployment shop-web: env: ELSEWHERE: the Secret 'vault' with its 'a' is not in this"
        f" file: {outside}",
        "shop.yaml:57: Deployment shop-web: resources: limits: cpu: procman does not limit it",
        "shop.yaml:64: Service web: port 80: nothing stands in front of the process: it is at 3000",
    ]


SPECS = {
    "podspec-v1": {
        "activeDeadlineSeconds": "60",
        "affinity": "{nodeAffinity: {}}",
        "dnsConfig": "{nameservers: [1.1.1.1]}",
        "dnsPolicy": "None",
        "ephemeralContainers": "[{name: a}]",
        "evictionResponders": "[{name: a}]",
        "hostAliases": "[{ip: 127.0.0.1}]",
        "hostIPC": "true",
        "hostPID": "true",
        "hostUsers": "false",
        "hostname": "a",
        "hostnameOverride": "a",
        "initContainers": "[{name: a, image: b}]",
        "nodeName": "a",
        "nodeSelector": "{a: b}",
        "os": "{name: linux}",
        "overhead": "{cpu: 1}",
        "preemptionPolicy": "Never",
        "priority": "1",
        "priorityClassName": "a",
        "readinessGates": "[{conditionType: a}]",
        "resourceClaims": "[{name: a}]",
        "resources": "{limits: {cpu: 1}}",
        "runtimeClassName": "a",
        "schedulerName": "a",
        "schedulingGates": "[{name: a}]",
        "schedulingGroup": "{podGroupName: a}",
        "securityContext": "{runAsUser: 4711}",
        "setHostnameAsFQDN": "true",
        "subdomain": "a",
        "terminationGracePeriodSeconds": "3",
        "tolerations": "[{key: a}]",
        "topologySpreadConstraints": "[{maxSkew: 1}]",
        "volumes": "[{name: a, emptyDir: {}}]",
        "restartPolicy": "OnFailure",
    },
    "container-v1": {
        "args": "[a]",
        "command": "[./other]",
        "env": "[{name: A, value: b}]",
        "envFrom": "[{secretRef: {name: nowhere}}]",
        "image": "other",
        "lifecycle": "{postStart: {exec: {command: [a]}}}",
        "livenessProbe": "{exec: {command: [a]}}",
        "readinessProbe": "{exec: {command: [a]}}",
        "startupProbe": "{exec: {command: [a]}}",
        "ports": "[{containerPort: 80}]",
        "resizePolicy": "[{resourceName: cpu, restartPolicy: NotRequired}]",
        "resources": "{limits: {memory: 1Gi}}",
        "restartPolicy": "Always",
        "restartPolicyRules": "[{action: Restart}]",
        "securityContext": "{runAsUser: 4711}",
        "stdin": "false",
        "tty": "true",
        "volumeDevices": "[{name: a, devicePath: /a}]",
        "workingDir": "/in/the/container",
    },
    "deploymentspec-apps-v1": {
        "minReadySeconds": "3",
        "paused": "true",
        "replicas": "3",
        "strategy": "{type: Recreate}",
    },
    "statefulsetspec-apps-v1": {
        "minReadySeconds": "3",
        "replicas": "3",
        "updateStrategy": "{type: OnDelete}",
        "volumeClaimTemplates": "[{metadata: {name: a}}]",
    },
    "daemonsetspec-apps-v1": {"minReadySeconds": "3", "updateStrategy": "{type: OnDelete}"},
    "jobspec-batch-v1": {
        "activeDeadlineSeconds": "60",
        "backoffLimit": "3",
        "backoffLimitPerIndex": "3",
        "completionMode": "Indexed",
        "completions": "3",
        "maxFailedIndexes": "3",
        "parallelism": "3",
        "podFailurePolicy": "{rules: []}",
        "podReplacementPolicy": "Failed",
        "scheduling": "{a: b}",
        "successPolicy": "{rules: []}",
        "suspend": "true",
    },
}
SILENT = {
    *("containers", "template", "selector", "name", "image", "manualSelector", "managedBy"),
    *("automountServiceAccountToken", "enableServiceLinks", "hostNetwork", "imagePullSecrets"),
    *("serviceAccount", "serviceAccountName", "shareProcessNamespace", "imagePullPolicy", "stdinOnce"),
    *("terminationMessagePath", "terminationMessagePolicy", "volumeMounts", "revisionHistoryLimit"),
    *("progressDeadlineSeconds", "serviceName", "ordinals", "podManagementPolicy"),
    *("persistentVolumeClaimRetentionPolicy", "ttlSecondsAfterFinished"),
}
"""What means nothing to a process on a machine."""
KINDS = {
    "deploymentspec-apps-v1": "Deployment",
    "statefulsetspec-apps-v1": "StatefulSet",
    "daemonsetspec-apps-v1": "DaemonSet",
    "jobspec-batch-v1": "Job",
}


@cache
def properties(name: str) -> frozenset[str]:
    """What an object of Kubernetes may have, by its own schema."""
    root = files("kubernetes_validate") / "kubernetes-json-schema"
    newest = max(each.name for each in root.iterdir() if each.name.endswith("-local"))
    return frozenset(json.loads((root / newest / f"{name}.json").read_text())["properties"])


def test_all_keys_that_kubernetes_has_are_thought_of() -> None:
    for name, examples in SPECS.items():
        assert properties(name) - SILENT <= set(examples), name


@pytest.mark.parametrize(("spec", "key"), [(spec, key) for spec, keys in SPECS.items() for key in keys])
def test_each_key_is_carried_over_or_told(spec: str, key: str) -> None:
    said = f"{key}: {SPECS[spec][key]},"
    kind = KINDS.get(spec, "Deployment")
    run = f"{RUN}," if key != "command" else ""
    if spec == "container-v1":
        text = manifest(f"{run} {said}", "", "")
    else:
        text = manifest(RUN, said, "") if spec == "podspec-v1" else manifest(RUN, "", said, kind)
    plain = gather(("shop.yaml", manifest(RUN, "", "", kind)), kind="kubernetes")
    found = gather(("shop.yaml", text), kind="kubernetes")
    loaded(found)
    new = [each for each in lost(found) if each.split(": ", 1)[1] not in str(lost(plain))]
    names = {"securityContext": "runAsUser", "envFrom": "Secret", "lifecycle": "postStart"}
    told = any(names.get(key, key) in each for each in new)
    assert told or found.processes != plain.processes or key == "image"


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ("replicas: 0", {"autostart": False}),
        ("replicas: 1", {}),
    ],
)
def test_how_many_there_are(said: str, keys: dict[str, Any]) -> None:
    assert deployment(of_spec=f"{said},").processes["web"] == {
        "command": "./web",
        "restart": "always",
        **keys,
    }


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ("readinessProbe: {httpGet: {port: 8080}}", {"ready": {"http": "http://127.0.0.1:8080/"}}),
        ("readinessProbe: {httpGet: {port: 5000, path: /a}}", {"ready": {"http": "/a"}}),
        (
            "readinessProbe: {httpGet: {port: 443, scheme: HTTPS, host: a.b}}",
            {"ready": {"cmd": "curl -fsSk 'https://a.b:443/'"}},
        ),
        ("readinessProbe: {tcpSocket: {port: 6379, host: cache}}", {"ready": {"tcp": "cache:6379"}}),
        (
            "readinessProbe: {exec: {command: [sh, -c, 'a && b']}, timeoutSeconds: 3}",
            {"ready": {"cmd": "a && b", "timeout": "3s"}},
        ),
        ("livenessProbe: {tcpSocket: {port: 5000}}", {"alive": {"tcp": "port", "timeout": "1s"}}),
        ("startupProbe: {tcpSocket: {port: 5000}}", {"ready": {"tcp": "port", "within": "30s"}}),
        ("readinessProbe: {grpc: {port: 5000}}", {}),
        ("resources: {limits: {memory: 1G}}", {"max_memory": "976562K"}),
        ("resources: {limits: {memory: lots}}", {}),
        ("lifecycle: {stopSignal: SIGQUIT}", {"stop_signal": "SIGQUIT"}),
        ("ports: [{containerPort: 8080}, {containerPort: 53, protocol: UDP}]", {"port": 8080}),
        ("env: [{name: A, value: '1'}, {name: A, value: '$(A)2'}]", {"env": {"A": "12"}}),
        ("env: [{name: A}]", {"env": {"A": ""}}),
        ("workingDir: api", {"cwd": "api"}),
        ("stdin: false, tty: false", {"pty": "never", "stdin": "null"}),
    ],
)
def test_what_a_container_says_becomes_keys(said: str, keys: dict[str, Any]) -> None:
    found = deployment(f"{RUN}, {said}")
    loaded(found)
    if "1G}" in said:
        keys = {"max_memory": quantities.memory("1G")}
    assert found.processes["web"] == {"command": "./web", "restart": "always", **keys}


def test_a_variable_that_is_only_known_at_the_start_is_put_together_by_the_shell() -> None:
    found = deployment(
        f"{RUN}, env: [{{name: PORT, value: '80'}}, {{name: URL, value: 'http://a:$(PORT)/'}}]"
    )
    assert found.processes["web"]["command"] == 'export URL="http://a:$PORT/"; ./web'


def test_an_image_without_a_command_is_run_by_docker() -> None:
    found = deployment("args: ['--a b', $(X)], ports: [{containerPort: 80}], env: [{name: X, value: y}]")
    loaded(found)
    line = "docker run --rm -p 127.0.0.1:80:80 -e X shop '--a b' \"$X\""
    assert found.processes["web"]["command"] == line
    assert found.processes["web"]["env"] == {"X": "y"}


def test_each_container_of_a_pod_is_a_process() -> None:
    listed = "[{name: web, command: [a]}, {name: b, command: [b]}]"
    text = f"kind: Pod\nmetadata: {{name: web}}\nspec: {{containers: {listed}}}"
    found = gather(("pod.yaml", text), kind="kubernetes")
    assert {name: keys["command"] for name, keys in found.processes.items()} == {"web": "a", "web-b": "b"}


@pytest.mark.parametrize(
    ("spec", "keys"),
    [
        ("schedule: '*/5 * * * *', timeZone: Etc/UTC", {"schedule": "*/5 * * * * Etc/UTC"}),
        ("schedule: '@daily'", {"schedule": "@daily UTC"}),
        ("schedule: '@every 1h'", {"schedule": "@every 1h"}),
        ("schedule: '0 0 ? * 1'", {"schedule": "0 0 * * 1 UTC"}),
        (
            "schedule: '0 0 * * *', concurrencyPolicy: Replace",
            {"schedule": "0 0 * * * UTC", "overlap": "replace"},
        ),
        (
            "schedule: '0 0 * * *', startingDeadlineSeconds: 90",
            {"schedule": "0 0 * * * UTC", "grace": "1m30s"},
        ),
    ],
)
def test_when_a_cron_job_runs(spec: str, keys: dict[str, Any]) -> None:
    found = cron_job(f"{spec},")
    loaded(found)
    assert found.tasks["remind"] == {"command": "./web", "overlap": "allow", "retries": 6, **keys}


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("schedule: '0 0 * * *'", "schedule: without a timeZone it is that of the cluster"),
        ("schedule: '0 0 */2 * 1', timeZone: UTC", "either day is enough there, both must match here"),
        ("schedule: '0 0 * * *', failedJobsHistoryLimit: 3", "failedJobsHistoryLimit: see 'keep'"),
        ("schedule: 'at noon'", "remind: schedule: at noon UTC"),
    ],
)
def test_what_is_lost_of_a_cron_job_is_told(spec: str, told: str) -> None:
    assert any(told in each for each in lost(cron_job(f"{spec},")))


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("Ingress", "nothing stands in front of the processes"),
        ("HorizontalPodAutoscaler", "the number of processes is fixed"),
        ("Certificate", "procman has nothing like it"),
        ("ServiceAccount", ""),
    ],
)
def test_other_objects_are_told(kind: str, told: str) -> None:
    text = f"kind: {kind}\nmetadata: {{name: a}}\nspec: {{a: b}}\n"
    found = lost(gather(("a.yaml", text), kind="kubernetes"))
    assert [told in each for each in found if f"{kind} a" in each] == [True] * bool(told)


def test_json_with_tabs_and_a_list_of_objects_is_read() -> None:
    deployment_ = {
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"template": {"spec": {"containers": [{"name": "web", "command": ["./web", "\t"]}]}}},
    }
    text = json.dumps({"kind": "List", "items": [deployment_]}, indent="\t")
    found = gather(("all.json", text), kind="kubernetes")
    assert found.processes["web"]["command"] == "./web '\t'"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "this is no manifest"),
        ("a: b\n", "this is no manifest"),
        ("- a\n", "not a list"),
        ("kind: [\n", "a.yaml:1"),
        ("a: '{{ .Values.x }}'\n", "helm template"),
    ],
)
def test_what_is_no_manifest_is_refused(text: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        gather(("a.yaml", text), kind="kubernetes")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512Mi", "512M"),
        ("1Gi", "1G"),
        ("1.5Gi", "1536M"),
        ("128974848", "123M"),
        ("129e6", "129000000"),
        ("1M", "1000000"),
        ("1000m", "1"),
    ],
)
def test_quantities_are_sizes(text: str, size: str) -> None:
    assert quantities.memory(text) == size


WORDS = st.sampled_from(
    "kind metadata spec template containers name command args env value valueFrom secretKeyRef key schedule"
    " Deployment CronJob Job Pod Secret ConfigMap Service List items jobTemplate livenessProbe httpGet port"
    " exec resources limits memory securityContext runAsUser replicas ports data labels $(A) $$ 80 ~".split()
)
TREES = st.recursive(
    WORDS | st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)
PODS = st.dictionaries(WORDS, TREES, max_size=4).map(
    lambda each: {"spec": {"containers": [each, {}], **each}}
)
SPECS_DRAWN = st.dictionaries(WORDS, TREES, max_size=4) | st.builds(
    lambda pod, more: {"template": pod, "jobTemplate": {"spec": {"template": pod}}, **more},
    PODS,
    st.dictionaries(WORDS, TREES, max_size=2),
)


@given(
    st.sampled_from(["Deployment", "CronJob", "Job", "Pod", "Secret", "Service", "List", "x"]),
    SPECS_DRAWN,
    TREES,
)
@settings(max_examples=EXAMPLES, deadline=None)
def test_garbage_is_told_and_never_a_traceback(kind: str, spec: Any, other: Any) -> None:
    text = json.dumps({"kind": kind, "metadata": other, "spec": spec, "data": other, "items": [spec, other]})
    try:
        found = gather(("a.yaml", text), kind="kubernetes")
    except UserError:
        return
    loaded(found)


@given(st.binary(max_size=60))
@settings(max_examples=EXAMPLES, deadline=None)
def test_bytes_are_told_and_never_a_traceback(data: bytes) -> None:
    with pytest.raises(UserError):
        gather(("a.yaml", data), kind="kubernetes")


def test_twenty_deployments_are_read_while_one_presses_a_key() -> None:
    text = "---\n".join(SHOP.replace("name: shop-web", f"name: shop-web{n}") for n in range(20))
    begin = time.process_time()
    found = gather(("shop.yaml", text))
    assert time.process_time() - begin < 3  # 0.3 s are allowed, on a machine that does nothing else
    assert len(found.processes) == 40


def test_what_a_pod_says_of_its_rights_is_told() -> None:
    found = deployment("command: [./web], securityContext: {runAsNonRoot: true, runAsUser: 33}")
    (told,) = [each for each in lost(found) if "runAsNonRoot" in each]
    assert told.startswith(
        "shop.yaml:8: Deployment web: securityContext: runAsNonRoot: procman does not confine"
    )


def test_what_no_container_takes_of_a_secret_is_told_without_values() -> None:
    secret = "kind: Secret\nmetadata: {name: s}\nstringData: {A: x1, B: x2, c.d: x3, e f: x4}\n---\n"
    part = "command: [./web], env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: A}}}]"
    whole = "command: [./web], envFrom: [{secretRef: {name: s}}]"
    for said, others in ((part, "B, c.d, e f"), (whole, "c.d, e f")):
        found = gather(("shop.yaml", secret + manifest(said, "", "")), kind="kubernetes")
        assert [each for each in lost(found) if "Secret s" in each] == [
            f"shop.yaml:1: Secret s: {others}: no container has it as a variable: nothing is made of it"
        ]


def test_a_port_that_is_none_is_told() -> None:
    found = deployment("command: [./web], env: [{name: PORT, value: many}], ports: [{containerPort: 3000}]")
    assert found.processes["web"]["port"] == 3000
    assert any("env: PORT: this is no port" in each for each in lost(found))
