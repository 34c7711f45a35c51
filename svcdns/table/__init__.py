"""The table: prebuilt answers in LMDB, with one writer, and lock-free readers in every worker.

It stands between the watcher, which writes, and the workers, which read. It knows bytes only: `dns.table`
says what they mean. The one package that imports lmdb.

    module          what it does
    state_folder    who may use the state folder; a live table that is safe to map
    writer          all writing, in whole transactions
    reader          a worker's read access
    sorting         entries in the order of their keys, for `writer.fill`
    snapshot        whole copies, from which the next start answers

    STATE/lock            held by the supervisor: one server for a state folder
    STATE/live/           the LMDB files of the running server, made new at each start
    STATE/snapshot.json   what the last whole copy was made of, and its sha256
    STATE/snapshot-N.mdb  that copy
"""
