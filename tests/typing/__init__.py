"""What type checkers accept, and what they refuse; nothing here is run.

    mypy --config-file tests/typing/mypy.ini tests/typing
    pyright --project tests/typing

`accepted.py` and `accepted_usage.py` assert the types of what calls return and take every shape of
input. Each line of `refused.py` and `refused_usage.py` that carries an ignore must be an error for
that checker: an ignore that isn't needed is an error itself, in mypy because it is strict, in
pyright by `pyrightconfig.json`.
"""
