"""Networks of items and departments, from the flows of licences between them: the study's section 3. Pure."""
