# The web server, the worker and the schedule from one image; see compose.yaml and docs/operations.md.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/pip install --require-hashes --no-deps -r requirements.txt

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MEDIA_ROOT=/var/lib/loyalty/media \
    PRIVATE_ROOT=/var/lib/loyalty/private
RUN groupadd --gid 10001 loyalty \
    && useradd --uid 10001 --gid loyalty --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin loyalty \
    && install -d -o loyalty -g loyalty /var/lib/loyalty /var/lib/loyalty/media /var/lib/loyalty/private /var/lib/loyalty/schedule
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
# Static files and translations belong to the image. The secret is thrown away: collecting files signs nothing.
RUN python -m loyalty.run.messages \
    && SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(48))')" ALLOWED_HOSTS=localhost \
       python manage.py collectstatic --noinput
USER loyalty
EXPOSE 8000 8001
STOPSIGNAL SIGTERM
CMD ["sh", "-c", "exec granian --interface wsgi --host 0.0.0.0 --port 8000 --no-ws --workers ${WEB_WORKERS:-2} --blocking-threads ${WEB_THREADS:-4} --respawn-failed-workers --workers-kill-timeout 15 loyalty.wsgi:application"]
