"""Applications by reference, from the draft to the file: acceptance, clocks, paper, assistance, reviews, load."""
