"""Who is who and what needs what: departments, people, API clients, items, licence types and the needs between them."""
