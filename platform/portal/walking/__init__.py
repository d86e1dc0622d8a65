"""Walking through the whole chain over HTTP, as a citizen, a clerk, an administrator and a department's system."""
