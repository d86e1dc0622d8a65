"""Between departments: who may see what, verification by number, disclosure, applications by reference; the API."""
