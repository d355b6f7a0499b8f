FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY . .
# instance/ is the only folder that is written to: the SQLite file and media.
RUN useradd --uid 1000 concierge && install -d -o concierge -g concierge instance
USER concierge
VOLUME /app/instance

# Loopback inside a container would be heard by nobody.
ENV HOST=0.0.0.0 PORT=8000
EXPOSE 8000
CMD ["gunicorn", "wsgi:app"]
