"""Measures how fast Powertrip is, each figure beside what the machine must do anyway.

    kit.py         rounds that take turns, medians of paired ratios, their quartiles
    machine.py     what processes cost, and what others took of the machine meanwhile
    programs.py    Powertrip as a user starts it, and the bare programs beside it
    bare.py        the programs that it is compared with: they do only what must be done
    load.py        a sender with many connections, and a probe that looks how long an answer takes
    table.py       the table and the JSON
    report.py      writes docs/performance.md and its pictures from the JSON

Each other module is a benchmark, named in `__main__`.
"""
