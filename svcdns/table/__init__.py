"""The table: prebuilt answers in LMDB, one writer, lock-free readers in every process.

It knows bytes only; `dns.answers` says what they mean. The one package that imports lmdb.

    STATE/lock            held by the supervisor: one server for a state folder
    STATE/live/           the LMDB files of the running server, made new at each start
    STATE/snapshot.json   what the last whole copy was made of, and its sha256
    STATE/snapshot-N.mdb  that copy
"""
