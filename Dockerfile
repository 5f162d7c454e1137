# The local Bigin (sandbox) in a container:
#
#   docker build -t bigin-sandbox .
#   docker run --rm -p 127.0.0.1:8765:8765 bigin-sandbox
#
# It prints the environment variables for a client. On the host, set them with the published address:
#
#   export BIGIN_API_URL=http://127.0.0.1:8765 BIGIN_CONTENT_URL=http://127.0.0.1:8765
#   export BIGIN_ACCOUNTS_URL=http://127.0.0.1:8765
#
# A client accepts plain http on a loopback address only. So publish the port on 127.0.0.1, and let another container
# share the network of this one (docker run --network container:NAME ...) instead of reaching it by name. Further
# arguments are options of `bigin-frames sandbox`. To keep the records between runs:
#
#   docker run --rm -p 127.0.0.1:8765:8765 -v bigin-data:/data bigin-sandbox --data /data/org.sqlite
#
# Not built by CI yet.

FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/bigin
# The sandbox shares no code with the client, so Werkzeug is all it needs: pandas, pyarrow and the others would make the
# image several times as large. tests/test_root_files.py runs the sandbox without them.
RUN /opt/bigin/bin/pip install --no-cache-dir "werkzeug>=3.0.6" \
    && /opt/bigin/bin/pip install --no-cache-dir --no-deps . \
    && /opt/bigin/bin/pip uninstall --yes pip

FROM python:3.13-slim
ENV PATH=/opt/bigin/bin:$PATH PYTHONUNBUFFERED=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin bigin \
    && install --directory --owner=bigin /data
COPY --from=build /opt/bigin /opt/bigin
USER 10001
EXPOSE 8765
# Python ends in good order on SIGINT (Ctrl-C); as the first process of a container it would not notice SIGTERM.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8765/', timeout=2).close()"]
ENTRYPOINT ["bigin-frames", "sandbox", "--host", "0.0.0.0", "--port", "8765"]
