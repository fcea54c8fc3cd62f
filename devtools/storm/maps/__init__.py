"""Map jobs in a storm: 10,000 images of one prefix, a long list in slices, and a job that is stopped in the middle."""
