"""What is asserted of the template, of the sample events, and of who may do what."""
