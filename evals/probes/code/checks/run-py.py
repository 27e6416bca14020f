# Runs check.py against answer.py. Succeeds only when the check came to its end: an answer that exits early has not passed.
import sys

done = False
try:
    import check  # noqa: F401  the assertions run on import

    done = True
except SystemExit:
    pass
sys.exit(0 if done else 1)
