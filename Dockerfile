# The platform's image: one for the web server, the worker, beat and `manage.py prepare`. See docs/operations.md.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements/server.txt requirements/keys.txt /tmp/
RUN pip install --require-hashes --requirement /tmp/server.txt --requirement /tmp/keys.txt
WORKDIR /app
COPY . .
# Editable: the settings find the catalogue and the message catalogues beside the code.
RUN pip install --no-deps --no-build-isolation --editable . \
    && for source in platform/portal/locale/*/LC_MESSAGES/django.po; do \
         pybabel --quiet compile --input-file "$source" --output-file "${source%.po}.mo" || exit 1; \
       done

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent platform \
    && install --directory --owner platform --group platform --mode 0750 /var/lib/licence-exchange
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LICENCE_EXCHANGE_ENV=production \
    LICENCE_EXCHANGE_DATA_DIR=/var/lib/licence-exchange
USER platform
EXPOSE 8000
# The request names the first allowed host, as any request must.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os; from urllib.request import Request, urlopen; host = os.environ['LICENCE_EXCHANGE_ALLOWED_HOSTS'].split(',')[0].strip(); urlopen(Request('http://127.0.0.1:8000/health/', headers={'Host': host}), timeout=5)"]
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0"]
