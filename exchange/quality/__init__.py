"""The quality of the licences of each type: figures that are kept up, and the rows behind each."""
