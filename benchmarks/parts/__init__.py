"""What benchmarks are made of; each of them is a file of the folder above."""
