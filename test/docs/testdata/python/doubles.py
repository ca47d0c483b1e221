"""Has every client of the AWS SDK ask the doubles of the tests, also that of the SDK's own search
for credentials. Before 1.28 the SDK does not read AWS_ENDPOINT_URL, and would call AWS itself."""

import os

import botocore.session

_create_client = botocore.session.Session.create_client


def _create_client_of_double(self, service, *arguments, **settings):
    settings["endpoint_url"] = os.environ.get("AWS_ENDPOINT_URL_" + service.upper()) or os.environ["AWS_ENDPOINT_URL"]
    return _create_client(self, service, *arguments, **settings)


botocore.session.Session.create_client = _create_client_of_double
