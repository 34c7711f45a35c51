// Node's two ways: `lookup` asks the C library, `c-ares` asks the server itself.
"use strict";

const dns = require("node:dns").promises;
const readline = require("node:readline");

const addresses = (family) => async (name) =>
  (await dns.lookup(name, { all: true, family })).map((found) => found.address);

const WAYS = {
  lookup: { any: addresses(0), ipv4: addresses(4), ipv6: addresses(6) },
  "c-ares": {
    ipv4: (name) => dns.resolve4(name),
    ipv6: (name) => dns.resolve6(name),
    canonical: (name) => dns.resolveCname(name),
    reverse: (address) => dns.reverse(address),
    srv: async (name) => (await dns.resolveSrv(name)).map((record) => `${record.name}:${record.port}`),
  },
};

async function main(way) {
  console.log("ready");
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [kind, name] = line.split(" ");
    try {
      console.log("found", ...(await way[kind](name)));
    } catch (error) {
      const absent = error.code === "ENOTFOUND" || error.code === "ENODATA";
      console.log(absent ? "absent" : `failed ${error.message}`);
    }
  }
}

main(WAYS[process.argv[2]]);
