"""The tables of both floors: licences, a record of one row a look, and the queue in which each row waits."""

TABLES = """
DROP TABLE IF EXISTS licence, audit_entry, audit_pending;
CREATE TABLE licence (
    id bigserial PRIMARY KEY, number text UNIQUE NOT NULL, holder text, status smallint, content jsonb, expires date
);
INSERT INTO licence (number, holder, status, content, expires)
SELECT
    'L' || lpad(i::text, 12, '0'), md5(i::text), 1, jsonb_build_object('name', 'x' || i, 'scope', 'abc'), '2030-01-01'
FROM generate_series(1, {licences}) i;
CREATE TABLE audit_entry (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), at timestamptz DEFAULT now(), actor int, action text,
    licence_id bigint, outcome smallint, leaf bytea
);
CREATE TABLE audit_pending (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, entry uuid NOT NULL);
ANALYZE licence;
"""


def number(serial: int) -> str:
    """Return the number of the licence with this serial, from 1 on."""
    return f"L{serial:012}"
