# One image for every stage. Dependencies first, code last: a changed line of code rebuilds in seconds.
#
#   docker compose build                             for an NVIDIA card
#   docker compose -f compose.yaml -f compose.cpu.yaml build     for a machine without one
#
# torch and triton bring their own CUDA libraries and ptxas, so the base is CUDA's smallest.
ARG BASE_IMAGE=nvidia/cuda:12.8.1-base-ubuntu24.04@sha256:133c78a0575303be34164d0b90137a042172bdf60696af01a3c424ab402d86e2

FROM ${BASE_IMAGE} AS dependencies
# Triton and Inductor compile at run time: they need a compiler and Python's headers. tini passes signals on
# and reaps what a killed stage leaves behind.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        g++ python3 python3-dev python3-venv tesseract-ocr tesseract-ocr-eng tini \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log
WORKDIR /inkprint
ENV INKPRINT_VENV=/opt/venv PATH=/opt/venv/bin:$PATH
COPY setup.sh ./
COPY requirements/cpu.lock requirements/cuda.lock requirements/torch-*.lock requirements/
# cuda or cpu. The installation is setup.sh's, which takes the CUDA lock where nvidia-smi answers: no GPU
# is there during a build, so a stand-in answers for it.
ARG REQUIREMENTS=cuda
RUN --mount=type=cache,target=/root/.cache/pip \
    case $REQUIREMENTS in \
        cuda) ln -s /bin/true /usr/local/bin/nvidia-smi ;; \
        cpu) ;; \
        *) echo "REQUIREMENTS=$REQUIREMENTS: cuda or cpu" >&2; exit 2 ;; \
    esac \
    && ./setup.sh && rm -f /usr/local/bin/nvidia-smi \
    && { python -m compileall -q /opt/venv/lib || true; } # the root file system is read-only later

FROM dependencies AS code
# Any UID may run this (compose.yaml: the caller's), so nothing rests on a user's name, and what is written
# goes to /tmp or below artifacts/. Caches are there so that they outlive the container. PyMuPDF loads
# ONNX Runtime, which would report its use to its maker.
ENV INKPRINT_IN_IMAGE=1 \
    HOME=/tmp USER=inkprint PYTHONUNBUFFERED=1 ORT_DISABLE_TELEMETRY=1 \
    XDG_CACHE_HOME=/inkprint/artifacts/cache \
    TRITON_CACHE_DIR=/inkprint/artifacts/cache/triton \
    TORCHINDUCTOR_CACHE_DIR=/inkprint/artifacts/cache/inductor \
    CUDA_CACHE_PATH=/inkprint/artifacts/cache/cuda
COPY LICENSE run_all.sh ./
COPY data/demo data/demo
COPY prompts prompts
COPY recipes recipes
COPY scripts scripts
# Readable whatever the umask of the checkout was; byte code now, for the root file system is read-only later.
RUN chmod -R a+rX . && install -d -m 1777 artifacts && python -m compileall -q scripts
USER 1000:1000
ENTRYPOINT ["tini", "-g", "--"]
CMD ["./run_all.sh"]

# The test tools and the rest of the checkout; compose service `test`.
FROM code AS test
USER root
COPY requirements requirements
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --quiet --disable-pip-version-check install --no-deps --require-hashes -r requirements/dev.lock
COPY . .
RUN chmod -R a+rX .
USER 1000:1000

FROM code AS inkprint
ARG REQUIREMENTS
ARG INKPRINT_COMMIT=unknown
ENV INKPRINT_COMMIT=$INKPRINT_COMMIT
LABEL org.opencontainers.image.title=Inkprint \
    org.opencontainers.image.licenses=Apache-2.0 \
    org.opencontainers.image.revision=$INKPRINT_COMMIT \
    inkprint.requirements=$REQUIREMENTS
