# mitmproxy's part: every name leads to the upstream, the credential is put in, and bodies stream.
import os

upstream = ("127.0.0.1", int(os.environ["BENCH_UPSTREAM_PORT"]))
authorization = f"Bearer {os.environ['BENCH_TOKEN']}"


def server_connect(data):
    data.server.address = upstream


def requestheaders(flow):
    flow.request.headers["authorization"] = authorization
    flow.request.stream = True


def responseheaders(flow):
    flow.response.stream = True
