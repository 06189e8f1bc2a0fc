"""How hermes works, in one sentence.

Envfile text becomes a Project; Project and lock become a Plan; the runner carries out the Plan in environments taken
from the store, and says what happens as Events; history keeps them, report shows them.
"""
