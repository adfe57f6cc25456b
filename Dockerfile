# One image for every stage. Dependencies first, code last: a changed line of code rebuilds in seconds.
#
#   docker compose build                             for an NVIDIA card
#   docker compose -f compose.yaml -f compose.cpu.yaml build     for a machine without one
#
# torch and triton bring their own CUDA libraries and ptxas, so the base is CUDA's smallest.
ARG BASE_IMAGE=nvidia/cuda:12.8.1-base-ubuntu24.04@sha256:133c78a0575303be34164d0b90137a042172bdf60696af01a3c424ab402d86e2

FROM ${BASE_IMAGE} AS system
# Triton and Inductor compile at run time: they need a compiler and Python's headers. tini passes signals on
# and reaps what a killed stage leaves behind.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        g++ python3 python3-dev python3-venv tesseract-ocr tesseract-ocr-eng tini \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log

# For export.py --gguf: llama.cpp's converter, quantizer and tokenizer, out of the one source archive that
# llama.lock names by its hash. What builds them stays here. Only the library is compiled, without its backends
# (GGML_CPU): nothing is computed with a model, and no instructions of this machine's processor get in. C++
# moves data about, -O1 compiles it a third faster; quantizing is in C, and keeps -O3.
FROM system AS llama
WORKDIR /llama
COPY requirements/llama.lock requirements/llama-build.lock ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv build-tools \
    && pip="build-tools/bin/pip --quiet --disable-pip-version-check" \
    && $pip install --no-deps --require-hashes -r llama-build.lock \
    && $pip download --no-deps --require-hashes --no-build-isolation --no-binary :all: -r llama.lock \
    && tar --extract --gzip --strip-components=2 --wildcards --file llama_cpp_python-*.tar.gz \
        '*/vendor/llama.cpp' \
    && rm llama_cpp_python-*.tar.gz
RUN PATH=/llama/build-tools/bin:$PATH \
    && cmake -S llama.cpp -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 \
        -DBUILD_SHARED_LIBS=OFF -DGGML_CPU=OFF -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DLLAMA_BUILD_COMMON=OFF \
        -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_TOOLS=OFF \
    && cmake --build build --target llama
COPY scripts/inkprint/export/llama programs
RUN mkdir /opt/llama.cpp && cd llama.cpp \
    && for program in quantize tokenize; do \
        g++ -std=c++17 -O1 -s -static-libgcc -static-libstdc++ -pthread -I include -I ggml/include \
            -o /opt/llama.cpp/llama-$program ../programs/$program.cpp \
            ../build/src/libllama.a ../build/ggml/src/libggml.a ../build/ggml/src/libggml-base.a -ldl || exit; \
    done \
    && mv LICENSE convert_hf_to_gguf.py conversion gguf-py /opt/llama.cpp/ \
    && python3 -m compileall -q /opt/llama.cpp && chmod -R a+rX /opt/llama.cpp

FROM system AS dependencies
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
COPY --from=llama /opt/llama.cpp /opt/llama.cpp
ENV LLAMA_CPP=/opt/llama.cpp
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
