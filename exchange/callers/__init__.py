"""Who calls: assertions by which a department's system shows who it is, and the signatures of its calls."""
