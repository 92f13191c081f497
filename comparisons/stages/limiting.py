"""The limit on open calls that all workers share: `LocalLimiter`'s rule, carried out by the queue's server, so that two
workers of one endpoint see one limit. Where no server answers, a process keeps to a limit of its own.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from comparisons.models import LanguageModel
from comparisons.samplers.providers import ProviderError, RetryableError
from comparisons.samplers.providers.openai import FORMS
from comparisons.samplers.providers.pacing import Call, Ended, Grant, Limiter, LocalLimiter, Pace
from comparisons.stages.calls import Ending

logger = logging.getLogger(__name__)

#: Who is not heard of for so long is dead, and what it held is free. Shifts ask every second or so.
SILENCE_S = 30
#: A limit that nobody uses for so long is forgotten: the endpoint may be another by then.
FORGOTTEN_S = 3600

_SCRIPT = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local me, holding, want = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local pace, ended = cjson.decode(ARGV[4]), cjson.decode(ARGV[5])
local silence, forgotten = tonumber(ARGV[6]), tonumber(ARGV[7])
local kept = redis.call('HMGET', KEYS[1], 'limit', 'slow', 'cut_at', 'not_before', 'tokens', 'filled_at')
local limit = tonumber(kept[1]) or math.min(pace.start, pace.most)
local slow, cut_at, not_before = kept[2] == '1', tonumber(kept[3]) or 0, tonumber(kept[4]) or 0
local others = 0
local holders = redis.call('HGETALL', KEYS[2])
for i = 1, #holders, 2 do
  local n, heard = string.match(holders[i + 1], '^(%d+) (%S+)$')
  if tonumber(heard) + silence < now then redis.call('HDEL', KEYS[2], holders[i])
  elseif holders[i] ~= me then others = others + tonumber(n) end
end
local is_used = others + holding + #ended >= limit * 0.75
for _, call in ipairs(ended) do
  local kind, age, wait = call[1], call[2], call[3]
  if kind == 'answered' and is_used then
    limit = math.min(pace.most, limit + (slow and 1 / limit or 1))
  elseif kind == 'refused' then
    if now - age > cut_at then limit = math.max(1, math.floor(limit / 2)); cut_at = now; slow = true end
    not_before = math.max(not_before, now + wait)
  end
end
local n, wait_s = 0, 0
if now < not_before then wait_s = not_before - now
else
  n = math.min(want, math.max(0, math.floor(limit) - others - holding))
  if pace.per_minute > 0 then
    local rate = pace.per_minute / 60
    local filled_at = tonumber(kept[6])
    local tokens = filled_at and math.min(pace.burst, tonumber(kept[5]) + (now - filled_at) * rate) or pace.burst
    local asked = n
    n = math.min(n, math.floor(tokens))
    tokens = tokens - n
    if asked > 0 and n == 0 then wait_s = (1 - tokens) / rate end
    redis.call('HSET', KEYS[1], 'tokens', tokens, 'filled_at', string.format('%.6f', now))
  end
end
redis.call('HSET', KEYS[1], 'limit', limit, 'slow', slow and '1' or '0',
  'cut_at', string.format('%.6f', cut_at), 'not_before', string.format('%.6f', not_before))
redis.call('EXPIRE', KEYS[1], forgotten)
if holding + n > 0 then redis.call('HSET', KEYS[2], me, string.format('%d %.6f', holding + n, now))
else redis.call('HDEL', KEYS[2], me) end
redis.call('EXPIRE', KEYS[2], forgotten)
return {n, tostring(wait_s), tostring(limit)}
"""


class SharedLimiter:
    """The limit of an endpoint, kept by the queue's server."""

    def __init__(self, client: redis.Redis, endpoint: str, pace: Pace, *, name: str) -> None:
        """`name`: who asks; one at a time goes by a name."""
        self._script = client.register_script(_SCRIPT)
        digest = hashlib.sha256(endpoint.encode()).hexdigest()[:24]
        self._keys = [f"podium:pace:{digest}", f"podium:pace:{digest}:held"]
        self._pace = json.dumps(
            {"most": pace.most, "start": pace.start, "per_minute": pace.per_minute or 0, "burst": pace.burst}
        )
        self._name = name
        self._alone = LocalLimiter(pace, time.monotonic)

    def exchange(self, ended: Sequence[Call], *, want: int, holding: int) -> Grant:
        calls = json.dumps([[call.ended.value, call.age_s, call.wait_s] for call in ended])
        try:
            n, wait_s, limit = self._script(
                self._keys, [self._name, holding, want, self._pace, calls or "[]", SILENCE_S, FORGOTTEN_S]
            )
        except redis.RedisError as error:
            logger.warning("the queue's server does not answer (%s): calls are limited here alone", error)
            return self._alone.exchange(ended, want=want, holding=holding)
        return Grant(int(n), float(wait_s), float(limit))


def limiter_of(model: LanguageModel, name: str) -> Limiter:
    """The limit on calls to a model's endpoint: shared where the queue's server answers."""
    pace = Pace(most=model.max_concurrency, per_minute=model.requests_per_minute)
    once = Retry(NoBackoff(), 0)
    client = redis.Redis.from_url(settings.QUEUE_URL, socket_timeout=2, socket_connect_timeout=2, retry=once)
    try:
        client.ping()
    except redis.RedisError:
        client.close()
        return LocalLimiter(pace, time.monotonic)
    return SharedLimiter(client, server_of(model.endpoint) or model.slug, pace, name=name)


def server_of(endpoint: str) -> str:
    """What an endpoint is known by, however its address is written: with or without the last part, which says in what
    form it is asked, a slash, the usual port, capital letters in its host. "" where there is no address."""
    parts = urlsplit(endpoint)
    port = parts.port if parts.port not in (None, {"http": 80, "https": 443}.get(parts.scheme)) else None
    path = parts.path.rstrip("/")
    for form in FORMS:
        path = path.removesuffix(form)
    host = (parts.hostname or "").rstrip(".")
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{path.rstrip('/')}" if host else ""


def call_of(ending: Ending, age_s: float) -> Call:
    """A call that ended so long after it was sent, as a limiter is told of it."""
    brought = ending.brought
    if not isinstance(brought, ProviderError):
        return Call(Ended.ANSWERED, age_s)
    if isinstance(brought, RetryableError) and brought.kind in ("rate-limit", "overloaded"):
        return Call(Ended.REFUSED, age_s, brought.retry_after_s or 0.0)
    return Call(Ended.FAILED, age_s)
