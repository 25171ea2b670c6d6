"""Whether the history and what it tells of still fit each other.

seals        digests of rows that never change, which stand in the history
snapshot     all rows as they were at one moment, read one at a time
chain        the lines themselves, and their end
guards       triggers, unique indexes and tables, as the migrations made them
asked        events, their records, decisions and messages beside the lines that tell of them
waiting      the inbox and the outbox
marks        keyed hashes of rows of which no line tells yet; `ledger` counts, `marked` compares them
stormy       storms beside the lines that tell of them
followed     what became of denied events, likewise
contained    what reviewers had done about them, likewise
recounted    columns that can be worked out of others, checkpoints that are gone, migrations that never were
verify       all of these together, as findings
checkpoints  how far the history has come, as it is told outside
"""
