"""A stand-in for the SDK of Kubeflow Pipelines: what examples/notebooks needs of it. It runs the steps
of a pipeline in this process."""
