"""The machinery behind `./dev`, written for the Python standard library alone.

A fresh machine has Python and little else, so nothing here may import a package
that must be installed first. What is installed (Odoo, its requirements, linters,
PostgreSQL) runs in processes of its own.

How the parts build on each other, lowest first:

=================  ==========================================================
errors, paths      the one error class; where things are kept; content hashes
console, process   progress on the terminal; running programs and their output
cache              build a folder once, safely, whoever else is building it
apt, odoo_source   Odoo 19 out of Debian's package, without installing it
venv, node         Python environments and Node packages, pinned
postgres           the private database server, or the one PGHOST names
runtime            **the API for scripts**: all of the above, ready to use
parts, testrun     the parts of `./dev test` and how they are run and counted
cli                the commands
=================  ==========================================================
"""
