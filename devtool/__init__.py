"""The machinery behind `./dev`, written for the Python standard library alone.

A fresh machine has Python and little else, so nothing here may import a package that
must be installed first. What is installed runs in processes of its own: the files
`*_worker.py` and `odoo_plugin.py` are theirs. docs/architecture.md says which tools do
the work. Scripts use `runtime`, which builds on all but the commands (`cli`).
"""
