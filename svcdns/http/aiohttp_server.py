"""aiohttp's servers: probes and metrics, the webhook. The connections to the API server need none of it."""

from aiohttp import http_exceptions as http_exceptions
from aiohttp import web as web
from aiohttp.typedefs import Handler as Handler
