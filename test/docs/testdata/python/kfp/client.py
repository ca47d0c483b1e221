"""Runs of pipelines."""

import types


class Client:
    def create_run_from_pipeline_func(
        self,
        pipeline_func,
        arguments=None,
        run_name=None,
        experiment_name=None,
        namespace=None,
        pipeline_root=None,
        enable_caching=None,
        service_account=None,
        experiment_id=None,
    ):
        print(f"the run works in {namespace} as {service_account or 'default-editor'}")
        self.state = "SUCCEEDED"
        try:
            run(pipeline_func.tasks(arguments or {}))
        except Exception as error:
            print("a step failed:", error)
            self.state = "FAILED"
        return types.SimpleNamespace(run_id="run-1")

    def wait_for_run_completion(self, run_id, timeout, sleep_duration=5):
        return types.SimpleNamespace(run_id=run_id, state=self.state)


def run(tasks):
    """Runs tasks, each behind those that it is after. Where a pipeline leaves the order open it is the
    reverse of that in the text, so that a missing after is noticed."""
    waiting, done = list(tasks), []
    while waiting:
        task = next(t for t in reversed(waiting) if all(e in done for e in t.earlier))
        print(f"{task.component.name} returned {task.run('job-1')}")
        waiting.remove(task)
        done.append(task)
