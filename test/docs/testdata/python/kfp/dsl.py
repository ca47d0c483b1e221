"""Pipelines and their steps."""

import builtins
import dis
import inspect
import sys
import types

# Stands in arguments for what is known only when a pipeline runs.
PIPELINE_JOB_ID_PLACEHOLDER = "{{$.pipeline_job_uuid}}"

# The tasks of the pipeline that is being read.
_tasks = []


def component(*, base_image, packages_to_install=()):
    def decorate(function):
        return Component(function, packages_to_install)

    return decorate


class Component:
    """A step. It runs elsewhere, so it has its own text, its packages, and nothing of the notebook."""

    def __init__(self, function, packages):
        untyped = [name for name in inspect.signature(function).parameters if name not in function.__annotations__]
        if untyped:
            raise TypeError(f"{function.__name__}: {untyped} have no type")
        for instruction in dis.get_instructions(function):
            package = str(instruction.argval).split(".")[0]
            if instruction.opname == "IMPORT_NAME" and package not in {*sys.stdlib_module_names, *packages}:
                raise ImportError(f"{function.__name__}: the image of the step has no {package}")
        self.name = function.__name__
        self.function = types.FunctionType(function.__code__, {"__builtins__": builtins}, self.name, function.__defaults__)

    def __call__(self, **arguments):
        inspect.signature(self.function).bind(**arguments)
        task = Task(self, arguments)
        _tasks.append(task)
        return task


class Task:
    """A step with its arguments, as part of a pipeline."""

    def __init__(self, component, arguments):
        self.component, self.arguments, self.earlier = component, arguments, []

    def after(self, *tasks):
        self.earlier += tasks
        return self

    def set_caching_options(self, enable_caching):
        return self

    def run(self, job):
        filled = {
            name: value.replace(PIPELINE_JOB_ID_PLACEHOLDER, job) if isinstance(value, str) else value
            for name, value in self.arguments.items()
        }
        return self.component.function(**filled)


def pipeline(*, name):
    def decorate(function):
        return Pipeline(name, function)

    return decorate


class Pipeline:
    def __init__(self, name, function):
        self.name, self.function = name, function

    def tasks(self, arguments):
        _tasks.clear()
        self.function(**arguments)
        return list(_tasks)
