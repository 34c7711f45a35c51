"""The tests' own upstream answers over both transports."""

import asyncio

import dns.asyncquery
import dns.message
import dns.rcode

from tests import upstream
from tests.patience import PATIENCE


async def test_over_udp_and_tcp() -> None:
    wanted = {"www.example.com.": ("NOERROR", 1), "example.net.": ("NXDOMAIN", 0)}
    async with upstream.serve() as port:
        for name, (rcode, records) in wanted.items():
            query = dns.message.make_query(name, "A")
            answers = await asyncio.gather(
                dns.asyncquery.udp(query, "127.0.0.1", port=port, timeout=PATIENCE),
                dns.asyncquery.tcp(query, "127.0.0.1", port=port, timeout=PATIENCE),
            )
            for answer in answers:
                assert (dns.rcode.to_text(answer.rcode()), len(answer.answer)) == (rcode, records)
