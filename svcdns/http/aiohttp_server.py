"""aiohttp's server side, for the pages of the DNS server and for the webhook: clients do not load it."""

from aiohttp import HttpVersion10 as HttpVersion10
from aiohttp import HttpVersion11 as HttpVersion11
from aiohttp import http_exceptions as http_exceptions
from aiohttp import web as web
from aiohttp.typedefs import Handler as Handler
