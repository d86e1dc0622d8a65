"""The short way of the two calls that verify by number, on PostgreSQL: two statements, nothing of Django's in between.

It answers what is asked all the time; whatever is unusual it hands on, untouched, to the views, whose answers its own
equal. docs/speed.md says what it answers itself.
"""
