# The function as a container image.
#
#   make image                                      from the official Python image
#   docker build --build-arg BASE=my/python:3 .     from another image with Python 3.11 or newer and its venv module
#
# Where the build reaches no package index, put the wheels of everything into a directory `wheels` first, with a Python
# of the same version as the image's:
#
#   pip download --dest wheels --requirement requirements/build.txt --requirement requirements/runtime.txt
#   docker build --build-arg PIP_NO_INDEX=1 .
#
# What is installed is what requirements/ names, with these hashes and nothing else.

ARG BASE=docker.io/library/python:3.13-slim

FROM ${BASE} AS build
ARG PIP_NO_INDEX=
WORKDIR /src
# The brackets make `wheels` optional: a pattern may match nothing, a name may not.
COPY pyproject.toml README.md LICENSE wheel[s] ./wheels/
COPY requirements requirements
COPY krm_fn krm_fn
RUN umask 022 \
 && mv wheels/pyproject.toml wheels/README.md wheels/LICENSE . \
 && export PIP_NO_CACHE_DIR=1 PIP_FIND_LINKS=wheels \
 && python3 -m venv /tmp/pip \
 && python3 -m venv --without-pip /opt/krm-fn \
 && /tmp/pip/bin/pip install --require-hashes --requirement requirements/build.txt \
 && /tmp/pip/bin/pip --python /opt/krm-fn/bin/python3 install --require-hashes --requirement requirements/runtime.txt \
 && /tmp/pip/bin/python -m hatchling build --target wheel --directory /tmp/dist \
 && /tmp/pip/bin/pip --python /opt/krm-fn/bin/python3 install --no-deps /tmp/dist/*.whl \
 && chmod -R a+rX /opt/krm-fn

FROM ${BASE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="krm-fn" \
      org.opencontainers.image.description="KRM function for the Kuma service mesh" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/krm-fn /opt/krm-fn
ENV PATH=/opt/krm-fn/bin:$PATH \
    LANG=C.UTF-8
# Official Python images ship no bytecode of the standard library, and who runs the function may not write it: without
# this every start would compile what it imports.
RUN python3 -c 'import importlib, pkgutil, krm_fn; \
[importlib.import_module(m.name) for m in pkgutil.walk_packages(krm_fn.__path__, "krm_fn.")]'
ENV PYTHONDONTWRITEBYTECODE=1
# A number, so that Kubernetes can see that it is not root. Orchestrators put `nobody` or their own user in its place.
USER 65532:65532
ENTRYPOINT ["/opt/krm-fn/bin/krm-fn"]
