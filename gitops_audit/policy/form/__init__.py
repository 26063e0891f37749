"""The forms of policy that are taken as they are: the engine knows only `policy/contract.py`, never a form."""
