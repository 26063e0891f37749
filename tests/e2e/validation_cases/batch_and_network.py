"""What the API server's validation refuses and takes: batch and network."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e.validation_cases.objects import (
    B,
    C,
    Case,
    cj,
    cpu,
    h1,
    hpa,
    ing,
    ip,
    job,
    pdb,
    svc,
)


def batch_and_network() -> Iterator[Case]:
    yield (
        "job rp default",
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "j"},
            "spec": {"template": {"spec": {"containers": [C]}}},
        },
    )
    yield ("job Always", job(restartPolicy="Always"))
    yield ("job backoff -1", job({"backoffLimit": -1}))
    yield ("job par -1", job({"parallelism": -1}))
    yield ("job compl -1", job({"completions": -1}))
    yield ("job ttl -1", job({"ttlSecondsAfterFinished": -1}))
    yield ("job ads -1", job({"activeDeadlineSeconds": -1}))
    yield ("job ads 0", job({"activeDeadlineSeconds": 0}))
    yield ("job selector", job({"selector": {"matchLabels": {"a": "b"}}}))
    yield ("job sel manual mism", job({"manualSelector": True, "selector": {"matchLabels": {"a": "b"}}}))
    yield ("job manual no sel", job({"manualSelector": True}))
    yield ("job Indexed", job({"completionMode": "Indexed"}))
    yield ("job mode", job({"completionMode": "x"}))
    yield ("job name 64", job() | {"metadata": {"name": "a" * 64}})
    yield ("job name 63", job() | {"metadata": {"name": "a" * 63}})
    yield ("job dot name", job() | {"metadata": {"name": "a.b"}})
    yield ("job blpi", job({"backoffLimitPerIndex": 1}))
    yield ("job selector empty", job({"selector": {}}))
    yield ("job podReplacement", job({"podReplacementPolicy": "x"}))
    for x in [
        "* * * * *",
        "@daily",
        "@every 5m",
        "@every x",
        "@Daily",
        "@reboot",
        "",
        "60 * * * *",
        "* * * *",
        "* * * * * *",
        "*/5 * * * *",
        "0-60 * * * *",
        "5-3 * * * *",
        "* * * * 7",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * jan *",
        "* * * JAN-mar mon",
        "* * ? * ?",
        "L * * * *",
        "* * 30 2 *",
        "TZ=UTC * * * * *",
        "CRON_TZ=UTC * * * * *",
        "*/0 * * * *",
        "1,2,3 * * * *",
        "1,,2 * * * *",
        "a * * * *",
        "*/70 * * * *",
        "1/5 * * * *",
        "  0 0 * * *",
        "0 0 * * * ",
        "@every 1s",
        "@every -5m",
        "@every 1h30m",
        "* * L * *",
        "0 0 * * 1#2",
        "*-5 * * * *",
        "?/5 * * * *",
        "1-5/2 * * * *",
        "+5 * * * *",
        "0 0 * * sunday",
        "@hourly ",
        "@every  5m",
        "* * * * */2",
        "1/ * * * *",
        "-1 * * * *",
        "* */24 * * *",
    ]:
        yield (f"cron {x!r}", cj(schedule=x))
    yield ("cj tz", cj(timeZone="Nowhere/X"))
    yield ("cj tz empty", cj(timeZone=""))
    yield ("cj tz Local", cj(timeZone="Local"))
    yield ("cj tz ok", cj(timeZone="Europe/Berlin"))
    yield ("cj tz lower", cj(timeZone="europe/berlin"))
    yield ("cj 53", cj("a" * 53))
    yield ("cj 52", cj("a" * 52))
    yield ("cj dot", cj("a.b"))
    yield ("cj conc", cj(concurrencyPolicy="x"))
    yield ("cj dl -1", cj(startingDeadlineSeconds=-1))
    yield ("cj hist", cj(failedJobsHistoryLimit=-1))
    yield ("cj job always", cj(jobTemplate={"spec": {"template": {"spec": {"containers": [C]}}}}))
    yield (
        "cj manual",
        cj(
            jobTemplate={
                "spec": {"manualSelector": True, "template": {"spec": {"containers": [C], "restartPolicy": "Never"}}}
            }
        ),
    )
    yield (
        "cj job sel",
        cj(
            jobTemplate={
                "spec": {
                    "selector": {"matchLabels": {"a": "b"}},
                    "template": {"spec": {"containers": [C], "restartPolicy": "Never"}},
                }
            }
        ),
    )
    yield (
        "cj job label",
        cj(
            jobTemplate={
                "metadata": {"labels": {"a b": "c"}},
                "spec": {"template": {"spec": {"containers": [C], "restartPolicy": "Never"}}},
            }
        ),
    )
    yield ("hpa ok", hpa())
    yield ("hpa min>max", hpa(minReplicas=5))
    yield ("hpa max 0", hpa(maxReplicas=0))
    yield ("hpa min 0", hpa(minReplicas=0))
    yield (
        "hpa min 0 ext",
        hpa(
            minReplicas=0,
            metrics=[
                {"type": "External", "external": {"metric": {"name": "a"}, "target": {"type": "Value", "value": "1"}}}
            ],
        ),
    )
    yield ("hpa metric none", hpa(metrics=[{"type": "Resource"}]))
    yield (
        "hpa two",
        hpa(
            metrics=[cpu | {"pods": {"metric": {"name": "a"}, "target": {"type": "AverageValue", "averageValue": "1"}}}]
        ),
    )
    yield ("hpa type x", hpa(metrics=[cpu | {"type": "x"}]))
    yield ("hpa type mismatch", hpa(metrics=[cpu | {"type": "Pods"}]))
    yield (
        "hpa target none",
        hpa(metrics=[{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}]),
    )
    yield (
        "hpa util 0",
        hpa(
            metrics=[
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 0}},
                }
            ]
        ),
    )
    yield (
        "hpa both",
        hpa(
            metrics=[
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": 5, "averageValue": "1"},
                    },
                }
            ]
        ),
    )
    yield ("hpa ref kind", hpa(scaleTargetRef={"kind": "", "name": "d"}))
    yield ("hpa ref noname", hpa(scaleTargetRef={"kind": "D", "name": ""}))
    yield ("hpa ref name bad", hpa(scaleTargetRef={"kind": "D", "name": "a/b"}))
    yield (
        "hpa type case mism",
        hpa(metrics=[{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Value", "value": "1"}}}]),
    )
    yield ("hpa beh", hpa(behavior={"scaleDown": {"policies": []}}))
    yield ("hpa beh per", hpa(behavior={"scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 0}]}}))
    yield ("hpa stab", hpa(behavior={"scaleDown": {"stabilizationWindowSeconds": 3601}}))
    yield ("hpa1 util 0", h1(targetCPUUtilizationPercentage=0))
    yield ("hpa1 min>max", h1(minReplicas=9))
    yield ("pdb none", pdb())
    yield ("pdb both", pdb(minAvailable=1, maxUnavailable=1))
    yield ("pdb -1", pdb(minAvailable=-1))
    yield ("pdb 101%", pdb(minAvailable="101%"))
    yield ("pdb text", pdb(minAvailable="5"))
    yield ("pdb sel", pdb(selector={"matchExpressions": [{"key": "a", "operator": "In"}]}))
    yield ("pdb evict", pdb(unhealthyPodEvictionPolicy="x"))
    yield (
        "pdb nosel",
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "p"},
            "spec": {"minAvailable": 1},
        },
    )
    yield ("svc ok", svc())
    yield ("svc 0", svc(ports=[{"port": 0}]))
    yield ("svc 99999", svc(ports=[{"port": 99999}]))
    yield ("svc noports", svc(ports=[]))
    yield ("svc noports headless", svc(ports=[], clusterIP="None"))
    yield ("svc ext noname", svc(type="ExternalName"))
    yield ("svc ext", svc(type="ExternalName", externalName="a.b."))
    yield ("svc ext noports", svc(type="ExternalName", externalName="a.b", ports=[]))
    yield ("svc ext up", svc(type="ExternalName", externalName="A.b"))
    yield ("svc ext _", svc(type="ExternalName", externalName="a_b"))
    yield ("svc ext clusterIP", svc(type="ExternalName", externalName="a.b", clusterIP="None"))
    yield ("svc 2 unnamed", svc(ports=[{"port": 1}, {"port": 2}]))
    yield ("svc one unnamed", svc(ports=[{"port": 1, "name": "a"}, {"port": 2}]))
    yield ("svc dup name", svc(ports=[{"port": 1, "name": "a"}, {"port": 2, "name": "a"}]))
    yield ("svc dup port", svc(ports=[{"port": 1, "name": "a"}, {"port": 1, "name": "b"}]))
    yield ("svc dup port udp", svc(ports=[{"port": 1, "name": "a"}, {"port": 1, "name": "b", "protocol": "UDP"}]))
    yield ("svc port name up", svc(ports=[{"port": 1, "name": "A"}]))
    yield ("svc port name long", svc(ports=[{"port": 1, "name": "a" * 20}]))
    yield ("svc target 0", svc(ports=[{"port": 1, "targetPort": 0}]))
    yield ("svc target name", svc(ports=[{"port": 1, "targetPort": "A b"}]))
    yield ("svc target big", svc(ports=[{"port": 1, "targetPort": 70000}]))
    yield ("svc target strnum", svc(ports=[{"port": 1, "targetPort": "80"}]))
    yield ("svc target empty", svc(ports=[{"port": 1, "targetPort": ""}]))
    yield ("svc target headless", svc(clusterIP="None", ports=[{"port": 1, "targetPort": 2}]))
    yield ("svc nodePort CIP", svc(ports=[{"port": 1, "nodePort": 30000}]))
    yield ("svc nodePort 80", svc(type="NodePort", ports=[{"port": 1, "nodePort": 80}]))
    yield ("svc nodePort 70000", svc(type="NodePort", ports=[{"port": 1, "nodePort": 70000}]))
    yield ("svc nodePort 0", svc(ports=[{"port": 1, "nodePort": 0}]))
    yield (
        "svc nodePort dup",
        svc(
            type="NodePort",
            ports=[{"name": "a", "port": 1, "nodePort": 30001}, {"name": "b", "port": 2, "nodePort": 30001}],
        ),
    )
    yield ("svc type", svc(type="x"))
    yield ("svc NP None", svc(type="NodePort", clusterIP="None"))
    yield ("svc LB None", svc(type="LoadBalancer", clusterIP="None"))
    yield ("svc cip bad", svc(clusterIP="x"))
    yield ("svc cip none", svc(clusterIP="none"))
    yield ("svc extIP", svc(externalIPs=["x"]))
    yield ("svc extIP lo", svc(externalIPs=["127.0.0.1"]))
    yield ("svc aff", svc(sessionAffinity="x"))
    yield ("svc etp", svc(externalTrafficPolicy="Local"))
    yield ("svc etp x", svc(type="NodePort", externalTrafficPolicy="x"))
    yield ("svc ranges", svc(loadBalancerSourceRanges=["1.1.1.0/24"]))
    yield ("svc ranges bad", svc(type="LoadBalancer", loadBalancerSourceRanges=["x"]))
    yield ("svc lbclass", svc(loadBalancerClass="a/b"))
    yield ("svc hcnp", svc(healthCheckNodePort=30000))
    yield ("svc sel", svc(selector={"a": "b c"}))
    yield ("svc fam", svc(ipFamilies=["x"]))
    yield ("svc famp", svc(ipFamilyPolicy="x"))
    yield ("svc affcfg", svc(sessionAffinityConfig={"clientIP": {"timeoutSeconds": 5}}))
    yield ("svc timeout", svc(sessionAffinity="ClientIP", sessionAffinityConfig={"clientIP": {"timeoutSeconds": 0}}))
    yield ("svc itp", svc(internalTrafficPolicy="x"))
    yield ("svc proto", svc(ports=[{"port": 1, "protocol": "x"}]))
    yield ("svc appproto", svc(ports=[{"port": 1, "appProtocol": "a b"}]))
    yield ("svc alloc", svc(allocateLoadBalancerNodePorts=False))
    yield ("ing ok", ip())
    yield ("ing none", ing())
    yield ("ing relpath", ip(path="a"))
    yield ("ing nopath", ing(rules=[{"http": {"paths": [{"pathType": "Prefix", "backend": B}]}}]))
    yield ("ing impl rel", ip(path="a", pathType="ImplementationSpecific"))
    yield ("ing impl nopath", ing(rules=[{"http": {"paths": [{"pathType": "ImplementationSpecific", "backend": B}]}}]))
    yield ("ing pathType", ip(pathType="x"))
    yield ("ing //", ip(path="/a//b"))
    yield ("ing /..", ip(path="/a/.."))
    yield ("ing /../", ip(path="/a/../b"))
    yield ("ing %2f", ip(path="/a%2fb"))
    yield ("ing /.", ip(path="/a/."))
    yield ("ing port 0", ip(backend={"service": {"name": "s", "port": {"number": 0}}}))
    yield ("ing port none", ip(backend={"service": {"name": "s"}}))
    yield ("ing port both", ip(backend={"service": {"name": "s", "port": {"number": 1, "name": "a"}}}))
    yield ("ing port 70000", ip(backend={"service": {"name": "s", "port": {"number": 70000}}}))
    yield ("ing port name", ip(backend={"service": {"name": "s", "port": {"name": "A b"}}}))
    yield ("ing svc noname", ip(backend={"service": {"name": "", "port": {"number": 1}}}))
    yield ("ing svc dot", ip(backend={"service": {"name": "a.b", "port": {"number": 1}}}))
    yield ("ing svc 1a", ip(backend={"service": {"name": "1a", "port": {"number": 1}}}))
    yield ("ing none backend", ip(backend={}))
    yield ("ing both backend", ip(backend=B | {"resource": {"kind": "a", "name": "b"}}))
    yield ("ing host ip", ing(rules=[{"host": "1.1.1.1"}], defaultBackend=B))
    yield ("ing host only", ing(rules=[{"host": "a.b"}]))
    yield ("ing host up", ing(rules=[{"host": "A.b"}]))
    yield ("ing host *", ing(rules=[{"host": "*.a"}]))
    yield ("ing host **", ing(rules=[{"host": "*.*.a"}]))
    yield ("ing host * only", ing(rules=[{"host": "*"}]))
    yield ("ing host port", ing(rules=[{"host": "a.b:80"}]))
    yield ("ing empty paths", ing(rules=[{"http": {"paths": []}}]))
    yield ("ing class up", ing(ingressClassName="A_", defaultBackend=B))
    yield ("ing tls host", ing(defaultBackend=B, tls=[{"hosts": ["A b"]}]))
    yield (
        "ing both class",
        ing(defaultBackend=B, ingressClassName="a")
        | {"metadata": {"name": "i", "annotations": {"kubernetes.io/ingress.class": "b"}}},
    )
    yield (
        "ing same class",
        ing(defaultBackend=B, ingressClassName="b")
        | {"metadata": {"name": "i", "annotations": {"kubernetes.io/ingress.class": "b"}}},
    )
    yield ("ing tls secret", ing(defaultBackend=B, tls=[{"secretName": "A_"}]))
