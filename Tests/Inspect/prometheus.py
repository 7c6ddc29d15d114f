"""What metrics_test wrote, as Prometheus' own reader reads it."""

import sys

from prometheus_client.parser import text_string_to_metric_families

families = {family.name: family for family in text_string_to_metric_families(sys.stdin.read())}
assert families["tenon_future_pending"].type == "gauge", families
assert families["tenon_future_created"].type == "counter", families
assert families["tenon_memory_reserved_bytes"].samples[0].value >= 0
jobs = families["tenon_executor_jobs"]
assert jobs.type == "counter" and jobs.documentation.startswith("Jobs that were run"), jobs
names = {sample.labels["tenon_executor_name"] for sample in jobs.samples}
assert names == {'worker "1"', "back\\slash\nline"}, names
assert len({sample.labels["tenon_executor_id"] for sample in jobs.samples}) == 2
for family in families.values():
    assert family.documentation and family.samples, family
print(f"# prometheus: {len(families)} families read")
